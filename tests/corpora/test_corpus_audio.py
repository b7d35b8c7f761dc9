"""Audio that does not belong to its manifest is never read."""

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.paths import audio_root, manifest_path
from pipeline.core.tables import write_json
from pipeline.core.tree import fresh_folder, hash_tree
from pipeline.corpora.corpus_audio import corpus_audio


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A corpus that was made in the cache folder, and its manifest."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SER_CORPORA", raising=False)
    with fresh_folder(audio_root("x"), lambda folder: hash_tree(folder).digest) as folder:
        (folder / "a.wav").write_bytes(b"audio")
    write_json(manifest_path("x"), {"source": "synthetic", "tree": hash_tree(audio_root("x")).digest})
    return audio_root("x")


def test_what_the_manifest_describes_is_found(made):
    assert corpus_audio("x") == made


def test_another_version_is_refused(made):
    write_json(manifest_path("x"), {"source": "synthetic", "tree": "another"})
    with pytest.raises(PipelineError, match=r"does not hold the audio.*dvc repro -f -s index@x"):
        corpus_audio("x")


def test_a_lost_file_is_noticed(made):
    (made / "a.wav").unlink()
    with pytest.raises(PipelineError, match="does not hold the audio"):
        corpus_audio("x")
