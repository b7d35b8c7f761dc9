"""Join two systems' predictions into an ensemble's: their mean, or a network trained on their validation logits."""

import logging
import os
import time
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from pipeline.config.plans import EnsemblePlan, load_ensemble_plan
from pipeline.core.errors import PipelineError
from pipeline.core.paths import model_dir, predictions_path, split_path
from pipeline.core.stage import run
from pipeline.core.tables import read_json, read_table, write_json, write_table
from pipeline.training.average import KEYS, align, average
from pipeline.training.outcome import Outcome, history_table, predictions_table, write_history, write_skipped
from pipeline.training.run_record import run_record

log = logging.getLogger(__name__)


def combine(
    plan: EnsemblePlan, members: tuple[pd.DataFrame, pd.DataFrame], name: str
) -> tuple[pd.DataFrame, list[Outcome]]:
    """Return the ensemble's predictions, and what was trained for them: nothing for a mean."""
    if plan.ensemble.method == "average":
        return average(*members), []
    if "predicted" not in members[0]:
        raise PipelineError(
            f"ensembles.{name}.method: stacked joins classes, but its members predict dimensions"
        )
    # Before torch is loaded: threads that spin while they wait cost ten times the work on a busy machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    from pipeline.training.stacking import stack

    split_table = read_table(
        split_path(plan.ensemble.study, plan.ensemble.variant), ["utterance_id", "group"]
    )
    groups = split_table.drop_duplicates("utterance_id").set_index("utterance_id")["group"]
    results = stack(members, groups, plan.classes, plan.ensemble, name, model_dir(name))
    predictions = pd.concat([predictions_table(data, [outcome]) for data, outcome in results])
    return predictions.sort_values(KEYS, ignore_index=True), [outcome for _, outcome in results]


def ensemble_facts(members: list[dict[str, Any]], outcomes: list[Outcome]) -> dict[str, Any]:
    """Return what the metrics say of an ensemble; see `pipeline.training.outcome.model_facts`.

    It is pretrained where both members are. `parameters` are those of all its networks; `n_train` is what the
    larger member was trained on, for the clips of a stacked network are validation's.
    """
    own = max((outcome.facts["parameters"] for outcome in outcomes), default=0)
    counts = [member["parameters"] for member in members]
    return {
        "pretrained": all(member["pretrained"] for member in members),
        "parameters": None if None in counts else sum(counts) + own,
        "n_train": max(member["n_train"] for member in members),
        "n_left_out": max(member["n_left_out"] for member in members),
        "models": [{"seed": o.seed, "fold": o.fold, **o.facts} for o in outcomes],
    }


def main(ensemble: str) -> None:
    started = time.perf_counter()
    plan = load_ensemble_plan(ensemble)
    names = (plan.ensemble.first, plan.ensemble.second)
    first, second = (read_table(predictions_path(name)) for name in names)
    schema = pq.read_schema(predictions_path(names[0])).remove_metadata()
    if first.empty and second.empty:
        write_skipped(ensemble, schema)
        log.info("combine %s: skipped, its members have no clips in this profile", ensemble)
        return
    first = first.sort_values(KEYS, ignore_index=True)
    members = (first, align(first, second, names, plan.ensemble.seeds))
    predictions, outcomes = combine(plan, members, ensemble)
    write_table(predictions_path(ensemble), predictions, schema)
    write_history(ensemble, history_table(outcomes))
    facts = ensemble_facts([read_json(model_dir(name) / "model.json") for name in names], outcomes)
    write_json(model_dir(ensemble) / "model.json", facts)
    seconds = time.perf_counter() - started
    write_json(model_dir(ensemble) / "run.json", run_record(plan.ensemble, outcomes, seconds))
    n_test = int((predictions["split"] == "test").sum())
    log.info(
        "combine %s: %s of %s and %s, %d test predictions, %.0f s",
        *(ensemble, plan.ensemble.method, *names, n_test, seconds),
    )


if __name__ == "__main__":
    run(main)
