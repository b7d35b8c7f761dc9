"""Draw what a trained network makes of its test clips on the way to its outputs, and score how classes part there.

The model is that of the first seed and fold, and the clips are that fold's test clips. Below data/representations,
in the system's folder, are for each representation that params.yaml names:

    <name>.parquet      utterance_id, corpus, label, the true values of a system's dimensions, values: the vector
    <name>_tsne.csv     utterance_id, label, those dimensions, x, y: the plane that t-SNE makes; empty where none
    <name>_tsne.png     the plane, coloured by class or by the values of dimensions; only where there is one
    silhouettes.json    by name: silhouettes of the true classes; see `pipeline.representation.separation`

A system of dimensions that has a network for each has each representation once a network, as <name>_<dimension>.
"""

import logging
import os
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from pipeline.config.analysis import representation_plan_path, representations_dir
from pipeline.config.plans import SystemPlan, load_system_plan
from pipeline.config.settings import EMOTION, AnySystem, TorchSystem
from pipeline.core.errors import PipelineError
from pipeline.core.paths import model_dir, split_path
from pipeline.core.stage import run
from pipeline.core.tables import read_json, read_table, write_json
from pipeline.representation.files import CLIP, write_representation
from pipeline.stages.train import load_study
from pipeline.training.model_files import networks_of

log = logging.getLogger(__name__)


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
    return test.dropna(subset=dimensions_in(targets)).sort_values("example_id", ignore_index=True)


def dimensions_in(targets: Sequence[str]) -> list[str]:
    return [name for name in targets if name != EMOTION]


def vectors_of(
    plan: SystemPlan, settings: TorchSystem, test: pd.DataFrame, system: str, names: list[str]
) -> dict[str, dict[str, np.ndarray]]:
    """Return each network's representations of test clips by name, as `representations_of` does."""
    # Before torch is loaded: threads that spin while they wait cost ten times the work on a busy machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    from pipeline.representation.extract import representations_of

    fold = int(test["fold"].iloc[0])
    data = load_study(plan, test)
    rows = data.rows(fold, ["test"])
    return representations_of(
        data, rows, settings, fold, model_dir(system), names, f"representations.{system}"
    )


def why_no_clips(split_table: pd.DataFrame, settings: TorchSystem) -> str:
    if split_table.empty:
        return f"study {settings.study} has no clips in this profile"
    return f"the first fold of {settings.study} has no test clips with {' and '.join(settings.targets)}"


def main(system: str) -> None:
    started = time.perf_counter()
    plan, names = load_system_plan(system), read_json(representation_plan_path(system))["names"]
    settings = network_settings(plan.system, system)
    split_table = read_table(split_path(settings.study, settings.variant))
    test = first_test_clips(split_table, settings.targets)
    vectors = {} if test.empty else vectors_of(plan, settings, test, system, names)
    silhouettes = {}
    for network, targets in networks_of(settings).items():
        clips = test[[*CLIP, *dimensions_in(targets)]]
        for name in names:
            stem = stem_of(name, network)
            values = vectors[network][name] if vectors else np.empty((0, 0), np.float32)
            title = f"{system}, {stem.replace('_', ' ')}: {len(test)} test clips, seed {settings.seeds[0]}"
            path = representations_dir(system) / stem
            about = write_representation(path, values, clips, plan.classes, title)
            silhouettes[stem] = about if vectors else {**about, "note": why_no_clips(split_table, settings)}
    write_json(representations_dir(system) / "silhouettes.json", silhouettes)
    log.info(
        "represent %s: %d test clips, %s, %.1f s",
        *(system, len(test), shorten(silhouettes), time.perf_counter() - started),
    )


def shorten(silhouettes: dict[str, dict[str, Any]]) -> str:
    """Say in a line what the silhouettes are, or why there are none."""
    parts = [
        f"{stem}: {about['note']}" if about["cosine"] is None else f"{stem}: silhouette {about['cosine']:.3f}"
        for stem, about in silhouettes.items()
    ]
    return ", ".join(parts)


if __name__ == "__main__":
    run(main)
