"""Every planted defect is on disk as the key describes it, and no clip carries two."""

import struct
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline.core.errors import PipelineError
from pipeline.corpora.contract import Entry, load_adapter
from pipeline.demo.defects import COUNTS, EXPECTED, choose
from pipeline.demo.layout import plan_tess
from tests.demo.conftest import CORPORA, Defect


def samples(path: Path) -> np.ndarray:
    """Shape (n_samples, n_channels)."""
    return soundfile.read(path, always_2d=True)[0]


def rate(path: Path) -> int:
    return soundfile.info(path).samplerate


def promised_bytes(path: Path) -> int:
    """Length that the header claims for the data chunk of a plain WAVE file."""
    content = path.read_bytes()
    at = content.index(b"data") + 4
    return at + 4 + struct.unpack("<I", content[at : at + 4])[0]


def best_correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Return the highest normalised cross-correlation of two signals over all lags."""
    n = len(one) + len(other)
    product = np.fft.rfft(one, n) * np.conj(np.fft.rfft(other, n))
    return float(np.fft.irfft(product, n).max() / np.sqrt(np.sum(one**2) * np.sum(other**2)))


def is_recoded(d: Defect, subtype: str) -> bool:
    sounds_alike = best_correlation(samples(d.path)[:, 0], samples(d.source)[:, 0]) > 0.97
    return soundfile.info(d.path).subtype == subtype and sounds_alike


def is_resampled(d: Defect) -> bool:
    quieter = 20 * np.log10(samples(d.path).std() / samples(d.source).std())
    same_length = abs(soundfile.info(d.path).duration - soundfile.info(d.source).duration) < 0.001
    return rate(d.path) == 22050 != rate(d.source) and same_length and -4.5 < quieter < -3.5


def is_trimmed(d: Defect) -> bool:
    cut = round(0.08 * rate(d.source))
    return np.array_equal(samples(d.path), samples(d.source)[cut:-cut])


def same_bytes(d: Defect) -> bool:
    return d.path.read_bytes() == d.source.read_bytes()


CHECKS: dict[str, Callable[[Defect], bool]] = {
    "truncated_data": lambda d: promised_bytes(d.path) > 2 * d.path.stat().st_size > 0,
    "truncated_header": lambda d: d.path.stat().st_size == 30,
    "zero_byte": lambda d: d.path.stat().st_size == 0,
    "text_file": lambda d: "404" in d.path.read_text(encoding="ascii"),
    "silent": lambda d: len(samples(d.path)) > 0 and not samples(d.path).any(),
    "nan_samples": lambda d: np.isnan(samples(d.path)).sum() == 50,
    "aiff": lambda d: soundfile.info(d.path).format == "AIFF" and d.path.suffix == ".wav",
    "clipping": lambda d: 0.05 < np.mean(np.abs(samples(d.path)) > 0.9999) < 0.15,
    "dc_offset": lambda d: abs(samples(d.path).mean() - 0.15) < 0.01,
    "dead_channel": lambda d: samples(d.path).any(axis=0).tolist() == [True, False],
    "identical_channels": lambda d: np.array_equal(*samples(d.path).T) and samples(d.path).any(),
    "rate_8000": lambda d: rate(d.path) == 8000,
    "rate_44100": lambda d: rate(d.path) == 44100,
    "rate_48000": lambda d: rate(d.path) == 48000,
    "pcm24": lambda d: soundfile.info(d.path).subtype == "PCM_24",
    "exact_duplicate": same_bytes,
    "conflicting_duplicate": same_bytes,
    "resampled_copy": is_resampled,
    "trimmed_copy": is_trimmed,
    "ulaw_copy": lambda d: is_recoded(d, "ULAW"),
    "adpcm_copy": lambda d: is_recoded(d, "IMA_ADPCM"),
    "too_short": lambda d: soundfile.info(d.path).duration == pytest.approx(0.12, abs=1e-3),
    "too_long": lambda d: soundfile.info(d.path).duration == pytest.approx(45, abs=1e-3),
    "rare_label": lambda d: f"{d.path.stem},{d.path.stem[:6]}," in labels_of(d) and ",bor," in labels_of(d),
    "unknown_label": lambda d: d.path.name.startswith("03-01-09-"),
    "unparseable_name": lambda d: d.path.name == "happy final 2.wav",
    "desktop_file": lambda d: d.path.name == ".DS_Store",
    "notes_file": lambda d: d.path.name == "notes.txt",
}


def labels_of(d: Defect) -> str:
    """Return the line of a clip in its session's labels.csv."""
    lines = (d.path.parent.parent / "labels.csv").read_text(encoding="utf-8").splitlines()
    return next(line for line in lines if line.startswith(f"{d.path.stem},"))


PLANTED = [(corpus, kind) for corpus in CORPORA for kind in COUNTS[corpus]] + [
    ("demo_dialogue", "rare_label")
]


@pytest.mark.parametrize(("corpus", "kind"), PLANTED)
def test_a_planted_defect_is_on_disk_as_described(trees, corpus, kind):
    planted = [defect for defect in trees.defects(corpus) if defect.kind == kind]
    assert planted
    assert [CHECKS[kind](defect) for defect in planted] == [True] * len(planted)


def test_every_kind_is_planted_and_checked():
    assert {kind for _, kind in PLANTED} == set(EXPECTED) == set(CHECKS)


@pytest.mark.parametrize("corpus", CORPORA)
def test_the_key_lists_what_was_asked_for(trees, corpus):
    defects = trees.defects(corpus)
    counts = Counter(defect.kind for defect in defects)
    assert {kind: n for kind, n in counts.items() if kind != "rare_label"} == COUNTS[corpus]
    assert {defect.expected for defect in defects} >= {"quarantine", "repair", "duplicate", "conflict"}


@pytest.mark.parametrize("corpus", CORPORA)
def test_no_clip_carries_two_defects_and_no_source_carries_one(trees, corpus):
    defects = trees.defects(corpus)
    used = [d.path for d in defects] + [d.source for d in defects if d.source]
    assert len(used) == len(set(used))
    assert all(path.is_file() for path in used)


@pytest.mark.parametrize("corpus", CORPORA)
def test_a_conflicting_duplicate_claims_another_label_of_the_same_speaker(trees, corpus):
    conflict = next(d for d in trees.defects(corpus) if d.kind == "conflicting_duplicate")
    copy, source = (entry_of(trees, corpus, path) for path in (conflict.path, conflict.source))
    assert copy.speaker == source.speaker
    assert copy.label != source.label


@pytest.mark.parametrize("corpus", CORPORA)
def test_exact_duplicates_keep_speaker_and_label(trees, corpus):
    duplicate = next(d for d in trees.defects(corpus) if d.kind == "exact_duplicate")
    copy, source = (entry_of(trees, corpus, path) for path in (duplicate.path, duplicate.source))
    assert (copy.speaker, copy.label) == (source.speaker, source.label)


@pytest.mark.parametrize("corpus", CORPORA)
def test_the_corpus_adapter_understands_all_other_names(trees, corpus):
    entries = [item for item in load_adapter(corpus).scan(trees.root(corpus)) if isinstance(item, Entry)]
    odd = [d.path for d in trees.defects(corpus) if d.kind in ("unknown_label", "unparseable_name")]
    assert sorted(trees.root(corpus) / e.path for e in entries if e.problem) == sorted(odd)


def entry_of(trees, corpus: str, path: Path) -> Entry:
    """Return what the corpus' adapter says of a file."""
    relative = path.relative_to(trees.root(corpus)).as_posix()
    return next(item for item in load_adapter(corpus).scan(trees.root(corpus)) if item.path == relative)


def test_too_few_clips_for_the_defects():
    clips = plan_tess(1, n_words=1)
    with pytest.raises(PipelineError, match="3 clips cannot carry 14 defects; ask for a larger size"):
        choose("demo_tess", clips, [clip.path for clip in clips[:3]], seed=1)
