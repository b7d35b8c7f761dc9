"""Score a system's predictions and draw its plots; nothing of its training is needed or imported."""

import logging

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
from pipeline.evaluation.plots import write_plots
from pipeline.evaluation.regression import describe_targets
from pipeline.evaluation.summary import summarise

log = logging.getLogger(__name__)


def main(system: str) -> None:
    """Evaluate one system; one whose study has no clips in the active profile is marked as skipped."""
    about = read_json(evaluation_plan_path(system))
    predictions = read_table(predictions_path(system))
    history = pd.read_csv(history_path(system))
    write_plots(plots_dir(system), details_dir(system), predictions, history, system)
    if predictions.empty:
        write_json(
            metrics_path(system), {"status": "skipped", **about, "targets": describe_targets(predictions)}
        )
        log.info(
            "evaluate %s: skipped, no clips of %s in profile %s", system, about["study"], about["profile"]
        )
        return
    metrics = summarise(predictions, about, read_json(model_dir(system) / "model.json"))
    write_json(metrics_path(system), metrics)
    shown = ", ".join(f"{name} {metrics[name]:.3f}" for name in ("accuracy", "uar", "ccc") if name in metrics)
    log.info(
        "evaluate %s: %d test clips, %d seed(s), %s", system, metrics["n_test"], metrics["n_seeds"], shown
    )


if __name__ == "__main__":
    run(main)
