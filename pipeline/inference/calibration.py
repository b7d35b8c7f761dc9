"""Calibrated probabilities: those of a model, at the temperature that fits its validation clips best.

The probabilities' logarithms are divided by the temperature, and their softmax is taken: above 1 a model becomes
less sure, below 1 surer. Which class wins, and the order of the classes, stays. `pipeline.evaluation.calibration`
fits temperatures and writes them down; predictions and models stay as they were trained.

Source: Guo et al., On Calibration of Modern Neural Networks, ICML 2017, section 4.2, arXiv:1706.04599.
"""

from pathlib import Path

import numpy as np
from scipy.special import softmax

from pipeline.config.base import Settings
from pipeline.core.paths import evaluated_dir, trained_dir
from pipeline.core.tables import read_json

CALIBRATION = "calibration.json"  # among the files of a system's evaluation


class Temperature(Settings):
    """What fits one model."""

    seed: int
    fold: int
    temperature: float
    n_clips: int  # that it was fitted on


class Calibration(Settings):
    """The temperatures of a system's models, or why it has none."""

    plan: str  # digest of the plan that the models were trained by
    why_not: str | None  # None where there are temperatures
    models: list[Temperature]
    # of what the models of several folds say of their test clips: for one model that is trained on all clips
    over_folds: Temperature | None = None

    @property
    def temperatures(self) -> dict[tuple[int, int], float]:
        """By seed and fold."""
        return {(one.seed, one.fold): one.temperature for one in self.models}

    def of_everyone(self, models: list[tuple[int, int]]) -> "Calibration":
        """Return the temperature of models, by seed and fold, that are trained on all clips of the study."""
        found = self.over_folds
        if found is None:
            why_not = "its study has no folds, whose test clips it could be calibrated on"
            return Calibration(plan=self.plan, why_not=self.why_not or why_not, models=[])
        own = [found.model_copy(update={"seed": seed, "fold": fold}) for seed, fold in models]
        return Calibration(plan=self.plan, why_not=None, models=own)


def tempered(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Return probabilities at a temperature, the same shape, float64; a probability of 0 stays 0.

    Args:
        probabilities: Shape (clips, classes), rows summing to one.
        temperature: Above 0.
    """
    with np.errstate(divide="ignore"):
        return softmax(np.log(np.asarray(probabilities, np.float64)) / temperature, axis=1)


def calibration_path(system: str) -> Path:
    """Where evaluation writes a system's temperatures."""
    return evaluated_dir(system) / CALIBRATION


def read_calibration(system: str) -> Calibration:
    """Return the temperatures of a trained system, as far as they were fitted to the models that it has now."""
    plan = read_json(trained_dir(system) / "model.json")["plan"]
    if not calibration_path(system).exists():
        return Calibration(plan=plan, why_not="it is not evaluated: `dvc repro evaluate`", models=[])
    calibration = Calibration.model_validate(read_json(calibration_path(system)))
    if calibration.plan != plan:
        why_not = "it was trained anew since it was evaluated: `dvc repro evaluate`"
        return Calibration(plan=plan, why_not=why_not, models=[])
    return calibration
