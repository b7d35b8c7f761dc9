"""The account of a study's curation: every row is kept or listed, and every step drops what it should."""

import re

import numpy as np
import pandas as pd
import pytest

from pipeline.config.studies import Curation, Study
from pipeline.core.errors import PipelineError
from pipeline.curation.filter import (
    COMBINED,
    STEPS,
    curate,
    large_losses,
    nothing_curated,
    unknown_labels,
)

SETTINGS = {
    "classes": ["joy", "grief", "other"],
    "labels": {
        "x": {"happy": "joy", "hap": "joy", "sad": "grief", "odd": "other", "calm": None},
        "y": {"happy": "grief", "odd": "other", "sad": None},
    },
    "curation": {"deduplicate": True, "min_seconds": 1.0, "max_seconds": 4.0, "min_per_class": 2},
}


def study(**curation):
    settings = {**SETTINGS, "curation": Curation(**{**SETTINGS["curation"], **curation})}
    return Study.model_construct(**settings)  # without a split, which is none of the filter's business


def row(name, label="happy", **others):
    own = {
        "utterance_id": name,
        "path": f"{name}.wav",
        "label": label,
        "seconds": 2.0,
        "status": "ok",
        "reason": None,
    }
    own |= {"official_split": None}
    return {**own, "corpus": "x", "group": name, "kind": "none", "keep": True, "conflict": False, **others}


GOOD = [row("h1"), row("h2", "hap"), row("s1", "sad"), row("s2", "sad")]


def curated(*rows, **curation):
    return curate(pd.DataFrame([*GOOD, *rows]), study(**curation))


def test_own_labels_become_classes():
    kept = curated().kept
    assert dict(zip(kept["utterance_id"], kept["label"], strict=True)) == {
        "h1": "joy", "h2": "joy", "s1": "grief", "s2": "grief"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("bad", "step", "code", "reason"),
    [
        (row("a", status="stray", reason="not audio"), "utterances", "stray", "not audio"),
        (row("a", status="quarantined", reason="empty file"), "readable", "quarantined", "empty file"),
        (
            row("a", group="h1", kind="exact", keep=False),
            "after_deduplication",
            "exact_copy",
            "exact copy of h1",
        ),
        (
            row("a", group="h1", kind="near", keep=False),
            "after_deduplication",
            "near_copy",
            "near copy of h1",
        ),
        (row("a", seconds=0.999), "within_duration", "too_short", "1.00 s, shorter than 1 s"),
        (row("a", seconds=4.1), "within_duration", "too_long", "4.10 s, longer than 4 s"),
        (row("a", "calm"), "labelled", "left_out", "label 'calm' is left out by the study"),
        (row("a", "bored"), "labelled", "not_in_map", "label 'bored' is not in the study's map"),
        (row("a", "odd"), "kept", "rare_class", "class other has 1 clips"),
    ],
)
def test_what_each_step_drops(bad, step, code, reason):
    result = curated(bad)
    assert result.dropped.to_dict("records") == [
        {"utterance_id": "a", "corpus": "x", "path": "a.wav", "step": step, "code": code, "reason": reason}
    ]
    before = list(STEPS)[: list(STEPS).index(step)]
    assert {name: n for name, n in result.counts.items() if n == 5} == dict.fromkeys([COMBINED, *before], 5)


@pytest.mark.parametrize("seconds", [1.0, 4.0])
def test_the_bounds_of_the_duration_are_kept(seconds):
    assert len(curated(row("a", seconds=seconds)).dropped) == 0


def test_contradicting_copies_are_all_dropped():
    pair = {"group": "a", "kind": "exact", "conflict": True}
    dropped = curated(row("a", "sad", **pair), row("b", "happy", keep=False, **pair)).dropped
    assert dropped["code"].tolist() == ["conflict"] * 2
    assert dropped["reason"].tolist() == ["labels or speakers contradict each other in the group of a"] * 2


def test_without_deduplication_copies_and_contradictions_stay():
    pair = {"group": "a", "kind": "exact", "conflict": True}
    copies = row("a", "sad", **pair), row("b", "happy", keep=False, **pair)
    assert len(curated(*copies, deduplicate=False).kept) == 6


def test_a_representative_outside_the_study_is_replaced():
    elsewhere = {"group": "y/1", "kind": "exact", "keep": False}
    result = curated(row("b", **elsewhere), row("a", **elsewhere))
    assert "a" in result.kept["utterance_id"].tolist()
    assert result.dropped[["code", "reason"]].values.tolist() == [["exact_copy", "exact copy of a"]]


def test_an_unreadable_representative_is_no_representative():
    broken = row("a", status="quarantined", reason="empty file")
    assert len(curated(broken, row("b")).kept) == 5


def test_a_label_means_what_its_corpus_means_by_it():
    result = curated(
        row("y1", "happy", corpus="y"), row("y2", "sad", corpus="y"), row("y3", "hap", corpus="y")
    )
    assert result.kept.set_index("utterance_id")["label"]["y1"] == "grief"
    assert result.dropped["reason"].tolist() == [
        "label 'sad' is left out by the study",
        "label 'hap' is not in the study's map",
    ]


def test_a_corpus_without_a_map():
    with pytest.raises(PipelineError, match=r"say nothing of the corpus 'z', only of \['x', 'y'\]: add"):
        curated(row("a", corpus="z"))


def test_unknown_labels_are_named():
    rows = row("a", "bored"), row("b", "bored"), row("c", "calm"), row("d", "hap", corpus="y")
    assert unknown_labels(curated(*rows).dropped) == [
        "x: label 'bored' is not in the study's map: 2 clips",
        "y: label 'hap' is not in the study's map: 1 clips",
    ]


def test_the_account_by_corpus_and_class():
    account = curated(row("a", "odd", corpus="y"), row("b", "calm")).account
    at = account.set_index(["step", "corpus", "class"])["n"]
    assert at["combined"].to_dict() == {
        ("x", "(no class)"): 1,
        ("x", "grief"): 2,
        ("x", "joy"): 2,
        ("y", "other"): 1,
    }
    assert at["kept"].to_dict() == {("x", "grief"): 2, ("x", "joy"): 2}


def test_one_class_is_not_enough():
    with pytest.raises(
        PipelineError, match=r"two classes; of \['joy', .* left \['joy'\]\. .* labelled 2, drawn 2, kept 2"
    ):
        curate(pd.DataFrame(GOOD[:2]), study())


def test_one_class_is_enough_where_the_study_has_one():
    alone = Study.model_construct(**{**SETTINGS, "classes": ["joy"], "curation": study().curation})
    assert len(curate(pd.DataFrame(GOOD[:2]), alone).kept) == 2
    with pytest.raises(PipelineError, match=r"no clip is left; of \['joy'\], curation left \[\]"):
        curate(pd.DataFrame([row("a", "calm")]), alone)


def test_nothing_left():
    with pytest.raises(PipelineError, match=r"curation left \[\]"):
        curate(pd.DataFrame(GOOD), study(min_seconds=3.0))


@pytest.mark.parametrize("seed", range(5))
def test_the_account_adds_up(seed):
    """Random rows: what is kept and what is dropped are all that came, and the steps never grow."""
    rng = np.random.default_rng(seed)
    labels, groups = np.array(["happy", "sad", "odd", "calm", "bored", None]), rng.integers(0, 60, size=200)
    rows = [
        row(
            f"{i:03}",
            labels[rng.integers(len(labels))],
            seconds=rng.uniform(0.5, 4.5),
            corpus=rng.choice(["x", "y"]),
            group=f"g{groups[i]}",
            keep=bool(i == np.flatnonzero(groups == groups[i])[0]),
            conflict=bool(groups[i] % 7 == 0),
            **({"status": "stray", "reason": "x"} if rng.random() < 0.1 else {}),
        )
        for i in range(200)
    ]
    result = curate(pd.DataFrame(rows), study())
    everyone = sorted([*result.kept["utterance_id"], *result.dropped["utterance_id"]])
    assert everyone == [f"{i:03}" for i in range(200)]
    assert list(result.counts.values()) == sorted(result.counts.values(), reverse=True)
    assert result.account.groupby("step")["n"].sum().to_dict() == result.counts
    assert result.kept["utterance_id"].is_monotonic_increasing
    assert not result.kept["group"].duplicated().any()


COPY = {"group": "h1", "kind": "exact", "keep": False}


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (
            row("a", status="quarantined", reason="no sound"),
            "1 of 5 clips are lost at the step 'readable', .*no sound",
        ),
        (row("a", **COPY), "1 of 5 clips are lost at the step 'after_deduplication', .*exact copy of h1"),
        (row("a", seconds=9.0), "1 of 5 clips are lost at the step 'within_duration', .*9.00 s"),
        (row("a", "odd"), "1 of 5 clips are lost at the step 'kept', .*class other has 1"),
    ],
)
def test_a_large_loss_is_said(bad, says):
    (loss,) = large_losses(curated(bad))
    assert re.match(f"x: {says}", loss)


@pytest.mark.parametrize(
    "bad", [row("a", "calm"), row("a", "bored"), row("a", status="stray", reason="no audio")]
)
def test_what_a_study_means_to_leave_out_is_no_loss(bad):
    assert large_losses(curated(bad)) == []


def test_a_small_loss_is_none():
    many = [row(f"m{i}") for i in range(20)]
    assert large_losses(curated(*many, row("a", status="quarantined", reason="empty file"))) == []


def test_a_corpus_of_which_nothing_is_left_is_named():
    losses = large_losses(curated(row("a", "sad", corpus="y"), row("b", "happy", corpus="y", seconds=9.0)))
    assert losses[-1] == "y: nothing of it is left"
    assert large_losses(nothing_curated()) == []
