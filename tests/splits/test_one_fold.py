"""The protocols with one fold: proportions of classes, and of speakers."""

import numpy as np
import pytest

from pipeline.core.errors import PipelineError
from pipeline.splits.speakers import best_assignment, cut, every_class_in_training, every_class_without_any
from pipeline.splits.stratify import fill, most_frequent, stratified
from pipeline.splits.table import split_utterances
from tests.curation.signals import curated
from tests.splits.splitting import THREE, alike, counts, n_splits_of_each, settings, study


@pytest.mark.parametrize("seed", range(4))
def test_every_class_is_divided_in_the_proportions(seed):
    table = split_utterances(study(seed, 600, 20), settings(seeds=[seed]))
    shares = table.groupby("label")["split"].value_counts(normalize=True).unstack()
    assert np.abs(shares - list(map(THREE.get, shares.columns))).max(axis=None) < 0.01
    assert table["split"].value_counts(normalize=True).to_dict() == pytest.approx(THREE, abs=0.005)


@pytest.mark.parametrize("seed", range(4))
def test_speakers_are_divided_about_in_the_proportions(seed):
    table = split_utterances(study(seed, 600, 20), settings("speaker_independent", seeds=[seed]))
    shares = table.groupby("label")["split"].value_counts(normalize=True).unstack()
    assert np.abs(shares - list(map(THREE.get, shares.columns))).max(axis=None) < 0.06


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (alike("abcdefg", 400), {"train": 1960, "val": 420, "test": 420}),
        (alike("abcdefg", 400, copies=2), {"train": 3920, "val": 840, "test": 840}),
        (alike("abcdefgh", 180), {"train": 1008, "val": 216, "test": 216}),
        (alike("ab", 3), {"train": 2, "val": 2, "test": 2}),
    ],
    ids=["TESS", "TESS twice", "RAVDESS", "one of each"],
)
def test_exact_sizes(table, expected):
    assert counts(split_utterances(table, settings())) == expected


@pytest.mark.parametrize("protocol", ["stratified", "random", "speaker_independent"])
def test_two_splits(protocol):
    fractions = {"train": 0.8, "val": 0.0, "test": 0.2}
    table = split_utterances(alike("ab", 10), settings(protocol, fractions=fractions))
    assert counts(table) == {"train": 16, "test": 4}


def test_a_random_split_has_its_shares_of_all_and_of_a_class_what_chance_gives():
    tables = [split_utterances(alike("abcdefg", 40), settings("random", seeds=[seed])) for seed in range(3)]
    assert [counts(table) for table in tables] == [{"train": 196, "val": 42, "test": 42}] * 3
    tested = [table.loc[table["split"] == "test", "label"].value_counts() for table in tables]
    assert any(n.nunique() > 1 for n in tested)


def test_a_random_split_keeps_copies_together():
    table = split_utterances(study(1, 600, 20), settings("random"))
    assert n_splits_of_each(table, "group").eq(1).all()


def test_a_random_split_that_learns_nothing_of_a_class_is_refused():
    table = alike("ab", 20).iloc[:21]  # one clip of b
    seeds = range(40)

    def outcome(seed):
        try:
            return counts(split_utterances(table, settings("random", seeds=[seed])))
        except PipelineError as error:
            return str(error)

    refused = [outcome for outcome in map(outcome, seeds) if isinstance(outcome, str)]
    assert 0 < len(refused) < len(seeds)
    assert all("class 'b' has no clip among those drawn for training" in message for message in refused)


def test_speakers_who_share_a_recording_stay_together():
    table = study(2)
    pair = table["speaker"].isin(["ravdess/s01", "ravdess/s02"])
    table.loc[pair, "group"] = "theirs"
    table = split_utterances(table, settings("speaker_independent")).set_index("utterance_id")
    assert table.loc[study(2).loc[pair, "utterance_id"], "split"].nunique() == 1


def test_sexes_are_divided_where_classes_leave_a_choice():
    classes = np.full((12, 1), 10)
    sexes = np.array([[10, 0]] * 6 + [[0, 10]] * 6)
    splits = best_assignment(classes, sexes, np.array([0.5, 0.5]), seed=0)
    assert (sexes[splits == 0].sum(axis=0) == [30, 30]).all()


@pytest.mark.parametrize(
    ("table", "protocol", "message"),
    [
        (
            alike("ab", 2),
            "stratified",
            r"class 'a' has 2 recordings, and there are 3 splits.*min_per_class above 2",
        ),
        (alike("ab", 2, copies=3), "stratified", r"class 'a' has 2 recordings.*min_per_class above 6"),
        (
            alike("a", 2),
            "speaker_independent",
            r"2 independent speakers .*split\.protocol to stratified, or add",
        ),
        (
            curated([{"utterance_id": "u1", "label": "a"}]),
            "speaker_independent",
            "1 utterances have no speaker, such as u1: set split.protocol to stratified",
        ),
        (
            curated(
                [{"utterance_id": f"{i}", "label": "ab"[i > 3], "speaker": f"{i % 4}"} for i in range(6)]
            ),
            "speaker_independent",
            r"class 'b' is spoken by 2 independent speakers, and there are 3",
        ),
    ],
)
def test_what_cannot_be_divided(table, protocol, message):
    with pytest.raises(PipelineError, match=message):
        split_utterances(table, settings(protocol))


@pytest.mark.parametrize(
    ("held", "training", "without"),
    [
        ([[2, 2], [1, 1], [1, 1]], True, True),
        ([[2, 2], [1, 1], [0, 0]], False, False),
        ([[2, 2], [1, 0], [1, 0]], True, False),
        ([[2, 0], [1, 1], [1, 1]], False, True),
    ],
)
def test_what_splits_must_have(held, training, without):
    """Clips by split and class: something everywhere, and every class in the first; or in all but any one."""
    assert every_class_in_training(np.array([held])).tolist() == [training]
    assert every_class_without_any(np.array([held])).tolist() == [without]


def test_no_assignment_gives_every_split_every_class():
    """Splits of 1 % hold one speaker, and only one speaks both classes."""
    classes = np.array([[9, 0], [9, 0], [0, 1], [0, 1], [9, 1]])
    with pytest.raises(PipelineError, match="no assignment of 5 speakers"):
        best_assignment(classes, np.zeros((5, 0)), np.array([0.98, 0.01, 0.01]), seed=0)


@pytest.mark.parametrize(
    ("sizes", "fractions", "expected"),
    [
        ([1, 1, 1, 1], [0.5, 0.5], [0, 0, 1, 1]),
        ([3, 1], [0.5, 0.5], [0, 1]),
        ([1, 8, 1], [0.7, 0.3], [0, 0, 1]),
        ([9, 1, 1], [1 / 3, 1 / 3, 1 / 3], [0, 1, 2]),
        ([1, 1, 9], [1 / 3, 1 / 3, 1 / 3], [0, 1, 2]),
        ([[1, 1, 9, 9], [9, 9, 1, 1]], [0.9, 0.1], [[0, 0, 0, 1], [0, 0, 1, 1]]),
    ],
)
def test_cutting_a_sequence(sizes, fractions, expected):
    assert cut(np.array(sizes), np.array(fractions)).tolist() == expected


def test_filling_by_hand():
    """2.8, 0.6, 0.6 of four: one each; the fourth goes where 1.8 are lacking."""
    chosen = fill(np.ones(4, int), np.array([0.7, 0.15, 0.15]), np.zeros(3))
    assert np.bincount(chosen).tolist() == [2, 1, 1]


def one_by_one(sizes, fractions, total):
    """What `fill` does, unit by unit."""
    lacking = fractions * sizes.sum()
    wanting = fractions * (total.sum() + sizes.sum()) - total
    chosen = []
    for size in sizes:
        free = [part for part in range(len(fractions)) if len(chosen) >= len(fractions) or part not in chosen]
        chosen.append(max(free, key=lambda part: (np.floor(lacking[part] + 1e-9), wanting[part].round(9))))
        lacking[chosen[-1]] -= size
        wanting[chosen[-1]] -= size
    return chosen


@pytest.mark.parametrize("seed", range(8))
def test_filling_at_once_is_filling_one_by_one(seed):
    rng = np.random.default_rng(seed)
    sizes = np.sort(rng.choice([1, 1, 1, 2, 3, 7], size=rng.integers(3, 200)))[::-1]
    fractions = rng.dirichlet(np.full(rng.integers(2, 6), 3.0))
    total = rng.integers(0, 50, len(fractions)).astype(float)
    assert fill(sizes, fractions, total.copy()).tolist() == one_by_one(sizes, fractions, total)


@pytest.mark.parametrize("seed", range(4))
def test_large_groups_come_first(seed):
    """Put last, a group of 30 would tip the scales."""
    labels, groups = np.zeros(100, int), np.r_[np.zeros(30, int), 1:71]
    halves = np.array([0.5, 0.5])
    parts = stratified(labels, groups, halves, seed, classes=["a"], parts="halves", advice="")
    assert np.bincount(parts).tolist() == [50, 50]


def test_a_group_of_several_classes_counts_for_the_most_frequent():
    labels, groups = np.array([0, 1, 1, 2, 0, 2]), np.array([0, 0, 0, 1, 2, 2])
    assert most_frequent(labels, groups).tolist() == [1, 2, 0]
