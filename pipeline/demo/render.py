"""From a text, a speaker and a prosody to the clip that a microphone in a room records."""

from dataclasses import dataclass

import numpy as np
from scipy import fft, signal

from pipeline.audio.wave import resample
from pipeline.demo.formant import RATE, synthesise_voice
from pipeline.demo.phonemes import segments
from pipeline.demo.prosody import Prosody, Speaker, voice_of
from pipeline.demo.tracks import control_tracks

NEUTRAL_RMS = 10 ** (-30 / 20)  # of speech; leaves 30 dB for anger and its peaks
_HIGHEST_PEAK = 0.95  # no clip is clipped unless a planted defect says so
_EARLY_DB = -14  # energy of the reverberation relative to the direct sound


@dataclass(frozen=True)
class Recording:
    """Where and how a corpus was recorded. Pairs are the bounds of a uniform draw.

    Attributes:
        rate: Sample rate of the files, Hz.
        lead_seconds: Silence before the speech.
        trail_seconds: Silence after it.
        snr_db: Neutral speech against the room's noise.
        rt60_seconds: Reverberation time.
    """

    rate: int
    lead_seconds: tuple[float, float]
    trail_seconds: tuple[float, float]
    snr_db: tuple[float, float]
    rt60_seconds: tuple[float, float]


@dataclass(frozen=True)
class Room:
    """The place a speaker sits in: the same for all of the speaker's clips."""

    snr_db: float
    rt60_seconds: float


def draw_room(recording: Recording, rng: np.random.Generator) -> Room:
    """Draw a speaker's room."""
    return Room(float(rng.uniform(*recording.snr_db)), float(rng.uniform(*recording.rt60_seconds)))


def render(
    text: str, speaker: Speaker, prosody: Prosody, room: Room, recording: Recording, rng: np.random.Generator
) -> np.ndarray:
    """Return the recorded clip, shape (n_samples,), float32 within +-0.95, at `recording.rate`."""
    voice = voice_of(speaker, prosody.deltas)
    speech = synthesise_voice(control_tracks(segments(text), voice, rng), voice, rng)
    speech *= NEUTRAL_RMS / speech.std() * _gain(prosody.deltas["level_db"] + speaker.level_db)
    lead = np.zeros(int(RATE * rng.uniform(*recording.lead_seconds)))
    trail = np.zeros(int(RATE * rng.uniform(*recording.trail_seconds)))
    wet = _reverberate(np.concatenate([lead, speech, trail]), room.rt60_seconds, rng)
    wave = resample(wet.astype(np.float32), RATE, recording.rate)
    floor = NEUTRAL_RMS * _gain(speaker.level_db - room.snr_db + rng.normal(0, 2))
    wave = wave + (floor * _pink_noise(len(wave), rng)).astype(np.float32)
    return wave * np.float32(min(1.0, _HIGHEST_PEAK / np.abs(wave).max()))


def _gain(decibels: float) -> float:
    return 10 ** (decibels / 20)


def _reverberate(wave: np.ndarray, rt60_seconds: float, rng: np.random.Generator) -> np.ndarray:
    """Add an exponentially decaying tail, same shape. After `rt60_seconds` it has fallen by 60 dB."""
    n_tail = int(RATE * rt60_seconds)
    tail = rng.normal(size=n_tail) * np.exp(-np.log(1000) * np.arange(n_tail) / n_tail)
    tail *= _gain(_EARLY_DB) / np.sqrt(np.sum(tail**2))
    tail[0] = 1.0  # the direct sound
    return signal.oaconvolve(wave, tail)[: len(wave)]


def _pink_noise(n_samples: int, rng: np.random.Generator) -> np.ndarray:
    """Return noise with 3 dB/octave less at high frequencies and unit standard deviation, (n_samples,)."""
    n_fft = fft.next_fast_len(n_samples, real=True)  # a prime length would take a hundred times as long
    shape = 1 / np.sqrt(np.maximum(np.arange(n_fft // 2 + 1), 1))
    spectrum = (rng.normal(size=len(shape)) + 1j * rng.normal(size=len(shape))) * shape
    noise = np.fft.irfft(spectrum, n_fft)[:n_samples]
    return noise / noise.std()
