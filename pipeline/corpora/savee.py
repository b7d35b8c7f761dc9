"""SAVEE: Surrey Audio-Visual Expressed Emotion, the audio.

480 clips: four men say 15 sentences for each of seven emotions (30 for neutral). British English, 44,100 Hz,
16 bit. Licence: research only, after registration at http://kahlan.eps.surrey.ac.uk/savee

S. Haq and P. J. B. Jackson, "Multimodal Emotion Recognition", in W. Wang (ed.), Machine Audition, IGI Global:
398-423, 2010, doi:10.4018/978-1-61520-919-4.ch017

`AudioData/{DC,JE,JK,KL}/{emotion}{sentence}.wav` as published, or `DC_a01.wav` in one folder as in a widespread
copy; the emotion is a letter, or two for sadness (sa) and surprise (su). The speaker is the folder or what
stands before the underscore; file names repeat across speakers, so that a clip is called `DC_a01` in either
layout. What is said is not part of the corpus's files. 176 clips hold samples at full scale, which the index
counts without dropping them.
"""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from pipeline.corpora.contract import Corpus, Entry, Stray, scan_files

EMOTIONS = {
    "a": "anger",
    "d": "disgust",
    "f": "fear",
    "h": "happiness",
    "n": "neutral",
    "sa": "sadness",
    "su": "surprise",
}
SPEAKERS = ("DC", "JE", "JK", "KL")

CORPUS = Corpus(
    name="savee",
    title="Surrey Audio-Visual Expressed Emotion (SAVEE), audio",
    licence="research only",
    language="en",
    url="http://kahlan.eps.surrey.ac.uk/savee",
    citation="Haq and Jackson, in Machine Audition, IGI Global, 2010, doi:10.4018/978-1-61520-919-4.ch017",
    labels=tuple(EMOTIONS.values()),
    expected={"utterances": 480, "speakers": 4},
    how_to_get="Register at http://kahlan.eps.surrey.ac.uk/savee/Download.html and unpack the audio.",
)


def scan(root: Path) -> Iterator[Entry | Stray]:
    """List the clips below a folder, in the order of paths."""
    return scan_files(root, parse)


def parse(path: PurePosixPath) -> Entry:
    """Read speaker and emotion of a path."""
    match = re.fullmatch(r"(?:([A-Z]{2})_)?([a-z]{1,2})(\d\d)", path.stem)
    if match is None:
        problem = "the name is not {emotion}{number} or {speaker}_{emotion}{number}, such as DC_sa01"
        return Entry(str(path), path.stem, problem=problem)
    before, emotion, number = match.groups()
    folder = path.parent.name if path.parent.name in SPEAKERS else None
    speaker = before or folder
    if speaker not in SPEAKERS:
        return Entry(
            str(path), path.stem, problem=f"no speaker in name or folder (known: {', '.join(SPEAKERS)})"
        )
    return Entry(
        path=str(path),
        name=f"{speaker}_{emotion}{number}",
        speaker=speaker,
        sex="male",
        label=EMOTIONS.get(emotion),
        problem=_problem(speaker, folder, emotion),
    )


def _problem(speaker: str, folder: str | None, emotion: str) -> str | None:
    if folder not in (None, speaker):
        return f"the name says speaker {speaker}, the folder {folder}"
    if emotion not in EMOTIONS:
        return f"unknown emotion {emotion} (known: {', '.join(EMOTIONS)})"
    return None
