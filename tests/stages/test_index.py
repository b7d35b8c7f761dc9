"""The stage `download`: what it takes from its plan file, and the manifest it writes."""

import json

import pytest

from pipeline.config.plans import write_plan_file
from pipeline.core.errors import PipelineError
from pipeline.core.paths import corpus_plan_path, manifest_path
from pipeline.stages import download


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """An empty workspace whose SER_CORPORA holds one file of TESS."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "disk/tess").mkdir(parents=True)
    (tmp_path / "disk/tess/a.wav").write_text("one")
    monkeypatch.setenv("SER_CORPORA", str(tmp_path / "disk"))


def manifest(needed):
    settings = {"source": "manual", "seed": None, "sizes": {}}
    write_plan_file(corpus_plan_path("tess"), {"needed": needed, "settings": settings})
    download.main("tess")
    return json.loads(manifest_path("tess").read_text())


def test_a_corpus_that_is_needed():
    found = manifest(needed=True)
    assert (found["corpus"], found["needed"], found["source"], found["n_files"]) == ("tess", True, "disk", 1)


def test_a_corpus_that_is_not_needed():
    empty = {"source": None, "mirror": False, "archives": [], "n_files": 0, "n_bytes": 0, "tree": None}
    assert manifest(needed=False) == {"corpus": "tess", "needed": False, **empty}


def test_no_plan():
    with pytest.raises(PipelineError, match=r"plan/corpora/tess\.json is not there"):
        download.main("tess")


def test_no_adapter():
    with pytest.raises(PipelineError, match="no adapter for the corpus 'tes': did you mean tess"):
        download.main("tes")
