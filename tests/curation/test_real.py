"""Real clips, straight from the transcodes beside the checkout: copies are found, repetitions are not."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline.audio.wave import audio_hash, resample, to_mono
from pipeline.curation.fingerprint import fingerprint
from pipeline.curation.near import near_pairs

CORPORA = Path("../shared/corpora")
pytestmark = [pytest.mark.real, pytest.mark.skipif(not CORPORA.exists(), reason="no real corpora here")]

RAVDESS = [
    f"Actor_{actor}/03-01-{emotion}-01-{statement}-{repetition}-{actor}.opus"
    for actor in ("07", "23")
    for emotion in ("03", "04")
    for statement in ("01", "02")
    for repetition in ("01", "02")
]
TWINS = ("Actor_07/03-01-03-01-02-01-07.opus", "Actor_07/03-01-03-01-02-02-07.opus")
TESS = [
    f"TESS Toronto emotional speech set data/YAF_happy/YAF_{word}_happy.opus"
    for word in ("dab", "dead", "choice", "fat", "back", "bar")  # the first four are the most alike of all
]


def decode(corpus, name):
    with zipfile.ZipFile(CORPORA / f"{corpus}.opus.zip") as archive:
        wave, rate = soundfile.read(io.BytesIO(archive.read(name)), dtype="float32", always_2d=True)
    return to_mono(wave.T), rate


@pytest.fixture(scope="module")
def clips():
    """Some clips as (samples, rate), by name."""
    return {name: decode("ravdess", name) for name in RAVDESS} | {name: decode("tess", name) for name in TESS}


def test_ravdess_holds_one_recording_under_two_names(clips):
    one, other = TWINS
    assert audio_hash(*clips[one]) == audio_hash(*clips[other])


def test_repetitions_and_renditions_are_no_copies(clips):
    names = list(clips)
    pairs, _ = near_pairs([fingerprint(*clips[name]) for name in names])
    assert [(names[i], names[j]) for i, j in pairs] == [TWINS]


@pytest.mark.parametrize("rate", [8000, 16000, 22050])
def test_trimmed_and_resampled_copies_are_found(clips, rate):
    chosen = [name for name in clips if name != TWINS[1]]
    originals = [fingerprint(*clips[name]) for name in chosen]
    waves = [(0.4 * wave[own // 10 : -own // 5], own) for wave, own in map(clips.get, chosen)]
    copies = [fingerprint(resample(wave.astype(np.float32), own, rate), rate) for wave, own in waves]
    pairs, errors = near_pairs([*originals, *copies])
    assert pairs.tolist() == [[i, len(chosen) + i] for i in range(len(chosen))]
    assert errors.max() < 0.16
