"""Audio is read by content, at its own rate, and mixed without losing level."""

import numpy as np
import pytest
import soundfile

from pipeline.core.audio import AudioError, load_mono, read_audio, resample, to_mono

TONE = (0.5 * np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)).astype(np.float32)


@pytest.mark.parametrize("container", ["WAV", "AIFF", "FLAC", "OGG"])
def test_the_container_not_the_name_decides(tmp_path, container):
    path = tmp_path / "clip.wav"
    soundfile.write(path, TONE, 8000, format=container)
    wave, rate = read_audio(path)
    assert (wave.shape, wave.dtype, rate) == ((1, 8000), np.float32, 8000)


@pytest.mark.parametrize("content", [b"", b"this is not audio\n" * 20, b"RIFF\x00"])
def test_what_is_not_audio_says_so(tmp_path, content):
    path = tmp_path / "clip.wav"
    path.write_bytes(content)
    with pytest.raises(AudioError, match="cannot be read as audio"):
        read_audio(path)


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(AudioError, match=r"gone\.wav"):
        read_audio(tmp_path / "gone.wav")


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
