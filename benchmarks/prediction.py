"""Measure how fast trained systems answer for a long recording, beside the way that the studies answer, in one run.

    python -m benchmarks.prediction [SYSTEM ...] [--minutes 10] [--every 10] [--repeats 3]

It runs where the systems are trained: after `make tour`, or `make repro`. The recording is synthesised: tones that
glide, 48 kHz, 16 bits, one channel.

ours: the whole request, from the file to the answer, and its parts by themselves: decoding the file at the system's
    rate, the features of all windows of five seconds, the network on these features. What the request takes beyond
    its parts is cutting, levels and the answer.
theirs: for each window `librosa.load` of the whole file, the window's features by librosa or openSMILE, one call of
    the model. Since every window costs the same, every tenth is done, and the sum is multiplied.

The ways take turns, and figures are medians. Both ways have to answer alike, which is checked: a ratio between
different computations would mean nothing.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import librosa
import numpy as np
import opensmile
import soundfile

from pipeline.audio.reading import load_mono
from pipeline.core.parallel import batched
from pipeline.inference.clips import Prepared
from pipeline.inference.predictor import CLIPS, Predictor, load

SYSTEMS = (
    "ravdess_cnn4",
    "speech_bilstm_attention",
    "annamalai_svm",
    "utbm_cnn_blstm_attention",
    "annamalai_wav2vec2",
)
RATE, WINDOW = 48_000, 5.0  # Hz, seconds
ALIKE = 0.02  # a probability may differ by as much: librosa's pictures, say, are not rounded as ours are

Settings = dict[str, Any]


@dataclass(frozen=True)
class Seconds:
    """What one pass over the recording took: the whole, and its parts."""

    whole: float
    decoding: float
    features: float
    model: float

    @property
    def parts(self) -> float:
        return self.decoding + self.features + self.model


def librosa_wave(wave: np.ndarray, settings: Settings) -> np.ndarray:
    """Divide a window by its peak and cut off silence, where the feature set says so."""
    if settings["peak_normalise"]:
        wave = librosa.util.normalize(wave)
    if settings["trim_top_db"] is not None:
        wave = librosa.effects.trim(wave, top_db=settings["trim_top_db"])[0]
    return wave


def librosa_mel(wave: np.ndarray, settings: Settings) -> np.ndarray:
    """Mel spectrogram of a window, power."""
    return librosa.feature.melspectrogram(
        y=wave,
        sr=settings["sample_rate"],
        n_fft=settings["n_fft"],
        hop_length=settings["hop_length"],
        n_mels=settings["n_mels"],
        fmin=settings["f_min"],
        fmax=settings["f_max"],
    )


def librosa_picture(wave: np.ndarray, settings: Settings) -> np.ndarray:
    """Mel picture of a window."""
    import torch  # not before a system is loaded, which tells its threads how to wait
    from torch.nn.functional import interpolate

    wave = librosa_wave(wave, settings)
    if settings["seconds"] is not None:
        size = round(settings["seconds"] * settings["sample_rate"])
        start = max(0, len(wave) - size) // 2 if settings["align"] == "center" else 0
        wave = librosa.util.fix_length(wave[start:], size=size)
    decibels = librosa.power_to_db(librosa_mel(wave, settings), ref=np.max, top_db=settings["top_db"])
    picture = torch.from_numpy((decibels[::-1] / settings["top_db"] + 1) * 255)[None, None].float()
    size = (settings["height"], settings["width"])
    drawn = interpolate(picture, size, mode="bilinear", antialias=True)[0, 0]
    return drawn.round().clamp(0, 255).numpy().astype(np.uint8)


def librosa_mfcc(wave: np.ndarray, settings: Settings) -> np.ndarray:
    """MFCC of a window with their deltas."""
    decibels = librosa.power_to_db(librosa_mel(librosa_wave(wave, settings), settings))
    matrix = librosa.feature.mfcc(S=decibels, n_mfcc=settings["n_mfcc"])
    orders = [librosa.feature.delta(matrix, order=order) for order in range(1, settings["deltas"] + 1)]
    return librosa.util.fix_length(np.concatenate([matrix, *orders]).T, size=settings["n_frames"], axis=0)


@cache
def smile(feature_set: str) -> opensmile.Smile:
    return opensmile.Smile(opensmile.FeatureSet[feature_set], opensmile.FeatureLevel.Functionals)


def opensmile_functionals(wave: np.ndarray, settings: Settings) -> np.ndarray:
    """Functionals of a window."""
    table = smile(settings["feature_set"]).process_signal(wave, settings["sample_rate"])
    return table.to_numpy(np.float32)[0]


def samples(wave: np.ndarray, settings: Settings) -> np.ndarray:
    """Samples of a window."""
    size = round(settings["max_seconds"] * settings["sample_rate"])
    return (librosa.util.fix_length(wave, size=size) * 32768).round().clip(-32768, 32767).astype(np.int16)


THEIRS: dict[str, Callable[[np.ndarray, Settings], np.ndarray]] = {
    "mel_image": librosa_picture,
    "mfcc": librosa_mfcc,
    "functionals": opensmile_functionals,
    "waveform": samples,
}


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def our_way(predictor: Predictor, path: Path, rate: int) -> tuple[Seconds, np.ndarray]:
    """Answer for the recording, and do each part by itself; return the times and what is said of each window."""
    whole, answer = timed(lambda: predictor.answer(path, WINDOW))
    decoding, wave = timed(lambda: load_mono(path, rate))
    size = round(WINDOW * rate)
    windows = [(wave[start : start + size], rate) for start in range(0, len(wave), size)]
    features, prepared = timed(lambda: [predictor.prepare(batch) for batch in batched(windows, CLIPS)])
    model, _ = timed(lambda: [predictor.predict_prepared(batch) for batch in prepared])
    says = np.array([list(window.scores.values()) for window in answer.windows if window.scores])
    return Seconds(whole, decoding, features, model), says


def their_way(predictor: Predictor, path: Path, windows: Sequence[int]) -> tuple[Seconds, np.ndarray]:
    """Answer for some windows of the recording, one after another; return the times of these and what is said."""
    (feature_set,) = predictor.trained.feature_sets.values()
    settings, compute = feature_set.settings, THEIRS[feature_set.kind]
    rate = settings["sample_rate"]
    times = np.zeros(3)
    says = []
    for number in windows:
        decoding, (wave, _) = timed(lambda: librosa.load(path, sr=rate))
        cut = wave[round(number * WINDOW * rate) : round((number + 1) * WINDOW * rate)]
        features, array = timed(lambda cut=cut: compute(cut, settings))
        clip = Prepared(1, {feature_set.name: [array]}, None, [])
        model, said = timed(lambda clip=clip: predictor.predict_prepared(clip))
        times += decoding, features, model
        says.append(said[0])
    return Seconds(times.sum(), *times), np.array(says)


def compare(system: str, path: Path, seconds: float, every: int, repeats: int) -> None:
    """Print the line of one system."""
    predictor = load(system)
    (feature_set,) = predictor.trained.feature_sets.values()
    n_windows = round(seconds / WINDOW)
    some = range(0, n_windows, every)
    our_way(predictor, path, feature_set.settings["sample_rate"])  # what is loaded and built once
    ours, theirs = [], []
    for _ in range(repeats):
        own, own_says = our_way(predictor, path, feature_set.settings["sample_rate"])
        other, other_says = their_way(predictor, path, some)
        ours.append(own)
        theirs.append(other)
        if (difference := np.abs(own_says[list(some)] - other_says).max()) > ALIKE:
            raise SystemExit(f"{system}: the two ways differ by {difference:.3f}: nothing to compare")
    scale = n_windows / len(some)
    whole = median(one.whole for one in ours)
    their_whole = scale * median(one.whole for one in theirs)
    computing = median(
        scale * (b.features + b.model) / (a.features + a.model) for a, b in zip(ours, theirs, strict=True)
    )
    parts = [median(getattr(one, name) for one in ours) for name in ("decoding", "features", "model")]
    print(
        f"{system:<26}{seconds / whole:>7.0f}{seconds / their_whole:>9.1f}{their_whole / whole:>8.0f}"
        f"{computing:>10.1f}{median(one.whole / one.parts for one in ours):>8.2f}"
        f"   {whole:.2f} = {parts[0]:.2f} + {parts[1]:.2f} + {parts[2]:.2f} + {whole - sum(parts):.2f}",
        flush=True,
    )


def synthesise(path: Path, seconds: float) -> None:
    """Write a recording: a harmonic tone whose pitch and strength glide, in noise."""
    generator = np.random.default_rng(0)
    with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16") as file:
        time_ = np.arange(round(WINDOW * RATE)) / RATE
        for _ in range(round(seconds / WINDOW)):
            pitch = generator.uniform(90, 250) * (1 + 0.2 * np.sin(3 * time_))
            phase = 2 * np.pi * np.cumsum(pitch) / RATE
            tone = sum(np.sin(k * phase) / k for k in range(1, 16)) * (0.6 + 0.4 * np.sin(2 * time_))
            file.write(0.1 * tone + generator.normal(0, 0.002, tone.size))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("systems", nargs="*", help="trained systems; five families if none is given")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--every", type=int, default=10, help="which windows are answered the other way")
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    print(
        f"{'':<26}{'audio a second':>16}{'times as fast':>18}{'whole /':>8}\n"
        f"{'':<26}{'ours':>7}{'theirs':>9}{'whole':>8}{'computing':>10}{'parts':>8}"
        "   whole = decoding + features + model + rest, seconds"
    )
    with tempfile.TemporaryDirectory(prefix="ser") as folder:
        path = Path(folder) / "recording.wav"
        synthesise(path, 60 * given.minutes)
        for system in given.systems or SYSTEMS:
            compare(system, path, 60 * given.minutes, given.every, given.repeats)


if __name__ == "__main__":
    main()
