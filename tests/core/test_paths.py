"""Where things lie: whose a file is, and what to do about one that an experiment left behind."""

from pathlib import Path

import pytest

from pipeline.core.paths import corpus_of, left_behind


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    """A cache, and a folder of the user's own corpora."""
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("SER_CORPORA", str(tmp_path / "mine"))
    return tmp_path


@pytest.mark.parametrize(
    ("path", "corpus"),
    [
        ("mine/savee/DC/a01.wav", "savee"),
        ("cache/corpora/tess/a.wav", "tess"),
        ("mine", "<corpus>"),
        ("cache/rows/a.arrow", "<corpus>"),
        ("elsewhere/savee/DC/a01.wav", "<corpus>"),
    ],
)
def test_a_file_is_of_the_corpus_below_which_it_lies(places, path, corpus):
    assert corpus_of(places / path) == corpus


def test_without_corpora_of_ones_own_there_are_those_of_the_cache(places, monkeypatch):
    monkeypatch.delenv("SER_CORPORA")
    assert corpus_of(places / "cache" / "corpora" / "tess" / "a.wav") == "tess"


@pytest.fixture
def experiment(tmp_path, monkeypatch):
    """The folder of an experiment below that of the repository, as DVC runs it."""
    (tmp_path / "repository" / "exps" / "1").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "repository" / "exps" / "1")
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "repository"))
    return tmp_path / "repository"


def test_a_file_that_lies_in_the_repository_alone_is_to_be_copied(experiment):
    (experiment / "their scores.csv").touch()
    said = left_behind("their scores.csv")
    assert said.startswith(f"; it lies in {experiment}, but an experiment in a folder of its own")
    assert "add `--copy-paths 'their scores.csv'` to the command, or `git add` the file" in said


def test_nothing_is_said_of_a_file_that_is_nowhere_or_here(experiment, monkeypatch):
    assert left_behind("theirs.csv") == ""
    Path("theirs.csv").touch()
    (experiment / "theirs.csv").touch()
    assert left_behind("theirs.csv") == ""
    monkeypatch.delenv("DVC_ROOT")
    assert left_behind("nothing.csv") == ""
