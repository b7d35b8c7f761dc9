"""Change the test clips of a system and ask it again: noise, codecs, rooms, speed, level, cuts.

What lies in data/stress/<system>: see `pipeline.stress.results`. Where the active profile has no clips of the
system's study, stress.json says so.
"""

import logging
import time

from pipeline.config.plans import StressPlan, load_plan
from pipeline.core.paths import stress_dir, trained_dir
from pipeline.inference.predictor import Predictor
from pipeline.inference.trained import describe_trained
from pipeline.stress.ask import ask
from pipeline.stress.clips import Voices, read_tested
from pipeline.stress.conditions import UNCHANGED, choose
from pipeline.stress.judge import judge
from pipeline.stress.results import write_results, write_skipped

log = logging.getLogger(__name__)


def main(system: str) -> None:
    started = time.perf_counter()
    plan = load_plan(StressPlan, "stress", system)
    tested = read_tested(system, plan.most_clips)
    if tested is None:
        write_skipped(stress_dir(system), system)
        log.info("stress %s: nothing to ask, its study has no clips in this profile", system)
        return
    predictor = Predictor(describe_trained(system, plan.plans, member=True), trained_dir)
    decisions = ask(predictor, tested, choose(None), Voices(plan.split, plan.seed), plan.seed)
    table = judge(decisions, tested.classes)
    write_results(stress_dir(system), system, table, decisions, plan.seed)
    worst = table[table["condition"] != UNCHANGED].sort_values("change").iloc[0]
    log.info(
        "stress %s: %d clips, worst %s: UAR %+.1f points, %.1f s",
        *(system, len(tested.clips), worst["title"], 100 * worst["change"], time.perf_counter() - started),
    )
