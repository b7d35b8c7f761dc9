"""Cutting a study's utterances into training, validation and test.

Stratified: every class is divided in the given proportions; copies of one recording stay together, unless
`group_duplicates` is off, which is how published protocols leak. Speaker-independent: nobody speaks in two
splits; of many seeded assignments of speakers, the one is taken whose splits come closest to the proportions,
for every class and sex.
"""

import math
from typing import get_args

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pipeline.core.errors import PipelineError
from pipeline.core.params import Split, SplitSettings

N_ASSIGNMENTS, N_ROUNDS = 500, 8  # of speakers to splits that are tried at a time, and how often
FOLD = 0


def split_utterances(curated: pd.DataFrame, settings: SplitSettings) -> pd.DataFrame:
    """Assign each utterance to a split.

    Args:
        curated: A study's utterances, with the columns of `CURATED`.
        settings: Protocol, proportions and seed.

    Returns:
        The same rows with the columns fold and split, sorted by utterance id.

    Raises:
        PipelineError: The utterances cannot be divided so.
    """
    rows = curated.sort_values("utterance_id", ignore_index=True)
    names, fractions = _proportions(settings)
    if not len(rows):
        return rows.assign(fold=FOLD, split="")
    groups = rows["group"] if settings.group_duplicates else rows["utterance_id"]
    assign = {"stratified": stratified, "speaker_independent": speaker_independent}[settings.protocol]
    numbers = assign(rows.assign(group=groups), fractions, settings.seed)
    return rows.assign(fold=FOLD, split=np.array(names)[numbers])


def _proportions(settings: SplitSettings) -> tuple[list[str], np.ndarray]:
    """Return the names of the splits that get something, in their fixed order, and how much."""
    given = settings.fractions
    if min(given.values(), default=-1) < 0 or abs(sum(given.values()) - 1) > 1e-6 or not given.get("train"):
        raise PipelineError(
            f"split.fractions are {given}; expected numbers that are not negative and add up to 1, with some "
            f"for train"
        )
    shares: dict[str, float] = {name: given[name] for name in get_args(Split) if given.get(name)}
    return list(shares), np.array(list(shares.values()))


def stratified(rows: pd.DataFrame, fractions: np.ndarray, seed: int) -> np.ndarray:
    """Divide every class in the given proportions, groups undivided.

    Groups come in random order, larger ones first. Each goes to the split that lacks most of its class, in
    whole utterances, or of several such to the one that lacks most in total; each split gets one of each class
    before any gets a second.

    Args:
        rows: Utterances, with the columns label and group.
        fractions: Of the splits, shape (splits,).
        seed: Of the order.

    Returns:
        Number of each row's split, shape (rows,).
    """
    counts = rows.groupby(["group", "label"]).size().rename("n").reset_index()
    most = counts.sort_values(["group", "n", "label"], ascending=[True, False, True]).drop_duplicates("group")
    groups = most.set_index("group")[["label"]].assign(size=rows["group"].value_counts())
    order = np.random.default_rng(seed).permutation(len(groups))
    groups = groups.iloc[order].sort_values("size", ascending=False, kind="stable")
    splits = pd.Series(0, index=groups.index)
    total = np.zeros(len(fractions))  # utterances in each split so far
    for label, members in groups.groupby("label"):
        _check_enough(len(members), len(fractions), f"class {label!r} has", "recordings")
        chosen = fill(members["size"].to_numpy(), fractions, total)
        splits[members.index] = chosen
        total += np.bincount(chosen, weights=members["size"], minlength=len(fractions))
    return splits[rows["group"]].to_numpy()


def fill(sizes: np.ndarray, fractions: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Put units of one class where most is lacking.

    Args:
        sizes: Utterances in each unit, in the order in which they are put, shape (units,).
        fractions: Of the splits, shape (splits,).
        total: Utterances of other classes in each split: these decide where a fraction of a unit is lacking.

    Returns:
        Number of each unit's split, shape (units,).
    """
    lacking = fractions * sizes.sum()
    wanting = fractions * (total.sum() + sizes.sum()) - total
    chosen = np.zeros(len(sizes), int)
    for unit, size in enumerate(sizes):
        first_round = unit < len(fractions)
        free = [split for split in range(len(fractions)) if not first_round or split not in chosen[:unit]]
        chosen[unit] = max(free, key=lambda split: (math.floor(lacking[split] + 1e-9), wanting[split]))
        lacking[chosen[unit]] -= size
        wanting[chosen[unit]] -= size
    return chosen


def _check_enough(n: int, needed: int, what: str, units: str) -> None:
    if n < needed:
        raise PipelineError(
            f"{what} {n} {units}, and there are {needed} splits, each of which needs one: raise "
            f"curation.min_per_class above {n} to leave it out, set a split's fraction to 0, or add clips"
        )


def speaker_independent(rows: pd.DataFrame, fractions: np.ndarray, seed: int) -> np.ndarray:
    """Assign whole speakers to splits; those that share a group of copies stay together.

    Args:
        rows: Utterances, with the columns speaker, label, sex and group.
        fractions: Of the splits, shape (splits,).
        seed: Of the assignments that are tried.

    Returns:
        Number of each row's split, shape (rows,).
    """
    nobodys = rows.loc[rows["speaker"].isna(), "utterance_id"]
    if len(nobodys):
        raise PipelineError(
            f"{len(nobodys)} utterances have no speaker, such as {nobodys.iloc[0]}: set "
            f"split.protocol to stratified, or leave their corpus out"
        )
    parties = speaker_parties(rows)
    n_parties, n_splits = parties.max() + 1, len(fractions)
    if n_parties < n_splits:
        raise PipelineError(
            f"{n_parties} independent speakers cannot be divided into {n_splits} splits: set "
            f"split.protocol to stratified, or add a corpus with more speakers"
        )
    classes = pd.get_dummies(rows["label"]).groupby(parties).sum().to_numpy()
    sexes = pd.get_dummies(rows["sex"]).groupby(parties).sum().to_numpy()
    spoken_by = (classes > 0).sum(axis=0)
    for label, n in zip(sorted(rows["label"].unique()), spoken_by, strict=True):
        _check_enough(int(n), n_splits, f"class {label!r} is spoken by", "independent speakers")
    return best_assignment(classes, sexes, fractions, seed)[parties]


def speaker_parties(rows: pd.DataFrame) -> np.ndarray:
    """Number the speakers of the rows, equally where they share a group of copies, shape (rows,)."""
    speakers, names = pd.factorize(rows["speaker"], sort=True)
    groups, group_names = pd.factorize(rows["group"], sort=True)
    n_nodes = len(names) + len(group_names)
    links = coo_array((np.ones(len(rows)), (speakers, len(names) + groups)), shape=(n_nodes, n_nodes))
    _, component = connected_components(links, directed=False)
    return pd.factorize(component[speakers], sort=True)[0]


def best_assignment(classes: np.ndarray, sexes: np.ndarray, fractions: np.ndarray, seed: int) -> np.ndarray:
    """Return the best of many assignments of speakers to splits.

    Each cuts a random order of speakers where its running total comes closest to the proportions. Its cost is
    the largest deviation of a split's share of a class, plus the mean deviation over classes and sexes.

    Args:
        classes: Utterances of each speaker in each class, shape (speakers, classes).
        sexes: The same by sex, shape (speakers, sexes).
        fractions: Of the splits, shape (splits,).
        seed: Of the orders.

    Returns:
        Number of each speaker's split, shape (speakers,).
    """
    rng = np.random.default_rng(seed)
    counts = np.hstack([classes, sexes])
    is_class = np.arange(counts.shape[1]) < classes.shape[1]
    best, lowest = None, np.inf
    for _ in range(N_ROUNDS):
        orders = rng.permuted(np.tile(np.arange(len(counts)), (N_ASSIGNMENTS, 1)), axis=1)
        splits = np.empty_like(orders)
        np.put_along_axis(splits, orders, cut(classes.sum(axis=1)[orders], fractions), axis=1)
        held = np.stack([(splits == split) @ counts for split in range(len(fractions))], axis=1)
        deviation = np.abs(held / counts.sum(axis=0) - fractions[:, None])
        costs = deviation[..., is_class].max(axis=(1, 2)) + deviation.mean(axis=(1, 2))
        costs[~held[..., is_class].all(axis=(1, 2))] = np.inf
        if costs.min() < lowest:
            best, lowest = splits[costs.argmin()], costs.min()
    if best is None:
        raise PipelineError(
            f"no assignment of {len(counts)} speakers gives every split every class: set "
            f"split.protocol to stratified, or raise curation.min_per_class to leave rare classes out"
        )
    return best


def cut(sizes: np.ndarray, fractions: np.ndarray) -> np.ndarray:
    """Cut sequences of units into runs with about the given shares of the total.

    Args:
        sizes: Of the units, shape (..., units).
        fractions: Of the runs.

    Returns:
        Number of each unit's run, shape (..., units): a unit belongs where its middle lies.
    """
    middles = (np.cumsum(sizes, axis=-1) - sizes / 2) / sizes.sum(axis=-1, keepdims=True)
    return np.searchsorted(np.cumsum(fractions)[:-1], middles, side="right")


def count_splits(table: pd.DataFrame) -> pd.DataFrame:
    """Count the utterances of each split, class and speaker.

    Returns:
        split, label, speaker, n, and n_shared: how many have a copy in another split.
    """
    shared = table.groupby("group")["split"].transform("nunique") > 1
    keys = [table["split"], table["label"], table["speaker"].fillna("")]
    counts = shared.groupby(keys).agg(["size", "sum"]).reset_index()
    return counts.rename(columns={"size": "n", "sum": "n_shared"})
