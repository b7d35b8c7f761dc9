"""Whether a corpus has changed since it was indexed, by names, sizes and times alone."""

import os
from dataclasses import asdict

import pytest

from pipeline.core.paths import manifest_path, plan_path
from pipeline.core.tables import write_json
from pipeline.download.provide import Manifest
from pipeline.download.watch import changed_corpora, remember, stamp


@pytest.fixture(autouse=True)
def corpus(tmp_path, monkeypatch):
    """A corpus of two files, indexed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "corpora/own"
    (folder / "a").mkdir(parents=True)
    for name in ("a/1.wav", "2.wav"):
        (folder / name).write_bytes(b"123")
    for name in ("own", "never_indexed", "left_out"):
        write_json(plan_path("index", name), {})
    index("one", folder)
    return folder


def index(tree, *places):
    """Do what the stage does of this."""
    manifest = Manifest(corpus="own", needed=True, source="disk", tree=tree)
    write_json(manifest_path("own"), asdict(manifest))
    remember("own", tree, places, stamp(places))


def test_the_same_files_have_not_changed(corpus):
    (corpus / "2.wav").read_bytes()
    assert changed_corpora() == []


def add(corpus):
    (corpus / "a/3.wav").write_bytes(b"")


def remove(corpus):
    (corpus / "2.wav").unlink()


def rename(corpus):
    (corpus / "2.wav").rename(corpus / "3.wav")


def lengthen(corpus):
    (corpus / "2.wav").write_bytes(b"1234")


def write_anew(corpus):
    """Write other bytes of the same number, a second later."""
    before = (corpus / "2.wav").stat().st_mtime_ns
    (corpus / "2.wav").write_bytes(b"321")
    os.utime(corpus / "2.wav", ns=(before, before + 10**9))


@pytest.mark.parametrize("change", [add, remove, rename, lengthen, write_anew], ids=lambda f: f.__name__)
def test_a_change_is_noticed_until_it_is_indexed(corpus, change):
    change(corpus)
    assert changed_corpora() == ["own"]
    index("two", corpus)
    assert changed_corpora() == []


def test_a_file_of_its_own_counts_such_as_a_table(corpus, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("file,label")
    index("three", table, corpus)
    assert changed_corpora() == []
    table.write_text("file,label,speaker")
    assert changed_corpora() == ["own"]


def test_a_dead_link_is_a_state_like_any_other(corpus):
    (corpus / "3.wav").symlink_to("nowhere")
    index("four", corpus)
    assert changed_corpora() == []
    (corpus / "3.wav").unlink()
    assert changed_corpora() == ["own"]


def test_of_what_is_not_there_nothing_is_known(corpus):
    """Neither without a manifest, nor of a corpus of no files, nor with another cache, nor without the folder."""
    corpus.rename(corpus.with_name("elsewhere"))
    assert changed_corpora() == []
    write_json(manifest_path("left_out"), asdict(Manifest(corpus="left_out", needed=False)))
    assert changed_corpora() == []


def test_checkouts_of_other_contents_that_share_a_cache_do_not_disturb_each_other(corpus, tmp_path):
    add(corpus)
    index("two", corpus)
    index("one", corpus.parent)  # a checkout that has indexed another folder
    write_json(manifest_path("own"), asdict(Manifest(corpus="own", needed=True, source="disk", tree="two")))
    assert changed_corpora() == []


def test_what_changes_while_it_is_read_is_noticed_the_next_time(corpus):
    before = stamp([corpus])
    add(corpus)
    remember("own", "one", [corpus], before)
    assert changed_corpora() == ["own"]


def test_an_index_that_is_gone_is_made_again_where_the_files_are(corpus):
    """A stage that was interrupted leaves none, and DVC has the old one in its cache."""
    manifest_path("own").unlink()
    assert changed_corpora() == ["own"]
    corpus.rename(corpus.with_name("elsewhere"))
    assert changed_corpora() == []
