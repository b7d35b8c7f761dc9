"""Settings of every kind of feature, and signals to compute them from, for the tests."""

from typing import Any

import numpy as np
from scipy.signal import chirp

from pipeline.features.extractor import Extractor, build_extractor
from pipeline.features.registry import load_kind

CLIP = {"peak_normalise": False, "trim_top_db": None}
MEL = {**CLIP, "n_fft": 2048, "hop_length": 512, "n_mels": 128, "f_min": 0.0}
ENCODER = {
    **CLIP, "sample_rate": 16000, "model": "none", "blocks": [0, 2],
    "random": {"hidden_size": 8, "heads": 2, "blocks": 2},
}  # fmt: skip
SETTINGS: dict[str, dict[str, Any]] = {
    "functionals": {**CLIP, "sample_rate": 16000, "feature_set": "ComParE_2016"},
    "log_mel": {
        **CLIP, "sample_rate": 16000, "n_fft": 512, "hop_length": 160, "n_mels": 64, "f_min": 50.0,
        "f_max": 8000.0,
    },
    "mel_image": {
        **MEL, "sample_rate": 22050, "f_max": 11025.0, "top_db": 80.0, "height": 128, "width": 128,
        "draw_height": None, "draw_width": None, "seconds": None, "padding": "zero", "align": "start",
    },
    "mfcc": {
        **MEL, "sample_rate": 16000, "f_max": 8000.0, "n_mfcc": 40, "deltas": 2, "mean_normalise": False,
        "n_frames": None,
    },
    "spectral_scalars": {
        **CLIP, "sample_rate": 22050, "n_fft": 2048, "hop_length": 512, "n_mels": 128, "n_mfcc": 40,
        "n_mfcc_single": 20,
    },
    "speech_encoder": {**ENCODER, "pooling": ["mean", "deviation"], "speeds": [1.0]},
    "speech_encoder_frames": ENCODER,
    "waveform": {**CLIP, "sample_rate": 16000, "max_seconds": None, "pad_seconds": None},
}  # fmt: skip

SIGNALS = ("noise", "chirp", "speech_like", "silence")


def settings(kind: str, **changes: Any) -> Any:
    """Return an example of a kind's settings, with some of them changed."""
    return load_kind(kind).Settings(**{**SETTINGS[kind], **changes})


def extractor(kind: str, **changes: Any) -> Extractor:
    """Return what computes a kind with its example of settings, with some of them changed and random weights."""
    return build_extractor(kind, {**SETTINGS[kind], **changes}, "random", f"feature_sets.{kind}")


def signal(name: str, rate: int, seconds: float = 1.5, seed: int = 0) -> np.ndarray:
    """Return samples, shape (rate * seconds,), float32: noise, a chirp, tones between pauses, or silence."""
    n_samples = round(rate * seconds)
    time = np.arange(n_samples) / rate
    generator = np.random.default_rng(seed)
    if name == "noise":
        wave = generator.normal(0, 0.1, n_samples)
    elif name == "chirp":
        wave = 0.5 * chirp(time, 100, seconds, 0.4 * rate)
    elif name == "speech_like":
        envelope = np.clip(np.sin(2 * np.pi * 1.5 * time / seconds), 0, None)
        tones = sum(np.sin(2 * np.pi * 140 * k * time) / k for k in range(1, 20))
        wave = 0.1 * envelope * tones + generator.normal(0, 1e-3, n_samples)
    else:
        wave = np.zeros(n_samples)
    return wave.astype(np.float32)
