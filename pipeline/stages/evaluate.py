"""Score a system's predictions and draw its plots; nothing of its training is needed or imported."""

import gc
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pandas as pd

from pipeline.core.paths import (
    details_dir,
    evaluation_plan_path,
    history_path,
    metrics_path,
    model_dir,
    plots_dir,
    predictions_path,
)
from pipeline.core.stage import run
from pipeline.core.tables import read_json, read_table, write_json

log = logging.getLogger(__name__)


def main(system: str) -> None:
    """Evaluate one system; one whose study has no clips in the active profile is marked as skipped."""
    with _no_collector():
        scores = _evaluate(system)
    if scores["status"] == "skipped":
        log.info(
            "evaluate %s: skipped, no clips of %s in profile %s", system, scores["study"], scores["profile"]
        )
        return
    shown = ", ".join(f"{name} {scores[name]:.3f}" for name in ("accuracy", "uar", "ccc") if name in scores)
    log.info("evaluate %s: %d test clips, %d seed(s), %s", system, scores["n_test"], scores["n_seeds"], shown)


def _evaluate(system: str) -> Mapping[str, Any]:
    # Imported here, without the collector: scikit-learn and matplotlib take most of this stage's time.
    from pipeline.evaluation.plots import write_model_plots, write_plots
    from pipeline.evaluation.regression import describe_targets
    from pipeline.evaluation.summary import short_metrics, summarise

    about = read_json(evaluation_plan_path(system))
    predictions = read_table(predictions_path(system))
    history = pd.read_csv(history_path(system))
    write_plots(plots_dir(system), details_dir(system), predictions, history, system)
    if predictions.empty:
        scores = {"status": "skipped", **about, "targets": describe_targets(predictions)}
    else:
        scores = summarise(predictions, about, read_json(model_dir(system) / "model.json"))
        write_model_plots(plots_dir(system), model_dir(system), system)
    write_json(details_dir(system) / "scores.json", scores)
    write_json(metrics_path(system), short_metrics(scores))
    return scores


@contextmanager
def _no_collector() -> Iterator[None]:
    """Leave cycles of objects where they are for a while: looking for them takes a sixth of a short process."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


if __name__ == "__main__":
    run(main)
