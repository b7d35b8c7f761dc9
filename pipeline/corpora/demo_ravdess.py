"""The RAVDESS-like part of the demo corpus: synthetic speech that this project makes, in `pipeline/demo`.

366 clips with planted copies and defects: 12 synthetic speakers say two sentences in eight emotions, once
each, at two intensities (neutral at one). English, 48 kHz, 16 bit. Licence: that of this project. It has no
address and no paper, and scores on it say nothing about emotion in people.

`Actor_AA/03-01-EE-II-SS-RR-AA.wav`, as in RAVDESS: emotion, intensity, statement, repetition, actor. The
speaker is the actor's number in the file name; odd actors are male, even ones female.
"""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from pipeline.corpora.contract import Corpus, Entry, Stray, scan_files

EMOTIONS = {
    "01": "neutral",
    "02": "calm",
    "03": "happy",
    "04": "sad",
    "05": "angry",
    "06": "fearful",
    "07": "disgust",
    "08": "surprised",
}
INTENSITIES = {"01": "normal", "02": "strong"}
STATEMENTS = {"01": "Kids are talking by the door.", "02": "Dogs are sitting by the door."}
DOCUMENTS = ("README.txt", "LICENSE.txt", "defects.csv")

CORPUS = Corpus(
    name="demo_ravdess",
    title="Demo corpus, two sentences of twelve speakers (synthetic)",
    licence="that of this project",
    language="en",
    url="pipeline/demo",
    citation="none: synthesised by this project",
    labels=tuple(EMOTIONS.values()),
    expected={"utterances": 366, "speakers": 12},
    how_to_get="The download stage synthesises it.",
)


def scan(root: Path) -> Iterator[Entry | Stray]:
    """List the clips below a folder, in the order of paths."""
    return scan_files(root, parse, documents=DOCUMENTS)


def parse(path: PurePosixPath) -> Entry:
    """Read the codes of a file name."""
    match = re.fullmatch(r"03-01-(\d\d)-(\d\d)-(\d\d)-\d\d-(\d\d)", path.stem)
    if match is None:
        return Entry(
            str(path), path.stem, problem="the name is not 03-01-EE-II-SS-RR-AA, numbers of two digits"
        )
    emotion, intensity, statement, actor = match.groups()
    known = emotion in EMOTIONS
    return Entry(
        path=str(path),
        name=path.stem,
        speaker=actor,
        sex="male" if int(actor) % 2 else "female",
        label=EMOTIONS.get(emotion),
        intensity=INTENSITIES.get(intensity),
        text=STATEMENTS.get(statement),
        problem=None if known else f"unknown emotion code {emotion} (known: {', '.join(EMOTIONS)})",
    )
