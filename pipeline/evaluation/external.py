"""The file of predictions that were made elsewhere, and what is written down of it."""

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.config.plans import ExternalPlan
from pipeline.core.errors import PipelineError
from pipeline.evaluation.external_outputs import ID
from pipeline.evaluation.external_predictions import GivenPredictions


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


def external_facts(plan: ExternalPlan, checked: GivenPredictions) -> dict[str, Any]:
    """Return what the metrics say of predictions from elsewhere; on what they were trained is not known."""
    runs = checked.rows[["seed", "fold"]].drop_duplicates()
    return {
        "pretrained": plan.external.pretrained,
        "random_weights": False,
        "parameters": plan.external.parameters,
        "n_train": None,
        "n_left_out": checked.n_left_out,
        "plan": plan.digest,
        "models": runs.to_dict("records"),
    }
