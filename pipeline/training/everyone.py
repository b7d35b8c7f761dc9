"""Training once more on all clips of a study, those that were tested too: for use, when nothing is left to test.

The systems of the folds say how well it does with people whom it has not heard; a system that is used may as well
have heard all of them. Hyper-parameters are searched for as in each fold, by folds of its speakers.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from pipeline.config.plans import SystemPlan
from pipeline.config.systems import SklearnSystem
from pipeline.core.errors import PipelineError
from pipeline.core.paths import split_path
from pipeline.core.tables import read_table
from pipeline.training.study import load_study

TESTED = ("train", "val", "test")  # and `cross` stays out: other corpora, which are only tested
FOLD = 0  # the one that there is then


def train_on_everyone(name: str, plan: SystemPlan, folder: Path) -> tuple[list[tuple[int, int]], int, int]:
    """Train the models of a system, one a seed, on every clip that one of its folds trains on or tests.

    Args:
        name: Of the system.
        plan: That the system is trained by; its features and splits have to be there.
        folder: Of the models.

    Returns:
        The models, seed and fold; and the numbers of clips and of speakers that they learnt from.

    Raises:
        PipelineError: It is a network, or a clip has no features.
    """
    system = plan.system
    if not isinstance(system, SklearnSystem):
        raise PipelineError(
            f"{name} cannot be trained on everyone: a network is stopped by clips that it does not learn from; its "
            "export without `--everyone` is the mean of its folds"
        )
    from pipeline.training.sklearn_runner import SklearnRunner

    data = load_study(plan, read_table(split_path(system.study, system.variant)))
    rows = np.unique(np.concatenate([data.rows(fold, list(TESTED)) for fold in data.folds]))
    clips = data.clips.iloc[rows]
    seed_of_split = next(iter(data.split_seeds.values()))
    whole = replace(data, folds={FOLD: {"train": rows}}, split_seeds={FOLD: seed_of_split})
    runner = SklearnRunner(whole, system, name, folder)
    models = [(seed, FOLD) for seed in system.seeds]
    for seed, fold in models:
        runner.train(seed, fold)
    return models, clips["utterance_id"].nunique(), clips["speaker"].nunique()
