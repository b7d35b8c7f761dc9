"""Take predictions made elsewhere, from a Parquet or CSV file, in among those of the systems."""

import hashlib
import logging
from pathlib import Path

from pipeline.config.plans import ExternalPlan, load_plan
from pipeline.core.errors import PipelineError
from pipeline.core.paths import predictions_path, split_path, trained_dir
from pipeline.core.schemas import predictions_schema
from pipeline.core.tables import read_table, write_json, write_table
from pipeline.evaluation.external import external_facts, read_predictions
from pipeline.evaluation.external_predictions import check_predictions
from pipeline.training.outcome import history_table, write_history, write_skipped
from pipeline.training.run_record import external_record

log = logging.getLogger(__name__)


def main(name: str) -> None:
    plan = load_plan(ExternalPlan, "external", name)
    external, schema = plan.external, predictions_schema(plan.classes, plan.external.targets)
    split = split_path(external.study, external.variant)
    split_table, file = read_table(split), Path(external.file)
    if split_table.empty:
        reason = "its study has no clips in this profile"
        write_skipped(name, schema, reason, plan=plan.digest)
        log.info("external %s: skipped: %s", name, reason)
        return
    try:
        checked = check_predictions(read_predictions(file), split_table, plan.classes, external.targets)
    except PipelineError as error:
        raise PipelineError(f"external.{name}: {file}, held against {split}: {error}") from error
    write_table(predictions_path(name), checked.rows, schema)
    write_history(name, history_table([]))
    write_json(trained_dir(name) / "model.json", external_facts(plan, checked))
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    write_json(
        trained_dir(name) / "run.json", external_record(external, sha256, checked.rows, checked.ignored)
    )
    if checked.ignored:
        log.info("external %s: columns that are not read: %s", name, ", ".join(checked.ignored))
    if checked.n_left_out:
        log.info("external %s: %d clip(s) lack a target: left out", name, checked.n_left_out)
    n_test = int((checked.rows["split"] == "test").sum())
    log.info("external %s: %d rows, %d test predictions", name, len(checked.rows), n_test)
