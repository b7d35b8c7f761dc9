"""The whole: the same bytes each time, sound levels, and what is refused."""

import numpy as np
import pytest
import soundfile

from pipeline.core.errors import PipelineError
from pipeline.core.tree import hash_tree
from pipeline.demo.synthesise import DEFAULT_SIZES, PARTS, synthesise
from tests.demo.conftest import CORPORA, SEED, TINY


@pytest.mark.parametrize("corpus", CORPORA)
def test_two_processes_write_the_same_bytes_as_one(trees, corpus, tmp_path):
    synthesise(corpus, tmp_path / corpus, seed=SEED, n_workers=2, **TINY[corpus])
    assert hash_tree(tmp_path / corpus) == hash_tree(trees.root(corpus))


def test_another_seed_gives_other_sounds(trees, tmp_path):
    synthesise("demo_tess", tmp_path / "x", seed=SEED + 1, n_workers=1, n_words=1)
    name = "YAF_ps/YAF_back_ps.wav"
    assert (tmp_path / "x" / name).read_bytes() != (trees.root("demo_tess") / name).read_bytes()


def unspoilt(trees, corpus: str) -> dict[str, np.ndarray]:
    """Return the samples of the clips that no defect touched, by file stem."""
    spoilt = {defect.path for defect in trees.defects(corpus)}
    paths = [path for path in sorted(trees.root(corpus).rglob("*.wav")) if path not in spoilt]
    return {path.stem: soundfile.read(path)[0] for path in paths}


@pytest.mark.parametrize("corpus", CORPORA)
def test_untouched_clips_are_sound(trees, corpus):
    clips = unspoilt(trees, corpus)
    rate = PARTS[corpus].recording.rate
    seconds = np.array([len(wave) / rate for wave in clips.values()])
    peaks = np.array([np.abs(wave).max() for wave in clips.values()])
    offsets = np.array([wave.mean() for wave in clips.values()])
    assert 1 < seconds.min() < seconds.max() < 8
    assert 0.01 < peaks.min() < peaks.max() <= 0.951
    assert np.abs(offsets).max() < 0.003


def test_anger_is_louder_than_sadness(trees):
    levels = {stem: 20 * np.log10(wave.std()) for stem, wave in unspoilt(trees, "demo_tess").items()}
    angry = [level for stem, level in levels.items() if stem.endswith("_angry")]
    sad = [level for stem, level in levels.items() if stem.endswith("_sad")]
    assert np.mean(angry) > np.mean(sad) + 6


def test_sources_are_written_at_their_corpus_rate(trees):
    sources = [defect.source for corpus in CORPORA for defect in trees.defects(corpus) if defect.source]
    rates = {soundfile.info(source).samplerate for source in sources}
    assert rates == {24414, 48000, 16000}


@pytest.mark.parametrize("corpus", CORPORA)
def test_the_readme_says_that_it_is_synthetic(trees, corpus):
    text = (trees.root(corpus) / "README.txt").read_text(encoding="utf-8")
    assert text.startswith("This corpus is SYNTHETIC.")


def test_an_unknown_corpus(tmp_path):
    with pytest.raises(PipelineError, match="'demo_savee' is none of demo_tess, demo_ravdess, demo_dialogue"):
        synthesise("demo_savee", tmp_path, seed=1, n_workers=1)


def test_an_unknown_size(tmp_path):
    with pytest.raises(PipelineError, match=r"unknown sizes \['n_speakers'\]; expected .*\['n_words'\]"):
        synthesise("demo_tess", tmp_path, seed=1, n_workers=1, n_speakers=2)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(PipelineError, match="not empty"):
        synthesise("demo_tess", tmp_path, seed=1, n_workers=1)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_every_part_has_sizes():
    assert PARTS.keys() == DEFAULT_SIZES.keys()
