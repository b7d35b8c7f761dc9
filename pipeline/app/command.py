"""The command line of the application: which systems it asks, and where it listens."""

import argparse
import logging
from pathlib import Path

import uvicorn

from pipeline.app.cards import make_card, read_cards
from pipeline.app.server import create_app
from pipeline.app.systems import Catalogue, choose
from pipeline.config.plans import AppPlan, load_plan
from pipeline.core.paths import real_export_dir
from pipeline.core.stage import tells_errors
from pipeline.inference.exported import is_export, names_export, read_export
from pipeline.inference.predictor import load

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@tells_errors
def main() -> int:
    """Serve as the command line says; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.app", description="Serve the web application.")
    parser.add_argument(
        "--system",
        help="that answers by default: its name, or the folder of an export (app.system in params.yaml)",
    )
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 lets the whole network in")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    catalogue = open_catalogue(arguments.system)
    catalogue.get(catalogue.default)
    hosts = LOOPBACK if arguments.host in LOOPBACK else None
    print(
        f"{catalogue.default} answers at http://{arguments.host}:{arguments.port} (Ctrl-C ends it)",
        flush=True,
    )
    uvicorn.run(
        create_app(catalogue, hosts=hosts),
        host=arguments.host,
        port=arguments.port,
        access_log=False,
        server_header=False,
        log_level="warning",
        timeout_graceful_shutdown=10,
    )
    return 0


def open_catalogue(system: str | None) -> Catalogue:
    """Return the systems that can be asked, and which of them answers by default.

    Args:
        system: A trained system, or the folder of an exported one; None for the export of `make real`, where there
            is one, and else that of params.yaml.
    """
    cards = read_cards()
    if system is None and is_export(real_export_dir()):
        system = str(real_export_dir())
    if system is not None and names_export(system):
        exported = make_card(read_export(Path(system)))
        others = [card for card in cards if card.name != exported.name]
        return Catalogue(
            [exported, *others], lambda name: load(system if name == exported.name else name), exported.name
        )
    if system is not None:
        return Catalogue(cards, load, system)
    default, instead = choose(load_plan(AppPlan, "app").system, cards)
    if instead:
        print(instead)
    return Catalogue(cards, load, default)
