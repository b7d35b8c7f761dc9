"""The leakage audit: what is counted, and that the words follow the numbers."""

import pandas as pd
import pytest

from pipeline.evaluation.audit import LEAK_COLUMNS, audit_rows, audit_table, audit_text, count_leaks

COLUMNS = ["utterance_id", "split", "audio_hash", "group", "speaker"]
SPLIT = pd.DataFrame(
    [
        ("a/0", "train", "x", "a/0", "a/1"),
        ("a/1", "train", "y", "a/1", "a/2"),
        ("a/2", "val", "v", "a/2", "a/3"),
        ("a/3", "test", "x", "a/0", "a/9"),  # exact
        ("a/4", "test", "z", "a/1", "a/1"),  # near, and the speaker
        ("a/5", "test", "v", "a/2", "a/3"),  # exact, and the speaker, of validation
        ("a/6", "test", "w", "a/6", None),
        ("a/7", "unused", "x", "a/0", "a/9"),
    ],
    columns=COLUMNS,
).assign(fold=0)
NONE = dict.fromkeys(LEAK_COLUMNS, 0) | {"n_tested": 80}


def test_leaks_by_hand():
    assert count_leaks(SPLIT, ["train"]) == {
        "n_tested": 4,
        "n_exact": 1,
        "n_near": 1,
        "n_same_speaker": 1,
        "n_unknown_speaker": 1,
    }


def test_validation_that_is_trained_on_counts():
    found = count_leaks(SPLIT, ["train", "val"])
    assert (found["n_exact"], found["n_near"], found["n_same_speaker"]) == (2, 1, 2)


def test_folds_are_looked_at_one_by_one():
    swapped = SPLIT.assign(fold=1, split=SPLIT["split"].map({"train": "test", "test": "train"}))
    found = count_leaks(pd.concat([SPLIT, swapped]), ["train"])
    assert (found["n_tested"], found["n_exact"], found["n_near"]) == (6, 2, 2)


def test_a_split_by_speaker_leaks_nothing():
    rows = [("a/0", "train", "x", "a/0", "a/1"), ("a/1", "test", "y", "a/1", "a/2")]
    split = pd.DataFrame(rows, columns=COLUMNS).assign(fold=0)
    assert count_leaks(split, ["train"]) == {**dict.fromkeys(LEAK_COLUMNS, 0), "n_tested": 1}


def scores(value: float, low: float, high: float, *, name: str = "uar") -> dict:
    """Return what evaluation leaves of a system."""
    return {
        "status": "trained",
        "protocol": "stratified 70/15/15",
        "n_test": 80,
        name: value,
        f"{name}_low": low,
        f"{name}_high": high,
    }


CASES = {"as published": "leaky", "each clip once": "single", "by speaker": "apart"}
SCORES = {
    "leaky": scores(0.95, 0.9, 0.99),
    "single": scores(0.8, 0.7, 0.9),
    "apart": scores(0.7, 0.6, 0.75),
}
LEAKS = {
    "leaky": NONE | {"n_exact": 60, "n_near": 1, "n_same_speaker": 80},
    "single": NONE | {"n_same_speaker": 80},
    "apart": NONE,
}


def test_differences_are_to_the_last_case():
    rows = audit_rows("SVM", CASES, SCORES, LEAKS)
    assert [row["difference"] for row in rows] == [pytest.approx(0.25), pytest.approx(0.1), None]
    assert [row["n_exact"] for row in rows] == [60, 0, 0]


def test_words_follow_the_numbers():
    text = audit_text(audit_rows("SVM", CASES, SCORES, LEAKS), [], synthetic=False)
    assert text == (
        "as published (stratified 70/15/15): UAR 95.0 % (90.0 % to 99.0 %) on 80 clips; of 80 tests, training has "
        "an exact copy of 60 (75 %), a near copy of 1 (1 %), the speaker of 80 (100 %). "
        "each clip once (stratified 70/15/15): UAR 80.0 % (70.0 % to 90.0 %) on 80 clips; of 80 tests, training "
        "has the speaker of 80 (100 %). "
        "by speaker (stratified 70/15/15): UAR 70.0 % (60.0 % to 75.0 %) on 80 clips; of 80 tests, training has no "
        "copy and no speaker. "
        "as published against by speaker: +25.0 points; the two 95 % intervals lie apart. "
        "each clip once against by speaker: +10.0 points; the two 95 % intervals overlap. "
        "So as published promises more than by speaker finds, by more than the choice of test clips accounts for; "
        "its training shares more exact copies, near copies and speakers with its test. "
        "These clips do not show that the score of each clip once is too high."
    )


def test_a_lower_score_promises_nothing():
    low = SCORES | {"leaky": scores(0.3, 0.2, 0.4)}
    text = audit_text(audit_rows("SVM", CASES, low, LEAKS), [], synthetic=False)
    assert "as published against by speaker: −40.0 points; the two 95 % intervals lie apart." in text
    assert "do not show that the score of as published or each clip once is too high" in text
    assert "promises" not in text


def test_a_difference_without_a_leak_is_not_explained_by_one():
    text = audit_text(audit_rows("SVM", CASES, SCORES, dict.fromkeys(SCORES, NONE)), [], synthetic=False)
    assert "So as published promises more than by speaker finds" in text
    assert "no leak counted here explains it" in text


def test_leaks_of_the_last_case_are_said():
    leaks = LEAKS | {"apart": NONE | {"n_same_speaker": 3, "n_unknown_speaker": 2}}
    text = audit_text(audit_rows("SVM", CASES, SCORES, leaks), [], synthetic=False)
    assert "the speaker of 3 (4 %); 2 are of unknown speakers." in text
    assert text.endswith("by speaker itself still has speakers on both sides.")


def test_synthetic_clips_are_said():
    text = audit_text(audit_rows("SVM", CASES, SCORES, LEAKS), [], synthetic=True)
    assert text.endswith("The clips are synthetic: the sizes of these differences say nothing about people.")


def test_without_the_last_case_nothing_is_compared():
    rows = audit_rows("SVM", CASES, SCORES | {"apart": {"status": "skipped"}}, LEAKS)
    assert [row["difference"] for row in rows] == [None, None]
    text = audit_text(rows, ["by speaker"], synthetic=False)
    assert text.startswith("by speaker: no clips of it in this profile.")
    assert text.endswith("Nothing to hold this against: the last case is not there, or alone.")


def test_dimensions_are_compared_by_ccc_and_not_with_classes():
    mixed = SCORES | {
        "single": scores(0.5, 0.4, 0.6, name="ccc"),
        "apart": scores(0.412, 0.3, 0.5, name="ccc"),
    }
    rows = audit_rows("SVM", CASES, mixed, LEAKS)
    assert [row["difference"] for row in rows] == [None, pytest.approx(0.088), None]
    text = audit_text(rows, [], synthetic=False)
    assert "CCC 0.412 (0.300 to 0.500)" in text
    assert "each clip once against by speaker: +0.088;" in text


def test_an_audit_of_skipped_systems_is_empty():
    rows = audit_rows("SVM", CASES, {system: {"status": "skipped"} for system in SCORES}, {})
    assert rows == []
    assert (
        audit_text(rows, ["as published"], synthetic=True) == "as published: no clips of it in this profile."
    )
    table = audit_table(rows)
    assert table.empty
    assert set(LEAK_COLUMNS) <= set(table.columns)
