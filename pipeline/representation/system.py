"""The inner representations of a trained system: of its first seed and fold, and of that fold's test clips."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from pipeline.config.plans import SystemPlan
from pipeline.config.systems import EMOTION, AnySystem, TorchSystem
from pipeline.core.errors import PipelineError
from pipeline.core.paths import representations_dir, split_path, trained_dir
from pipeline.core.tables import read_table
from pipeline.representation.files import CLIP, write_representation
from pipeline.training.model_files import networks_of
from pipeline.training.study import load_study
from pipeline.training.train import wait_passively


def represent(system: str, plan: SystemPlan, names: list[str]) -> dict[str, dict[str, Any]]:
    """Write the representations of a system; return their silhouettes, and notes, by name.

    Args:
        system: Its name.
        plan: What it was trained on and with.
        names: Which representations.

    Raises:
        PipelineError: It is no network, or has no representation of some name.
    """
    settings = network_settings(plan.system, system)
    split_table = read_table(split_path(settings.study, settings.variant))
    test = first_test_clips(split_table, settings.targets)
    vectors = {} if test.empty else _vectors(plan, settings, test, system, names)
    silhouettes = {}
    for network, targets in networks_of(settings).items():
        clips = test[[*CLIP, *_dimensions(targets)]]
        for name in names:
            stem = stem_of(name, network)
            values = vectors[network][name] if vectors else np.empty((0, 0), np.float32)
            title = f"{system}, {stem.replace('_', ' ')}: {len(test)} test clips, seed {settings.seeds[0]}"
            path = representations_dir(system) / stem
            about = write_representation(path, values, clips, plan.classes, title)
            silhouettes[stem] = about if vectors else {**about, "note": _why_no_clips(split_table, settings)}
    return silhouettes


def network_settings(settings: AnySystem, system: str) -> TorchSystem:
    """Return a system's settings if it is a network.

    Raises:
        PipelineError: It is an estimator of scikit-learn.
    """
    if isinstance(settings, TorchSystem):
        return settings
    raise PipelineError(
        f"params.yaml: representations.{system}: {settings.model} is an estimator of scikit-learn, which has no "
        "inner representations; expected a system with `trainer: torch`: take it out of `representations`"
    )


def stem_of(name: str, network: str) -> str:
    """Return how the files of a representation are called; `network` as `networks_of` calls it."""
    return f"{name}_{network}" if network else name


def first_test_clips(split_table: pd.DataFrame, targets: Sequence[str]) -> pd.DataFrame:
    """Return the test clips of a split's first fold, sorted, without those that lack one of the dimensions."""
    first = split_table["fold"] == split_table["fold"].min()
    test = split_table[first & (split_table["split"] == "test")]
    return test.dropna(subset=_dimensions(targets)).sort_values("example_id", ignore_index=True)


def _dimensions(targets: Sequence[str]) -> list[str]:
    return [name for name in targets if name != EMOTION]


def _vectors(
    plan: SystemPlan, settings: TorchSystem, test: pd.DataFrame, system: str, names: list[str]
) -> dict[str, dict[str, np.ndarray]]:
    """Return each network's representations of test clips by name, as `representations_of` does."""
    wait_passively()
    from pipeline.representation.extract import representations_of

    fold = int(test["fold"].iloc[0])
    data = load_study(plan, test)
    rows = data.rows(fold, ["test"])
    where = f"representations.{system}"
    return representations_of(data, rows, settings, fold, trained_dir(system), names, where)


def _why_no_clips(split_table: pd.DataFrame, settings: TorchSystem) -> str:
    if split_table.empty:
        return f"study {settings.study} has no clips in this profile"
    return f"the first fold of {settings.study} has no test clips with {' and '.join(settings.targets)}"
