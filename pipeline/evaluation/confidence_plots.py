"""Figures of how sure a system is: reliability once it is calibrated, and accuracy over coverage."""

from pathlib import Path

import matplotlib.style
import numpy as np
import pandas as pd

from pipeline.core.tables import write_csv
from pipeline.evaluation.abstention import coverage_table
from pipeline.evaluation.calibration import calibrate
from pipeline.evaluation.curve_figures import save_reliability
from pipeline.evaluation.figures import panels, save, tidy
from pipeline.evaluation.reliability import calibration_error, reliability_table
from pipeline.evaluation.scores import class_order, number_runs, probabilities_of
from pipeline.inference.calibration import Calibration

_LINE = "#0072B2"


def write_confidence_plots(
    details: Path, predictions: pd.DataFrame, calibration: Calibration, title: str
) -> None:
    """Write the figures of a system of classes, as far as it has probabilities; of the first run, as others are.

    Args:
        details: The system's folder of tables, whose figures go into `figures`.
        predictions: The system's, of every split, some of them of test clips.
        calibration: Its temperatures.
        title: Above each figure.
    """
    test = predictions[predictions["split"] == "test"]
    first, classes = test[number_runs(test) == 0], class_order(predictions)
    if not classes or first.empty or not np.isfinite(probabilities_of(first, classes)).all():
        return
    labels = first["label"].to_numpy()
    subtitle = f"{title}: {len(first)} test clips, seed {first['seed'].iloc[0]}"
    coverage = coverage_table(labels, probabilities_of(first, classes), classes)
    write_csv(details / "figures" / "coverage.csv", coverage)
    save_coverage(details / "figures" / "coverage.png", coverage, subtitle)
    if calibration.why_not is None:
        probabilities = probabilities_of(calibrate(first, calibration), classes)
        bins = reliability_table(labels, probabilities, classes)
        error = calibration_error(labels, probabilities, classes)
        write_csv(details / "figures" / "reliability_calibrated.csv", bins)
        path = details / "figures" / "reliability_calibrated.png"
        save_reliability(path, bins, f"{subtitle}, calibrated, ECE {error:.3f}")


def save_coverage(path: Path, table: pd.DataFrame, title: str) -> None:
    """Draw the accuracy over the share of clips that are answered.

    Args:
        path: PNG file.
        table: As `pipeline.evaluation.abstention.coverage_table` returns it.
        title: Above the figure.
    """
    with matplotlib.style.context("default"):
        figure, (axes,) = panels(6, 4, [(0.75, 0.6, 4.9, 2.85)], title)
        axes.plot(table["coverage"], table["accuracy"], color=_LINE, linewidth=1.6)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.03)
        axes.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
        axes.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
        tidy(axes, "coverage: share of clips that are answered, the surest first", "accuracy of these")
        save(figure, path)
