"""Figures of how sure a system is: which are written, and the numbers behind them."""

import pandas as pd

from pipeline.evaluation.calibration import fit_temperatures
from pipeline.evaluation.confidence_plots import write_confidence_plots
from tests.evaluation import made_up
from tests.evaluation.test_calibration import both


def written(tmp_path, table: pd.DataFrame) -> set[str]:
    write_confidence_plots(tmp_path, table, fit_temperatures(table, "p"), "net")
    return {path.name for path in (tmp_path / "figures").glob("*")}


def test_a_calibrated_system_has_both_figures(tmp_path):
    stems = ("coverage", "reliability_calibrated")
    assert written(tmp_path, both(60)) == {f"{stem}{end}" for stem in stems for end in (".csv", ".png")}
    bins = pd.read_csv(tmp_path / "figures" / "reliability_calibrated.csv")
    assert bins["n"].sum() == 61


def test_one_without_validation_has_its_coverage_alone(tmp_path):
    assert written(tmp_path, both(60).query("split == 'test'")) == {"coverage.csv", "coverage.png"}
    assert pd.read_csv(tmp_path / "figures" / "coverage.csv")["coverage"].iloc[-1] == 1


def test_without_probabilities_nothing_is_written(tmp_path):
    assert written(tmp_path, both(60).assign(p_sad=float("nan"))) == set()
    assert written(tmp_path, made_up.random_dimensions(20)) == set()
