"""The voice is what was asked for: F0, jitter, breathiness, formants, timing."""

import numpy as np
import pytest

from pipeline.demo.formant import RATE, pulse_times, synthesise_voice
from pipeline.demo.phonemes import VOWELS, Segment, segments
from pipeline.demo.tracks import Voice, control_tracks
from tests.demo.measures import Cycles, follow_cycles, frame_f0_hz


def speak(spoken: list[Segment], **settings: float) -> np.ndarray:
    voice = Voice(**settings)
    rng = np.random.default_rng(3)
    return synthesise_voice(control_tracks(spoken, voice, rng), voice, rng)


def sustain(f0_hz: float, **settings: float) -> Cycles:
    """Follow the cycles of a held vowel with a level F0."""
    wave = speak([Segment("AA", 1200, VOWELS["AA"], 1.0)], f0_hz=f0_hz, range_st=0.0, shimmer=0.0, **settings)
    return follow_cycles(wave[RATE // 10 :], RATE / f0_hz)


@pytest.mark.parametrize("f0_hz", [95, 112, 200, 260])
def test_mean_f0_of_a_sentence_is_the_one_asked_for(f0_hz):
    scale = 1.15 if f0_hz > 150 else 1.0
    wave = speak(segments("Dogs are sitting by the door."), f0_hz=f0_hz, formant_scale=scale)
    error_st = 12 * np.log2(frame_f0_hz(wave, RATE, f0_hz) / f0_hz)
    assert abs(error_st) < 0.7


@pytest.mark.parametrize("f0_hz", [112, 200])
@pytest.mark.parametrize("jitter", [0.005, 0.01, 0.025])
def test_jitter_can_be_measured(f0_hz, jitter):
    assert sustain(f0_hz, jitter=jitter, breath=0.0).jitter() == pytest.approx(jitter, rel=0.35)


@pytest.mark.parametrize("f0_hz", [112, 200])
def test_breath_lowers_the_harmonics_to_noise_ratio(f0_hz):
    clear, breathy, whispery = (
        sustain(f0_hz, jitter=0.0, breath=breath).harmonics_to_noise_db() for breath in (0.02, 0.1, 0.3)
    )
    assert clear > breathy + 5 > whispery + 10


def test_breath_is_an_rms_relative_to_the_voice():
    cycles = sustain(200, jitter=0.0, breath=0.1)
    assert cycles.harmonics_to_noise_db() == pytest.approx(20, abs=3)


def test_pulses_without_jitter_are_exactly_periodic():
    times = pulse_times(np.full(100, 123.0), 0.0, np.random.default_rng(0))
    np.testing.assert_allclose(np.diff(times), RATE / 123)


def test_pulses_have_the_jitter_asked_for():
    periods = np.diff(pulse_times(np.full(20000, 150.0), 0.02, np.random.default_rng(0)))
    assert np.abs(np.diff(periods)).mean() / periods.mean() == pytest.approx(0.02, rel=0.03)


def test_rate_shortens_speech():
    spoken = segments("Say the word bean.")
    assert len(speak(spoken, rate=2.0)) == pytest.approx(len(speak(spoken)) / 2, rel=0.05)


def test_the_vowel_of_door_has_its_formants_and_ends_in_r():
    spoken = segments("door.")
    tracks = control_tracks(spoken, Voice(), np.random.default_rng(0))
    low = tracks.formants[tracks.formants[:, 1].argmin()]
    before_the_end = tracks.formants[-12]
    assert low == pytest.approx(VOWELS["AO"], rel=0.05)
    assert before_the_end[1] > 1200  # F2 rises
    assert before_the_end[2] < 1700  # F3 falls: what makes it an R


@pytest.mark.parametrize(("vowel", "peak_hz"), [("IY", 2290), ("AA", 1090), ("EH", 1840)])
def test_the_spectrum_peaks_at_the_second_formant(vowel, peak_hz):
    wave = speak([Segment(vowel, 600, VOWELS[vowel], 1.0)], f0_hz=50.0, range_st=0.0, tilt=6.0)
    hz = np.fft.rfftfreq(len(wave), 1 / RATE)
    near = (hz > peak_hz * 0.85) & (hz < peak_hz * 1.15)
    power = np.convolve(np.abs(np.fft.rfft(wave)) ** 2, np.ones(60), mode="same")  # over the harmonics
    assert hz[near][power[near].argmax()] == pytest.approx(peak_hz, rel=0.05)
