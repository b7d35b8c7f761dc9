"""The stage `index`: what it takes from its plan file, the manifest, the index, and what of it is not used."""

import os

import pandas as pd
import pytest
import soundfile

from pipeline.config.corpora import CorpusSource
from pipeline.config.plans import IndexPlan, write_plan
from pipeline.core.errors import PipelineError
from pipeline.core.paths import index_dir, index_facts_path, index_path, manifest_path, quarantine_path
from pipeline.core.tables import read_json, read_table
from pipeline.stages import index
from tests.curation.signals import RATE, speech


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """An empty workspace; its SER_CORPORA holds TESS: a clip, one that cannot be read, and a file that is none."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "disk" / "tess" / "OAF_Fear"
    folder.mkdir(parents=True)
    soundfile.write(folder / "OAF_back_fear.wav", speech(1, n_syllables=4), RATE)
    (folder / "OAF_bar_fear.wav").write_bytes(b"no audio")
    (folder / "Thumbs.db").write_bytes(b"\0\1")
    monkeypatch.setenv("SER_CORPORA", str(tmp_path / "disk"))
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("SER_WORKERS", "1")


def run(*, left_out_by=None):
    """Run the stage; return the manifest."""
    plan = IndexPlan(code="1", left_out_by=left_out_by, settings=CorpusSource(source="manual"))
    write_plan(plan, "index", "tess")
    index.main("tess")
    return read_json(manifest_path("tess"))


def test_a_corpus_that_is_needed_has_its_manifest_and_every_file_in_its_index():
    manifest = run()
    assert (manifest["corpus"], manifest["needed"], manifest["source"]) == ("tess", True, "disk")
    assert (manifest["n_files"], manifest["mirror"]) == (3, False)
    rows = read_table(index_path("tess"))
    assert rows["utterance_id"].is_monotonic_increasing
    names = ["OAF_back_fear.wav", "OAF_bar_fear.wav", "Thumbs.db"]
    assert sorted(rows["path"]) == [f"OAF_Fear/{name}" for name in names]


def test_counts_and_surprises_are_written_and_logged(caplog):
    caplog.set_level("INFO")
    run()
    facts = read_json(index_facts_path("tess"))
    counts = {name: n for name, n in facts.items() if name.startswith("n_")}
    expected = {
        "n_files": 3,
        "n_readable": 1,
        "n_quarantined": 1,
        "n_strays": 1,
        "n_passed_over": 0,
        "n_absent": 0,
        "n_with_notes": 0,
    }
    assert counts == expected
    assert facts["surprises"][0] == "tess: 2 utterances; a complete copy has 2,800"
    assert facts["surprises"][0] in caplog.messages
    assert caplog.messages[-1].startswith(
        "index: tess: 3 files, 1 readable of 2,800 expected (!), 1 quarantined (1 not audio: text) (!), 1 strays, "
        "0 documents; 0 with notes, "
    )
    assert "tess: 1 of 2 utterances cannot be used (1 not audio: text)" in caplog.messages


def test_what_is_not_used_is_listed_for_a_person():
    run()
    unused = pd.read_csv(quarantine_path("tess"))
    assert sorted(unused["path"]) == ["OAF_Fear/OAF_bar_fear.wav", "OAF_Fear/Thumbs.db"]
    assert unused["reason"].notna().all()


def test_a_corpus_that_is_not_needed_has_an_empty_manifest_and_no_index(caplog):
    caplog.set_level("INFO")
    empty = {"source": None, "mirror": False, "archives": [], "n_files": 0, "n_bytes": 0, "tree": None}
    assert run(left_out_by="demo") == {"corpus": "tess", "needed": False, **empty}
    assert caplog.messages == ["index: tess: not needed by profile demo"]
    assert [path.name for path in index_dir("tess").iterdir()] == ["manifest.json"]


def test_the_same_files_give_the_same_bytes():
    run()
    first = {path: path.read_bytes() for path in index_dir("tess").iterdir()}
    run()
    assert {path: path.read_bytes() for path in index_dir("tess").iterdir()} == first
    assert len(first) == 4


def test_files_that_cannot_be_read_stand_in_the_index_and_end_no_stage(place, tmp_path):
    folder = tmp_path / "disk" / "tess" / "OAF_Fear"
    (folder / "OAF_base_fear.wav").symlink_to("/mnt/nowhere/OAF_base_fear.wav")
    os.mkfifo(folder / "OAF_bath_fear.wav")
    (folder / "readme.txt").symlink_to("/mnt/nowhere/readme.txt")
    (folder / "again").symlink_to(folder)
    assert run()["n_files"] == 6
    reasons = read_table(index_path("tess")).set_index("path")["reason"]
    assert reasons["OAF_Fear/OAF_base_fear.wav"] == "cannot be opened: No such file or directory"
    assert reasons["OAF_Fear/OAF_bath_fear.wav"] == "cannot be opened: a pipe or a device, no file"
    facts = read_json(index_facts_path("tess"))
    counts = [facts[f"n_{what}"] for what in ("files", "readable", "quarantined", "strays", "passed_over")]
    assert counts == [6, 1, 3, 2, 0]


def test_no_plan():
    with pytest.raises(PipelineError, match=r"plan/index/tess\.json is not there"):
        index.main("tess")


def test_no_adapter():
    plan = IndexPlan(code="1", left_out_by=None, settings=CorpusSource(source="manual"))
    write_plan(plan, "index", "tes")
    with pytest.raises(PipelineError, match="no adapter for the corpus 'tes': did you mean tess"):
        index.main("tes")
