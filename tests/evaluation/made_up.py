"""Made-up predictions, histories and settings, so that evaluation is tested without training anything."""

import numpy as np
import pandas as pd

from pipeline.config.asr import Asr
from pipeline.config.corpora import CorpusSource
from pipeline.config.params import Params
from pipeline.config.profiles import Profile
from pipeline.config.published import Published, Result
from pipeline.config.splits import Resampling, SplitSettings
from pipeline.config.studies import Curation, Study
from pipeline.config.systems import SklearnSystem

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


def dimension_predictions(
    truth: dict[str, list[float]], predicted: dict[str, list[float]], *, seed: int = 0, n_speakers: int = 2
) -> pd.DataFrame:
    """Return test predictions of dimensions in the project's layout: by target, true and predicted values."""
    labels = ["sad"] * len(next(iter(truth.values())))
    table = predictions(labels, labels, seed=seed, n_speakers=n_speakers)
    table = table.drop(columns=[name for name in table if name.startswith("p")])
    values = {f"t_{name}": truth[name] for name in truth} | {f"y_{name}": predicted[name] for name in truth}
    columns = [f"{letter}_{name}" for name in truth for letter in "ty"]
    return table.assign(**{name: np.asarray(values[name], dtype=np.float32) for name in columns})


def random_dimensions(
    n_clips: int,
    *,
    noise: float = 0.5,
    targets: tuple[str, ...] = ("arousal", "valence"),
    seed: int = 0,
    n_speakers: int = 8,
) -> pd.DataFrame:
    """Return predictions of dimensions rated from 1 to 5 that are about so far from the truth."""
    rng, same = np.random.default_rng(seed), np.random.default_rng(0)  # the truth is the same for every seed
    truth = {name: same.integers(4, 21, size=n_clips) / 4 for name in targets}
    predicted = {name: values + rng.normal(0, noise, size=n_clips) for name, values in truth.items()}
    return dimension_predictions(truth, predicted, seed=seed, n_speakers=n_speakers)


def elsewhere(table: pd.DataFrame, *, corpus: str = "other", fold: int = 0) -> pd.DataFrame:
    """Return predictions as those of clips of another corpus, that are tested besides."""
    names = table["utterance_id"].str.replace("made_up", corpus)
    return table.assign(utterance_id=names, corpus=corpus, split="cross", fold=fold)


def dimension_history(n_epochs: int, targets: tuple[str, ...] = ("arousal", "valence")) -> pd.DataFrame:
    """Return a history of one network a target in the project's layout."""
    rows = [
        (0, 0, target, epoch, 2 / epoch, 3 / epoch, np.nan, np.nan, np.nan, epoch / 10 - 0.2, 0.001)
        for target in targets
        for epoch in range(1, n_epochs + 1)
    ]
    columns = ["seed", "fold", "target", "epoch", "train_loss", "val_loss"]
    columns += ["val_accuracy", "val_uar", "val_f1", "val_ccc", "lr"]
    return pd.DataFrame(rows, columns=columns)


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
    return SklearnSystem.model_construct(study=study_name, variant="main", train_on=list(train_on), small={})


def params(*, synthetic: bool = False) -> Params:
    """Return settings of four systems, one of them of dimensions, and one of a study without corpora."""
    corpus = "demo_made_up" if synthetic else "made_up"
    corpora = {"study": [corpus], "absent": []}
    return Params.model_construct(
        profile="demo" if synthetic else "open",
        profiles={
            "demo": Profile.model_construct(
                size="full", asr_source="gold", weights="random", corpora=corpora
            ),
            "open": Profile.model_construct(
                size="full", asr_source="whisper", weights="published", corpora=corpora
            ),
        },
        corpora={corpus: CorpusSource.model_construct(source="synthetic" if synthetic else "archive")},
        asr=Asr.model_construct(source=None, gold=[], studies=[]),
        studies={"study": study(), "absent": study()},
        systems={
            "net": system(),
            "forest": system(train_on=("train", "val")),
            "left_out": system("absent"),
            "ratings": system(),
        },
        new_speakers=[],
        cross_corpora=[],
        ensembles={},
        external={},
        baselines={},
        audit={},
        representations={},
        exports={},
        stress={},
        importances={},
        published=published(),
    )


def published() -> dict[str, Published]:
    """Return what the documents report of three of these systems."""
    dimensions = [
        Result(scores={"ccc_arousal": 0.61, "ccc_valence": 0.5}),
        Result(scores={"pcc_arousal": 0.456}, part="cross"),
    ]
    return {
        "net": Published(results=[Result(scores={"accuracy": 0.7777})], note="Five runs."),
        "left_out": Published(results=[Result(scores={"weighted_f1": 0.6666})]),
        "ratings": Published(results=dimensions),
    }
