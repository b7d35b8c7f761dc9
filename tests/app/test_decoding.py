"""Files as strangers may send them: each is answered by what is really in it, or refused with the reason."""

import multiprocessing
import tempfile
import threading
from tempfile import SpooledTemporaryFile

import numpy as np
import pytest
from fastapi.testclient import TestClient

from pipeline.app.decoding import Decoder
from pipeline.app.limits import Cancelled, Limits, Refusal
from tests.app import sounds
from tests.app.conftest import make_app


@pytest.fixture(scope="module")
def strict():
    """The application, which takes recordings of 100 seconds."""
    with TestClient(make_app(sound_seconds=100), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The folder of temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def decode():
    """Decodes bytes within limits: returns the samples, shape (channels, samples), and their rate."""

    def decode(content, cancelled=False, **limits):
        event = threading.Event()
        if cancelled:
            event.set()
        with SpooledTemporaryFile() as file:
            file.write(content)
            with Decoder(Limits(**limits)).open(file, event) as upload:
                samples = np.concatenate([*upload.decoding.blocks], axis=1)
                assert upload.decoded.seconds == samples.shape[1] / upload.decoding.rate
        return samples, upload.decoding.rate

    return decode


def predict(client, content):
    return client.post("/api/predict", files={"file": ("a.wav", content)})


@pytest.mark.parametrize("kind", sounds.HOSTILE)
def test_a_hostile_file_is_answered(strict, temporary, kind):
    make, expected = sounds.HOSTILE[kind]
    reply = predict(strict, make())
    if expected is None:
        assert reply.status_code in (200, 422)
    elif isinstance(expected, float):
        assert reply.json()["seconds"] == pytest.approx(expected, abs=0.1)
    else:
        assert reply.status_code in (413, 422)
        assert expected in reply.json()["error"]
        assert reply.json()["advice"]
    assert strict.get("/api/health").json()["busy"] == 0
    assert [*temporary.iterdir()] == []
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize(
    ("format", "subtype"),
    [("WAV", "PCM_16"), ("WAV", "FLOAT"), ("WAV", "ALAW"), ("MP3", None), ("FLAC", None), ("OGG", "VORBIS")],
)
@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (16_000, 2), (44_100, 1), (48_000, 2)])
def test_formats_rates_and_channels(client, format, subtype, rate, channels):
    content = sounds.audio(sounds.tone(2.0, rate, channels), rate, format, subtype)
    answer = predict(client, content).json()
    assert (answer["rate"], answer["channels"]) == (rate, channels)
    assert answer["seconds"] == pytest.approx(2, abs=0.2)
    assert answer["segments"][0]["top"][0]["name"] == "happy"


@pytest.mark.parametrize(
    ("container", "codec", "known"), [("ipod", "aac", "MP4"), ("webm", "libopus", "Matroska")]
)
def test_what_phones_and_browsers_record(client, container, codec, known):
    answer = predict(client, sounds.encoded(sounds.tone(2.0, 48_000), 48_000, container, codec)).json()
    assert (answer["container"], answer["rate"]) == (known, 48_000)
    assert answer["seconds"] == pytest.approx(2, abs=0.1)
    assert answer["segments"][0]["top"][0]["name"] == "happy"


def test_a_file_that_is_cut_short_says_so(client):
    whole = sounds.audio(sounds.tone(10))
    answer = predict(client, whole[: len(whole) // 2]).json()
    assert answer["seconds"] == pytest.approx(5, abs=0.01)
    assert answer["notes"] == ["the file is cut short: it holds 5.0 s of the 10.0 s that it promises"]


def test_what_is_decoded_is_what_was_sent(decode):
    samples = sounds.tone(1, channels=2) * np.array([1, 0.5], np.float32)
    decoded, rate = decode(sounds.audio(samples, subtype="FLOAT"))
    assert rate == sounds.RATE
    np.testing.assert_array_equal(decoded.T, samples)


def test_little_memory_is_refused_and_not_fatal(decode):
    with pytest.raises(Refusal, match=r"memory|within the limits"):
        decode(sounds.audio(sounds.tone(60)), decoding_memory=50 << 20)


def test_decoding_ends_when_its_time_is_up(decode):
    with pytest.raises(Refusal, match="took longer than 0 s"):
        decode(sounds.silence(7000, "FLAC"), decoding_seconds=0.0)


def test_decoding_ends_when_nobody_waits(decode):
    with pytest.raises(Cancelled):
        decode(sounds.silence(7000, "FLAC"), cancelled=True)


def test_more_samples_than_are_allowed_are_refused(decode):
    with pytest.raises(Refusal, match=r"more than 0\.0 GB"):
        decode(sounds.audio(sounds.tone(10)), sound_bytes=100_000)
