"""Join two systems' predictions into an ensemble's: their mean, or a network trained on their validation logits."""

import logging
import time

import pyarrow.parquet as pq

from pipeline.config.plans import EnsemblePlan, load_plan
from pipeline.core.paths import predictions_path, trained_dir
from pipeline.core.tables import write_json, write_table
from pipeline.training.combine import combine, ensemble_facts, read_members
from pipeline.training.outcome import history_table, write_history, write_skipped
from pipeline.training.run_record import run_record

log = logging.getLogger(__name__)


def main(ensemble: str) -> None:
    started = time.perf_counter()
    plan = load_plan(EnsemblePlan, "combine", ensemble)
    first, second = plan.ensemble.first, plan.ensemble.second
    schema = pq.read_schema(predictions_path(first)).remove_metadata()
    members = read_members(plan)
    if members is None:
        reason = "its members have no clips in this profile"
        write_skipped(ensemble, schema, reason, plan=plan.digest)
        log.info("combine %s: skipped: %s", ensemble, reason)
        return
    predictions, outcomes = combine(plan, members, ensemble)
    write_table(predictions_path(ensemble), predictions, schema)
    write_history(ensemble, history_table(outcomes))
    write_json(trained_dir(ensemble) / "model.json", ensemble_facts(plan, outcomes))
    seconds = time.perf_counter() - started
    write_json(trained_dir(ensemble) / "run.json", run_record(plan.ensemble, outcomes, seconds))
    n_test = int((predictions["split"] == "test").sum())
    log.info(
        "combine %s: %s of %s and %s, %d test predictions, %.0f s",
        *(ensemble, plan.ensemble.method, first, second, n_test, seconds),
    )
