"""What happens to a clip's samples before any feature is computed: checks, level, silence trimming, padding.

The order is that of the study utbm: the clip is divided by its peak, then silence is cut off, then it is brought
to a length. The study resamples after that; here a clip arrives at the feature set's sample rate.
"""

from typing import Literal

import numpy as np
from pydantic import PositiveFloat

from pipeline.config.base import Settings
from pipeline.core.errors import PipelineError

TRIM_FRAME = 2048  # samples; librosa.effects.trim's defaults
TRIM_HOP = 512  # samples


class ClipSettings(Settings):
    """What every kind of feature may do to a clip first."""

    peak_normalise: bool  # divide the clip by its largest absolute sample
    trim_top_db: PositiveFloat | None  # cut leading and trailing silence this far below the loudest frame


def prepare_wave(wave: np.ndarray, settings: ClipSettings) -> np.ndarray:
    """Check a clip, bring it to full scale and trim it, as far as the settings say so.

    Args:
        wave: Samples, shape (n_samples,), at `settings.sample_rate`.
        settings: Of any kind of feature.

    Returns:
        Shape (n_kept,), float32, at least one sample.

    Raises:
        PipelineError: The clip is empty, not mono, or has NaN in it.
    """
    wave = check_wave(wave)
    if settings.peak_normalise:
        wave = peak_normalise(wave)
    return trim_silence(wave, settings.trim_top_db)


def check_wave(wave: np.ndarray) -> np.ndarray:
    """Return mono samples as float32 if features can be computed from them.

    Raises:
        PipelineError: They are not one row of finite numbers. openSMILE, for one, turns NaN into finite
            features without a word.
    """
    if wave.ndim != 1:
        raise PipelineError(
            f"came samples of shape {wave.shape}, expected mono (n_samples,): mix the channels"
        )
    if not wave.size:
        raise PipelineError("came a clip without samples, expected at least one: quarantine it in the index")
    if not np.isfinite(wave).all():
        bad = int((~np.isfinite(wave)).sum())
        raise PipelineError(f"{bad} of {wave.size} samples are NaN or infinite: quarantine it in the index")
    return wave.astype(np.float32, copy=False)


def peak_normalise(wave: np.ndarray) -> np.ndarray:
    """Divide a clip by its largest absolute sample, so that its peak is 1; a silent clip stays as it is."""
    peak = np.abs(wave).max()
    return wave / peak if peak > 0 else wave


def trim_silence(wave: np.ndarray, top_db: float | None) -> np.ndarray:
    """Cut leading and trailing frames more than `top_db` below the loudest; equals `librosa.effects.trim`.

    A clip is framed with zeros beyond its ends (2048 samples every 512, centred), and what lies between the
    first and the last frame whose RMS is above the threshold stays. A silent clip has no quiet frames and
    stays whole.

    Args:
        wave: Samples, shape (n_samples,).
        top_db: Threshold below the loudest frame, dB; None keeps everything.

    Returns:
        A view, shape (n_kept,).
    """
    if top_db is None:
        return wave
    power = np.maximum(_frame_power(wave), 1e-10)
    audible = np.flatnonzero(10 * np.log10(power / power.max()) > -top_db)
    return wave[audible[0] * TRIM_HOP : min(len(wave), (audible[-1] + 1) * TRIM_HOP)]


def _frame_power(wave: np.ndarray) -> np.ndarray:
    """Mean square of centred frames, shape (1 + n_samples // TRIM_HOP,), as sums of four hops each."""
    n_frames = 1 + len(wave) // TRIM_HOP
    hops_a_frame = TRIM_FRAME // TRIM_HOP
    padded = np.zeros((n_frames + hops_a_frame - 1) * TRIM_HOP, np.float64)
    padded[TRIM_FRAME // 2 :][: len(wave)] = wave[: len(padded) - TRIM_FRAME // 2]
    hops = np.square(padded).reshape(-1, TRIM_HOP).sum(axis=1)
    return np.convolve(hops, np.ones(hops_a_frame), mode="valid") / TRIM_FRAME


def at_least(wave: np.ndarray, n_samples: int) -> np.ndarray:
    """Append zeros to a clip that is shorter than `n_samples`."""
    return np.pad(wave, (0, max(0, n_samples - len(wave))))


def fit_length(
    wave: np.ndarray,
    n_samples: int,
    *,
    padding: Literal["zero", "repeat"],
    align: Literal["start", "center"],
) -> np.ndarray:
    """Pad or cut a clip to a number of samples.

    Args:
        wave: Samples, shape (n,).
        n_samples: Length of the result.
        padding: What fills a short clip: zeros, or the clip over and over.
        align: Where the clip lies in the result, and which part of a long one stays: its start or its middle.

    Returns:
        Shape (n_samples,).
    """
    offset = (n_samples - len(wave)) // 2 if align == "center" else 0  # negative where the clip is cut
    if padding == "repeat":
        return wave[(np.arange(n_samples) - offset) % len(wave)]
    if len(wave) >= n_samples:
        return wave[-offset : n_samples - offset]
    return np.pad(wave, (offset, n_samples - len(wave) - offset))
