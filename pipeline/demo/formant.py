"""A pulse-synchronous formant synthesiser: every glottal pulse is one response of source and vocal tract.

The source is two real poles at F0 (about -12 dB/octave), radiation +6 dB/octave and a tilt; the tract is a
cascade of five resonators (Klatt, J. Acoust. Soc. Am. 67, 971 (1980), doi:10.1121/1.383940, eq. 1 to 3).
Pulses fall at fractional sample positions, so that period and jitter are exact. No matrix product is used:
the result does not depend on how many threads a linear algebra library starts.
"""

import numpy as np

from pipeline.demo.tracks import FRAME_SECONDS, Tracks, Voice

RATE = 16000  # Hz
_HOP = round(FRAME_SECONDS * RATE)
_N_RESPONSE = 512  # samples, 32 ms: the narrowest formant has decayed by 50 dB
_N_NOISE = 256  # samples of a noise frame
_BANDWIDTHS = (60, 90, 130)  # Hz, of F1-F3
_HIGH_FORMANTS = ((3500, 200), (4500, 300))  # F4, F5 and their bandwidths, Hz
_CREAK_HZ = 14  # well below any F0: faster, a pitch tracker takes it for the voice


def synthesise_voice(tracks: Tracks, voice: Voice, rng: np.random.Generator) -> np.ndarray:
    """Return speech at `RATE`, shape (n_samples,); its voiced part has an RMS of about 1."""
    n_samples = len(tracks.f0_hz) * _HOP
    voiced = _voiced(tracks, voice, rng, n_samples)
    loud = np.repeat(tracks.voicing > 0.5, _HOP)
    voiced /= np.sqrt(np.mean(voiced[loud] ** 2))
    return voiced + _unvoiced(tracks, voice, rng, n_samples)


def pulse_times(f0_hz: np.ndarray, jitter: float, rng: np.random.Generator) -> np.ndarray:
    """Return the instants of the glottal pulses in samples.

    Args:
        f0_hz: A value every 5 ms.
        jitter: Mean |difference of consecutive periods| / period. For independent normal deviations it is
            2 / sqrt(pi) times their standard deviation.
        rng: Draws the deviations.
    """
    n_samples, deviation = len(f0_hz) * _HOP, jitter * np.sqrt(np.pi) / 2
    times, now = [], 0.0
    while now < n_samples - 1:
        times.append(now)
        drawn = np.clip(rng.normal(), -3, 3)
        now += RATE / f0_hz[int(now) // _HOP] * max(0.5, 1 + deviation * drawn)
    return np.array(times)


def _voiced(tracks: Tracks, voice: Voice, rng: np.random.Generator, n_samples: int) -> np.ndarray:
    times = pulse_times(tracks.f0_hz, voice.jitter, rng)
    whole = np.floor(times).astype(int)
    frames = whole // _HOP
    hz = np.fft.rfftfreq(_N_RESPONSE, 1 / RATE)
    response = _tract(tracks, frames, hz, voice) * _source(hz, tracks.f0_hz[frames], voice.tilt)
    response *= np.exp(-2j * np.pi * hz * (times - whole)[:, None] / RATE)  # the fraction of a sample
    amplitude = tracks.voicing[frames] * (1 + voice.shimmer * rng.normal(size=len(times)))
    amplitude *= _creak(times, voice.creak, rng)
    pulses = np.fft.irfft(response, _N_RESPONSE, axis=1) * amplitude[:, None]
    pulses[:, -64:] *= np.linspace(1, 0, 64)
    wave = np.zeros(n_samples + _N_RESPONSE)
    for start, pulse in zip(whole, pulses, strict=True):
        wave[start : start + _N_RESPONSE] += pulse
    return wave[:n_samples]


def _creak(times: np.ndarray, depth: float, rng: np.random.Generator) -> np.ndarray:
    """Return the pulses' gains, (n_pulses,): a slow, slightly irregular modulation."""
    wander = np.cumsum(rng.normal(0, 0.15, len(times)))
    dip = 0.5 - 0.5 * np.cos(2 * np.pi * _CREAK_HZ * times / RATE + wander)
    return 1 - min(0.85, depth) * dip


def _source(hz: np.ndarray, f0_hz: np.ndarray, tilt: float) -> np.ndarray:
    """Return the spectra of the glottal pulses, (n_pulses, n_bins) complex."""
    delay = np.exp(-2j * np.pi * hz / RATE)
    pole = np.exp(-2 * np.pi * f0_hz / RATE)[:, None]
    glottis = ((1 - pole) / (1 - pole * delay)) ** 2
    brightness = 10 ** (tilt * np.log2(np.clip(hz, 150, RATE / 2) / 700) / 20)
    return glottis * (1 - delay) * brightness


def _tract(tracks: Tracks, frames: np.ndarray, hz: np.ndarray, voice: Voice) -> np.ndarray:
    """Return the vocal tract's response in some frames, (n_frames, n_bins) complex. Nasals are damped."""
    damping = voice.bandwidth_scale * (1 + tracks.nasal[frames])
    response = np.ones((len(frames), len(hz)), dtype=complex)
    for j, width in enumerate(_BANDWIDTHS):
        response *= _resonator(hz, tracks.formants[frames, j], width * damping)
    for centre, width in _HIGH_FORMANTS:
        response *= _resonator(hz, np.array([centre * voice.formant_scale]), np.array([float(width)]))
    return response


def _resonator(hz: np.ndarray, centre_hz: np.ndarray, width_hz: np.ndarray) -> np.ndarray:
    """Return the response of two-pole resonators with unit gain at 0 Hz, (n, n_bins) complex."""
    delay = np.exp(-2j * np.pi * hz / RATE)
    radius = np.exp(-np.pi * width_hz / RATE)[:, None]
    b = 2 * radius * np.cos(2 * np.pi * centre_hz / RATE)[:, None]
    return (1 - b + radius**2) / (1 - b * delay + radius**2 * delay**2)


def _unvoiced(tracks: Tracks, voice: Voice, rng: np.random.Generator, n_samples: int) -> np.ndarray:
    """Return frication, bursts and aspiration: white noise, filtered frame by frame and overlapped."""
    n_frames = len(tracks.noise)
    starts = np.arange(n_frames) * _HOP
    window = np.hanning(_N_NOISE + 1)[:-1]
    white = rng.normal(size=n_samples + 2 * _N_NOISE)
    spectra = np.fft.rfft(white[starts[:, None] + np.arange(_N_NOISE)] * window, axis=1)
    shaped = np.fft.irfft(spectra * _noise_gains(tracks, voice), _N_NOISE, axis=1) * window
    wave = np.zeros(n_samples + 2 * _N_NOISE)
    for start, frame in zip(starts, shaped, strict=True):
        wave[start : start + _N_NOISE] += frame
    overlap = np.sum(window**2) / _HOP
    return wave[_N_NOISE // 2 : _N_NOISE // 2 + n_samples] / overlap


def _noise_gains(tracks: Tracks, voice: Voice) -> np.ndarray:
    """Return the noise spectra, (n_frames, n_bins): a band for frication, the tract for aspiration."""
    hz = np.fft.rfftfreq(_N_NOISE, 1 / RATE)
    width = np.maximum(tracks.noise_width_hz, 1.0)[:, None]
    band = np.exp(-0.5 * ((hz - tracks.noise_hz[:, None]) / width) ** 2)
    tract = np.abs(_tract(tracks, np.arange(len(tracks.noise)), hz, voice)) * np.clip(hz / 1000, 0, 1)
    return _unit_rms(band) * tracks.noise[:, None] + _unit_rms(tract) * tracks.aspiration[:, None]


def _unit_rms(gains: np.ndarray) -> np.ndarray:
    """Scale each row so that white noise passes with its RMS unchanged."""
    return gains / np.sqrt(np.mean(gains**2, axis=1, keepdims=True) + 1e-12)
