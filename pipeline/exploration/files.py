"""Where the tables and figures lie, and what each figure shows."""

from pathlib import Path

from pipeline.core.paths import explore_dir

FIGURES = explore_dir() / "figures"
CORPUS_FIGURES = {  # one for all corpora
    "speakers": "Speakers of each corpus: their number and recorded time by sex, and clips a speaker",
    "levels": "Recording level of each corpus: RMS, peak, and clips with samples at full scale",
}
STUDY_FIGURES = {  # one a study
    "durations": "Durations before and within the bounds, in all and by corpus",
    "labels": "Utterances by label before, and by class after curation",
    "account": "Files that each step of curation leaves, in all and by corpus",
}
CLIP_FIGURES = {  # one a study that has `examples`, where its audio is at hand
    "waveforms": "A clip of each class and corpus",
    "spectrograms": "Mel spectrogram of a clip of each class and corpus",
    "cepstrum": "Mel spectrogram of a clip, and its MFCC",
    "standardised": "A clip before and after each step ahead of its picture",
}


def table_path(name: str) -> Path:
    return explore_dir() / f"{name}.csv"


def figure_path(name: str, study: str | None = None) -> Path:
    return FIGURES / (f"{name}_{study}.png" if study else f"{name}.png")
