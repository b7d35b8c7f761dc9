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


def table_path(name: str) -> Path:
    return explore_dir() / f"{name}.csv"


def figure_path(name: str, study: str | None = None) -> Path:
    return FIGURES / (f"{name}_{study}.png" if study else f"{name}.png")
