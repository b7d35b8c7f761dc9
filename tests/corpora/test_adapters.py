"""What holds for every adapter. Its own test module has to offer `build(root)`: a small tree in the corpus's
layout, with at least one file that cannot be labelled. Where the corpus itself does not know who speaks in some
clips, WITHOUT_SPEAKER names those of its tree."""

import importlib
import re

import pytest

from pipeline.core.tree import list_files
from pipeline.corpora.contract import Entry, adapter_names, load_adapter
from tests.corpora.trees import touch

CITED = r"doi:10\.\d{4,}/\S+|\(no DOI\)"  # said where there is none, so that nobody forgets it

pytestmark = pytest.mark.parametrize("name", adapter_names())


def build(name, root):
    importlib.import_module(f"tests.corpora.test_{name}").build(root)


def without_speaker(name):
    """Names of the entries in its small tree whose speaker the corpus itself does not know."""
    return getattr(importlib.import_module(f"tests.corpora.test_{name}"), "WITHOUT_SPEAKER", set())


def scan(name, root):
    return list(load_adapter(name).scan(root))


def scan_entries(name, root):
    return [item for item in scan(name, root) if isinstance(item, Entry)]


def test_description(name):
    adapter = load_adapter(name)
    corpus = adapter.CORPUS
    assert corpus.name == name
    assert corpus.title
    assert corpus.how_to_get
    assert re.fullmatch("[a-z]{2}", corpus.language)
    assert len(set(corpus.labels)) == len(corpus.labels) > 1
    assert {"utterances"} <= set(corpus.expected) <= {"utterances", "speakers", "seconds"}


def test_archives_can_be_fetched_and_told_apart(name):
    corpus = load_adapter(name).CORPUS
    names = [archive.name for archive in corpus.archives]
    assert len(set(names)) == len(names)
    assert all(re.match("https?://", archive.url) for archive in corpus.archives)
    assert corpus.archives or not (corpus.nested or corpus.lfs)


def test_the_docstring_tells_what_a_reader_needs(name):
    adapter = load_adapter(name)
    assert re.search("licence", adapter.__doc__, re.IGNORECASE)
    assert re.search("Hz", adapter.__doc__)
    assert f"{adapter.CORPUS.expected['utterances']:,}" in adapter.__doc__
    n_speakers_is_known = "speakers" in adapter.CORPUS.expected
    assert n_speakers_is_known != bool(re.search(r"number of\s+speakers\s+is\s+not\s+known", adapter.__doc__))
    synthetic = "synthetic" in adapter.CORPUS.title
    assert synthetic or re.search(CITED, adapter.__doc__)
    assert synthetic or re.search(CITED, adapter.CORPUS.citation)
    assert synthetic or adapter.CORPUS.url in adapter.__doc__


def test_scan_is_deterministic_and_by_path(name, tmp_path):
    build(name, tmp_path)
    found = scan(name, tmp_path)
    assert found == scan(name, tmp_path)
    paths = [item.path for item in scan_entries(name, tmp_path)]
    assert paths == sorted(paths)


def test_names_are_unique_and_files_exist(name, tmp_path):
    build(name, tmp_path)
    found = scan_entries(name, tmp_path)
    assert found
    assert len({entry.name for entry in found}) == len(found)
    assert {entry.path for entry in found} <= set(list_files(tmp_path))


def test_every_entry_has_its_label_and_speaker_or_a_problem(name, tmp_path):
    build(name, tmp_path)
    labels = load_adapter(name).CORPUS.labels
    found = scan_entries(name, tmp_path)
    good = [entry for entry in found if not entry.problem]
    assert 0 < len(good) < len(found)
    assert {entry.label for entry in good} <= set(labels)
    assert {entry.name for entry in good if not entry.speaker} == without_speaker(name)
    assert {entry.sex for entry in good} <= {"female", "male", None}
    assert {entry.official_split for entry in found} <= {"train", "val", "test", None}


def test_a_name_it_cannot_read_is_a_problem_and_no_error(name, tmp_path):
    build(name, tmp_path)
    touch(tmp_path, "happy final 2 (copy).wav")
    entry = next(entry for entry in scan_entries(name, tmp_path) if entry.path.startswith("happy"))
    assert entry.problem
    assert entry.label is None


def test_an_unknown_file_is_not_lost(name, tmp_path):
    build(name, tmp_path)
    touch(tmp_path, "notes of the sound engineer.docx")
    assert "notes of the sound engineer.docx" in {item.path for item in scan(name, tmp_path)}


def test_an_empty_folder_has_nothing(name, tmp_path):
    assert scan(name, tmp_path) == []
