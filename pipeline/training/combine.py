"""An ensemble of two trained systems: their mean, or a network trained on their validation logits."""

from typing import Any

import pandas as pd

from pipeline.config.plans import EnsemblePlan
from pipeline.core.errors import PipelineError
from pipeline.core.paths import predictions_path, split_path, trained_dir
from pipeline.core.tables import read_json, read_table
from pipeline.training.average import KEYS, align, average
from pipeline.training.outcome import Outcome, predictions_table
from pipeline.training.train import wait_passively


def read_members(plan: EnsemblePlan) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """Return the predictions of both members, row by row of the same clips; None where there are none.

    Raises:
        PipelineError: They are not of the same clips.
    """
    names = (plan.ensemble.first, plan.ensemble.second)
    first, second = (read_table(predictions_path(name)) for name in names)
    if first.empty and second.empty:
        return None
    first = first.sort_values(KEYS, ignore_index=True)
    return first, align(first, second, names, plan.ensemble.seeds)


def combine(
    plan: EnsemblePlan, members: tuple[pd.DataFrame, pd.DataFrame], name: str
) -> tuple[pd.DataFrame, list[Outcome]]:
    """Return the ensemble's predictions, and what was trained for them: nothing for a mean.

    Raises:
        PipelineError: A stacked network is to join dimensions.
    """
    if plan.ensemble.method == "average":
        return average(*members), []
    if "predicted" not in members[0]:
        raise PipelineError(
            f"ensembles.{name}.method: stacked joins classes, but its members predict dimensions"
        )
    wait_passively()
    from pipeline.training.stacking import stack

    columns = ["utterance_id", "group"]
    split_table = read_table(split_path(plan.ensemble.study, plan.ensemble.variant), columns)
    groups = split_table.drop_duplicates("utterance_id").set_index("utterance_id")["group"]
    results = stack(members, groups, plan.classes, plan.ensemble, name, trained_dir(name))
    predictions = pd.concat([predictions_table(data, [outcome]) for data, outcome in results])
    return predictions.sort_values(KEYS, ignore_index=True), [outcome for _, outcome in results]


def ensemble_facts(plan: EnsemblePlan, outcomes: list[Outcome]) -> dict[str, Any]:
    """Return what the metrics say of an ensemble; see `pipeline.training.outcome.model_facts`.

    It is pretrained where both members are. `parameters` are those of all its networks; `n_train` is what the
    larger member was trained on, for the clips of a stacked network are validation's.
    """
    names = (plan.ensemble.first, plan.ensemble.second)
    members = [read_json(trained_dir(name) / "model.json") for name in names]
    own = max((outcome.facts["parameters"] for outcome in outcomes), default=0)
    counts = [member["parameters"] for member in members]
    return {
        "pretrained": all(member["pretrained"] for member in members),
        "random_weights": any(member["random_weights"] for member in members),
        "parameters": None if None in counts else sum(counts) + own,
        "n_train": max(member["n_train"] for member in members),
        "n_left_out": max(member["n_left_out"] for member in members),
        "plan": plan.digest,
        "models": [{"seed": o.seed, "fold": o.fold, **o.facts} for o in outcomes],
    }
