"""Made-up predictions, histories and settings, so that evaluation is tested without training anything."""

import numpy as np
import pandas as pd

from pipeline.core.params import Params
from pipeline.core.settings import (
    Asr,
    Corpus,
    Curation,
    Profile,
    Published,
    Resampling,
    SklearnSystem,
    SplitSettings,
    Study,
)

CLASSES = ["angry", "happy", "sad"]


def predictions(
    labels: list[str],
    predicted: list[str],
    classes: list[str] = CLASSES,
    *,
    seed: int = 0,
    n_speakers: int = 2,
    sure: float = 0.8,
) -> pd.DataFrame:
    """Return test predictions in the project's layout; the predicted class has probability `sure`."""
    n_clips = len(labels)
    rest = (1 - sure) / (len(classes) - 1)
    table = pd.DataFrame(
        {
            "seed": seed,
            "split_seed": 42,
            "fold": 0,
            "utterance_id": [f"made_up/{index:04d}" for index in range(n_clips)],
            "corpus": "made_up",
            "speaker": [f"made_up/{index % n_speakers}" for index in range(n_clips)],
            "sex": ["female" if index % 2 else "male" for index in range(n_clips)],
            "split": "test",
            "label": labels,
            "predicted": predicted,
        }
    )
    for name in classes:
        table[f"p_{name}"] = np.where(table["predicted"] == name, sure, rest).astype(np.float32)
    return table


def random_predictions(
    n_clips: int, *, accuracy: float, classes: list[str] = CLASSES, seed: int = 0, n_speakers: int = 8
) -> pd.DataFrame:
    """Return predictions of which about a given share is right."""
    rng = np.random.default_rng(seed)
    labels = np.random.default_rng(0).integers(len(classes), size=n_clips)  # the same for every seed
    wrong = (labels + rng.integers(1, len(classes), size=n_clips)) % len(classes)
    found = np.where(rng.random(n_clips) < accuracy, labels, wrong)
    names = np.asarray(classes, dtype=object)
    return predictions(
        names[labels].tolist(), names[found].tolist(), classes, seed=seed, n_speakers=n_speakers
    )


def history(n_epochs: int, seeds: tuple[int, ...] = (0,)) -> pd.DataFrame:
    """Return a history in the project's layout, each seed an epoch shorter than the one before."""
    rows = [
        (seed, 0, epoch, 2 / epoch, 3 / epoch, epoch / 100, epoch / 200, 0.001)
        for index, seed in enumerate(seeds)
        for epoch in range(1, n_epochs + 1 - index)
    ]
    columns = ["seed", "fold", "epoch", "train_loss", "val_loss", "val_accuracy", "val_uar", "lr"]
    return pd.DataFrame(rows, columns=columns)


def study(protocol: str = "stratified", *, deduplicate: bool = True, group_duplicates: bool = True) -> Study:
    """Return a study with what evaluation reads of it."""
    return Study.model_construct(
        classes=CLASSES,
        curation=Curation.model_construct(deduplicate=deduplicate),
        split=SplitSettings.model_construct(
            protocol=protocol,
            group_duplicates=group_duplicates,
            fractions={"train": 0.7, "val": 0.15, "test": 0.15},
            folds=5,
            corpora=None,
            test_corpora=["elsewhere"],
            seeds=[42],
            resampling=Resampling(method="none", n_per_class=None, transforms={}),
        ),
        variants={},
    )


def system(study_name: str = "study", *, train_on: tuple[str, ...] = ("train",)):
    """Return a system with what evaluation reads of it."""
    return SklearnSystem.model_construct(study=study_name, variant="main", train_on=list(train_on))


def params(*, synthetic: bool = False) -> Params:
    """Return settings of three systems, one of them of a study without corpora."""
    corpus = "demo_made_up" if synthetic else "made_up"
    corpora = {"study": [corpus], "absent": []}
    return Params.model_construct(
        profile="demo" if synthetic else "open",
        profiles={
            "demo": Profile.model_construct(size="full", asr_source="gold", corpora=corpora),
            "open": Profile.model_construct(size="full", asr_source="whisper", corpora=corpora),
        },
        corpora={corpus: Corpus.model_construct(source="synthetic" if synthetic else "archive")},
        asr=Asr.model_construct(source=None),
        studies={"study": study(), "absent": study()},
        systems={"net": system(), "forest": system(train_on=("train", "val")), "left_out": system("absent")},
        published={
            "net": Published(accuracy=0.7777, note="Five runs."),
            "left_out": Published(weighted_f1=0.6666),
        },
    )
