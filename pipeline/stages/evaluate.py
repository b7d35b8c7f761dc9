"""Score the predictions of all systems and draw their figures; nothing of their training is needed or imported."""

import logging
import shutil
from functools import partial

from pipeline.config.plans import EvaluatePlan, load_plan
from pipeline.core.parallel import parallel_map
from pipeline.core.paths import DATA, METRICS, PLOTS, known_speakers_path
from pipeline.core.tables import write_json
from pipeline.evaluation.known_speakers import known_speakers_of
from pipeline.evaluation.short_metrics import write_short_metrics
from pipeline.evaluation.system import evaluate, is_restored, is_trained, read_scores

OUTPUTS = (DATA / "evaluated", METRICS / "systems", PLOTS / "systems")

log = logging.getLogger(__name__)


def main() -> None:
    plan = load_plan(EvaluatePlan, "evaluate")
    for folder in OUTPUTS:
        shutil.rmtree(folder, ignore_errors=True)  # of systems that params.yaml has no more
        folder.mkdir(parents=True)
    trained = {name: one.about for name, one in plan.systems.items() if is_trained(name, one.plan)}
    work = partial(evaluate_one, code=plan.code)
    # What has not changed comes from the cache: a process of its own for it would import more than it saves.
    rest = [(system, about) for system, about in trained.items() if not is_restored(system, about, plan.code)]
    for _ in parallel_map(work, rest, description="evaluate", batch_size=1, where="here"):
        pass
    scores = read_scores(trained)
    write_short_metrics(scores)
    known = list(known_speakers_of({name: plan.systems[name].split for name in trained}))
    for one in known:
        log.warning("evaluate: %s", one.warning)
    write_json(known_speakers_path(), sorted(name for one in known for name in one.systems))
    n_skipped = sum(one["status"] == "skipped" for one in scores.values())
    log.info(
        "evaluate: %d of %d systems, %d of them without clips in this profile",
        *(len(scores), len(plan.systems), n_skipped),
    )
    there = [system for system, one in plan.systems.items() if one.about["corpora"]]
    if missing := [system for system in there if system not in trained]:
        log.warning(
            "evaluate: %d systems are not trained with these settings yet, such as %s",
            len(missing),
            missing[0],
        )


def evaluate_one(item: tuple[str, dict], *, code: str) -> None:
    """Evaluate a system, given with what it is evaluated on."""
    system, about = item
    evaluate(system, about, code)
