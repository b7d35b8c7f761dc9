"""What became of each file, counted by hand."""

import pandas as pd
import pytest

from pipeline.core.errors import PipelineError
from pipeline.exploration import studies
from tests.exploration.examples import BROKEN, STRAY, index

ROWS = index(
    {"label": "ang"},
    {"label": "calm"},
    {"seconds": 0.1},
    BROKEN,
    STRAY,
    {"corpus": "b", "label": "angry"},
    {},
)
KEPT = pd.DataFrame({"utterance_id": ["a/0", "b/5"], "label": ["anger", "anger"]})
DROPPED = pd.DataFrame(
    {
        "utterance_id": ["a/1", "a/2", "a/3", "a/4", "a/6"],
        "step": ["labelled", "within_duration", "readable", "utterances", "after_deduplication"],
    }
)
LABELS = {"a": {"ang": "anger", "calm": None, "happy": "joy"}, "b": {"angry": "anger"}}


@pytest.fixture
def rows():
    return studies.fates("s", ROWS, KEPT, DROPPED)


def test_every_file_has_a_class_or_the_step_that_dropped_it(rows):
    assert rows["class"].fillna(rows["step"]).tolist() == [
        "anger", "labelled", "within_duration", "readable", "utterances", "anger", "after_deduplication",
    ]  # fmt: skip


def test_what_reaches_the_bounds(rows):
    assert studies.reached(rows, studies.DURATION)["utterance_id"].tolist() == ["a/0", "a/1", "a/2", "b/5"]


def test_labels_before_curation_are_classes_where_the_study_has_one(rows):
    assert studies.label_counts(rows, LABELS).to_dict("list") == {
        "label": ["joy", "anger", "calm"], "n": [3, 2, 1], "n_kept": [0, 2, 0],
    }  # fmt: skip


def test_a_corpus_without_a_map_keeps_its_labels(rows):
    assert set(studies.label_counts(rows, {})["label"]) == {"ang", "angry", "calm", "happy"}


def test_classes_after_curation(rows):
    assert studies.class_counts(rows).to_dict("list") == {"class": ["anger"], "n": [2]}


@pytest.mark.parametrize(
    ("kept", "dropped"),
    [(KEPT[:1], DROPPED), (KEPT, DROPPED[1:]), (KEPT, pd.concat([DROPPED, DROPPED.replace("a/1", "a/9")]))],
)
def test_a_file_of_another_run_is_an_error(kept, dropped):
    with pytest.raises(
        PipelineError, match=r"data/curated/s: 7 files .* expected every file once.*dvc repro"
    ):
        studies.fates("s", ROWS, kept, dropped)


def test_a_file_both_kept_and_dropped_is_an_error():
    dropped = pd.concat([DROPPED, pd.DataFrame({"utterance_id": ["a/0"], "step": ["kept"]})])
    with pytest.raises(PipelineError, match="2 were kept and 6 dropped: expected every file once"):
        studies.fates("s", ROWS, KEPT, dropped)


def test_accounts_are_joined_in_the_order_of_studies_and_steps():
    account = pd.DataFrame({"step": ["kept", "combined"], "corpus": "a", "class": "anger", "n": [1, 2]})
    table = studies.join_accounts({"z": account, "a": account})
    assert list(table) == ["study", "step", "corpus", "class", "n"]
    assert list(zip(table["study"], table["step"], table["n"], strict=True)) == [
        ("z", "combined", 2), ("z", "kept", 1), ("a", "combined", 2), ("a", "kept", 1),
    ]  # fmt: skip


def test_no_account_is_a_table_without_rows():
    assert list(studies.join_accounts({})) == ["study", "step", "corpus", "class", "n"]


def test_files_left_by_corpus():
    account = pd.DataFrame(
        [
            ("combined", "a", "joy", 2),
            ("combined", "a", "anger", 3),
            ("combined", "b", "joy", 1),
            ("kept", "a", "joy", 2),
        ],
        columns=["step", "corpus", "class", "n"],
    )
    left = studies.left_by_corpus(account)
    assert tuple(left.index) == studies.ORDER
    assert left.loc["combined"].to_dict() == {"a": 5, "b": 1}
    assert left.loc["kept"].to_dict() == {"a": 2, "b": 0}
