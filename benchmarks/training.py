"""Compare the speed of training's own parts with the usual way of doing the same, in one run.

    python -m benchmarks.training [parts] [epochs] [--systems ravdess_cnn3 ..] [--repeats 7]

epochs: whole epochs of some systems, from stores, against the usual loop over a file a clip; each way in a process
    of its own, with the most memory that it took. See `benchmarks.epochs`.
parts: batches by index from resident tensors are held against a `DataLoader`, the grid search that fits PCA once
    a fold against `GridSearchCV`, which fits it once a candidate.

Ours and theirs take turns, so that whatever else the machine does strikes both; the ratio is the median over pairs,
and above 1 ours is faster. Both ways see the same clips and reach the same scores or losses, which is checked.
"""

import argparse
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import torch
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from threadpoolctl import threadpool_limits
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.epoch_ways import SYSTEMS
from benchmarks.epochs import compare as compare_epochs
from pipeline.config.systems import SklearnSystem
from pipeline.models.build import build_estimator
from pipeline.training.batches import Examples, shuffled_batches
from pipeline.training.grid_search import search

N_IMAGES, BATCH = 1008, 64  # RAVDESS's training split, the batches of its CNNs
N_CLIPS, N_FEATURES, FOLDS = 400, 2000, 3
GRID: dict[str, list[Any]] = {"C": [0.1, 1.0, 10.0], "kernel": ["linear", "rbf"], "gamma": ["scale"]}


def ratio(ours: Callable[[], object], theirs: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Return the median seconds of ours and the median ratio of theirs to ours."""
    pairs = [(_seconds(ours), _seconds(theirs)) for _ in range(repeats)]
    return median(a for a, _ in pairs), median(b / a for a, b in pairs)


def _seconds(function: Callable[[], object]) -> float:
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def compare_batches(repeats: int) -> tuple[float, float]:
    """Put together all batches of an epoch of images."""
    images = torch.randint(0, 256, (N_IMAGES, 128, 128), dtype=torch.uint8)
    targets = torch.arange(N_IMAGES)
    examples, rows = Examples({"features": images}, targets), torch.arange(N_IMAGES)
    loader = DataLoader(TensorDataset(images, targets), BATCH, shuffle=True)

    def ours() -> int:
        batches = shuffled_batches(rows, BATCH, torch.Generator().manual_seed(0))
        return sum(int(examples.take(batch)[1].sum()) for batch in batches)

    def theirs() -> int:
        return sum(int(labels.sum()) for _, labels in loader)

    _check(ours() == theirs(), "the batches hold different clips")
    return ratio(ours, theirs, repeats)


def compare_grid_search(repeats: int) -> tuple[float, float]:
    """Score six candidates of the support vector machine behind PCA."""
    generator = np.random.default_rng(0)
    labels = np.array(["angry", "happy", "neutral", "sad"], dtype=object)[np.arange(N_CLIPS) % 4]
    values = generator.normal(size=(N_CLIPS, N_FEATURES)).astype(np.float32)
    values[labels == "sad"] += 0.1
    system = SklearnSystem(
        study="", model="svm", features="", second="none", architecture={}, seeds=[0], train_on=["train"],
        variant="main", small={}, trainer="sklearn", folds=FOLDS, scoring="accuracy", grid=GRID,
    )  # fmt: skip
    estimator = build_estimator("svm", {"clip": 5.0, "pca_variance": 0.95, "select_k": 129}, seed=0)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    grid = {f"classifier__{name}": options for name, options in GRID.items()}
    usual = GridSearchCV(estimator, grid, cv=folds, scoring="accuracy", n_jobs=-1, refit=False)

    def ours() -> list[float]:
        with threadpool_limits(1, user_api="blas"):  # as the runner does, and as GridSearchCV's processes do
            return [
                candidate.mean
                for candidate in search(estimator, values, labels, np.arange(N_CLIPS), system, 0, "svm")
            ]

    def theirs() -> list[float]:
        return usual.fit(values, labels).cv_results_["mean_test_score"].tolist()

    _check(np.allclose(ours(), theirs()), "the grid searches differ in a score")
    return ratio(ours, theirs, repeats)


def _check(same: bool, otherwise: str) -> None:
    if not same:
        raise RuntimeError(otherwise)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="*", metavar="parts, epochs", help="both if none is named")
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=list(SYSTEMS))
    parser.add_argument("--repeats", type=int, default=7)
    arguments = parser.parse_args()
    if unknown := set(arguments.what) - {"parts", "epochs"}:
        parser.error(f"{', '.join(unknown)} is none of parts, epochs")
    if "parts" in arguments.what or not arguments.what:
        compare_parts(arguments.repeats)
    if "epochs" in arguments.what or not arguments.what:
        compare_epochs(arguments.systems, arguments.repeats)


def compare_parts(repeats: int) -> None:
    """Print how much faster parts of training are."""
    for name, compare in (
        ("batches of an epoch", compare_batches),
        ("grid search behind PCA", compare_grid_search),
    ):
        seconds, faster = compare(repeats)
        print(f"{name:24} {1000 * seconds:8.1f} ms  {faster:5.1f} times as fast")


if __name__ == "__main__":
    main()
