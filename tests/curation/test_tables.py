"""What curation passes from stage to stage, as files."""

import pandas as pd
import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.paths import duplicates_path, index_path
from pipeline.core.schemas import DUPLICATES, INDEX
from pipeline.core.tables import write_table
from pipeline.curation import tables
from pipeline.curation.tables import read_fingerprints, read_grouped, read_indexes


@pytest.fixture(autouse=True)
def indexes(tmp_path, monkeypatch):
    """The indexes of two corpora of three files and one."""
    monkeypatch.chdir(tmp_path)
    write_index("one", [b"1", None, b"3"])
    write_index("two", [b"4"])


def write_index(corpus, fingerprints):
    ids = [f"{corpus}/{number}" for number in range(len(fingerprints))]
    table = pd.DataFrame({"utterance_id": ids, "fingerprint": fingerprints, "status": "ok"})
    write_table(index_path(corpus), table.reindex(columns=INDEX.names), INDEX)


def write_duplicates(corpus, ids):
    table = pd.DataFrame({"utterance_id": ids, "group": ids, "kind": "none", "keep": True, "conflict": False})
    write_table(duplicates_path(corpus), table.reindex(columns=DUPLICATES.names), DUPLICATES)


def test_indexes_are_joined_in_the_order_of_the_corpora():
    joined = read_indexes(["two", "one"], ["utterance_id", "status"])
    assert joined["utterance_id"].tolist() == ["two/0", "one/0", "one/1", "one/2"]
    assert joined["corpus"].tolist() == ["two", "one", "one", "one"]
    assert joined.index.tolist() == [0, 1, 2, 3]


def test_no_corpora_have_columns_alone():
    joined = read_indexes([], ["utterance_id", "status"])
    assert (len(joined), joined.columns.tolist()) == (0, ["utterance_id", "status", "corpus"])


def test_fingerprints_come_in_the_order_of_the_indexes(monkeypatch):
    monkeypatch.setattr(tables, "ROWS_AT_A_TIME", 2)
    assert list(read_fingerprints(["one", "two"])) == [b"1", None, b"3", b"4"]
    assert list(read_fingerprints(["two", "one"])) == [b"4", b"1", None, b"3"]


def test_groups_stand_beside_their_utterances():
    write_duplicates("one", ["one/0", "one/1", "one/2"])
    rows = read_grouped("one")
    assert rows["group"].tolist() == rows["utterance_id"].tolist() == ["one/0", "one/1", "one/2"]
    assert set(rows["corpus"]) == {"one"}


@pytest.mark.parametrize(
    "ids", [["one/0", "one/1"], ["one/0", "one/2", "one/1"]], ids=["fewer", "other order"]
)
def test_groups_of_another_index_are_refused(ids):
    write_duplicates("one", ids)
    with pytest.raises(
        PipelineError, match=rf"has other rows \({len(ids)}\) than .*\(3\): run `dvc repro deduplicate`"
    ):
        read_grouped("one")
