"""Small corpora with tables, made by the tests: short WAVs whose samples tell them apart."""

from pathlib import Path

import numpy as np
import soundfile

from pipeline.config.corpora import TableSource
from pipeline.core.tree import fresh_folder
from pipeline.corpora.contract import Entry, Stray, load_laid_out

RATE = 8000


def noise(number, seconds=0.5, channels=1):
    """Return samples of 16 bits, shape (samples, channels)."""
    rng = np.random.default_rng(number)
    return rng.integers(-9000, 9000, (round(seconds * RATE), channels)).astype(np.int16)


def clips(folder, *names, seconds=0.5):
    """Write a clip under each name."""
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / name, noise(number, seconds), RATE, "PCM_16")


def write(folder, name, *lines, encoding="utf-8"):
    """Write a text file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes("\n".join(lines).encode(encoding))
    return folder / name


def adapter(path, **settings):
    """Return the adapter of a table."""
    return load_laid_out(
        "own", TableSource.model_validate({"source": "table", "path": str(path), **settings})
    )


def scan(path, view: Path, **settings):
    """Lay a corpus out below a folder, and list it."""
    corpus = adapter(path, **settings)
    with fresh_folder(view, "made") as folder:
        corpus.lay_out(folder)
    return list(corpus.scan(view))


def entries(found):
    """Return entries by name."""
    return {item.name: item for item in found if isinstance(item, Entry)}


def strays(found):
    """Return the reasons of strays by path."""
    return {item.path: item.reason for item in found if isinstance(item, Stray)}
