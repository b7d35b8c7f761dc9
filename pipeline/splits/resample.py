"""Balancing and augmenting what a fold trains on; validation and test stay as they are, if not named in `parts`.

Which clips are dropped or copied, and how strong a copy's transform is, follows from hashes of the seed and the
clip's own id: it depends on no other clip, and the folds of a seed have many copies in common, whose features
are computed once.
"""

from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b

import numpy as np
import pandas as pd

from pipeline.config.splits import Resampling, Transform
from pipeline.core.errors import PipelineError
from pipeline.splits.clips import NAMES, TRAIN, UNUSED

STEPS = 10_000  # strengths have four decimals


def resample(fold: pd.DataFrame, settings: Resampling, seed: int, noise: Sequence[str] = ()) -> pd.DataFrame:
    """Resample the training of a fold.

    - none: nothing changes.
    - undersample: of the classes with more than `n_per_class` training clips, or more than the smallest class,
      the surplus becomes unused, in a seeded order; the same in every other part that `parts` names.
    - oversample: the classes with fewer than `n_per_class` training clips, or fewer than the largest class, get
      copies up to that number: one of each clip in a seeded order, then another, and so on. The copies of a clip
      go through the transforms in turn; with which they begin follows from its id.
    - augment: every training clip gets one copy for each transform.

    Args:
        fold: Utterances, with the columns utterance_id, label and split and any others.
        settings: Method, number and the ranges of the transforms.
        seed: Of the split.
        noise: Hashes of the files of noise, one or more where a transform is recorded_noise.

    Returns:
        The rows and their copies, which have all columns of their original, with the columns example_id and
        transform, sorted by example_id.

    Raises:
        PipelineError: There are not as many different copies as are asked for.
    """
    text = pd.array([None] * len(fold), dtype="str")
    originals = fold.assign(example_id=fold["utterance_id"], transform=text).reset_index(drop=True)
    changed = METHODS[settings.method](originals, settings, seed, noise)
    return changed.sort_values("example_id", ignore_index=True, kind="stable")


def _nothing(rows: pd.DataFrame, settings: Resampling, seed: int, noise: Sequence[str]) -> pd.DataFrame:
    return rows


def _undersample(rows: pd.DataFrame, settings: Resampling, seed: int, noise: Sequence[str]) -> pd.DataFrame:
    unused = pd.Series(False, index=rows.index)
    for name in settings.parts:
        part = _in_seeded_order(rows[rows["split"] == name], seed)
        n_kept = settings.n_per_class or part["label"].value_counts().min()
        unused |= rows.index.isin(part.index[part.groupby("label").cumcount() >= n_kept])
    return rows.assign(split=rows["split"].mask(unused, NAMES[UNUSED]))


def _oversample(rows: pd.DataFrame, settings: Resampling, seed: int, noise: Sequence[str]) -> pd.DataFrame:
    train = _in_seeded_order(_training(rows), seed)
    by_label = train.groupby("label")["label"]
    size, position = by_label.transform("size").astype(int), by_label.cumcount()
    n_missing = ((settings.n_per_class or size.max()) - size).clip(lower=0)
    own = n_missing // size + (position < n_missing % size)
    return _with_copies(rows, own[own > 0], settings.transforms, seed, noise)


def _augment(rows: pd.DataFrame, settings: Resampling, seed: int, noise: Sequence[str]) -> pd.DataFrame:
    n_copies = pd.Series(len(settings.transforms), index=_training(rows).index)
    return _with_copies(rows, n_copies, settings.transforms, seed, noise)


METHODS: dict[str, Callable[[pd.DataFrame, Resampling, int, Sequence[str]], pd.DataFrame]] = {
    "none": _nothing,
    "undersample": _undersample,
    "oversample": _oversample,
    "augment": _augment,
}


def _training(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["split"] == NAMES[TRAIN]]


def _in_seeded_order(rows: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return rows in the order of the hashes of their ids."""
    keys = np.array([_uniform(seed, name, "order") for name in rows["utterance_id"]])
    return rows.iloc[np.argsort(keys, kind="stable")]


def _with_copies(
    rows: pd.DataFrame,
    n_copies: pd.Series,
    ranges: Mapping[Transform, tuple[float, float]],
    seed: int,
    noise: Sequence[str],
) -> pd.DataFrame:
    """Append copies of some rows: `n_copies` of each, by row index."""
    names = rows["utterance_id"].loc[n_copies.index]
    texts = [
        transforms_of(name, int(n), ranges, seed, noise) for name, n in zip(names, n_copies, strict=True)
    ]
    copies = rows.loc[n_copies.index.repeat(n_copies.to_numpy())]
    transform = pd.array([text for each in texts for text in each], dtype="str")
    copies = copies.assign(transform=transform, example_id=copies["utterance_id"] + "#" + transform)
    return pd.concat([rows, copies], ignore_index=True)


def transforms_of(
    utterance_id: str,
    n: int,
    ranges: Mapping[Transform, tuple[float, float]],
    seed: int,
    noise: Sequence[str] = (),
) -> list[str]:
    """Return the transforms of a clip's first copies, such as "noise=0.0050@42", all different.

    Copy by copy they go through the transforms' names in turn; with which they begin follows from the id. The
    strength is uniform in the transform's range, by a hash of seed, id and copy number, at four decimals. A
    strength that an earlier copy has is passed over.

    Args:
        utterance_id: Of the clip.
        n: How many copies.
        ranges: Lowest and highest strength of each transform.
        seed: Of the split.
        noise: Hashes of the files of noise, of which a copy with recorded_noise names one.

    Raises:
        PipelineError: The ranges hold fewer than n different strengths.
    """
    names = sorted(ranges)
    steps = {name: _steps(name, *ranges[name]) for name in names}
    n_different = sum(highest - lowest + 1 for lowest, highest in steps.values())
    if n > n_different:
        raise PipelineError(
            f"split.resampling asks for {n} copies of {utterance_id}, but its transforms have {n_different} "
            f"strengths in all at four decimals: widen their ranges, name another transform, or lower n_per_class"
        )
    start = int(_uniform(seed, utterance_id, "start") * len(names))
    texts: dict[str, None] = {}
    number = 0
    while len(texts) < n:
        name = names[(start + number) % len(names)]
        (low, high), (lowest, highest) = ranges[name], steps[name]
        strength = low + (high - low) * _uniform(seed, utterance_id, number)
        step = min(max(round(strength * STEPS), lowest), highest)
        text = f"{name}={step / STEPS:.4f}@{seed}"
        if name == "recorded_noise":
            text += f"~{noise[int(_uniform(seed, utterance_id, f'noise {number}') * len(noise))]}"
        texts[text] = None
        number += 1
    return list(texts)


def _steps(name: str, low: float, high: float) -> tuple[int, int]:
    """Return the lowest and the highest strength of a range in ten-thousandths."""
    lowest, highest = int(np.ceil(round(low * STEPS, 6))), int(np.floor(round(high * STEPS, 6)))
    if lowest > highest:
        raise PipelineError(
            f"split.resampling.transforms.{name}: [{low:g}, {high:g}] holds no strength of four decimals; widen it"
        )
    return lowest, highest


def _uniform(seed: int, utterance_id: str, what: str | int) -> float:
    """Return a number in [0, 1), uniform over the arguments and the same for the same ones."""
    digest = blake2b(f"{seed} {what} {utterance_id}".encode(), digest_size=8).digest()
    return (int.from_bytes(digest) >> 11) / 2**53
