"""Splits: proportions, and that nothing that belongs together is torn apart."""

import numpy as np
import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.params import SplitSettings
from pipeline.curation.splits import best_assignment, count_splits, cut, fill, split_utterances
from tests.curation.signals import curated

THREE = {"train": 0.7, "val": 0.15, "test": 0.15}


def settings(protocol="stratified", seed=0, fractions=THREE, group_duplicates=True):
    return SplitSettings(protocol=protocol, seed=seed, fractions=fractions, group_duplicates=group_duplicates)


def study(seed, n=600, n_speakers=20):
    """Utterances of three uneven classes by speakers of uneven diligence; a fifth are copies of others."""
    rng = np.random.default_rng(seed)
    diligence = rng.dirichlet(np.full(n_speakers, 5.0))
    rows = []
    for i in range(n):
        if rows and rng.random() < 0.2:
            rows.append({**rows[rng.integers(len(rows))], "utterance_id": f"{i:04}"})
            continue
        speaker = rng.choice(n_speakers, p=diligence)
        label = rng.choice(["angry", "happy", "sad"], p=[0.5, 0.3, 0.2])
        sex = "female" if speaker % 2 else "male"
        rows.append(
            {
                "utterance_id": f"{i:04}",
                "speaker": f"s{speaker:02}",
                "label": label,
                "sex": sex,
                "group": f"g{i}",
            }
        )
    return curated(rows)


def n_splits_of_each(table, column):
    return table.groupby(column)["split"].nunique()


@pytest.mark.parametrize("protocol", ["stratified", "speaker_independent"])
@pytest.mark.parametrize("seed", range(4))
def test_no_utterance_recording_or_hash_in_two_splits(protocol, seed):
    table = split_utterances(study(seed), settings(protocol, seed))
    assert not table["utterance_id"].duplicated().any()
    assert n_splits_of_each(table, "group").max() == 1
    assert n_splits_of_each(table, "audio_hash").max() == 1
    assert set(table["split"]) == {"train", "val", "test"}
    assert (table["fold"] == 0).all()


@pytest.mark.parametrize("seed", range(4))
def test_no_speaker_in_two_splits(seed):
    table = split_utterances(study(seed), settings("speaker_independent", seed))
    assert n_splits_of_each(table, "speaker").max() == 1


@pytest.mark.parametrize("seed", range(4))
def test_every_class_is_divided_in_the_proportions(seed):
    table = split_utterances(study(seed), settings(seed=seed))
    shares = table.groupby("label")["split"].value_counts(normalize=True).unstack()
    assert np.abs(shares - list(map(THREE.get, shares.columns))).max(axis=None) < 0.01
    assert table["split"].value_counts(normalize=True).to_dict() == pytest.approx(THREE, abs=0.005)


@pytest.mark.parametrize("seed", range(4))
def test_speakers_are_divided_about_in_the_proportions(seed):
    table = split_utterances(study(seed), settings("speaker_independent", seed))
    shares = table.groupby("label")["split"].value_counts(normalize=True).unstack()
    assert np.abs(shares - list(map(THREE.get, shares.columns))).max(axis=None) < 0.06


def counts(table):
    return table["split"].value_counts().to_dict()


def alike(labels, n, copies=1):
    """As many recordings of each label, each as often."""
    names = [(f"{label}{i:03}", label) for label in labels for i in range(n)]
    return curated(
        [
            {"utterance_id": f"{name}@{copy}", "group": name, "label": label, "speaker": name}
            for name, label in names
            for copy in range(copies)
        ]
    )


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


def test_copies_that_leak_are_counted():
    table = split_utterances(alike("ab", 100, copies=2), settings(group_duplicates=False))
    assert counts(table) == {"train": 280, "val": 60, "test": 60}
    n_torn = (n_splits_of_each(table, "group") > 1).sum()
    assert count_splits(table)["n_shared"].sum() == 2 * n_torn > 0


def test_counts_for_people():
    counted = count_splits(split_utterances(alike("ab", 10), settings()))
    assert counted.columns.tolist() == ["split", "label", "speaker", "n", "n_shared"]
    assert counted["n"].sum() == 20
    assert counted["n_shared"].sum() == 0


@pytest.mark.parametrize("protocol", ["stratified", "speaker_independent"])
def test_the_seed_and_nothing_else_decides(protocol):
    table = study(1)
    shuffled = table.sample(frac=1, random_state=3)
    first, second = (split_utterances(rows, settings(protocol, 5)) for rows in (table, shuffled))
    assert first.equals(second)
    assert not first["split"].equals(split_utterances(table, settings(protocol, 6))["split"])


def test_two_splits():
    table = split_utterances(alike("ab", 10), settings(fractions={"train": 0.8, "val": 0.0, "test": 0.2}))
    assert counts(table) == {"train": 16, "test": 4}


def test_speakers_who_share_a_recording_stay_together():
    table = study(2)
    table.loc[table["speaker"].isin(["s01", "s02"]), "group"] = "theirs"
    table = split_utterances(table, settings("speaker_independent"))
    assert table.loc[table["speaker"].isin(["s01", "s02"]), "split"].nunique() == 1


def test_sexes_are_divided_where_classes_leave_a_choice():
    classes = np.full((12, 1), 10)
    sexes = np.array([[10, 0]] * 6 + [[0, 10]] * 6)
    splits = best_assignment(classes, sexes, np.array([0.5, 0.5]), seed=0)
    assert (sexes[splits == 0].sum(axis=0) == [30, 30]).all()


def test_no_utterances():
    table = split_utterances(study(0).iloc[:0], settings())
    assert len(table) == 0
    assert {"fold", "split"} <= set(table.columns)


@pytest.mark.parametrize(
    ("table", "chosen", "message"),
    [
        (
            alike("ab", 2),
            settings(),
            r"class 'a' has 2 recordings, and there are 3 splits.*min_per_class above 2",
        ),
        (
            alike("a", 2),
            settings("speaker_independent"),
            r"2 independent speakers .*split\.protocol to stratified, or add",
        ),
        (
            curated([{"utterance_id": "u1", "label": "a"}]),
            settings("speaker_independent"),
            "1 utterances have no .*u1",
        ),
        (
            curated(
                [{"utterance_id": f"{i}", "label": "ab"[i > 3], "speaker": f"{i % 4}"} for i in range(6)]
            ),
            settings("speaker_independent"),
            r"class 'b' is spoken by 2 independent speakers, and there are 3",
        ),
        (alike("ab", 9), settings(fractions={"train": 0.7, "val": 0.2}), r"add up to 1"),
        (alike("ab", 9), settings(fractions={"train": 1.2, "val": -0.2}), r"not negative"),
        (alike("ab", 9), settings(fractions={"test": 1.0}), r"some for train"),
        (alike("ab", 9), settings(fractions={}), r"add up to 1"),
    ],
)
def test_what_cannot_be_divided(table, chosen, message):
    with pytest.raises(PipelineError, match=message):
        split_utterances(table, chosen)


def test_no_assignment_gives_every_split_every_class():
    """Splits of 1 % hold nobody."""
    classes = np.array([[9, 0], [9, 0], [0, 1], [0, 1], [9, 1]])
    with pytest.raises(PipelineError, match="no assignment of 5 speakers"):
        best_assignment(classes, np.zeros((5, 0)), np.array([0.98, 0.01, 0.01]), seed=0)


@pytest.mark.parametrize(
    ("sizes", "fractions", "expected"),
    [
        ([1, 1, 1, 1], [0.5, 0.5], [0, 0, 1, 1]),
        ([3, 1], [0.5, 0.5], [0, 1]),
        ([1, 8, 1], [0.7, 0.3], [0, 0, 1]),
    ],
)
def test_cutting_a_sequence(sizes, fractions, expected):
    assert cut(np.array(sizes), np.array(fractions)).tolist() == expected


def test_filling_by_hand():
    """2.8, 0.6, 0.6 of four: one each; the fourth goes where 1.8 are lacking."""
    chosen = fill(np.ones(4, int), np.array([0.7, 0.15, 0.15]), np.zeros(3))
    assert np.bincount(chosen).tolist() == [2, 1, 1]
