"""Compare the speed of feature extraction with the libraries it stands on, in one run.

    python -m benchmarks.features [--clips FOLDER] [--n-clips 32] [--repeats 7]

openSMILE functionals, from files to numbers, are held against the library's own way with threads. MFCC and
mel spectrograms are held against librosa on one thread. Ours and theirs take turns, so that whatever else
the machine does strikes both; the ratio is the median over pairs, and above 1 ours is faster. The results are
compared too, since a ratio between different computations would mean nothing: the functionals of recordings
that have to be resampled differ, because the library resamples by another filter. Without --clips, clips of
three seconds at 16 kHz are synthesised.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import librosa
import numpy as np
import opensmile
import soundfile
import torch
from threadpoolctl import threadpool_limits

from pipeline.core.audio import load_mono
from pipeline.core.parallel import parallel_map, worker_count
from pipeline.features import functionals, log_mel, mel_image, mfcc
from pipeline.features.compute import CLIPS_A_TASK, extract_file
from pipeline.features.waves import trim_silence

ClipFunction = Callable[[np.ndarray], np.ndarray]

MEL: dict[str, Any] = {"n_fft": 2048, "hop_length": 512, "n_mels": 128, "f_min": 0.0}
MFCC = mfcc.Settings(
    sample_rate=16000,
    f_max=8000.0,
    n_mfcc=40,
    deltas=0,
    mean_normalise=False,
    n_frames=None,
    trim_top_db=None,
    **MEL,
)
DELTAS = MFCC.model_copy(update={"deltas": 2})
IMAGE = mel_image.Settings(
    sample_rate=22050, f_max=11025.0, top_db=80.0, height=128, width=128, seconds=None, padding="zero",
    align="start", trim_top_db=None, **MEL,
)  # fmt: skip
LOG_MEL = log_mel.Settings(
    sample_rate=16000, n_fft=512, hop_length=160, n_mels=64, f_min=50.0, f_max=8000.0, trim_top_db=None
)
FUNCTIONALS = functionals.Settings(sample_rate=16000, feature_set="ComParE_2016")


class Pair(NamedTuple):
    """Two ways to one result."""

    name: str
    ours: Callable[[], np.ndarray]
    theirs: Callable[[], np.ndarray]
    n_clips: int


def librosa_mfcc(wave: np.ndarray, deltas: int) -> np.ndarray:
    """MFCC of a clip with deltas up to an order, shape (n_frames, 40 * (1 + deltas))."""
    matrix = librosa.feature.mfcc(y=wave, sr=16000, n_mfcc=40)
    orders = [librosa.feature.delta(matrix, order=order) for order in range(1, deltas + 1)]
    return np.concatenate([matrix, *orders]).T


def librosa_picture(wave: np.ndarray) -> np.ndarray:
    """Mel spectrogram of a clip in dB below its maximum, neither resized nor turned into bytes."""
    return librosa.power_to_db(librosa.feature.melspectrogram(y=wave, sr=22050), ref=np.max)


def librosa_log_mel(wave: np.ndarray) -> np.ndarray:
    """Log-mel spectrogram of a clip, shape (n_frames, 64)."""
    mel = librosa.feature.melspectrogram(
        y=wave, sr=16000, n_fft=512, hop_length=160, n_mels=64, fmin=50, fmax=8000, pad_mode="reflect"
    )
    return librosa.power_to_db(mel, top_db=None).T


def on_every(function: ClipFunction, waves: Sequence[np.ndarray]) -> np.ndarray:
    """Apply a function to every clip and string the results together."""
    return np.concatenate([function(wave).ravel() for wave in waves])


def one_thread_pairs(paths: Sequence[Path]) -> list[Pair]:
    """What runs on one thread, beside librosa."""
    waves = [load_mono(path, 16000) for path in paths]
    waves_22k = [load_mono(path, 22050) for path in paths]

    def pair(
        name: str, ours: Callable[..., Any], theirs: Callable[..., Any], clips: list[np.ndarray]
    ) -> Pair:
        return Pair(name, partial(on_every, ours, clips), partial(on_every, theirs, clips), len(clips))

    return [
        pair("mfcc", partial(mfcc.extract, settings=MFCC), partial(librosa_mfcc, deltas=0), waves),
        pair(
            "mfcc, 2 deltas", partial(mfcc.extract, settings=DELTAS), partial(librosa_mfcc, deltas=2), waves
        ),
        pair("log_mel", partial(log_mel.extract, settings=LOG_MEL), librosa_log_mel, waves),
        pair("mel_image", partial(mel_image.extract, settings=IMAGE), librosa_picture, waves_22k),
        pair(
            "silence trimming",
            partial(trim_silence, top_db=25.0),
            lambda wave: librosa.effects.trim(wave, top_db=25)[0],
            waves,
        ),
    ]


def functionals_pair(paths: Sequence[Path], n_threads: int) -> Pair:
    """openSMILE from files on a number of threads, by our way and by the library's."""
    smile = opensmile.Smile(
        opensmile.FeatureSet.ComParE_2016,
        sampling_rate=16000,
        resample=True,
        mixdown=True,
        num_workers=n_threads,
    )

    def ours() -> np.ndarray:
        extract = partial(extract_file, kind_name="functionals", settings=FUNCTIONALS)
        rows = parallel_map(
            extract,
            paths,
            description="ours",
            backend="threads",
            batch_size=CLIPS_A_TASK,
            workers=worker_count(),
        )
        return np.stack(list(rows)).ravel()

    def theirs() -> np.ndarray:
        return smile.process_files([str(path) for path in paths]).to_numpy().ravel()

    return Pair(f"functionals, library with {n_threads} threads", ours, theirs, len(paths))


def compare(pair: Pair, repeats: int) -> str:
    """Time both ways in turns and describe the outcome in a line."""
    first, second = pair.ours(), pair.theirs()  # also warms both up
    agreement = f"{np.abs(first - second).max():.1e}" if first.shape == second.shape else "other shape"
    times = np.array([[_seconds(pair.ours), _seconds(pair.theirs)] for _ in range(repeats)])
    ours, theirs = np.median(times, axis=0) / pair.n_clips * 1000
    ratio = np.median(times[:, 1] / times[:, 0])
    return f"{pair.name:<40} {ours:>9.2f} {theirs:>9.2f} {ratio:>7.2f}   {agreement}"


def _seconds(run: Callable[[], Any]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def synthesise(folder: Path, n_clips: int) -> None:
    """Write clips of three seconds: a gliding harmonic tone in noise, at 16 kHz, faded at both ends."""
    generator = np.random.default_rng(0)
    seconds = np.arange(48000) / 16000
    for i in range(n_clips):
        phase = 2 * np.pi * np.cumsum(generator.uniform(90, 250) * (1 + 0.2 * np.sin(3 * seconds))) / 16000
        tone = sum(np.sin(k * phase) / k for k in range(1, 16)) * np.sin(np.pi * seconds / 3) ** 2
        soundfile.write(folder / f"{i:03d}.wav", 0.1 * tone + generator.normal(0, 0.002, tone.size), 16000)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=Path, help="folder of WAV files; synthetic ones by default")
    parser.add_argument("--n-clips", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.clips or Path(temporary)
        if not arguments.clips:
            synthesise(folder, arguments.n_clips)
        paths = sorted(folder.rglob("*.wav"))[: arguments.n_clips]
        torch.set_num_threads(1)
        print(f"{len(paths)} clips, medians of {arguments.repeats} pairs; times in ms a clip")
        print(f"{'':<40} {'ours':>9} {'theirs':>9} {'ratio':>7}   largest difference")
        with threadpool_limits(1):
            for pair in one_thread_pairs(paths):
                print(compare(pair, arguments.repeats), flush=True)
        for n_threads in (worker_count(), 2 * worker_count()):
            print(compare(functionals_pair(paths, n_threads), arguments.repeats), flush=True)


if __name__ == "__main__":
    main()
