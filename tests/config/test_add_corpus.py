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
    assert "  own: {source: table, path: own/labels.csv, columns: {path: file, speaker: {" in after
    assert "  own: {size: full, asr_source: gold, weights: published, corpora: {" in after
    assert [line for line in before if line not in after] == []
    found = load_params(copy).corpora["own"]
    assert load_params(copy).profiles["own"].asr_source == "gold"
    assert found.labels == {"no": "neutral", "1": "angry"}
    assert found.columns["speaker"].pattern == r"^(\d+)/"


def test_its_profile_makes_its_study_of_new_speakers(copy):
    add_corpus("own", ENTRY, copy)
    copy.write_text(copy.read_text("utf-8").replace("profile: demo", "profile: own", 1), "utf-8")
    params = load_params(copy)
    assert params.active_corpora() == ["own"]
    study = params.studies["new_speakers_own"]
    assert study.classes == ["neutral", "angry"]
    assert study.labels == {"own": {"neutral": "neutral", "angry": "angry"}}
    assert "new_speakers_own_compare_svm" in params.systems


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
        ("open", ENTRY, r"profiles\.open: there is a profile of that name"),
        ("my corpus", ENTRY, r"'my corpus' cannot be a name"),
        (
            "own",
            {**ENTRY, "labels": {"no": "neutral"}},
            r"neither two classes nor arousal, .*--column label=NAME",
        ),
        ("own", {**ENTRY, "columns_": {}}, r"corpora\.own\.columns_: unknown key, did you mean 'columns'"),
    ],
)
def test_what_is_wrong_is_not_written(copy, name, entry, message):
    with pytest.raises(PipelineError, match=message):
        add_corpus(name, entry, copy)
    assert copy.read_text("utf-8") == SHIPPED.read_text("utf-8")


def test_nothing_is_written_into_a_file_that_is_not_valid(copy):
    copy.write_text(copy.read_text("utf-8").replace("profile: demo", "profile: dmo", 1), "utf-8")
    before = copy.read_text("utf-8")
    with pytest.raises(PipelineError, match=r"unknown profile 'dmo'"):
        add_corpus("own", ENTRY, copy)
    assert copy.read_text("utf-8") == before


@pytest.mark.parametrize(
    ("entry", "systems"),
    [
        (ENTRY, ["compare_svm", "egemaps_svm", "egemaps_trees"]),
        ({**ENTRY, "labels": {}, "columns": {"path": "file", "valence": "v"}}, ["compare_mlp"]),
    ],
)
def test_its_profile_trains_what_is_quick_and_needs_no_weights(copy, entry, systems):
    add_corpus("own", entry, copy)
    assert load_params(copy).profiles["own"].systems == systems


def test_texts_with_a_colon_are_read_again(copy):
    entry = {**ENTRY, "labels": {"tone: low": "sad", "2": "happy"}, "prefix": {"D:/data/": ""}}
    add_corpus("own", entry, copy)
    with modify_yaml(copy):  # as DVC does on `-S`
        pass
    found = load_params(copy).corpora["own"]
    assert (found.labels, found.prefix) == (entry["labels"], entry["prefix"])


def test_a_block_to_paste():
    block = as_block("own", {"source": "table", "labels": {"happy": "happy"}})
    assert block == "corpora:\n  own: {source: table, labels: {happy: happy}}\n"
