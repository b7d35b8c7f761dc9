"""Simple acoustic measures, independent of the synthesiser: F0, jitter, harmonics-to-noise ratio."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Cycles:
    """Periods of a voice in samples, and how well each cycle correlates with the next; both (n_cycles,)."""

    periods: np.ndarray
    correlations: np.ndarray

    def f0_hz(self, rate: int) -> float:
        """Geometric mean of F0 over time."""
        return float(rate * np.exp(-np.average(np.log(self.periods), weights=self.periods)))

    def jitter(self) -> float:
        """Mean absolute difference of consecutive periods, relative to the period."""
        return float(np.abs(np.diff(self.periods)).mean() / self.periods.mean())

    def harmonics_to_noise_db(self) -> float:
        """10 lg r / (1 - r) of the median correlation r (Boersma, Proc. IFA 17, 97 (1993), equation 4)."""
        r = float(np.median(self.correlations))
        return float(10 * np.log10(r / (1 - r)))


def follow_cycles(wave: np.ndarray, period: float) -> Cycles:
    """Walk through a voiced stretch cycle by cycle.

    Each period is the lag, within 20 % of the one before, at which the signal best correlates with itself
    one cycle later, refined by a parabola through three lags.

    Args:
        wave: Shape (n_samples,).
        period: Expected first period in samples.
    """
    start, periods, correlations = 0.0, [], []
    while start + 2.6 * period < len(wave):
        begin, length = round(start), round(period)
        lags = np.arange(int(0.8 * period), int(1.2 * period) + 2)
        r = np.array([_correlation(wave[begin:], length, lag) for lag in lags])
        i = int(np.clip(r.argmax(), 1, len(r) - 2))
        curvature = r[i - 1] - 2 * r[i] + r[i + 1]
        period = lags[i] + 0.5 * (r[i - 1] - r[i + 1]) / curvature if curvature else float(lags[i])
        periods.append(period)
        correlations.append(r[i])
        start += period
    return Cycles(np.array(periods), np.clip(np.array(correlations), 1e-3, 1 - 1e-6))


def _correlation(wave: np.ndarray, length: int, lag: int) -> float:
    one, other = wave[:length], wave[lag : lag + length]
    return float(np.sum(one * other) / np.sqrt(np.sum(one**2) * np.sum(other**2) + 1e-20))


def frame_f0_hz(wave: np.ndarray, rate: int, expected_hz: float) -> float:
    """Return the geometric mean of F0 over the clearly voiced frames of a clip, by autocorrelation.

    Args:
        wave: Shape (n_samples,).
        rate: In Hz.
        expected_hz: F0 is searched from two thirds to one and a half times of it: no octave errors.
    """
    n, hop = int(3 * rate / expected_hz), int(0.01 * rate)
    frames = np.lib.stride_tricks.sliding_window_view(wave, n)[::hop] * np.hanning(n)
    loud = np.sqrt(np.mean(frames**2, axis=1)) > 0.2 * np.sqrt(np.mean(frames**2, axis=1)).max()
    r = np.fft.irfft(np.abs(np.fft.rfft(frames[loud], 4 * n)) ** 2, axis=1)[:, :n]
    window = np.fft.irfft(np.abs(np.fft.rfft(np.hanning(n), 4 * n)) ** 2)[:n]
    lags = np.arange(int(rate / expected_hz / 1.5), int(rate / expected_hz * 1.5))
    strength = (r / r[:, :1])[:, lags] / (window / window[0])[lags]
    best = strength.argmax(axis=1)
    voiced = strength.max(axis=1) > 0.7
    return float(rate / np.exp(np.mean(np.log(lags[best[voiced]]))))
