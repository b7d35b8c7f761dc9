"""A protocol is one entry: all that the project does with it follows."""

import numpy as np
import pytest

from pipeline.core.errors import PipelineError
from pipeline.report.leaderboard import Row
from pipeline.splits.clips import TEST, TRAIN
from pipeline.splits.describe import describe_protocol
from pipeline.splits.protocols import PROTOCOLS, Protocol, check_protocols, find_protocol
from pipeline.splits.table import split_utterances
from tests.evaluation import made_up
from tests.splits.splitting import settings, study


@pytest.fixture
def first_corpus(monkeypatch):
    """Give the table a protocol that tests the first corpus, and return its name."""

    def cut(clips, settings, seed):
        return [np.where(clips.corpora == 0, TEST, TRAIN).astype(np.int8)]

    monkeypatch.setitem(
        PROTOCOLS, "first_corpus", Protocol(cut, "first of {folds} corpora", new_speakers=True)
    )
    return "first_corpus"


def test_a_new_entry_splits(first_corpus):
    table = split_utterances(study(0), settings(first_corpus, group_duplicates=False))
    assert set(table.loc[table["split"] == "test", "corpus"]) == {"ravdess"}
    assert set(table.loc[table["split"] == "train", "corpus"]) == {"tess"}


def test_a_new_entry_is_described(first_corpus):
    words = describe_protocol(made_up.study(first_corpus), made_up.system(), ["made_up"])
    assert words == "first of 5 corpora, deduplicated"


def test_a_new_entry_says_whether_speakers_are_new(first_corpus):
    row = Row("net", {}, split=first_corpus, deduplicated=True)
    assert row.trustworthy
    assert not row.official


def test_what_is_no_entry_is_named():
    with pytest.raises(
        PipelineError, match=r"split.protocol: unknown protocol 'k_fol', did you mean 'k_fold'"
    ):
        find_protocol("k_fol")


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        (
            {"split": {"protocol": "leave_one_out"}},
            r"studies\.one\.split\.protocol: unknown protocol 'leave_one_out'",
        ),
        (
            {"variants": {"two": {"protocol": "stratify"}}},
            r"studies\.one\.variants\.two\.protocol: .*'stratified'",
        ),
    ],
)
def test_where_a_protocol_is_not_there_is_named(changes, where):
    one = made_up.study()
    split = one.split.model_copy(update={"also_test": [], **changes.get("split", {})})
    broken = one.model_copy(update={"split": split, "variants": changes.get("variants", {})})
    params = made_up.params()
    check_protocols(params)
    with pytest.raises(PipelineError, match=where):
        check_protocols(params.model_copy(update={"studies": {"one": broken}}))
