"""One trained system more closely: what the stages `evaluate`, `represent` and `analyse` wrote of it.

A figure that has nothing to show is not written (see `pipeline.evaluation.plots`): its table is None here.
Everything else has to be there.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.core.paths import (
    analysis_dir,
    evaluated_dir,
    figures_dir,
    plots_dir,
    representations_dir,
    stress_dir,
)
from pipeline.core.tables import existing, read_csv, read_json
from pipeline.report.leaderboard import Row
from pipeline.report.training_summary import epoch_rows

N_SHOWN = 10  # of each list of clips
LISTS = {  # by name of the list: for classes, for dimensions
    "failures": ("Most confident failures", "Largest errors"),
    "unsure": ("Least confident right predictions", None),
}


@dataclass(frozen=True)
class ClassDetail:
    """What is known of a system of classes: tables as `pipeline.evaluation.plots` describes them.

    Attributes:
        confusion: (n_classes, n_classes) counts of the first seed's test clips, rows are the truth.
        per_class: Precision, recall, F1 and areas a class.
        confusions: The most frequent confusions of each corpus.
        roc: Points of each class's curve; None without probabilities.
        pr: As `roc`.
        reliability: Bins of confidence; None without probabilities.
        calibrated: The same of calibrated probabilities; None where there are none.
        coverage: Accuracy by the share of clips that are answered; None without probabilities.
    """

    confusion: np.ndarray
    per_class: pd.DataFrame
    confusions: pd.DataFrame
    roc: pd.DataFrame | None
    pr: pd.DataFrame | None
    reliability: pd.DataFrame | None
    calibrated: pd.DataFrame | None
    coverage: pd.DataFrame | None

    @property
    def classes(self) -> list[str]:
        return self.per_class["class"].tolist()


@dataclass(frozen=True)
class DimensionDetail:
    """What is known of a system of dimensions: the scores of each, and each clip's residuals."""

    per_target: pd.DataFrame
    residuals: pd.DataFrame


@dataclass(frozen=True)
class ClipList:
    """Clips to listen to.

    Attributes:
        title: What they have in common.
        rows: The first of them.
        n: How many there are.
        n_test: Among how many.
        file: Where more of them stand.
    """

    title: str
    rows: list[dict[str, Any]]
    n: int
    n_test: int
    file: str

    @property
    def n_shown(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Representation:
    """An inner representation of the test clips.

    Attributes:
        name: Which.
        points: utterance_id, label, x and y of t-SNE's plane, NaN where there is none; a column a dimension.
        about: Silhouettes, counts, and a note.
        folder: Where it lies.
    """

    name: str
    points: pd.DataFrame
    about: dict[str, Any]
    folder: str

    @property
    def stem(self) -> str:
        """Where picture and numbers of the plane lie, without suffix."""
        return f"{self.folder}/{self.name}_tsne"

    def dimension(self, targets: list[str]) -> str:
        """Return the first of a system's dimensions that the clips have a value of here."""
        return next(name for name in targets if name in self.points)

    @property
    def drawable(self) -> bool:
        return len(self.points) > 0 and bool(self.points[["x", "y"]].notna().all(axis=None))


@dataclass(frozen=True)
class Change:
    """What a system changes against a baseline: scores, and where it predicts classes, the confusion matrix."""

    baseline: str
    scores: list[dict[str, Any]]
    confusion: pd.DataFrame | None
    stem: str

    @property
    def classes(self) -> list[str]:
        return [] if self.confusion is None else list(dict.fromkeys(self.confusion["actual"]))


@dataclass(frozen=True)
class Stress:
    """What a system's changed test clips cost it: see `pipeline.stress.judge`.

    Attributes:
        n_clips: How many clips were changed.
        rows: One a condition, the unchanged clips first.
        folder: Where more lies.
    """

    n_clips: int
    rows: list[dict[str, Any]]
    folder: str


@dataclass(frozen=True)
class Detail:
    """One trained system.

    Attributes:
        row: Its row on the leaderboard.
        predicted: What it predicts, classes or dimensions, and how well.
        groups: Scores by corpus, sex and speaker.
        curves: Learning curves; no rows for a system that is not trained by epochs.
        epochs: The kept one and the last; no rows either.
        importances: Of features; None where it has none.
        trials: Of its search; None without one.
        families: What families of its features are worth; None where they were not permuted.
        stress: Its test clips with noise and the like; None where they were not changed.
        clips: Lists of them.
        representations: Inner ones.
        comparisons: Its rows of significance.csv.
        changes: Against each of its baselines.
    """

    row: Row
    predicted: ClassDetail | DimensionDetail
    groups: pd.DataFrame
    curves: pd.DataFrame
    epochs: list[dict[str, Any]]
    importances: pd.DataFrame | None
    trials: pd.DataFrame | None
    families: pd.DataFrame | None
    stress: Stress | None
    clips: list[ClipList]
    representations: list[Representation]
    comparisons: list[dict[str, Any]]
    changes: list[Change]


@dataclass(frozen=True)
class Analysis:
    """Tables of the stage `analyse` that hold all systems."""

    significance: pd.DataFrame
    listed: pd.DataFrame
    score_changes: pd.DataFrame


def read_analysis() -> Analysis:
    folder = analysis_dir()
    names = ("significance.csv", "listed.csv", "change/scores.csv")
    return Analysis(*(read_csv(folder / name) for name in names))


def read_detail(row: Row, analysis: Analysis, *, represented: bool, stressed: bool) -> Detail:
    """Read all that is known of a system.

    Args:
        row: Its row on the leaderboard; it was trained.
        analysis: Tables of all systems.
        represented: Whether params.yaml lists it below `representations`.
        stressed: Whether params.yaml lists it below `stress`, and that was run.
    """
    system, significance = row.system, analysis.significance
    return Detail(
        row=row,
        predicted=_dimension_detail(system) if row.targets else _class_detail(system),
        groups=read_csv(evaluated_dir(system) / "groups.csv"),
        curves=read_csv(plots_dir(system) / "learning.csv"),
        epochs=epoch_rows(system),
        importances=_figure(system, "importances"),
        trials=_figure(system, "trials"),
        families=_families(system),
        stress=_stress(system) if stressed else None,
        clips=_clips(row, analysis.listed),
        representations=_representations(system) if represented else [],
        comparisons=significance[significance["system"] == system].to_dict("records"),
        changes=_changes(row, analysis.score_changes),
    )


def _class_detail(system: str) -> ClassDetail:
    per_class = read_csv(evaluated_dir(system) / "per_class.csv")
    pairs = read_csv(plots_dir(system) / "confusion.csv")
    classes = per_class["class"].tolist()
    confusion = pd.crosstab(pairs["actual"], pairs["predicted"])
    return ClassDetail(
        confusion=confusion.reindex(index=classes, columns=classes, fill_value=0).to_numpy(),
        per_class=per_class,
        confusions=read_csv(evaluated_dir(system) / "confusions.csv"),
        roc=_figure(system, "roc"),
        pr=_figure(system, "pr"),
        reliability=_figure(system, "reliability"),
        calibrated=_figure(system, "reliability_calibrated"),
        coverage=_figure(system, "coverage"),
    )


def _dimension_detail(system: str) -> DimensionDetail:
    return DimensionDetail(
        per_target=read_csv(evaluated_dir(system) / "per_target.csv"),
        residuals=read_csv(figures_dir(system) / "residuals.csv"),
    )


def _clips(row: Row, listed: pd.DataFrame) -> list[ClipList]:
    found = []
    for name, titles in LISTS.items():
        title = titles[bool(row.targets)]
        if title is None:
            continue
        path = analysis_dir() / name / f"{row.system}.csv"
        (counts,) = listed[(listed["system"] == row.system) & (listed["list"] == name)].to_dict("records")
        rows = read_csv(path).head(N_SHOWN)
        rows = rows.astype(object).where(rows.notna(), None).to_dict("records")
        found.append(ClipList(title, rows, counts["n"], counts["n_test"], path.as_posix()))
    return found


def _representations(system: str) -> list[Representation]:
    folder = representations_dir(system)
    found = []
    for name, about in read_json(existing(folder / "silhouettes.json")).items():
        points = read_csv(folder / f"{name}_tsne.csv")
        found.append(Representation(name, points, about, folder.as_posix()))
    return found


def _changes(row: Row, scores: pd.DataFrame) -> list[Change]:
    own = scores[scores["system"] == row.system]
    found = []
    for baseline, part in own.groupby("baseline", sort=False):
        stem = analysis_dir() / "change" / row.system / str(baseline)
        confusion = None if row.targets else read_csv(stem.with_name(f"{stem.name}.csv"))
        found.append(Change(str(baseline), part.to_dict("records"), confusion, stem.as_posix()))
    return found


def _families(system: str) -> pd.DataFrame | None:
    path = analysis_dir() / "families" / f"{system}.csv"
    return read_csv(path) if path.exists() else None


def _stress(system: str) -> Stress:
    about = read_json(existing(stress_dir(system) / "stress.json"))
    return Stress(about["n_clips"], about["conditions"], stress_dir(system).as_posix())


def _figure(system: str, name: str) -> pd.DataFrame | None:
    """Read the numbers behind a figure; None where there was nothing to show."""
    path = figures_dir(system) / f"{name}.csv"
    return read_csv(path) if path.exists() else None
