"""One row of named scalars a clip: librosa's usual descriptors and their statistics.

The study ravdess_methods lists them (section 3.1): signal-to-noise ratio, 40 MFCC of which 20 are used
singly, chroma, mel spectrogram, spectral contrast, tonnetz, centroid, rolloff, bandwidth, tempo, RMS and
zero crossing rate. It leaves open how each becomes a number: here every descriptor gives its mean, standard
deviation, minimum and maximum over time and bands, and mean and standard deviation over time of its single
bands: the first 20 MFCC, and all bands of mel spectrogram, chroma, contrast and tonnetz.
Tonnetz comes from the same chroma, not from a constant-Q transform, which needs longer clips; and chroma is
not tuned to the clip, since speech has no tuning.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal, Self

import numpy as np
from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from pipeline.features.waves import ClipSettings, at_least, prepare_wave

VERSION = "2"
LIBRARIES = ("numpy", "scipy", "librosa")
BACKEND: Literal["processes", "threads"] = "processes"
DTYPE = np.dtype(np.float32)
FORM = "vector"

FLOOR = 1e-10  # power
QUIET_SHARE = 0.1  # of the frames, taken for noise alone
STATISTICS: dict[str, Callable[..., Any]] = {
    "mean": np.mean,
    "std": np.std,
    "min": np.min,
    "max": np.max,
}
BANDS = {"chroma": 12, "contrast": 7, "tonnetz": 6}  # descriptors whose bands are kept singly too
BAND_STATISTICS = ("mean", "std")  # of a single band over time
TRACKS = ("mfcc", "chroma", "mel", "contrast", "tonnetz", "centroid", "rolloff", "bandwidth", "rms", "zcr")


class Settings(ClipSettings):
    """Frames and bands."""

    sample_rate: int = Field(ge=16000)  # Hz; the highest contrast band begins at 6.4 kHz
    n_fft: PositiveInt  # samples
    hop_length: PositiveInt  # samples
    n_mels: PositiveInt
    n_mfcc: PositiveInt  # in the statistics
    n_mfcc_single: NonNegativeInt  # of which each has features of its own

    @model_validator(mode="after")
    def _coefficients_exist(self) -> Self:
        if not self.n_mfcc_single <= self.n_mfcc <= self.n_mels:
            raise ValueError(
                f"n_mfcc_single ({self.n_mfcc_single}) may not exceed n_mfcc ({self.n_mfcc}), "
                f"nor that n_mels ({self.n_mels})"
            )
        return self


def extract(wave: np.ndarray, *, settings: Settings) -> np.ndarray:
    """Compute the scalars of a clip.

    Args:
        wave: Samples, shape (n_samples,), float32, at `settings.sample_rate`. A clip shorter than `n_fft`
            is padded with zeros to that.
        settings: See `Settings`.

    Returns:
        Shape (n_names,), float32, in the order of `feature_names`.

    Raises:
        PipelineError: The clip is empty, not mono, or has NaN in it.
    """
    wave = at_least(prepare_wave(wave, settings), settings.n_fft)
    tracks, tempo = _describe(wave, settings)
    values = {"snr": signal_to_noise(tracks["rms"][0]), "tempo": tempo}
    for name in TRACKS:
        values |= {f"{name}_{statistic}": take(tracks[name]) for statistic, take in STATISTICS.items()}
    for name, n_bands in _single_bands(settings).items():
        for statistic in BAND_STATISTICS:
            singles = STATISTICS[statistic](tracks[name], axis=1)  # (n_bands,)
            values |= {f"{name}_{i + 1}_{statistic}": singles[i] for i in range(n_bands)}
    return np.array([values[name] for name in feature_names(settings)], np.float32)


def feature_names(settings: Settings) -> list[str]:
    """Name the scalars: snr (dB), tempo (beats a minute), mfcc_mean .., mfcc_1_mean .., chroma_1_mean .."""
    statistics = [f"{name}_{statistic}" for name in TRACKS for statistic in STATISTICS]
    singles = [
        f"{name}_{i + 1}_{statistic}"
        for name, n_bands in _single_bands(settings).items()
        for statistic in BAND_STATISTICS
        for i in range(n_bands)
    ]
    return ["snr", "tempo", *statistics, *singles]


def signal_to_noise(rms: np.ndarray) -> float:
    """Estimate the signal-to-noise ratio, dB: mean power over that of the quietest tenth of the frames.

    Args:
        rms: Root mean square of each frame, shape (n_frames,).
    """
    power = np.sort(np.square(rms, dtype=np.float64))
    noise = power[: max(1, round(QUIET_SHARE * len(power)))].mean()
    return float(10 * np.log10(max(power.mean(), FLOOR) / max(noise, FLOOR)))


def _single_bands(settings: Settings) -> dict[str, int]:
    return {"mfcc": settings.n_mfcc_single, "mel": settings.n_mels, **BANDS}


def _describe(wave: np.ndarray, settings: Settings) -> tuple[Mapping[str, np.ndarray], float]:
    """Return the descriptors, each of shape (n_bands, n_frames), and the tempo; one transform serves all."""
    from librosa import feature, onset, power_to_db, stft

    rate, n_fft, hop = settings.sample_rate, settings.n_fft, settings.hop_length
    magnitude = np.abs(stft(wave, n_fft=n_fft, hop_length=hop))
    power = np.square(magnitude)
    mel = power_to_db(feature.melspectrogram(S=power, sr=rate, n_fft=n_fft, n_mels=settings.n_mels))
    chroma = feature.chroma_stft(S=power, sr=rate, n_fft=n_fft, tuning=0.0)
    centroid = feature.spectral_centroid(S=magnitude, sr=rate, n_fft=n_fft)
    tracks = {
        "mfcc": feature.mfcc(S=mel, n_mfcc=settings.n_mfcc),
        "chroma": chroma,
        "mel": mel,
        "contrast": feature.spectral_contrast(S=magnitude, sr=rate, n_fft=n_fft),
        "tonnetz": feature.tonnetz(chroma=chroma, sr=rate),
        "centroid": centroid,
        "rolloff": feature.spectral_rolloff(S=magnitude, sr=rate, n_fft=n_fft),
        "bandwidth": feature.spectral_bandwidth(S=magnitude, sr=rate, n_fft=n_fft, centroid=centroid),
        "rms": feature.rms(y=wave, frame_length=n_fft, hop_length=hop),
        "zcr": feature.zero_crossing_rate(wave, frame_length=n_fft, hop_length=hop),
    }
    strength = onset.onset_strength(S=mel, sr=rate, hop_length=hop)
    tempo = feature.tempo(onset_envelope=strength, sr=rate, hop_length=hop)
    return tracks, float(tempo[0])
