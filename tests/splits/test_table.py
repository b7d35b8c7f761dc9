"""What all protocols promise: every utterance once a fold, nothing that belongs together torn apart."""

import numpy as np
import pytest
from pydantic import ValidationError

from pipeline.core.errors import PipelineError
from pipeline.core.schemas import CURATED, SPLIT
from pipeline.splits.clips import withhold
from pipeline.splits.protocols import PROTOCOLS
from pipeline.splits.table import count_splits, split_utterances, untrained_classes
from tests.curation.signals import curated
from tests.splits.splitting import NOTHING, alike, counts, n_splits_of_each, resampling, settings, study

SPEAKERS = [
    "speaker_independent",
    "speaker_k_fold",
    "leave_one_speaker_out",
    "leave_one_session_out",
    "cross_corpus",
]
FOLDS = {
    "k_fold": 4,
    "speaker_k_fold": 4,
    "leave_one_speaker_out": 12,
    "leave_one_session_out": 6,
    "given_folds": 3,
    "new_speakers": 4,
}
TESTED_ONCE = [*FOLDS, "new_sentences"]
N_FOLDS = {**FOLDS, "new_sentences": 2, "new_speakers_and_sentences": 8, "new_speakers_known_sentences": 8}
DRAWN = ["stratified", "speaker_independent", "k_fold", "speaker_k_fold", "cross_corpus", "given_folds"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("seed", range(2))
def test_every_utterance_is_once_in_every_fold(protocol, seed):
    table = split_utterances(study(seed), settings(protocol, seeds=[seed]))
    n_folds = N_FOLDS.get(protocol, 1)
    assert table.columns.tolist() == SPLIT.names
    assert len(table) == 240 * n_folds
    assert (table.groupby("fold")["utterance_id"].nunique() == 240).all()
    assert sorted(table["fold"].unique()) == list(range(n_folds))
    assert (table["split_seed"] == seed).all()
    assert table["transform"].isna().all()
    assert (table["example_id"] == table["utterance_id"]).all()
    assert table.groupby("fold")["split"].agg(set).map({"train", "val", "test"}.issubset).all()


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("seed", range(2))
def test_no_recording_or_hash_in_two_splits(protocol, seed):
    table = split_utterances(study(seed), settings(protocol, seeds=[seed]))
    assert n_splits_of_each(table, "group").max() == 1
    assert n_splits_of_each(table, "audio_hash").max() == 1


@pytest.mark.parametrize("protocol", SPEAKERS)
@pytest.mark.parametrize("seed", range(2))
def test_no_speaker_in_two_splits(protocol, seed):
    table = split_utterances(study(seed), settings(protocol, seeds=[seed]))
    assert n_splits_of_each(table, "speaker").max() == 1


@pytest.mark.parametrize("protocol", TESTED_ONCE)
@pytest.mark.parametrize("seed", range(2))
def test_every_utterance_is_tested_once_a_seed(protocol, seed):
    table = split_utterances(study(seed), settings(protocol, seeds=[seed]))
    assert sorted(table.loc[table["split"] == "test", "utterance_id"]) == sorted(study(seed)["utterance_id"])


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("group_duplicates", [True, False])
def test_the_order_of_the_rows_is_of_no_account(protocol, group_duplicates):
    shuffled = study(1).sample(frac=1, random_state=3)
    oversampled = resampling("oversample")
    chosen = settings(protocol, seeds=[5], resampling=oversampled, group_duplicates=group_duplicates)
    assert split_utterances(study(1), chosen).equals(split_utterances(shuffled, chosen))


@pytest.mark.parametrize("protocol", DRAWN)
def test_every_seed_draws_another_split(protocol):
    rows = study(1, n=400, n_speakers=60)
    table = split_utterances(rows, settings(protocol, seeds=[5, 6, 10]))
    n_folds = N_FOLDS.get(protocol, 1)
    seeds = table.drop_duplicates("fold").set_index("fold")["split_seed"]
    assert seeds.tolist() == [seed for seed in (5, 6, 10) for _ in range(n_folds)]
    assert seeds.index.tolist() == list(range(3 * n_folds))
    splits = table.groupby("split_seed")["split"].agg("".join)
    assert splits.nunique() == 3
    alone = split_utterances(rows, settings(protocol, seeds=[6]))
    assert alone["split"].tolist() == table.loc[table["split_seed"] == 6, "split"].tolist()


@pytest.mark.parametrize("protocol", ["leave_one_speaker_out", "leave_one_session_out", "official"])
def test_several_seeds_without_anything_random(protocol):
    with pytest.raises(
        PipelineError, match=rf"seeds are \[1, 2\], but every seed .*{protocol} nothing is random"
    ):
        split_utterances(study(1), settings(protocol, seeds=[1, 2]))
    table = split_utterances(study(1), settings(protocol, seeds=[1, 2], resampling=resampling("undersample")))
    assert table.groupby("split_seed")["split"].agg("".join).nunique() == 2


def test_only_the_corpora_that_are_named():
    table = split_utterances(study(1), settings(corpora=["tess"]))
    assert set(table["corpus"]) == {"tess"}
    assert len(table) == (study(1)["corpus"] == "tess").sum()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_no_utterances(protocol):
    table = split_utterances(study(0).iloc[:0], settings(protocol))
    assert table.columns.tolist() == SPLIT.names
    assert len(table) == 0
    assert len(count_splits(table)) == 0


def test_the_utterances_stay_as_they_are():
    table = split_utterances(study(1), settings("k_fold"))
    third = table.loc[table["fold"] == 2, CURATED.names].reset_index(drop=True)
    assert third.equals(study(1).sort_values("utterance_id", ignore_index=True))


def test_copies_that_leak_are_counted():
    table = split_utterances(alike("ab", 100, copies=2), settings(group_duplicates=False))
    assert counts(table) == {"train": 280, "val": 60, "test": 60}
    n_torn = (n_splits_of_each(table, "group") > 1).sum()
    assert count_splits(table)["n_shared"].sum() == 2 * n_torn > 0


def test_counts_for_people():
    chosen = settings("k_fold", resampling=resampling("augment"))
    counted = count_splits(split_utterances(alike("ab", 8), chosen))
    assert counted.columns.tolist() == ["fold", "split", "label", "speaker", "n", "n_copies", "n_shared"]
    sums = counted.groupby("split")[["n", "n_copies", "n_shared"]].sum()
    assert sums.loc["test"].tolist() == [16, 0, 0]
    assert sums["n"].sum() == 4 * 16 + sums.loc["train", "n_copies"]
    assert sums.loc["train", "n"] == 4 / 3 * sums.loc["train", "n_copies"]


def test_what_is_unused_leaks_nothing():
    table = split_utterances(alike("ab", 9, copies=2), settings())
    table.loc[table["utterance_id"] == "a000@0", "split"] = "unused"
    assert count_splits(table)["n_shared"].sum() == 0


def test_classes_that_are_tested_and_not_trained_on():
    rows = curated(
        [{"utterance_id": f"{i}", "speaker": f"s{i % 4}", "label": "ab"[i == 0]} for i in range(12)]
    )
    table = split_utterances(rows, settings("leave_one_speaker_out"))
    assert untrained_classes(count_splits(table)) == {"b": 1}
    assert untrained_classes(count_splits(table.iloc[:0])) == {}


def test_what_a_unit_would_share_is_kept_by_test_then_by_validation():
    train, val, test, unused = range(4)
    splits = np.array([test, train, val, val, train, train, train, train, unused], np.int8)
    units = np.array([0, 0, 0, 1, 1, 2, -1, -1, 2])
    expected = [test, unused, unused, val, unused, train, train, train, unused]
    assert withhold(splits, units).tolist() == expected


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fractions": {"train": 0.7, "val": 0.2}}, r"add up to 1"),
        ({"fractions": {"train": 1.2, "val": -0.2}}, r"not negative, that add up to 1"),
        ({"fractions": {"test": 1.0}}, r"some for train"),
        ({"fractions": {}}, r"add up to 1"),
        ({"seeds": []}, r"seeds is \[\]; expected one or more, all different"),
        ({"seeds": [3, 3]}, r"seeds is \[3, 3\]"),
        ({"seeds": [-1]}, r"greater than or equal to 0"),
        ({"folds": 1}, r"greater than or equal to 2"),
    ],
)
def test_settings_that_mean_nothing(changes, message):
    with pytest.raises(ValidationError, match=message):
        settings(**changes)


def test_more_folds_than_can_be_numbered(monkeypatch):
    monkeypatch.setattr("pipeline.splits.table.MOST_FOLDS", 7)
    with pytest.raises(PipelineError, match=r"makes 4 folds for each of 2 seeds; expected 7 or fewer"):
        split_utterances(alike("ab", 9), settings("k_fold", seeds=[1, 2], resampling=NOTHING))
