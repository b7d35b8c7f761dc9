import shutil
from pathlib import Path

import pytest
from dvc.utils.serialize import modify_yaml

from pipeline.config.add_corpus import add_corpus, as_block
from pipeline.config.params import load_params
from pipeline.core.errors import PipelineError

SHIPPED = Path("params.yaml")
ENTRY = {
    "source": "table",
    "path": "own/labels.csv",
    "columns": {"path": "file", "speaker": {"column": "file", "pattern": r"^(\d+)/"}},
    "labels": {"no": "neutral", "1": "angry"},
}


@pytest.fixture
def copy(tmp_path):
    return Path(shutil.copy(SHIPPED, tmp_path))


def test_it_is_written_and_nothing_else_changes(copy):
    add_corpus("own", ENTRY, copy)
    before, after = SHIPPED.read_text("utf-8").splitlines(), copy.read_text("utf-8").splitlines()
    assert next(line for line in after if line not in before).startswith("  own: {source: table")
    assert [line for line in before if line not in after] == []
    found = load_params(copy).corpora["own"]
    assert found.labels == {"no": "neutral", "1": "angry"}
    assert found.columns["speaker"].pattern == r"^(\d+)/"


def test_it_has_the_form_that_dvc_gives_it(copy):
    add_corpus("own", ENTRY, copy)
    written = copy.read_text("utf-8")
    with modify_yaml(copy):
        pass
    assert copy.read_text("utf-8") == written


@pytest.mark.parametrize(
    ("name", "entry", "message"),
    [
        ("tess", ENTRY, r"corpora\.tess: there is a corpus of that name"),
        ("my corpus", ENTRY, r"'my corpus' cannot be a name"),
        ("own", {**ENTRY, "colums": {}}, r"corpora\.own\.colums: unknown key, did you mean 'columns'"),
    ],
)
def test_what_is_wrong_is_not_written(copy, name, entry, message):
    with pytest.raises(PipelineError, match=message):
        add_corpus(name, entry, copy)
    assert copy.read_text("utf-8") == SHIPPED.read_text("utf-8")


def test_a_block_to_paste():
    block = as_block("own", {"source": "table", "labels": {"happy": "happy"}})
    assert block == "corpora:\n  own: {source: table, labels: {happy: happy}}\n"
