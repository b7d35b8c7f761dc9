"""Everything the report shows, read from the files of the systems, studies and corpora in params.yaml."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.core.errors import PipelineError
from pipeline.core.params import Params
from pipeline.core.paths import (
    account_path,
    details_dir,
    manifest_path,
    metrics_path,
    model_dir,
    plots_dir,
)
from pipeline.core.tables import read_json
from pipeline.evaluation.leaderboard import Row, in_order
from pipeline.exploration.files import CORPUS_FIGURES, STUDY_FIGURES, figure_path, table_path


@dataclass(frozen=True)
class ClassDetail:
    """What is known of a system of classes: tables as `pipeline.evaluation.plots` describes them.

    Attributes:
        confusion: (n_classes, n_classes) counts of the first seed's test clips, rows are the truth.
        per_class: Precision, recall and F1 a class.
        confusions: The most frequent confusions of each corpus.
    """

    confusion: np.ndarray
    per_class: pd.DataFrame
    confusions: pd.DataFrame

    @property
    def classes(self) -> list[str]:
        return self.per_class["class"].tolist()


@dataclass(frozen=True)
class DimensionDetail:
    """What is known of a system of dimensions: the scores of each, and a figure of the residuals."""

    per_target: pd.DataFrame
    residuals: "Picture"


@dataclass(frozen=True)
class Detail:
    """One trained system, more closely.

    Attributes:
        row: Its row on the leaderboard.
        predicted: What it predicts, classes or dimensions, and how well.
        groups: Scores by corpus, sex and speaker.
        curves: Learning curves; no rows for a system that is not trained by epochs.
    """

    row: Row
    predicted: ClassDetail | DimensionDetail
    groups: pd.DataFrame
    curves: pd.DataFrame


@dataclass(frozen=True)
class Step:
    """A step of a study's curation: how many utterances are left after it, and how many it took away."""

    name: str
    n_left: int
    n_dropped: int


@dataclass(frozen=True)
class Picture:
    """A figure of the stage `explore`: what it shows, and its file's bytes."""

    description: str
    png: bytes


@dataclass(frozen=True)
class StudyAccount:
    """What curation makes of a study: figures, and a row a step, a column a corpus of files that are left."""

    pictures: list[Picture]
    left: pd.DataFrame


@dataclass(frozen=True)
class Report:
    """All that the page shows.

    Attributes:
        profile: The active profile.
        asr_source: Where transcripts come from: whisper or gold.
        rows: The leaderboard, every system.
        details: Every trained system, in the leaderboard's order.
        curation: Steps of each study that has corpora.
        pictures: What the corpora hold; none without corpora.
        accounts: The same steps more closely, by study.
        manifests: What `download` wrote for each active corpus.
    """

    profile: str
    asr_source: str
    rows: list[Row]
    details: list[Detail]
    curation: dict[str, list[Step]]
    pictures: list[Picture]
    accounts: dict[str, StudyAccount]
    manifests: list[dict[str, Any]]

    @property
    def synthetic(self) -> bool:
        return any(row.synthetic for row in self.rows)

    @property
    def on_mirror_terms(self) -> bool:
        """Whether an archive has bytes that a mirror states, and not its publisher."""
        return any(
            archive["verified_by"] == "mirror" for item in self.manifests for archive in item["archives"]
        )


def collect(params: Params) -> Report:
    """Read the report's material.

    Raises:
        PipelineError: A file is not there, or comes from another profile than the active one.
    """
    rows = in_order([_row(params, system) for system in params.evaluated()], list(params.studies))
    studies = [study for study in params.studies if params.study_corpora(study)]
    return Report(
        profile=params.profile,
        asr_source=params.asr_source,
        rows=rows,
        details=[_detail(row) for row in rows if row.trained],
        curation={study: curation_steps(read_json(account_path(study))) for study in studies},
        pictures=_pictures(CORPUS_FIGURES) if studies else [],
        accounts=study_accounts(_read_csv(table_path("account")), studies),
        manifests=[read_json(manifest_path(corpus)) for corpus in params.active_corpora()],
    )


def curation_steps(account: dict[str, Any]) -> list[Step]:
    """Turn a study's account, its counts `n_<step>` in order, into steps."""
    counts = [(name.removeprefix("n_"), value) for name, value in account.items() if name.startswith("n_")]
    before = [value for _, value in counts]
    before = [*before[:1], *before]
    return [Step(name, value, start - value) for (name, value), start in zip(counts, before, strict=False)]


def study_accounts(account: pd.DataFrame, studies: list[str]) -> dict[str, StudyAccount]:
    """Join each study's figures with its part of the account: study, step, corpus, class, n, steps in order."""
    found = {}
    for study in studies:
        rows = account[account["study"] == study]
        left = rows.pivot_table(index="step", columns="corpus", values="n", aggfunc="sum", fill_value=0)
        found[study] = StudyAccount(_pictures(STUDY_FIGURES, study), left.reindex(rows["step"].unique()))
    return found


def _pictures(figures: dict[str, str], study: str | None = None) -> list[Picture]:
    paths = {figure_path(name, study): description for name, description in figures.items()}
    return [Picture(description, _existing(path).read_bytes()) for path, description in paths.items()]


def _row(params: Params, system: str) -> Row:
    path = metrics_path(system)
    metrics = read_json(path)
    if metrics["profile"] != params.profile:
        raise PipelineError(
            f"{path} was made in profile {metrics['profile']!r}, and params.yaml says {params.profile!r}: "
            "run `dvc repro`, so that all systems come from one profile"
        )
    record = read_json(model_dir(system) / "run.json") if metrics["status"] == "trained" else {}
    report = params.published.get(system)
    published = report.model_dump(exclude_none=True) if report else {}
    return Row(system, metrics, published, record.get("seconds"))


def _detail(row: Row) -> Detail:
    return Detail(
        row=row,
        predicted=_dimension_detail(row.system) if row.targets else _class_detail(row.system),
        groups=_read_csv(details_dir(row.system) / "groups.csv"),
        curves=_read_csv(plots_dir(row.system) / "learning.csv"),
    )


def _class_detail(system: str) -> ClassDetail:
    per_class = _read_csv(details_dir(system) / "per_class.csv")
    pairs = _read_csv(plots_dir(system) / "confusion.csv")
    classes = per_class["class"].tolist()
    confusion = pd.crosstab(pairs["actual"], pairs["predicted"])
    return ClassDetail(
        confusion=confusion.reindex(index=classes, columns=classes, fill_value=0).to_numpy(),
        per_class=per_class,
        confusions=_read_csv(details_dir(system) / "confusions.csv"),
    )


def _dimension_detail(system: str) -> DimensionDetail:
    figure = _existing(plots_dir(system) / "figures" / "residuals.png")
    return DimensionDetail(
        per_target=_read_csv(details_dir(system) / "per_target.csv"),
        residuals=Picture(f"Predictions and residuals of {system} over the truth", figure.read_bytes()),
    )


def _read_csv(path: Path) -> pd.DataFrame:
    """Read a table of the plots folder; a class named "none" is a name, not a missing value."""
    return pd.read_csv(_existing(path), keep_default_na=False, na_values=[""])


def _existing(path: Path) -> Path:
    if not path.exists():
        raise PipelineError(f"{path} is not there; `dvc repro` makes it")
    return path
