"""Measure the curation: how fast files are indexed and copies are found, and how well copies are told apart.

    python -m benchmarks.curation [index] [search] [scale] [fingerprint] [--clips FOLDER] [--rows N ...]
        [--sample N] [--cut N ...]

index: files and MB a second, held against decoding the same files and nothing else, in one run.
search: seconds to find 1 % planted copies among N fingerprints, N growing: the ratio says how it scales. The
    fingerprints are those of the clips, as often as needed, each time with other bits flipped throughout,
    which keeps what clips of one set have in common.
scale: seconds and peak memory of the stages deduplicate, filter and split on N utterances with such fingerprints,
    in several corpora, 1 % of them copies of others.
fingerprint: bit error rates between clips and copies of them (resampled, turned down, re-encoded, trimmed),
    and between every clip and its nearest other clip of the same folder, over all alignments. Folders should
    hold what is most alike, such as one speaker. Shows which copies a search through all of them finds, and
    with --cut how alike different clips are of which only so many frames are compared.

Without --clips, a demo corpus is synthesised.
"""

import argparse
import io
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import soundfile
from scipy.fft import irfft, rfft

from benchmarks.curation_scale import bench_scale, copy_of, flipped
from pipeline.audio.containers import SUFFIXES
from pipeline.audio.reading import read_sound
from pipeline.audio.wave import resample
from pipeline.core.parallel import parallel_map
from pipeline.core.tree import list_files
from pipeline.curation.fingerprint import BITS, PAUSE, fingerprint
from pipeline.curation.inspection import inspect
from pipeline.curation.near import COVERAGE, MIN_RATIO, near_pairs

MAX_FRAMES = 512  # compared over all alignments, by FFT
Clip = tuple[np.ndarray, int]


def readable(folder: Path) -> list[Path]:
    """Return the audio files of a folder that can be decoded."""
    paths = [folder / path for path in list_files(folder) if Path(path).suffix.lower() in SUFFIXES]
    seen = parallel_map(inspect, paths, description="inspect", batch_size=16)
    return [path for path, inspection in zip(paths, seen, strict=True) if inspection.reason is None]


def timed(function: Callable, paths: list[Path]) -> float:
    """Return the seconds that a function takes on files, several at a time."""
    start = time.perf_counter()
    for _ in parallel_map(function, paths, description=function.__name__, batch_size=16):
        pass
    return time.perf_counter() - start


def bench_index(paths: list[Path]) -> None:
    """Print the speed of inspection, and of decoding alone."""
    decode, index = timed(read_sound, paths), timed(inspect, paths)
    n_bytes = sum(path.stat().st_size for path in paths)
    print(
        f"index: {len(paths)} files, {n_bytes / 1e6:.0f} MB in {index:.1f} s: {len(paths) / index:.0f} "
        f"files/s, {n_bytes / 1e6 / index:.0f} MB/s, {index / decode:.1f} times as long as decoding alone"
    )


def many_fingerprints(base: list[np.ndarray], n: int) -> tuple[list[np.ndarray], set[tuple[int, int]]]:
    """Return n fingerprints, and after them copies of 1 % of them: trimmed, 10 % of their bits wrong."""
    rng = np.random.default_rng(0)
    masks = rng.integers(1, 1 << 32, size=n // len(base) + 1, dtype=np.uint32)
    clips = [flipped(base[i % len(base)], masks[i // len(base)]) for i in range(n)]
    copies: list[np.ndarray] = []
    pairs: set[tuple[int, int]] = set()
    for i in rng.choice(n, n // 100, replace=False).tolist():
        pairs.add((i, n + len(copies)))
        copies.append(copy_of(clips[i], rng))
    return clips + copies, pairs


def speech_fingerprints(paths: list[Path]) -> list[np.ndarray]:
    """Return the fingerprints of the files that have half a second of speech."""
    made = parallel_map(fingerprint_file, paths, description="fingerprints")
    return [values for values in made if np.count_nonzero(values) > 32]


def bench_search(paths: list[Path], sizes: list[int]) -> None:
    """Print how long the search for copies takes."""
    base = speech_fingerprints(paths)
    first = 0.0
    for n in sizes:
        clips, planted = many_fingerprints(base, n)
        start = time.perf_counter()
        found = {tuple(pair) for pair in near_pairs(clips)[0].tolist()}
        seconds = time.perf_counter() - start
        first = first or seconds
        print(
            f"search: {n} clips, {sum(map(len, clips)) / 1e6:.1f} M frames: {seconds:.1f} s "
            f"({seconds / first:.1f} times {sizes[0]} clips), {len(planted & found)} of {len(planted)} copies"
        )


def load(path: Path) -> Clip:
    sound = read_sound(path)
    return sound.mono, sound.rate


def fingerprint_file(path: Path) -> np.ndarray:
    return fingerprint(*load(path))


def coded(
    clip: Clip, container: str = "WAV", subtype: str = "PCM_16", rate: int | None = None, **how
) -> Clip:
    """Write and read a clip, at another rate if one is given."""
    wave, own_rate = clip
    wave = np.clip(resample(wave, own_rate, rate or own_rate), -1, 1 - 2**-15)
    file = io.BytesIO()
    soundfile.write(file, wave, rate or own_rate, format=container, subtype=subtype, **how)
    file.seek(0)
    return soundfile.read(file, dtype="float32")


def louder(clip: Clip, decibels: float) -> Clip:
    return clip[0] * np.float32(10 ** (decibels / 20)), clip[1]


def trimmed(clip: Clip, rng: np.random.Generator) -> Clip:
    """Cut 50 to 300 ms off either end."""
    wave, rate = clip
    begin, end = (rng.uniform(0.05, 0.3, size=2) * rate).astype(int)
    return wave[begin : len(wave) - end], rate


def copies(clip: Clip, rng: np.random.Generator) -> Iterator[tuple[str, Clip]]:
    """Yield what may happen to a clip on its way into another corpus."""
    for rate in (8000, 16000, 22050, 44100):
        yield f"resampled to {rate} Hz", coded(clip, rate=rate)
    for gain in (-20, -6, 6):
        yield f"{gain:+d} dB", coded(louder(clip, gain))
    yield "u-law, 8 kHz", coded(clip, subtype="ULAW", rate=8000)
    yield "MP3, 16 kHz", coded(clip, "MP3", "MPEG_LAYER_III", 16000)
    yield "MP3, lowest quality", coded(clip, "MP3", "MPEG_LAYER_III", 16000, compression_level=0.99)
    yield "Opus, 16 kHz", coded(clip, "OGG", "OPUS", 16000)
    yield "Opus, lowest quality", coded(clip, "OGG", "OPUS", 16000, compression_level=0.99)
    yield "Vorbis, low quality", coded(clip, "OGG", "VORBIS", 16000, compression_level=0.9)
    yield "trimmed", coded(trimmed(clip, rng))
    yield "trimmed, -5 dB, MP3", coded(louder(trimmed(clip, rng), -5), "MP3", "MPEG_LAYER_III", 16000)
    yield "trimmed, u-law, 8 kHz", coded(trimmed(clip, rng), subtype="ULAW", rate=8000)
    noise = rng.normal(0, np.sqrt(np.mean(clip[0] ** 2)) * 10 ** (-30 / 20), len(clip[0]))
    yield "white noise at 30 dB SNR", coded((clip[0] + noise.astype(np.float32), clip[1]))


def copies_of_file(path: Path) -> list[tuple[str, np.ndarray]]:
    rng = np.random.default_rng(len(path.name))
    return [(kind, fingerprint(*copy)) for kind, copy in copies(load(path), rng)]


def spectra(clips: list[np.ndarray]) -> np.ndarray:
    """Transform bits (+1, -1, 0 in a pause) and speech (1, 0) over time, (frequencies, clips, BITS + 1)."""
    signals = np.zeros((len(clips), BITS + 1, 2 * MAX_FRAMES), np.float32)
    for signal, values in zip(signals, clips, strict=True):
        values = values[:MAX_FRAMES]
        bits = np.unpackbits(values.astype("<u4").view(np.uint8).reshape(-1, 4), axis=1, bitorder="little")
        signal[:BITS, : len(values)] = ((2.0 * bits - 1) * (values != PAUSE)[:, None]).T
        signal[BITS, : len(values)] = values != PAUSE
    return np.ascontiguousarray(rfft(signals, axis=-1).transpose(2, 0, 1))


def lowest_errors(
    ones: np.ndarray, others: np.ndarray, n_ones: np.ndarray, n_others: np.ndarray
) -> np.ndarray:
    """Return the lowest BER over all alignments of every clip with every other, shape (ones, others)."""
    agreement = ones[..., :BITS].conj() @ others[..., :BITS].transpose(0, 2, 1)
    overlap = ones[..., BITS:].conj() @ others[..., BITS:].transpose(0, 2, 1)
    agreement, overlap = irfft(agreement, axis=0), irfft(overlap, axis=0)
    shorter, longer = np.minimum(n_ones[:, None], n_others), np.maximum(n_ones[:, None], n_others)
    errors = 0.5 - agreement / np.maximum(overlap, 1) / (2 * BITS)
    errors[overlap < COVERAGE * shorter - 0.5] = 1
    return np.where(shorter >= MIN_RATIO * longer, errors.min(axis=0), 1)


def nearest_others(clips: list[np.ndarray], block: int = 16) -> np.ndarray:
    """Return each clip's BER to the nearest other clip, shape (clips,)."""
    transformed, n_speech = spectra(clips), np.array([np.count_nonzero(values) for values in clips])
    nearest = []
    for start in range(0, len(clips), block):
        rows = slice(start, start + block)
        errors = lowest_errors(transformed[:, rows], transformed, n_speech[rows], n_speech)
        errors[np.arange(len(errors)), np.arange(start, start + len(errors))] = 1
        nearest.append(errors.min(axis=1))
    return np.concatenate(nearest)


def cut(values: np.ndarray, n_frames: int, rng: np.random.Generator) -> np.ndarray:
    """Take a run of so many frames with speech from a fingerprint that has more."""
    speech = np.flatnonzero(values)
    if len(speech) <= n_frames:
        return values
    start = rng.integers(len(speech) - n_frames)
    return values[speech[start] : speech[start + n_frames]]


def print_nearest(what: str, folders: list[list[np.ndarray]]) -> None:
    nearest = np.concatenate([nearest_others(group) for group in folders])
    lowest = ", ".join(f"{error:.3f}" for error in np.sort(nearest)[:8])
    print(
        f"{what}, nearest other clip of {len(nearest)}: lowest BER {lowest}; median {np.median(nearest):.3f}"
    )


def bench_fingerprint(paths: list[Path], n_sample: int, cuts: list[int]) -> None:
    """Print bit error rates of different clips and of copies, and which copies are found."""
    clips = list(parallel_map(fingerprint_file, paths, description="fingerprints"))
    folders: dict[Path, list[np.ndarray]] = {}
    for path, values in zip(paths, clips, strict=True):
        folders.setdefault(path.parent, []).append(values)
    print_nearest("whole clips", list(folders.values()))
    rng = np.random.default_rng(0)
    for n in cuts:
        print_nearest(
            f"{n} frames", [[cut(values, n, rng) for values in group] for group in folders.values()]
        )
    sample = np.sort(
        np.random.default_rng(0).choice(len(paths), min(n_sample, len(paths)), replace=False)
    ).tolist()
    made = parallel_map(copies_of_file, [paths[i] for i in sample], description="copies", batch_size=1)
    origins = [(i, kind, values) for i, copied in zip(sample, made, strict=True) for kind, values in copied]
    pairs, errors = near_pairs([*clips, *(values for _, _, values in origins)])
    found = dict(zip(map(tuple, pairs.tolist()), errors.tolist(), strict=True))
    for kind in dict.fromkeys(kind for _, kind, _ in origins):
        wanted = [(i, len(clips) + j) for j, (i, other, _) in enumerate(origins) if other == kind]
        hits = [found[pair] for pair in wanted if pair in found]
        worst = f"median BER {np.median(hits):.3f}, highest {max(hits):.3f}" if hits else ""
        print(f"{kind:26} {len(hits):4} of {len(wanted)} found, {worst}")
    n_wrong = sum(
        1 for i, j in found if i < len(clips) and (j < len(clips) or origins[j - len(clips)][0] != i)
    )
    print(f"pairs of different clips taken for copies: {n_wrong}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "what", nargs="*", help="index, search, scale, fingerprint; the first two if none is given"
    )
    parser.add_argument("--clips", type=Path, help="a folder of audio files")
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 40_000])
    parser.add_argument("--sample", type=int, default=80, help="clips of which copies are made")
    parser.add_argument("--cut", type=int, nargs="+", default=[], help="frames of speech to compare")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.clips or Path(scratch)
        if not args.clips:
            from pipeline.demo.synthesise import synthesise

            synthesise("demo_ravdess", folder, seed=1, n_workers=1)
        paths = readable(folder)
        jobs: dict[str, Callable[[], None]] = {
            "index": partial(bench_index, paths),
            "search": partial(bench_search, paths, args.rows),
            "scale": lambda: bench_scale(speech_fingerprints(paths), args.rows),
            "fingerprint": partial(bench_fingerprint, paths, args.sample, args.cut),
        }
        for what in args.what or ["index", "search"]:
            jobs[what]()


if __name__ == "__main__":
    main()
