"""Tiny copies of the three parts, synthesised once on one process."""

import csv
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.demo.synthesise import synthesise

SEED = 1
TINY = {
    "demo_tess": {"n_words": 2},
    "demo_ravdess": {"n_speakers": 1},
    "demo_dialogue": {"n_speakers": 2, "n_utterances": 14},
}
CORPORA = list(TINY)


@dataclass(frozen=True)
class Defect:
    """A row of a key, with paths that can be opened; no source is None."""

    kind: str
    path: Path
    source: Path | None
    expected: str


class Trees:
    """The synthesised folders by corpus, made when a test first asks for them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def root(self, corpus: str) -> Path:
        """Return a corpus' folder."""
        root = self.folder / corpus
        if not root.exists():
            synthesise(corpus, root, seed=SEED, n_workers=1, **TINY[corpus])
        return root

    def defects(self, corpus: str) -> list[Defect]:
        """Return the rows of a corpus' key."""
        root = self.root(corpus)
        with (root / "defects.csv").open(newline="", encoding="utf-8") as file:
            return [
                Defect(
                    row["kind"],
                    root / row["path"],
                    root / row["source"] if row["source"] else None,
                    row["expected"],
                )
                for row in csv.DictReader(file)
            ]


@pytest.fixture(scope="session")
def trees(tmp_path_factory) -> Trees:
    """The three parts, tiny."""
    return Trees(tmp_path_factory.mktemp("demo"))
