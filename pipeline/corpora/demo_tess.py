"""The TESS-like part of the demo corpus: synthetic speech that this project makes, in `pipeline/demo`.

287 clips with planted copies and defects: two synthetic women say 20 words in the carrier phrase "Say the
word ..." in seven emotions. English, 24,414 Hz, 16 bit. Licence: that of this project. It has no address and
no paper, and scores on it say nothing about emotion in people.

`{OAF,YAF}_{emotion}/{OAF,YAF}_{word}_{emotion}.wav`, as in TESS. The file name gives speaker and emotion.
"""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from pipeline.corpora.contract import Corpus, Entry, Stray, scan_files

LABELS = ("angry", "disgust", "fear", "happy", "neutral", "ps", "sad")
DOCUMENTS = ("README.txt", "LICENSE.txt", "defects.csv")

CORPUS = Corpus(
    name="demo_tess",
    title="Demo corpus, carrier phrases of two speakers (synthetic)",
    licence="that of this project",
    language="en",
    url="pipeline/demo",
    citation="none: synthesised by this project",
    labels=LABELS,
    expected={"utterances": 287, "speakers": 2},
    how_to_get="The download stage synthesises it.",
)


def scan(root: Path) -> Iterator[Entry | Stray]:
    """List the clips below a folder, in the order of paths."""
    return scan_files(root, parse, documents=DOCUMENTS)


def parse(path: PurePosixPath) -> Entry:
    """Read speaker, word and emotion of a file name."""
    match = re.fullmatch(r"(OAF|YAF)_([a-z]+)_([a-z]+)", path.stem)
    if match is None:
        return Entry(str(path), path.stem, problem="the name is not {OAF,YAF}_{word}_{emotion}")
    speaker, word, emotion = match.groups()
    known = emotion in LABELS
    return Entry(
        path=str(path),
        name=path.stem,
        speaker=speaker,
        sex="female",
        label=emotion if known else None,
        text=f"Say the word {word}.",
        problem=None if known else f"unknown emotion {emotion} (known: {', '.join(LABELS)})",
    )
