"""Draw what a trained network makes of its test clips on the way to its outputs, and score how classes part there.

The model is that of the first seed and fold, and the clips are that fold's test clips. Below data/representations,
in the system's folder, are for each representation that params.yaml names:

    <name>.parquet      utterance_id, corpus, label, the true values of a system's dimensions, values: the vector
    <name>_tsne.csv     utterance_id, label, those dimensions, x, y: the plane that t-SNE makes; empty where none
    <name>_tsne.png     the plane, coloured by class or by the values of dimensions; only where there is one
    silhouettes.json    by name: silhouettes of the true classes; see `pipeline.representation.separation`

A system of dimensions that has a network for each has each representation once a network, as <name>_<dimension>.
"""

import logging
import time
from typing import Any

from pipeline.config.plans import RepresentPlan, load_plan
from pipeline.core.paths import representations_dir
from pipeline.core.tables import write_json
from pipeline.representation.system import represent

log = logging.getLogger(__name__)


def main(system: str) -> None:
    started = time.perf_counter()
    plan = load_plan(RepresentPlan, "represent", system)
    silhouettes = represent(system, plan.plan, plan.names)
    write_json(representations_dir(system) / "silhouettes.json", silhouettes)
    log.info("represent %s: %s, %.1f s", system, shorten(silhouettes), time.perf_counter() - started)


def shorten(silhouettes: dict[str, dict[str, Any]]) -> str:
    """Say in a line what the silhouettes are, or why there are none."""
    parts = [
        f"{stem}: {about['note']}" if about["cosine"] is None else f"{stem}: silhouette {about['cosine']:.3f}"
        for stem, about in silhouettes.items()
    ]
    return ", ".join(parts)
