"""RAVDESS, the speech part: Ryerson Audio-Visual Database of Emotional Speech and Song.

1,440 clips, 5,329 s: 24 professional actors (12 female, 12 male) say two sentences in eight emotions, twice
each, at two intensities (neutral at one). North American English, 48 kHz, 16 bit. Licence CC BY-NC-SA 4.0.
https://zenodo.org/records/1188976 (doi:10.5281/zenodo.1188976)

S. R. Livingstone and F. A. Russo, "The Ryerson Audio-Visual Database of Emotional Speech and Song (RAVDESS)",
PLoS ONE 13(5): e0196391, 2018, doi:10.1371/journal.pone.0196391

`Actor_AA/MM-VV-EE-II-SS-RR-AA.wav`: modality, vocal channel, emotion, intensity, statement, repetition,
actor. The speaker is the actor's number in the file name; odd actors are male, even ones female. Two clips of
actor 07 are the same bytes, and five files are stereo with identical channels.
"""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from pipeline.corpora.contract import Archive, Corpus, Entry, Stray, scan_files

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

CORPUS = Corpus(
    name="ravdess",
    title="Ryerson Audio-Visual Database of Emotional Speech and Song (RAVDESS), speech",
    licence="CC BY-NC-SA 4.0",
    language="en",
    url="https://zenodo.org/records/1188976",
    citation="Livingstone and Russo, PLoS ONE 13(5): e0196391, 2018, doi:10.1371/journal.pone.0196391",
    labels=tuple(EMOTIONS.values()),
    expected={"utterances": 1440, "speakers": 24, "seconds": 5329},
    how_to_get="Fetch Audio_Speech_Actors_01-24.zip from https://zenodo.org/records/1188976 and unpack it.",
    archives=(
        Archive(
            name="Audio_Speech_Actors_01-24.zip",
            url="https://zenodo.org/records/1188976/files/Audio_Speech_Actors_01-24.zip?download=1",
            md5="bc696df654c87fed845eb13823edef8a",
            n_bytes=208_468_073,
        ),
    ),
)


def scan(root: Path) -> Iterator[Entry | Stray]:
    """List the clips below a folder, in the order of paths."""
    return scan_files(root, parse)


def parse(path: PurePosixPath) -> Entry:
    """Read the seven codes of a file name."""
    match = re.fullmatch(r"(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)", path.stem)
    if match is None:
        problem = "the name is not MM-VV-EE-II-SS-RR-AA, seven numbers of two digits"
        return Entry(str(path), path.stem, problem=problem)
    modality, channel, emotion, intensity, statement, _, actor = match.groups()
    return Entry(
        path=str(path),
        name=path.stem,
        speaker=actor,
        sex="male" if int(actor) % 2 else "female",
        label=EMOTIONS.get(emotion),
        intensity=INTENSITIES.get(intensity),
        text=STATEMENTS.get(statement),
        problem=_problem(modality, channel, emotion),
    )


def _problem(modality: str, channel: str, emotion: str) -> str | None:
    if modality != "03":
        return f"modality {modality}: only 03, audio alone, belongs here"
    if channel != "01":
        return f"vocal channel {channel}: only 01, speech, belongs here (02 is song)"
    if emotion not in EMOTIONS:
        return f"unknown emotion code {emotion} (known: {', '.join(EMOTIONS)})"
    return None
