"""Groups of copies: who is in, who represents them, and where they contradict each other."""

import numpy as np
import pandas as pd
import pytest

from pipeline.curation.duplicates import COLUMNS, find_duplicates, list_groups
from pipeline.curation.fingerprint import to_bytes

RNG = np.random.default_rng(0)
SOUNDS = {name: RNG.integers(1, 1 << 32, size=100, dtype=np.uint32) for name in "ABCD"}


def near(sound):
    """Flip a bit of every other frame."""
    return sound ^ np.resize(np.array([1 << 9, 0], np.uint32), len(sound))


def index(*rows):
    """Make an index of (id, hash, fingerprint, and what else matters)."""
    made = []
    for name, audio_hash, sound, others in rows:
        corpus = others.get("corpus", "x")
        row = {"utterance_id": f"{corpus}/{name}", "path": f"{name}.wav", "speaker": f"{corpus}/1"}
        row |= {
            "label": "sad",
            "seconds": 2.0,
            "rate": 16000,
            "notes": None,
            "status": "ok",
            "corpus": corpus,
        }
        made.append({**row, "audio_hash": audio_hash, "fingerprint": to_bytes(sound), **others})
    return pd.DataFrame(made)


def groups(table):
    """Return {representative: members} of the groups of more than one."""
    found = find_duplicates(table)
    members = found.groupby("group")["utterance_id"].apply(list)
    return {group: names for group, names in members.items() if len(names) > 1}


A, B, C = SOUNDS["A"], SOUNDS["B"], SOUNDS["C"]


def test_columns_and_order():
    table = index(("b", "1", A, {}), ("a", "1", A, {}), ("c", "2", B, {}))
    found = find_duplicates(table)
    assert found.columns.tolist() == COLUMNS
    assert found["utterance_id"].tolist() == ["x/b", "x/a", "x/c"]
    assert found["group"].tolist() == ["x/a", "x/a", "x/c"]
    assert found["kind"].tolist() == ["exact", "exact", "none"]
    assert found["keep"].tolist() == [False, True, True]
    assert found["conflict"].tolist() == [False, False, False]


def test_near_copies():
    found = find_duplicates(index(("a", "1", A, {}), ("b", "2", near(A), {}), ("c", "3", B, {})))
    assert found["kind"].tolist() == ["near", "near", "none"]
    assert found["group"].tolist() == ["x/a", "x/a", "x/c"]


def test_what_is_near_to_an_exact_copy_is_in_its_group():
    table = index(("a", "1", A, {}), ("b", "1", A, {}), ("c", "2", near(A), {}), ("d", "3", B, {}))
    assert groups(table) == {"x/a": ["x/a", "x/b", "x/c"]}
    assert find_duplicates(table)["kind"].tolist() == ["exact", "exact", "near", "none"]


def test_copies_in_another_corpus():
    table = index(("a", "1", A, {}), ("a", "1", A, {"corpus": "y"}), ("b", "2", near(A), {"corpus": "z"}))
    assert groups(table) == {"x/a": ["x/a", "y/a", "z/b"]}


def test_quarantined_clips_are_groups_of_their_own():
    broken = {"status": "quarantined", "audio_hash": None, "fingerprint": None}
    table = index(
        ("a", "1", A, {}),
        ("b", "1", A, broken),
        ("c", "1", A, {"status": "quarantined"}),
        ("d", "1", A, broken),
    )
    found = find_duplicates(table)
    assert found["group"].tolist() == ["x/a", "x/b", "x/c", "x/d"]
    assert found["keep"].all()
    assert (found["kind"] == "none").all()


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({}, {"notes": "u-law"}),
        ({"rate": 48000}, {"rate": 8000}),
        ({"seconds": 2.5}, {"seconds": 2.0}),
        ({"path": "b.wav"}, {"path": "again/b.wav"}),
    ],
)
def test_the_better_copy_represents(better, worse):
    usual = ("z", "9", C, {"rate": better.get("rate", 16000)})
    table = index(("a", "1", A, worse), ("b", "2", near(A), better), usual)
    assert list(groups(table)) == ["x/b"]


def test_the_usual_rate_represents():
    others = [(name, name, SOUNDS[name], {"rate": 16000}) for name in "BCD"]
    table = index(("a", "1", A, {"rate": 48000}), ("b", "2", near(A), {"rate": 16000}), *others)
    assert list(groups(table)) == ["x/b"]


@pytest.mark.parametrize(
    ("other", "conflict"),
    [
        ({}, False),
        ({"label": "happy"}, True),
        ({"speaker": "x/2"}, True),
        ({"label": "happy", "corpus": "y"}, False),
        ({"speaker": None}, False),
    ],
)
@pytest.mark.parametrize("sound", [A, near(A)], ids=["exact", "near"])
def test_conflicts(sound, other, conflict):
    table = index(("a", "1", A, {}), ("b", "1" if sound is A else "2", sound, other), ("c", "3", B, {}))
    assert find_duplicates(table)["conflict"].tolist() == [conflict, conflict, False]


def test_a_conflict_concerns_the_whole_group():
    table = index(("a", "1", A, {}), ("b", "1", A, {"label": "happy"}), ("c", "1", A, {"corpus": "y"}))
    assert find_duplicates(table)["conflict"].all()


def test_fingerprints_may_come_from_elsewhere():
    table = index(("a", "1", A, {}), ("b", "1", A, {}), ("c", "2", near(A), {}), ("d", "3", B, {}))
    elsewhere = iter(table["fingerprint"].tolist())
    found = find_duplicates(table.drop(columns="fingerprint"), elsewhere)
    assert found.to_dict() == find_duplicates(table).to_dict()
    assert found["kind"].tolist() == ["exact", "exact", "near", "none"]


def test_no_clips():
    assert len(find_duplicates(index(("a", "1", A, {})).iloc[:0])) == 0


def test_the_list_for_people():
    table = index(("b", "1", A, {}), ("a", "1", A, {}), ("c", "2", B, {}))
    listed = list_groups(table, find_duplicates(table))
    assert listed["utterance_id"].tolist() == ["x/a", "x/b"]
    assert listed["keep"].tolist() == [True, False]
    assert listed["rate"].tolist() == [16000, 16000]
