"""The settings of an ensemble: what a mean and a stacked network take."""

from typing import Any

import pytest
from pydantic import ValidationError

from pipeline.config.ensembles import Ensemble

STACKING: dict[str, Any] = {
    "model": "mlp",
    "architecture": {"hidden": [8], "dropouts": [0.3], "batch_norm": False},
    "optimizer": "adam",
    "lr": 0.05,
    "batch_size": 8,
    "epochs": 3,
    "monitor": "val_uar",
    "loss": "cross_entropy",
    "class_weights": "inverse_frequency",
    "normalise": {"features": {"kind": "none"}},
}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"method": "stacked"}, "folds is None; expected 2 or more"),
        ({"method": "average", "folds": 5}, "folds and stacking belong to method stacked"),
        ({"method": "stacked", "folds": 5, "stacking": {**STACKING, "seeds": [3]}}, "seeds cannot be chosen"),
        (
            {"method": "stacked", "folds": 5, "stacking": {**STACKING, "learning": 1}},
            "stacking.learning: unknown",
        ),
        ({"method": "average", "seeds": []}, "seeds is .*expected one or more"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes: dict, message: str) -> None:
    settings = {"study": "toy", "variant": "main", "first": "one", "second": "two", "seeds": [1]}
    with pytest.raises(ValidationError, match=message):
        Ensemble.model_validate({**settings, **changes})
