"""Resampling: exact counts, training only, copies that depend on nothing but their clip."""

import pandas as pd
import pytest

from pipeline.core.errors import PipelineError
from pipeline.splits.resample import resample, transforms_of
from pipeline.splits.table import split_utterances
from tests.curation.signals import curated
from tests.splits.splitting import NOTHING, TRANSFORMS, counts, resampling, settings, study

SIZES = {"angry": 9, "happy": 4, "sad": 2}  # of training
PARTS = ["train", "val", "test"]
METHODS = ["undersample", "oversample", "augment"]


def fold(sizes=SIZES, n_others=3):
    """Training of the given sizes; as many clips of each class in every other split."""
    parts = {"train": sizes, **{split: dict.fromkeys(sizes, n_others) for split in ("val", "test", "unused")}}
    rows = [
        {"utterance_id": f"{split}-{label}-{i}", "label": label, "split": split, "speaker": f"s{i}"}
        for split, by_label in parts.items()
        for label, n in by_label.items()
        for i in range(n)
    ]
    return curated(rows).assign(split=[row["split"] for row in rows])


def trained(table):
    return table.loc[table["split"] == "train", "label"].value_counts().to_dict()


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (NOTHING, SIZES),
        (resampling("undersample"), {"angry": 2, "happy": 2, "sad": 2}),
        (resampling("undersample", 3), {"angry": 3, "happy": 3, "sad": 2}),
        (resampling("undersample", 20), SIZES),
        (resampling("oversample"), {"angry": 9, "happy": 9, "sad": 9}),
        (resampling("oversample", 5), {"angry": 9, "happy": 5, "sad": 5}),
        (resampling("oversample", 100), {"angry": 100, "happy": 100, "sad": 100}),
        (resampling("augment"), {"angry": 36, "happy": 16, "sad": 8}),
        (resampling("augment", noise=(0.005, 0.005)), {"angry": 18, "happy": 8, "sad": 4}),
    ],
)
def test_exact_counts_of_training(chosen, expected):
    assert trained(resample(fold(), chosen, seed=1)) == expected


@pytest.mark.parametrize("method", METHODS)
def test_validation_and_test_are_left_alone(method):
    before, after = fold(), resample(fold(), resampling(method), seed=1)
    others = after[after["split"].isin(["val", "test"])]
    assert others["transform"].isna().all()
    expected = before[before["split"].isin(["val", "test"])].sort_values("utterance_id", ignore_index=True)
    assert others[before.columns].reset_index(drop=True).equals(expected)


def test_undersampling_balances_every_part_it_names_by_itself():
    table = fold()
    surplus = (table["split"] == "test") & (table["label"] == "sad") & table["utterance_id"].str.endswith("2")
    chosen = resampling("undersample").model_copy(update={"parts": ["train", "val", "test"]})
    balanced = resample(table[~surplus], chosen, seed=1)
    sizes = {
        part: balanced.loc[balanced["split"] == part, "label"].value_counts().to_dict() for part in PARTS
    }
    assert sizes == {
        "train": dict.fromkeys(SIZES, 2),
        "val": dict.fromkeys(SIZES, 3),
        "test": dict.fromkeys(SIZES, 2),
    }
    assert set(balanced["utterance_id"]) == set(table.loc[~surplus, "utterance_id"])  # the surplus is unused


def test_what_undersampling_drops_is_unused():
    table = resample(fold(), resampling("undersample"), seed=1)
    assert len(table) == len(fold())
    assert counts(table) == {"train": 6, "val": 9, "test": 9, "unused": 9 + 7 + 2}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", [1, 2])
def test_copies_have_all_of_their_original(method, seed):
    table = resample(fold(), resampling(method), seed)
    assert table["example_id"].is_unique
    assert table["example_id"].is_monotonic_increasing
    copies = table[table["transform"].notna()].reset_index(drop=True)
    assert (copies["example_id"] == copies["utterance_id"] + "#" + copies["transform"]).all()
    assert (copies["split"] == "train").all()
    assert (
        copies["transform"].str.fullmatch(r"(noise|time_stretch|pitch_shift)=-?\d+\.\d{4}@" + str(seed)).all()
    )
    originals = (
        fold().set_index("utterance_id", drop=False).loc[copies["utterance_id"]].reset_index(drop=True)
    )
    assert copies[originals.columns].equals(originals)


@pytest.mark.parametrize("n_per_class", [20, 50])
def test_copies_are_spread_evenly_over_clips_and_transforms(n_per_class):
    wide = {**TRANSFORMS, "noise": (0.0, 1.0)}  # so that no strength is drawn twice
    table = resample(fold(), resampling("oversample", n_per_class, **wide), seed=3)
    copies = table[table["transform"].notna()].assign(name=table["transform"].str.partition("=")[0])
    n_each = copies.groupby(["label", "utterance_id"]).size().groupby("label").agg(["min", "max"])
    assert (n_each["max"] - n_each["min"]).le(1).all()
    n_of_transform = copies.groupby(["utterance_id", "name"]).size().unstack(fill_value=0)
    assert (n_of_transform.max(axis=1) - n_of_transform.min(axis=1)).le(1).all()


def test_strengths_are_in_their_ranges_and_fill_them():
    """Of 300 draws the mean of a uniform range lies within 0.06 ranges of the middle (3.6 sigma)."""
    texts = [text for i in range(300) for text in transforms_of(f"clip{i}", 3, TRANSFORMS, seed=7)]
    parts = pd.Series(texts).str.extract(r"(?P<name>\w+)=(?P<strength>[-.\d]+)@7")
    strengths = parts["strength"].astype(float).groupby(parts["name"])
    low, high = (pd.Series(TRANSFORMS).sort_index().str[end] for end in (0, 1))
    assert (strengths.count() == 300).all()
    assert (strengths.min() >= low).all()
    assert (strengths.max() <= high).all()
    assert ((strengths.mean() - (low + high) / 2).abs() / (high - low)).max() < 0.06


def test_exact_transforms():
    """Written down when they were first drawn: another number would need all features anew."""
    assert transforms_of("ravdess/03-01", 4, TRANSFORMS, seed=42) == [
        "noise=0.0044@42",
        "pitch_shift=1.1364@42",
        "time_stretch=0.8031@42",
        "noise=0.0070@42",
    ]


def test_a_clip_has_the_same_copies_whatever_else_is_there():
    whole = resample(fold(), resampling("oversample", 100), seed=5)
    few = resample(fold({"angry": 2, "sad": 1}), resampling("oversample", 7), seed=5)
    assert set(few.loc[few["transform"].notna(), "example_id"]) <= set(whole["example_id"])


def test_more_copies_begin_with_the_same():
    assert transforms_of("a", 9, TRANSFORMS, 1)[:4] == transforms_of("a", 4, TRANSFORMS, 1)


@pytest.mark.parametrize("seed", range(3))
def test_a_transform_without_room_is_passed_over(seed):
    """The published oversampling adds noise of one strength: no clip gets it twice."""
    chosen = resampling("oversample", 40, noise=(0.005, 0.005), time_stretch=(0.8, 1.2))
    table = resample(fold(), chosen, seed)
    assert not table.duplicated(["utterance_id", "transform"]).any()
    per_clip = table[table["transform"].str.startswith("noise").fillna(False)].groupby("utterance_id").size()
    assert (per_clip == 1).all()
    assert trained(table) == {"angry": 40, "happy": 40, "sad": 40}


def test_every_strength_of_a_narrow_range_is_found():
    texts = transforms_of("a", 8, {"noise": (0.00195, 0.00249), "pitch_shift": (-0.0001, 0.0001)}, seed=1)
    assert sorted(texts) == [
        "noise=0.0020@1",
        "noise=0.0021@1",
        "noise=0.0022@1",
        "noise=0.0023@1",
        "noise=0.0024@1",
        "pitch_shift=-0.0001@1",
        "pitch_shift=0.0000@1",
        "pitch_shift=0.0001@1",
    ]


@pytest.mark.parametrize("method", METHODS)
def test_the_seed_decides_and_the_order_does_not(method):
    shuffled = fold().sample(frac=1, random_state=1)
    first = resample(fold(), resampling(method), seed=1)
    assert first.equals(resample(shuffled, resampling(method), seed=1))
    other = resample(fold(), resampling(method), seed=2)
    assert not first[["example_id", "split"]].equals(other[["example_id", "split"]])


@pytest.mark.parametrize("method", METHODS)
def test_every_fold_is_resampled(method):
    table = split_utterances(study(1), settings("k_fold", seeds=[1, 2], resampling=resampling(method)))
    assert not table.duplicated(["fold", "example_id"]).any()
    assert table.groupby("fold")["utterance_id"].nunique().tolist() == [240] * 8
    assert (table.loc[table["transform"].notna(), "split"] == "train").all()
    n_tested = table[table["split"] == "test"].groupby("split_seed")["utterance_id"].agg(["size", "nunique"])
    assert (n_tested == 240).all(axis=None)


@pytest.mark.parametrize("method", ["undersample", "oversample"])
def test_classes_are_equal_in_every_fold(method):
    table = split_utterances(study(1), settings("k_fold", resampling=resampling(method)))
    sizes = table[table["split"] == "train"].groupby(["fold", "label"]).size().unstack()
    assert (sizes.nunique(axis=1) == 1).all()


@pytest.mark.parametrize("method", ["none", *METHODS])
def test_a_fold_without_training(method):
    rows = fold().query("split != 'train'")
    assert len(resample(rows, resampling(method), seed=1)) == len(rows)


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        (
            resampling("oversample", noise=(0.005, 0.0051)),
            r"asks for 4 copies of train-sad-\d, but its transforms have 2 strengths.*lower n_per_class",
        ),
        (
            resampling("augment", noise=(0.00001, 0.00002)),
            r"resampling\.transforms\.noise: \[1e-05, 2e-05\] holds no strength of four decimals",
        ),
    ],
)
def test_copies_that_cannot_be_made(chosen, message):
    with pytest.raises(PipelineError, match=message):
        resample(fold(), chosen, seed=1)


NOISE = ["a" * 32, "b" * 32]


def test_a_copy_with_recorded_noise_names_one_of_the_files():
    chosen = resampling("augment", recorded_noise=(0.0, 20.0))
    copies = resample(fold(), chosen, 1, NOISE)["transform"].dropna()
    found = copies.str.extract(r"^recorded_noise=(?P<value>[\d.]+)@1~(?P<noise>\w{32})$")
    assert len(copies) == sum(SIZES.values())
    assert found["value"].astype(float).between(0, 20).all()
    assert set(found["noise"]) == set(NOISE)
    assert copies.tolist() == resample(fold(), chosen, 1, NOISE)["transform"].dropna().tolist()
    other = resample(fold(), chosen, 2, NOISE)["transform"].dropna()
    assert set(copies.str.partition("@")[0]) != set(other.str.partition("@")[0])


def test_recorded_noise_changes_no_other_copy():
    alone = transforms_of("a", 2, {"pitch_shift": (-1.0, 1.0)}, 1)
    assert alone == transforms_of("a", 2, {"pitch_shift": (-1.0, 1.0)}, 1, NOISE)
