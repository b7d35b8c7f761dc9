"""File listings of real corpora, which may lie beside the checkout."""

import csv
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "corpora"


def published_paths(corpus: str) -> list[str]:
    """Return the paths of a corpus's files; skip the test where the listing is not there."""
    listing = FOLDER / f"{corpus}.csv"
    if not listing.exists():
        pytest.skip(f"{listing.name} does not lie beside the checkout")
    with listing.open(newline="") as file:
        return [row["path"] for row in csv.DictReader(file)]
