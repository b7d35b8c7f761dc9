"""A fingerprint of how a clip sounds, which a copy keeps that was resampled, re-encoded or trimmed.

After J. Haitsma and T. Kalker, "A Highly Robust Audio Fingerprinting System", Proc. ISMIR 2002, section 4.2:
every frame gives 32 bits, the signs of how the energy difference of neighbouring bands changes over time.
What differs, for speech clips of a few seconds: frames of 128 ms every 16 ms instead of 370 ms every 11.6 ms;
33 bands from 250 to 3300 Hz, so that telephone audio has all of them; the change is taken over two frames; a
floor under the energies, so that what lies 40 dB below the speech does not flip bits; and frames without
speech are left out.

The bit error rate (BER) of two clips is the share of differing bits at their best alignment, over the frames
in which both have speech. Measured by `python -m benchmarks.curation fingerprint --clips FOLDER --sample 160`
on Opus transcodes of RAVDESS and TESS, 4,240 clips, of which 17 copies each were made of 160:

    different clips of one speaker            median 0.367, lowest 0.237 (TESS: one phrase, one emotion)
    resampled to 8, 16, 22.05, 44.1 kHz       median 0.001, highest 0.025
    turned up or down by 6 (20) dB            median 0.001 (0.006), highest 0.042 (0.103)
    MP3, Opus, Vorbis at 16 kHz, u-law        median 0.045, 0.061, 0.098, 0.039, highest 0.151
    50 to 300 ms cut off both ends            median 0.068, highest 0.111; and u-law besides: highest 0.153
    white noise at 30 dB SNR                  median 0.046, highest 0.107
    MP3 and Opus at their lowest quality      median 0.092 and 0.165: 158 and 119 of 160 below the limit

`pipeline.curation.near` draws the line at 0.20: it found every copy but those of the last line, and one pair
of clips, which is a real copy: RAVDESS holds one recording under two names. Repetitions of a sentence by one
actor are not taken for copies: the most alike differ in 0.25 of their bits.
"""

from functools import cache

import numpy as np

from pipeline.audio.wave import resample

RATE = 8000  # Hz
FRAME = 1024  # samples
HOP = 128  # samples
LAG = 2  # hops between the two frames whose difference gives the bits
BITS = 32
LOWEST, HIGHEST = 250.0, 3300.0  # Hz
FLOOR_DB = 40.0  # below the loudest frames: added to every band
SPEECH_DB = 30.0  # below the loudest frames: what lies lower is taken for a pause
LOUD_PERCENTILE = 95  # of the frames' energies: "the loudest frames"
MAX_SECONDS = 300  # of longer recordings, the beginning
PAUSE = 0  # stands for a frame without speech

VERSION = 1  # raise it when the same audio gives other bits


def fingerprint(wave: np.ndarray, rate: int) -> np.ndarray:
    """Compute a clip's fingerprint.

    Args:
        wave: Mono samples, shape (samples,).
        rate: In Hz.

    Returns:
        One value a frame from the first to the last with speech, shape (frames,), uint32; `PAUSE` where there
        is none. Empty where the clip is silent or shorter than three hops.
    """
    energy = band_energies(resample(wave[: MAX_SECONDS * rate], rate, RATE))
    level = energy.sum(axis=1)
    loud = np.percentile(level, LOUD_PERCENTILE)
    if loud <= 0:
        return np.zeros(0, np.uint32)
    log_energy = np.log(energy + loud * 10 ** (-FLOOR_DB / 10))
    tilt = log_energy[:, :-1] - log_energy[:, 1:]
    speech = level > loud * 10 ** (-SPEECH_DB / 10)
    bits = (tilt[LAG:] - tilt[:-LAG]) > 0
    values = np.packbits(bits, axis=1, bitorder="little").view("<u4")[:, 0]
    values = np.where(values == PAUSE, 1, values).astype(np.uint32)
    values[~(speech[LAG:] & speech[:-LAG])] = PAUSE
    return _strip(values)


def band_energies(wave: np.ndarray) -> np.ndarray:
    """Return the energy in each band and frame of a wave at `RATE`, shape (frames, BITS + 1), float32."""
    from scipy.fft import (
        rfft,  # four times as fast as numpy's on float32; the report imports this file and needs none
    )

    if len(wave) < FRAME:
        wave = np.pad(wave, (0, FRAME - len(wave)))
    frames = np.lib.stride_tricks.sliding_window_view(wave, FRAME)[::HOP]
    window, bands = _window_and_bands()
    spectrum = rfft(frames * window, axis=1)
    return (spectrum.real**2 + spectrum.imag**2) @ bands


@cache
def _window_and_bands() -> tuple[np.ndarray, np.ndarray]:
    """Return a periodic Hann window, and the share of each FFT bin in each band, (bins, BITS + 1)."""
    window = np.hanning(FRAME + 1)[:-1].astype(np.float32)
    edges = np.geomspace(LOWEST, HIGHEST, BITS + 2)  # logarithmic
    width = RATE / FRAME
    centres = np.arange(FRAME // 2 + 1)[:, None] * width
    overlap = np.minimum(centres + width / 2, edges[1:]) - np.maximum(centres - width / 2, edges[:-1])
    return window, np.clip(overlap / width, 0, None).astype(np.float32)


def _strip(values: np.ndarray) -> np.ndarray:
    """Cut off the pauses at both ends."""
    speech = np.flatnonzero(values)
    return values[speech[0] : speech[-1] + 1] if len(speech) else values[:0]


def to_bytes(values: np.ndarray) -> bytes:
    """Write a fingerprint as little-endian bytes, for a table."""
    return values.astype("<u4").tobytes()


def from_bytes(data: bytes) -> np.ndarray:
    """Read what `to_bytes` wrote."""
    return np.frombuffer(data, "<u4")
