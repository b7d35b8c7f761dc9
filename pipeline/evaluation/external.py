"""The file of predictions that were made elsewhere, and what is written down of it."""

import logging
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.config.external import External
from pipeline.config.plans import ExternalPlan
from pipeline.core.errors import PipelineError
from pipeline.core.paths import left_behind
from pipeline.evaluation.external_outputs import ID
from pipeline.evaluation.external_predictions import GivenPredictions

log = logging.getLogger(__name__)


def read_predictions(path: Path) -> pd.DataFrame:
    """Read a file of predictions as it is; a class named "none" is a name, and "007" a clip.

    Raises:
        PipelineError: There is no such file, or it is not what its name says.
    """
    check_file(path)
    try:
        if path.suffix == ".parquet":
            return pq.read_table(path).to_pandas(ignore_metadata=True)
        text = {ID: str, "predicted": str}
        return pd.read_csv(path, dtype=text, keep_default_na=False, na_values=[""], encoding="utf-8-sig")
    except (pa.ArrowException, pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise PipelineError(f"{path} cannot be read as {path.suffix}: {error}") from error


def check_files(external: Mapping[str, External]) -> None:
    """Check the files of all predictions from elsewhere before they are needed, for DVC would only say [Errno 2].

    Args:
        external: That block of params.yaml.

    Raises:
        PipelineError: One is missing.
    """
    for name, settings in external.items():
        file = Path(settings.file)
        try:
            check_file(file)
        except PipelineError as error:
            raise PipelineError(f"params.yaml: external.{name}.file: {error}") from error
        if not is_carried(file):
            log.warning(
                "plan: external.%s.file: git does not track %s: `dvc exp run` with --temp or --queue needs "
                "`--copy-paths %s`",
                *(name, file, shlex.quote(str(file))),
            )


def check_file(path: Path) -> None:
    """Raise where there is no file of predictions, or one of another kind.

    Raises:
        PipelineError: It says what to do.
    """
    if path.suffix not in (".parquet", ".csv"):
        raise PipelineError(f"{path}: expected a file named .parquet or .csv")
    if not path.is_file():
        raise PipelineError(
            f"{path} is not there: `file` below `external` in params.yaml is relative to the repository's root"
            f"{left_behind(path)}"
        )


def is_carried(path: Path) -> bool:
    """Tell whether an experiment in a folder of its own has a file: git or DVC tracks it, or it lies elsewhere."""
    if path.is_absolute() or path.with_name(f"{path.name}.dvc").exists():
        return True
    command = ["git", "ls-files", "--error-unmatch", "--", str(path)]
    try:
        tracked = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    except OSError:  # no git: no experiments either
        return True
    return tracked.returncode != 1  # 128 is said outside of a repository


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
