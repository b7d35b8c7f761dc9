"""Every defect of real corpora, in small, and the measures of files without one."""

import numpy as np
import pytest
import soundfile

from pipeline.audio.wave import audio_hash
from pipeline.curation import fingerprint
from pipeline.curation.inspection import inspect
from tests.audio.films import cut_between_packets, damage, write_film
from tests.curation.signals import RATE, speech

CLIP = speech(1, n_syllables=3)


def write(path, wave=CLIP, rate=RATE, **how):
    """Write samples, (samples,) or (samples, channels), and return the path."""
    soundfile.write(path, wave, rate, **{"format": "WAV", "subtype": "PCM_16", **how})
    return path


def test_measures_of_a_square_wave(tmp_path):
    wave = np.tile(np.repeat([0.5, -0.25], 4), 1000)
    seen = inspect(write(tmp_path / "a.wav", wave, 8000))
    assert (seen.seconds, seen.rate, seen.channels) == (1.0, 8000, 1)
    assert (seen.peak, seen.clipped, seen.dc_offset) == (0.5, 0.0, 0.125)
    assert seen.rms_dbfs == pytest.approx(20 * np.log10(np.sqrt((0.25 + 0.0625) / 2)))
    assert (seen.reason, seen.notes) == (None, "DC offset +0.12")


def test_a_good_file_has_neither_reason_nor_notes(tmp_path):
    seen = inspect(write(tmp_path / "a.wav"))
    assert (seen.reason, seen.notes) == (None, None)
    assert len(seen.audio_hash) == 32
    assert len(seen.fingerprint) > 0


def empty(path):
    path.write_bytes(b"")


def text(path):
    path.write_text("404 not found\n" * 20)


def pointer(path):
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n")


def binary(path):
    path.write_bytes(b"\0\0\0\1Bud1" + bytes(100))


def truncated(path):
    path.write_bytes(write(path, np.zeros(RATE) + 0.1).read_bytes()[: 44 + RATE // 2])


def truncated_aiff(path):
    write(path, np.zeros(RATE) + 0.1, format="AIFF")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) - RATE])


def truncated_header(path):
    path.write_bytes(write(path).read_bytes()[:30])


def truncated_flac(path):
    content = write(path, format="FLAC").read_bytes()
    path.write_bytes(content[: len(content) // 2])


def no_samples(path):
    write(path, CLIP[:0])


def silent(path):
    write(path, np.zeros(RATE))


def nearly_silent(path):
    write(path, np.random.default_rng(0).normal(0, 10 ** (-75 / 20), RATE))


def with_nan(path):
    write(path, np.where(np.arange(RATE) < 50, np.nan, 0.1).astype(np.float32), subtype="FLOAT")


def infinite(path):
    write(path, np.where(np.arange(RATE) < 1, np.inf, 0.1).astype(np.float32), subtype="FLOAT")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (empty, "empty file"),
        (text, "not audio: text"),
        (pointer, "not audio: Git LFS pointer (`git lfs pull` fetches the audio)"),
        (binary, "no audio format that is known, cannot be decoded: Format not recognised."),
        (truncated, "truncated: its header promises 1.00 s, it holds 0.25 s"),
        (truncated_aiff, "truncated: its header promises 1.00 s, it holds 0.50 s"),
        (truncated_header, "WAV, cannot be decoded: Error in WAV file. No 'data' chunk marker."),
        (truncated_flac, "FLAC, cannot be decoded: Error : flac decoder lost sync."),
        (no_samples, "no samples"),
        (silent, "silent: -200 dBFS"),
        (nearly_silent, "silent: -75 dBFS"),
        (with_nan, "NaN or infinite samples: 50 of 16000"),
        (infinite, "NaN or infinite samples: 1 of 16000"),
    ],
)
def test_what_cannot_be_used(tmp_path, spoil, reason):
    spoil(tmp_path / "a.wav")
    assert inspect(tmp_path / "a.wav").reason == reason


def test_a_file_that_is_not_there(tmp_path):
    assert inspect(tmp_path / "a.wav").reason == "cannot be opened: No such file or directory"


@pytest.mark.parametrize(
    ("wave", "how", "notes"),
    [
        (CLIP, {"format": "AIFF"}, "AIFF container under .wav"),
        (CLIP, {"format": "FLAC"}, "FLAC container under .wav"),
        (CLIP, {"subtype": "PCM_24"}, "24-bit"),
        (CLIP, {"subtype": "ULAW"}, "u-law"),
        (CLIP, {"subtype": "FLOAT"}, "floating point"),
        (np.stack([CLIP, CLIP], 1), {}, "stereo, identical channels"),
        (np.stack([CLIP, 0 * CLIP], 1), {}, "stereo, dead channel 2 dropped"),
        (np.stack([0 * CLIP, CLIP, 0 * CLIP], 1), {}, "3 channels, dead channel 1 and 3 dropped"),
        (np.stack([CLIP, 0.9 * CLIP], 1), {}, "stereo, channels averaged"),
        (np.tile([1, 0.1, -1, -0.1], 1000), {}, "clipping 50.0 %"),
        (CLIP + 0.15, {}, "DC offset +0.15"),
    ],
)
def test_what_is_noted(tmp_path, wave, how, notes):
    seen = inspect(write(tmp_path / "a.wav", wave, **how))
    assert (seen.reason, seen.notes) == (None, notes)


def test_what_there_is_no_memory_to_measure(tmp_path, monkeypatch):
    def no_memory(*_):
        raise MemoryError

    path = write(tmp_path / "a.wav")
    monkeypatch.setattr(fingerprint, "fingerprint", no_memory)
    assert inspect(path).reason == "too large: there is not enough memory to measure it"


def test_a_few_missing_samples_are_no_reason(tmp_path):
    path = write(tmp_path / "a.wav")
    path.write_bytes(path.read_bytes()[:-20])
    seen = inspect(path)
    assert (seen.reason, seen.notes) == (None, "10 samples fewer than its header says")


@pytest.mark.parametrize(
    "wave",
    [np.stack([CLIP, CLIP], 1), np.stack([CLIP, 0 * CLIP], 1), np.stack([0 * CLIP, CLIP], 1)],
    ids=["identical", "right dead", "left dead"],
)
def test_two_channels_that_hold_one_have_its_hash(tmp_path, wave):
    mono = inspect(write(tmp_path / "mono.wav"))
    assert inspect(write(tmp_path / "stereo.wav", wave)).audio_hash == mono.audio_hash


@pytest.mark.parametrize("how", [{"format": "AIFF"}, {"format": "FLAC"}, {"subtype": "FLOAT"}])
def test_another_container_has_the_same_hash(tmp_path, how):
    wave = np.round(CLIP * 32768) / 32768
    one, other = write(tmp_path / "a.wav", wave), write(tmp_path / "b.wav", wave, **how)
    assert inspect(one).audio_hash == inspect(other).audio_hash


def test_the_hash_tells_rates_apart():
    assert audio_hash(CLIP, 16000) != audio_hash(CLIP, 8000)


def test_the_hash_is_the_same_on_every_machine():
    assert audio_hash(np.array([0, 0.5, -1], np.float32), 16000) == "753448c0d0af0eb4674d441f48700f17"


def test_messages_name_no_folder(tmp_path):
    binary(tmp_path / "a.wav")
    assert str(tmp_path) not in inspect(tmp_path / "a.wav").reason


def whole_film(path):
    write_film(path, CLIP[None], RATE)


def film_cut_short(path):
    write_film(path, np.tile(CLIP, 4)[None, : 2 * RATE], RATE, pictures=False, index_first=True)
    cut_between_packets(path, 16)  # the first of which only starts the decoder: 15 blocks of 1,024 samples


def film_without_index(path):
    content = write_film(path, CLIP[None], RATE).read_bytes()
    path.write_bytes(content[: len(content) // 2])


def damaged_film(path):
    damage(write_film(path, np.tile(CLIP, 4)[None, : 2 * RATE], RATE, index_first=True))


def film_without_sound(path):
    write_film(path, None, RATE)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (film_cut_short, "truncated: its header promises 2.00 s, it holds 0.96 s"),
        (film_without_index, "MP4, cannot be decoded: Invalid data found when processing input"),
        (
            damaged_film,
            "MP4, cannot be decoded: Invalid data found when processing input, after 0.96 s of sound",
        ),
        (film_without_sound, "MP4, cannot be decoded: a film without a sound track"),
    ],
)
def test_films_that_cannot_be_used(tmp_path, spoil, reason):
    spoil(tmp_path / "a.mp4")
    assert inspect(tmp_path / "a.mp4").reason == reason


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv"])
def test_a_good_film(tmp_path, name):
    whole_film(tmp_path / name)
    seen = inspect(tmp_path / name)
    assert (seen.rate, seen.channels, seen.reason, seen.notes) == (RATE, 1, None, None)
    assert seen.seconds == pytest.approx(len(CLIP) / RATE, abs=2048 / RATE)
    assert seen.rms_dbfs == pytest.approx(inspect(write(tmp_path / "a.wav")).rms_dbfs, abs=1)


def test_a_film_under_the_name_of_a_recording(tmp_path):
    whole_film(tmp_path / "a.mp4")
    (tmp_path / "a.mp4").rename(tmp_path / "a.wav")
    assert inspect(tmp_path / "a.wav").notes == "MP4 container under .wav"
