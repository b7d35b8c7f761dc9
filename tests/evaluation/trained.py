"""What training leaves of a made-up system, for what is evaluated without training anything."""

import pandas as pd

from pipeline.core.paths import predictions_path, trained_dir
from pipeline.core.schemas import predictions_schema
from pipeline.core.tables import write_json, write_table
from pipeline.evaluation.regression import target_order
from pipeline.training.outcome import write_history
from tests.evaluation import made_up

MODEL = {"pretrained": False, "random_weights": False, "parameters": 1204, "n_train": 70}
MODEL["models"] = [{"seed": 0, "fold": 0, "best_epoch": 1}]
PLAN = "digest of the plan"


def write_training(
    system: str, predictions: pd.DataFrame, history: pd.DataFrame, *, plan: str = PLAN
) -> None:
    """Write what the train stage leaves of a system that was trained by a plan."""
    schema = predictions_schema(made_up.CLASSES, target_order(predictions) or ["emotion"])
    write_table(predictions_path(system), predictions, schema)
    write_history(system, history)
    why = {"reason": "nobody is left to test"} if predictions.empty else {}
    write_json(trained_dir(system) / "model.json", {**MODEL, "plan": plan, **why})
