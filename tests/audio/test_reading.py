"""Audio is read by content, at its own rate, and mixed without losing level."""

import pickle
import struct
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from pipeline.audio import decoders, reading
from pipeline.audio.reading import AudioError, load_mono, read_sound
from pipeline.audio.wave import resample, to_mono
from tests.audio.films import cut_between_packets, damage, write_film

TONE = (0.5 * np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)).astype(np.float32)


@pytest.mark.parametrize("container", ["WAV", "AIFF", "FLAC", "OGG"])
def test_the_container_not_the_name_decides(tmp_path, container):
    path = tmp_path / "clip.wav"
    soundfile.write(path, TONE, 8000, format=container)
    sound = read_sound(path)
    assert (sound.samples.shape, sound.samples.dtype, sound.rate) == ((1, 8000), np.float32, 8000)
    assert sound.container == container


@pytest.mark.parametrize("content", [b"", b"this is not audio\n" * 20, b"RIFF\x00"])
def test_what_is_not_audio_says_so(tmp_path, content):
    path = tmp_path / "clip.wav"
    path.write_bytes(content)
    with pytest.raises(AudioError, match="cannot be read as audio"):
        read_sound(path)


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(AudioError, match=r"gone\.wav"):
        read_sound(tmp_path / "gone.wav")


def test_a_dead_channel_does_not_halve_the_level():
    np.testing.assert_array_equal(to_mono(np.stack([TONE, 0 * TONE])), TONE)


def test_channels_are_averaged():
    np.testing.assert_allclose(to_mono(np.stack([TONE, 0.5 * TONE])), 0.75 * TONE, atol=1e-7)


def test_silence_stays_silence():
    assert not to_mono(np.zeros((2, 10), np.float32)).any()


def test_resampling_keeps_a_tone():
    wave = resample(TONE, 8000, 16000)
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    np.testing.assert_allclose(wave[500:-500], expected[500:-500], atol=1e-3)


def test_one_sample(tmp_path):
    soundfile.write(tmp_path / "one.wav", TONE[:1], 8000)
    assert load_mono(tmp_path / "one.wav", 8000).shape == (1,)


FILM = np.stack([np.tile(TONE, 2), 0 * np.tile(TONE, 2)])  # 2 s, the right channel silent


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv"])
def test_the_sound_of_a_film(tmp_path, suffix):
    sound = read_sound(write_film(tmp_path / f"clip.{suffix}", FILM, 8000))
    wave = sound.samples
    assert (wave.dtype, sound.rate) == (np.float32, 8000)
    assert wave.shape[0] == 2
    assert 16000 <= wave.shape[1] <= 16000 + 1024  # AAC ends on a whole block of 1,024
    np.testing.assert_allclose(wave[0, 2000:14000], FILM[0, 2000:14000], atol=0.01)
    np.testing.assert_allclose(wave[1], 0, atol=1e-3)


def test_a_film_is_known_by_content(tmp_path):
    path = write_film(tmp_path / "clip.mp4", FILM, 8000)
    path.rename(tmp_path / "clip.wav")
    assert read_sound(tmp_path / "clip.wav").rate == 8000


def test_whole_numbers_become_fractions(tmp_path):
    sound = read_sound(write_film(tmp_path / "clip.mov", FILM, 8000, codec="pcm_s16le"))
    np.testing.assert_allclose(sound.samples, FILM, atol=2**-15)


def test_what_a_film_promises(tmp_path):
    assert read_sound(write_film(tmp_path / "clip.mp4", FILM, 8000)).n_promised == 16000
    assert read_sound(write_film(tmp_path / "clip.mkv", FILM, 8000)).n_promised is None


def without_sound(path):
    write_film(path, None, 8000)


def damaged(path):
    damage(write_film(path, FILM, 8000, index_first=True))


def without_index(path):
    content = write_film(path, FILM, 8000).read_bytes()
    path.write_bytes(content[: len(content) // 2])


def cut_in_a_packet(path):
    content = write_film(path, FILM, 8000, index_first=True).read_bytes()
    path.write_bytes(content[:-5])


def header_only(path):
    path.write_bytes(b"\0\0\0\x20ftypisom" + bytes(300))


def empty_track(path):
    write_film(path, FILM, 8000, pictures=False, index_first=True)
    cut_between_packets(path, 1)


INVALID = "MP4, cannot be decoded: Invalid data found when processing input"


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (without_sound, "MP4, cannot be decoded: a film without a sound track"),
        (damaged, f"{INVALID}, after 0.9"),
        (without_index, INVALID),
        (cut_in_a_packet, f"{INVALID}, after 1.9"),
        (header_only, INVALID),
        (empty_track, "MP4, cannot be decoded: a sound track that is empty"),
    ],
)
def test_a_film_that_cannot_be_read_says_why(tmp_path, spoil, why):
    spoil(tmp_path / "clip.mp4")
    with pytest.raises(AudioError, match=r"clip\.mp4: cannot be read as audio") as caught:
        read_sound(tmp_path / "clip.mp4")
    assert caught.value.why.startswith(why)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("array is too big"),
        MemoryError("Unable to allocate"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
        struct.error("unpack requires a buffer of 4 bytes"),
        OverflowError("int too large"),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("where", ["find_payload", "libsndfile", "_read", "to_mono"])
def test_whatever_a_file_does_to_its_decoder_is_told_of_the_file(tmp_path, monkeypatch, error, where):
    def raising(*_):
        raise error

    def raising_midway(*_):
        yield np.zeros((1, 100), np.float32)
        raise error

    soundfile.write(tmp_path / "a.wav", np.zeros(800), 8000)
    if where == "_read":
        monkeypatch.setattr(decoders, where, raising_midway)
    else:
        monkeypatch.setattr(reading, where, raising)
    with pytest.raises(AudioError) as caught:
        read_sound(tmp_path / "a.wav")
    assert caught.value.why == f"WAV, cannot be decoded: {type(error).__name__}: {error}"


def test_an_error_can_be_sent_to_another_process(tmp_path):
    error = AudioError(tmp_path / "clip.mp4", "no sound")
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.why) == (str(error), "no sound")


def test_who_reads_no_films_does_not_pay_for_them():
    check = "import sys, pipeline.audio.reading; sys.exit('av' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check]).returncode == 0
