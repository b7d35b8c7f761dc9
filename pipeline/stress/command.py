"""Ask a system about its test clips once they are louder, noisy, coded, reverberant or cut; what that costs.

Each clip is asked of the model that was not trained on it. Everything is drawn by a seed, so a second run gives the
same.
"""

import argparse
import logging
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from pipeline.config.mistakes import one_of
from pipeline.config.plans import EvaluatedSplit, EvaluatePlan, load_plan
from pipeline.core.errors import PipelineError
from pipeline.core.stage import parser_of, tells_errors
from pipeline.inference.predictor import load
from pipeline.inference.trained import NO_CLIPS
from pipeline.stress.ask import ask
from pipeline.stress.clips import Tested, Voices, read_tested
from pipeline.stress.conditions import CONDITIONS, Condition, choose
from pipeline.stress.elsewhere import LISTING, read_decisions, write_clips
from pipeline.stress.judge import judge
from pipeline.stress.results import as_lines, write_results

EXAMPLES = """examples:
  python -m pipeline.stress ravdess_cnn4                                     a table on the screen
  python -m pipeline.stress ravdess_cnn4 --output stressed                   and as JSON, CSV and figure
  python -m pipeline.stress ravdess_cnn4 --conditions white_10,telephone --most-clips 100
  python -m pipeline.stress ravdess_cnn4 --write clips                       the changed clips, and clips.csv
  python -m pipeline.stress ravdess_cnn4 --predictions theirs.csv            what another system said of those

theirs.csv has a row a clip and condition of clips.csv: clip, condition, predicted"""


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    line = parser_of("pipeline.stress", __doc__, EXAMPLES)
    line.add_argument("system", nargs="?", help="a trained system of params.yaml, or one of `external`")
    line.add_argument("--list", action="store_true", help="list the conditions")
    line.add_argument("--conditions", help="some of them, with commas between; all if nothing is said")
    line.add_argument("--most-clips", type=_number(1), help="of the test clips, of all classes alike")
    line.add_argument("--seed", type=_number(0), default=1, help="of noise, rooms and voices (1)")
    line.add_argument(
        "--output", type=Path, help="a folder for stress.json, stress.csv, stress.png, decisions.csv"
    )
    line.add_argument("--write", type=Path, help="a new folder for the changed clips; no system is asked")
    line.add_argument(
        "--predictions", type=Path, help="a CSV or Parquet file of decisions, in place of asking the system"
    )
    return line


def _number(least: int) -> Callable[[str], int]:
    """Return what reads a whole number that is not below the least."""

    def read(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number of {least} or more")
        return int(text)

    return read


@tells_errors
def main(arguments: list[str] | None = None) -> int:
    """Answer a command line; return the exit status."""
    line = parser()
    given = line.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    if given.list:
        width = max(map(len, CONDITIONS))
        print("\n".join(f"{one.name:<{width}}  {one.title}" for one in CONDITIONS.values()))
        return 0
    if not given.system:
        line.error("expected a system; --list lists the conditions, --help shows examples")
    if given.write and (given.predictions or given.output):
        line.error("--write judges nothing: expected it without --predictions and --output")
    _run(given)
    return 0


def _run(given: argparse.Namespace) -> None:
    conditions = choose(given.conditions.split(",") if given.conditions else None)
    split = split_of(given.system)
    clips = read_tested(given.system, given.most_clips)
    if clips is None:
        raise PipelineError(NO_CLIPS.format(given.system))
    if given.write:
        listing = write_clips(given.write, clips, conditions, Voices(split, given.seed), given.seed)
        print(f"{given.write}: {len(listing)} clips; {given.write / LISTING} lists them")
        return
    decisions = _decisions(given, clips, conditions, split)
    table = judge(decisions, clips.classes)
    print(as_lines(table))
    if given.output:
        write_results(given.output, given.system, table, decisions, given.seed)


def _decisions(
    given: argparse.Namespace, clips: Tested, conditions: list[Condition], split: EvaluatedSplit
) -> pd.DataFrame:
    if given.predictions:
        return read_decisions(given.predictions, clips, conditions)
    predictor = load(given.system)
    if predictor.trained.by_speaker:
        raise PipelineError(
            f"{given.system} is standardised by speaker, and nobody can be enrolled here: name a system that is not"
        )
    return ask(predictor, clips, conditions, Voices(split, given.seed), given.seed)


def split_of(system: str) -> EvaluatedSplit:
    """Return what a system is trained and tested on.

    Raises:
        PipelineError: There is no such system.
    """
    systems = load_plan(EvaluatePlan, "evaluate").systems
    return systems[one_of(system, systems, "system")].split
