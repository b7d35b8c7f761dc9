"""Measure feature extraction: its speed beside the libraries it stands on, and the room that pictures take.

    python -m benchmarks.features [speed] [storage] [--clips FOLDER] [--n-clips 32] [--repeats 7]

speed: openSMILE functionals, from files to numbers, are held against the library's own way with threads. MFCC
    and mel spectrograms are held against librosa on one thread. Ours and theirs take turns, so that whatever
    else the machine does strikes both; the ratio is the median over pairs, and above 1 ours is faster. The
    results are compared too, since a ratio between different computations would mean nothing: the functionals
    of recordings that have to be resampled differ, because the library resamples by another filter. Without
    --clips, clips of three seconds at 16 kHz are synthesised.
storage: mel pictures of several sizes, drawn on one thread and written as the shards of the stage `features`
    are. Without --clips, carrier phrases of the demo corpus are synthesised.
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

from benchmarks.curation import readable
from pipeline.audio.reading import load_mono
from pipeline.core.parallel import parallel_map, worker_count
from pipeline.demo.synthesise import synthesise as synthesise_demo
from pipeline.features import functionals, log_mel, mel_image, mfcc
from pipeline.features.compute import CLIPS_A_TASK, extract_file
from pipeline.features.extractor import Extractor
from pipeline.features.shards import shard_schema, write_shard
from pipeline.features.waves import trim_silence

ClipFunction = Callable[[np.ndarray], np.ndarray]

CLIP: dict[str, Any] = {"peak_normalise": False, "trim_top_db": None}
MEL: dict[str, Any] = {**CLIP, "n_fft": 2048, "hop_length": 512, "n_mels": 128, "f_min": 0.0}
MFCC = mfcc.Settings(
    sample_rate=16000,
    f_max=8000.0,
    n_mfcc=40,
    deltas=0,
    mean_normalise=False,
    n_frames=None,
    **MEL,
)
DELTAS = MFCC.model_copy(update={"deltas": 2})
IMAGE = mel_image.Settings(
    sample_rate=22050, f_max=11025.0, top_db=80.0, height=128, width=128, draw_height=None,
    draw_width=None, seconds=None, padding="zero", align="start", **MEL,
)  # fmt: skip
LOG_MEL = log_mel.Settings(
    sample_rate=16000, n_fft=512, hop_length=160, n_mels=64, f_min=50.0, f_max=8000.0, **CLIP
)
FUNCTIONALS = functionals.Settings(sample_rate=16000, feature_set="ComParE_2016", **CLIP)

ANNAMALAI = {
    "n_mels": 224,
    "hop_length": 393,
    "seconds": 4.0,
    "padding": "repeat",
    "height": 224,
    "width": 224,
}
DRAWN = {"draw_height": 1080, "draw_width": 1920}
PICTURES: dict[str, dict[str, Any]] = {  # what each changes of `IMAGE`
    "128 x 128, whole clip": {},
    "224 x 224, zeros": {**ANNAMALAI, "padding": "zero"},
    "224 x 224, repeated": ANNAMALAI,
    "224 x 224, silence removed": {**ANNAMALAI, "padding": "zero", "trim_top_db": 20.0},
    "1920 x 1080 stored as 224 x 224, zeros": {**ANNAMALAI, **DRAWN, "padding": "zero"},
    "1920 x 1080 stored as 224 x 224, repeated": {**ANNAMALAI, **DRAWN},
    "456 x 456, repeated": {**ANNAMALAI, "n_mels": 456, "hop_length": 193, "height": 456, "width": 456},
    "1920 x 1080 stored as it is, repeated": {**ANNAMALAI, "height": 1080, "width": 1920},
}


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
        extract = partial(extract_file, extractor=Extractor("functionals", FUNCTIONALS))
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


def store_pictures(waves: Sequence[np.ndarray], settings: mel_image.Settings, path: Path) -> str:
    """Draw pictures, write them as a shard, and describe the room and time that they took in a line."""
    mel_image.extract(waves[0], settings=settings)  # builds the filter bank
    start = time.perf_counter()
    pictures = [mel_image.extract(wave, settings=settings) for wave in waves]
    milliseconds = (time.perf_counter() - start) / len(waves) * 1000
    rows = [(f"demo_tess/{i:04d}", f"{i:016x}-{i:032x}", picture) for i, picture in enumerate(pictures)]
    write_shard(path, rows, shard_schema(mel_image.DTYPE, None))
    raw, stored = pictures[0].nbytes, path.stat().st_size / len(waves)
    return f"{raw:>9,} {stored:>9,.0f} {stored / raw:>7.0%} {milliseconds:>9.2f}"


def bench_speed(clips: Path | None, n_clips: int, repeats: int) -> None:
    """Print our times beside the libraries'."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = clips or Path(temporary)
        if not clips:
            synthesise(folder, n_clips)
        paths = sorted(folder.rglob("*.wav"))[:n_clips]
        print(f"{len(paths)} clips, medians of {repeats} pairs; times in ms a clip")
        print(f"{'':<40} {'ours':>9} {'theirs':>9} {'ratio':>7}   largest difference")
        with threadpool_limits(1):
            for pair in one_thread_pairs(paths):
                print(compare(pair, repeats), flush=True)
        for n_threads in (worker_count(), 2 * worker_count()):
            print(compare(functionals_pair(paths, n_threads), repeats), flush=True)


def bench_storage(clips: Path | None, n_clips: int) -> None:
    """Print the bytes and milliseconds that pictures take."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = clips or Path(temporary) / "demo_tess"
        if not clips:
            synthesise_demo("demo_tess", folder, seed=1, n_workers=worker_count())
        waves = [load_mono(path, 22050) for path in sorted(readable(folder))[:n_clips]]
        seconds = sum(map(len, waves)) / len(waves) / 22050
        print(f"{len(waves)} clips of {seconds:.1f} s on average; bytes and ms a clip")
        print(f"{'':<45} {'pixels':>9} {'stored':>9} {'share':>7} {'ms':>9}")
        with threadpool_limits(1):
            for name, changes in PICTURES.items():
                settings = mel_image.Settings.model_validate({**IMAGE.model_dump(), **changes})
                line = store_pictures(waves, settings, Path(temporary) / "shard.parquet")
                print(f"{name:<45} {line}", flush=True)


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
    parser.add_argument("what", nargs="*", help="speed, storage; both if none is given")
    parser.add_argument("--clips", type=Path, help="folder of WAV files; synthetic ones by default")
    parser.add_argument("--n-clips", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=7)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    what = arguments.what or ["speed", "storage"]
    if "speed" in what:
        bench_speed(arguments.clips, arguments.n_clips, arguments.repeats)
    if "storage" in what:
        bench_storage(arguments.clips, arguments.n_clips)


if __name__ == "__main__":
    main()
