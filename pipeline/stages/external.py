"""Take predictions made elsewhere, from a Parquet or CSV file, in among those of the systems."""

import hashlib
import logging
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from pipeline.config.analysis import External, external_plan_path
from pipeline.config.mistakes import describe
from pipeline.core.errors import PipelineError
from pipeline.core.paths import model_dir, predictions_path, split_path
from pipeline.core.schemas import predictions_schema
from pipeline.core.stage import run
from pipeline.core.tables import read_json, read_table, write_json, write_table
from pipeline.evaluation.external_outputs import ID
from pipeline.evaluation.external_predictions import GivenPredictions, check_predictions
from pipeline.training.outcome import history_table, write_history, write_skipped
from pipeline.training.run_record import git_commit

log = logging.getLogger(__name__)


class ExternalPlan(External):
    """What the stage `plan` writes of an entry of `external`."""

    classes: list[str]


def load_plan(name: str) -> ExternalPlan:
    """Read what `plan` wrote for predictions from elsewhere."""
    path = external_plan_path(name)
    if not path.exists():
        raise PipelineError(
            f"{path} is not there: {name!r} is not in `external` of params.yaml, or the stage `plan` has not run "
            "since: `dvc repro plan`"
        )
    try:
        return ExternalPlan.model_validate(read_json(path))
    except ValidationError as error:
        raise PipelineError(f"{path}: {describe(error, '', ExternalPlan)}: `dvc repro plan`") from error


def read_predictions(path: Path) -> pd.DataFrame:
    """Read a file of predictions as it is; a class named "none" is a name, and "007" a clip.

    Raises:
        PipelineError: There is no such file, or it is not what its name says.
    """
    if path.suffix not in (".parquet", ".csv"):
        raise PipelineError(f"{path}: expected a file named .parquet or .csv")
    if not path.is_file():
        raise PipelineError(
            f"{path} is not there: `file` below `external` in params.yaml is relative to the repository's root"
        )
    try:
        if path.suffix == ".parquet":
            return pq.read_table(path).to_pandas(ignore_metadata=True)
        text = {ID: str, "predicted": str}
        return pd.read_csv(path, dtype=text, keep_default_na=False, na_values=[""], encoding="utf-8-sig")
    except (pa.ArrowException, pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise PipelineError(f"{path} cannot be read as {path.suffix}: {error}") from error


def write_outputs(name: str, plan: ExternalPlan, given: GivenPredictions | None) -> None:
    """Write what `train` writes of a system; without predictions, of one that is skipped.

    On what it was trained is not known here: `n_train` is null, and there is no history.
    """
    schema = predictions_schema(plan.classes, plan.targets)
    if given is None:
        write_skipped(name, schema)
        return
    write_history(name, history_table([]))
    write_table(predictions_path(name), given.rows, schema)
    runs = given.rows[["seed", "split_seed", "fold"]].drop_duplicates()
    facts = {
        "pretrained": plan.pretrained,
        "parameters": plan.parameters,
        "n_train": None,
        "n_left_out": given.n_left_out,
        "models": runs[["seed", "fold"]].to_dict("records"),
    }
    write_json(model_dir(name) / "model.json", facts)
    record = {
        "status": "imported",
        "commit": git_commit(),
        "sha256": hashlib.sha256(Path(plan.file).read_bytes()).hexdigest(),
        "ignored_columns": given.ignored,
        "runs": runs.to_dict("records"),
        "settings": plan.model_dump(exclude={"classes"}),
    }
    write_json(model_dir(name) / "run.json", record)


def main(name: str) -> None:
    plan = load_plan(name)
    split = split_path(plan.study, plan.variant)
    split_table = read_table(split)
    if split_table.empty:
        write_outputs(name, plan, None)
        log.info("import %s: skipped, study %s has no clips in this profile", name, plan.study)
        return
    given = read_predictions(Path(plan.file))
    try:
        checked = check_predictions(given, split_table, plan.classes, plan.targets)
    except PipelineError as error:
        raise PipelineError(f"external.{name}: {plan.file}, held against {split}: {error}") from error
    write_outputs(name, plan, checked)
    if checked.ignored:
        log.info("import %s: columns that are not read: %s", name, ", ".join(checked.ignored))
    if checked.n_left_out:
        log.info("import %s: %d clip(s) lack one of %s: left out", name, checked.n_left_out, plan.targets)
    n_test = int((checked.rows["split"] == "test").sum())
    log.info("import %s: %d rows, %d test predictions", name, len(given), n_test)


if __name__ == "__main__":
    run(main)
