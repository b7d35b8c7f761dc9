"""Real clips through Whisper's real weights: what is said is heard, and where nobody speaks nothing is."""

import io
import os
import zipfile
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
import soundfile

from pipeline.audio.wave import resample, to_mono
from pipeline.corpora import ravdess, tess
from pipeline.transcription.decode import RATE, Decoding, decode
from pipeline.transcription.quality import word_error_rate
from pipeline.transcription.weights import load_whisper

CORPORA = Path("../shared/corpora")
WEIGHTS = Path(os.environ.get("SER_WEIGHTS", "weights")) / "base.pt"
N_CLIPS = 8  # of each corpus
HOW = Decoding(language="en", beam_size=None, max_tokens=224, window=15, no_speech=0.6, precision="float32")

pytestmark = [
    *(pytest.mark.real, pytest.mark.slow),
    pytest.mark.skipif(not WEIGHTS.is_file(), reason="no base.pt of Whisper in SER_WEIGHTS"),
]


@pytest.fixture(scope="module")
def model():
    return load_whisper(str(WEIGHTS), "cpu")


def read_clips(adapter):
    """Return some clips of a corpus, spread over it, and what is said in each."""
    with zipfile.ZipFile(CORPORA / f"{adapter.CORPUS.name}.opus.zip") as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".opus"))
        names = names[:: len(names) // N_CLIPS][:N_CLIPS]
        sounds = [
            soundfile.read(io.BytesIO(archive.read(name)), dtype="float32", always_2d=True) for name in names
        ]
    waves = [resample(to_mono(samples.T), rate, RATE) for samples, rate in sounds]
    return waves, [adapter.parse(PurePosixPath(name)).text for name in names]


@pytest.mark.skipif(not CORPORA.exists(), reason="no real corpora here")
@pytest.mark.parametrize("adapter", [ravdess, tess], ids=["ravdess", "tess"])
def test_what_is_said_is_heard(model, adapter):
    waves, said = read_clips(adapter)
    heard = decode(model, waves, HOW)
    assert word_error_rate(said, [one.text for one in heard], "en") <= 0.1
    assert not any(one.truncated for one in heard)
    assert max(one.no_speech for one in heard) < HOW.no_speech


def test_nothing_is_heard_where_nobody_speaks(model):
    time, dither = np.arange(3 * RATE) / RATE, np.random.default_rng(0).normal(0, 1 / 32768, 3 * RATE)
    hum = 0.01 * np.sin(2 * np.pi * 50 * time) + dither
    waves = [np.zeros(0), np.zeros(3 * RATE), dither, hum]
    heard = decode(model, [wave.astype(np.float32) for wave in waves], HOW)
    assert [(one.text, one.confidence) for one in heard] == [("", None)] * 4
    assert min(one.no_speech for one in heard) > HOW.no_speech
