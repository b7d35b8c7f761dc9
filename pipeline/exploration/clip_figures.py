"""Figures of single clips: one of each class and corpus as waveform and as spectrogram, and what is done to one.

The spectrograms are computed here, by numpy on bands of equal width in mel: to import torch takes longer than all
figures do. What networks see comes of `pipeline.features.mel_image`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy.fft import dct

from pipeline.audio.reading import load_mono
from pipeline.audio.wave import resample
from pipeline.config.plans import PictureSettings
from pipeline.corpora.corpus_audio import corpus_audio
from pipeline.exploration.canvas import DROPPED, KEPT, TEXT, png, shorten
from pipeline.features.waves import fit_length, peak_normalise, trim_silence

PANEL = 0.85  # inches that a clip is high
N_BANDS, N_CEPSTRA = 64, 20
RANGE, STEP = 60.0, 3.0  # dB below the maximum that are drawn; in steps, which halve the bytes of a figure
COLUMNS = ["utterance_id", "corpus", "label", "path", "rate", "audio_hash"]


@dataclass(frozen=True)
class Example:
    """A clip that is drawn: its class, corpus, samples, and their rate."""

    label: str
    corpus: str
    wave: np.ndarray
    rate: int


def read_examples(kept: pd.DataFrame, index: pd.DataFrame) -> list[Example]:
    """Read the first clip of each class and corpus, as it was recorded.

    Args:
        kept: What curation kept of a study: utterance_id and label, the study's class.
        index: The indexes of its corpora, with path, rate and audio_hash.

    Raises:
        PipelineError: The audio is not at hand, or is not what was indexed.
    """
    rows = kept[["utterance_id", "label"]].merge(index.drop(columns="label"), on="utterance_id")
    rows = rows.sort_values("utterance_id").drop_duplicates(["label", "corpus"])
    rows = rows.sort_values(["corpus", "label"])
    roots = {corpus: corpus_audio(corpus) for corpus in rows["corpus"].unique()}
    return [
        Example(label, corpus, load_mono(roots[corpus] / path, int(rate), content), int(rate))
        for _, corpus, label, path, rate, content in rows[COLUMNS].itertuples(index=False)
    ]


def save_waveforms(path: Path, study: str, examples: list[Example]) -> None:
    """Draw the samples of each clip, all at one scale of time and level."""
    seconds = max(len(one.wave) / one.rate for one in examples)
    highest = max(float(np.abs(one.wave).max()) for one in examples)

    def draw(axes: Axes, one: Example) -> None:
        _waveform(axes, one.wave, one.rate)
        axes.set_xlim(0, seconds)
        axes.set_ylim(-highest, highest)

    _save_grid(path, f"{study}: a clip of each class, {seconds:.1f} s", examples, draw)


def save_spectrograms(path: Path, study: str, examples: list[Example]) -> None:
    """Draw the mel spectrogram of each clip, dark at 60 dB below its maximum."""

    def draw(axes: Axes, one: Example) -> None:
        _picture(axes, mel_picture(one.wave, one.rate))

    _save_grid(path, f"{study}: mel spectrograms of a clip of each class", examples, draw)


def save_cepstrum(path: Path, study: str, one: Example) -> None:
    """Draw a clip's spectrogram, and its cosine transform over the bands: the MFCC."""
    picture = mel_picture(one.wave, one.rate)
    cepstra = dct(picture, axis=0, norm="ortho")[1:N_CEPSTRA]
    with png(path, 2.4, f"{study}: a clip of {one.corpus}, {one.label}") as figure:
        left, right = figure.subplots(1, 2)
        for axes, values, title in ((left, picture, "mel spectrogram"), (right, cepstra, "MFCC 1 to 19")):
            _picture(axes, values)
            _bare(axes)
            axes.set_title(title, fontsize=10, loc="left")


def save_standardised(path: Path, study: str, one: Example, settings: PictureSettings) -> None:
    """Draw a clip before and after each step that the study's pictures begin with."""
    steps = {f"as recorded, {one.rate:,} Hz": (one.wave, one.rate)}
    wave = resample(one.wave, one.rate, settings.sample_rate)
    steps[f"at {settings.sample_rate:,} Hz"] = (wave, settings.sample_rate)
    if settings.peak_normalise:
        wave = peak_normalise(wave)
        steps["divided by its peak"] = (wave, settings.sample_rate)
    if settings.trim_top_db is not None:
        wave = trim_silence(wave, settings.trim_top_db)
        steps[f"silence {settings.trim_top_db:g} dB below the loudest cut off"] = (wave, settings.sample_rate)
    if settings.seconds is not None:
        n_samples = round(settings.seconds * settings.sample_rate)
        wave = fit_length(wave, n_samples, padding=settings.padding, align=settings.align)
        steps[f"brought to {settings.seconds:g} s"] = (wave, settings.sample_rate)
    seconds = max(len(samples) / rate for samples, rate in steps.values())
    with png(path, 0.5 + PANEL * len(steps), f"{study}: a clip of {one.corpus}, {one.label}") as figure:
        panels = figure.subplots(len(steps), 1, squeeze=False)[:, 0]
        for axes, (name, (samples, rate)) in zip(panels, steps.items(), strict=True):
            _waveform(axes, samples, rate)
            _bare(axes)
            axes.set_xlim(0, seconds)
            axes.set_ylim(-1.05, 1.05)
            axes.set_title(f"{name}: {len(samples) / rate:.2f} s", fontsize=9, loc="left")


def mel_picture(wave: np.ndarray, rate: int) -> np.ndarray:
    """Return a clip's power by band and moment, shape (bands, frames): 0 dB at its maximum, -60 at the least."""
    size, hop = 2 ** round(np.log2(0.064 * rate)), round(0.016 * rate)
    padded = np.pad(wave.astype(np.float64), (0, max(0, size - len(wave))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop] * np.hanning(size)
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2  # (frames, bins)
    edges = 700 * (10 ** (np.linspace(0, _mel(rate / 2), N_BANDS + 1) / 2595) - 1)
    bins = np.fft.rfftfreq(size, 1 / rate)
    totals = np.concatenate([np.zeros((len(power), 1)), power.cumsum(axis=1)], axis=1)
    at = np.interp(edges, np.append(bins, rate / 2 + bins[1]), np.arange(len(bins) + 1.0))
    below = np.stack([np.interp(at, np.arange(totals.shape[1]), row) for row in totals])
    bands = np.diff(below, axis=1).T / np.diff(at)[:, None]  # (bands, frames)
    return np.clip(10 * np.log10(np.maximum(bands, 1e-20) / max(bands.max(), 1e-20)), -RANGE, 0)


def _mel(frequency: float) -> float:
    return 2595 * float(np.log10(1 + frequency / 700))


def _save_grid(
    path: Path, title: str, examples: list[Example], draw: Callable[[Axes, Example], None]
) -> None:
    """Draw a row a corpus and a column a class; what a corpus does not have stays empty."""
    corpora, labels = (sorted({getattr(one, name) for one in examples}) for name in ("corpus", "label"))
    by_place: Mapping[tuple[str, str], Example] = {(one.corpus, one.label): one for one in examples}
    with png(path, 0.7 + PANEL * len(corpora), title) as figure:
        grid = figure.subplots(len(corpora), len(labels), squeeze=False)
        for row, corpus in enumerate(corpora):
            for column, label in enumerate(labels):
                axes = grid[row, column]
                _bare(axes)
                if (corpus, label) in by_place:
                    draw(axes, by_place[corpus, label])
                    _bare(axes)
                if row == 0:
                    axes.set_title(shorten(label), fontsize=8)
                if column == 0:
                    axes.set_ylabel(shorten(corpus), fontsize=7, color=TEXT)


def _picture(axes: Axes, values: np.ndarray) -> None:
    steps = np.round(values / STEP) * STEP
    axes.imshow(steps, cmap="magma", aspect="auto", origin="lower", interpolation="nearest")


def _waveform(axes: Axes, wave: np.ndarray, rate: int) -> None:
    """Draw the lowest and the highest sample of each of a few hundred moments."""
    n_moments = min(400, len(wave))
    pieces = np.array_split(wave, n_moments)
    times = np.linspace(0, len(wave) / rate, n_moments)
    axes.fill_between(
        times, [piece.min() for piece in pieces], [piece.max() for piece in pieces], color=KEPT, linewidth=0.4
    )
    axes.axvline(len(wave) / rate, color=DROPPED, linewidth=0.6)


def _bare(axes: Axes) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_linewidth(0.4)
