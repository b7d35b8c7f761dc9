"""CREMA-D: Crowd-sourced Emotional Multimodal Actors Dataset, the voices.

7,442 clips: 91 actors (48 men, 43 women) say twelve sentences in six emotions, one of the sentences at three
intensities. American English, 16,000 Hz, 16 bit. Licence ODbL 1.0, the contents DbCL 1.0.
https://github.com/CheyneyComputerScience/CREMA-D (Git LFS)

H. Cao, D. G. Cooper, M. K. Keutmann, R. C. Gur, A. Nenkova and R. Verma, "CREMA-D: Crowd-sourced Emotional
Multimodal Actors Dataset", IEEE Trans. Affective Computing 5(4): 377-390, 2014, doi:10.1109/TAFFC.2014.2336244

`AudioWAV/{actor}_{sentence}_{emotion}_{intensity}.wav`. The label is the emotion that the actor was asked for;
what raters heard is in `votes`. The speaker is the actor's number in the file name, the sex comes from
`VideoDemographics.csv`. `processedResults/tabulatedVotes.csv` has three rows a clip, for voice, face and both;
its first column is 100,000 times the kind plus the clip's number, and only the votes on the voice count here.

One file, `1040_ITH_SAD_X.wav`, lacks an X. Three pairs of clips are the same bytes under different emotions
(deduplication drops both), one clip is silent. The same clips as MP3 and as video, as the raters had them, lie
in folders of their own and are strays. A download of the repository without Git LFS holds pointers, small text
files, in place of the audio.
"""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path, PurePosixPath

from pipeline.core.tree import list_files
from pipeline.corpora.contract import (
    Archive,
    Corpus,
    Entry,
    SideTable,
    Stray,
    format_votes,
    scan_files,
)
from pipeline.corpora.label_tables import Row, read_rows

EMOTIONS = {
    "ANG": "anger",
    "DIS": "disgust",
    "FEA": "fear",
    "HAP": "happy",
    "NEU": "neutral",
    "SAD": "sad",
}
INTENSITIES = {"LO": "low", "MD": "medium", "HI": "high", "XX": "unspecified"}
SENTENCES = {
    "IEO": "It's eleven o'clock.",
    "TIE": "That is exactly what happened.",
    "IOM": "I'm on my way to the meeting.",
    "IWW": "I wonder what this is about.",
    "TAI": "The airplane is almost full.",
    "MTI": "Maybe tomorrow it will be cold.",
    "IWL": "I would like a new alarm clock.",
    "ITH": "I think I have a doctor's appointment.",
    "DFA": "Don't forget a jacket.",
    "ITS": "I think I've seen this before.",
    "TSI": "The surface is slick.",
    "WSI": "We'll stop in a couple of minutes.",
}
DEMOGRAPHICS, VOTES = "VideoDemographics.csv", "tabulatedVotes.csv"
KIND = ""  # the column of the votes that numbers its rows has no name
VOICE = "1"  # what the number of a row of votes on the voice alone begins with
DOCUMENTS = (
    ".gitattributes",
    "LICENSE.txt",
    "README.md",
    "SentenceFilenames.csv",
    "finishedEmoResponses.csv",
    "finishedResponses.csv",
    "finishedResponsesWithRepeatWithPractice.csv",
    "license.txt",
    "processFinishedResponses.R",
    "readTabulatedVotes.R",
    "summarizeVotes.r",
    "summaryTable.csv",
    "tabulateVotesV2.r",
    DEMOGRAPHICS,
    VOTES,
)
RENDERINGS = {"AudioMP3", "VideoFlash"}
POINTER = b"version https://git-lfs.github.com/spec/"
MAX_POINTER_BYTES = 200  # no WAV of a sentence is that short

CORPUS = Corpus(
    name="crema_d",
    title="Crowd-sourced Emotional Multimodal Actors Dataset (CREMA-D), audio",
    licence="ODbL 1.0, contents DbCL 1.0",
    language="en",
    url="https://github.com/CheyneyComputerScience/CREMA-D",
    citation="Cao et al., IEEE Trans. Affective Computing 5(4), 2014, doi:10.1109/TAFFC.2014.2336244",
    labels=tuple(EMOTIONS.values()),
    expected={"utterances": 7442, "speakers": 91},
    how_to_get=(
        "Clone https://github.com/CheyneyComputerScience/CREMA-D or, where its Git LFS budget is used up, the "
        "authors' mirror https://gitlab.com/cs-cooper-lab/crema-d-mirror, with Git LFS installed."
    ),
    archives=(
        Archive(
            name="CREMA-D-master.zip",
            url="https://github.com/CheyneyComputerScience/CREMA-D/archive/refs/heads/master.zip",
        ),
    ),
    # The publisher's own LFS budget is often used up. Every object is checked by the hash in its pointer, wherever
    # it comes from.
    lfs="https://gitlab.com/cs-cooper-lab/crema-d-mirror",
    side_tables=(
        SideTable((DEMOGRAPHICS,), "the sex of the actors"),
        SideTable((VOTES,), "the votes on the voices"),
    ),
)


def scan(root: Path) -> Iterator[Entry | Stray]:
    """List the clips below a folder, in the order of paths."""
    parse_below = partial(parse, root=root, sexes=read_sexes(root), votes=read_votes(root))
    for item in scan_files(root, parse_below, documents=DOCUMENTS, refuse=refuse):
        if ".git" not in PurePosixPath(item.path).parts:  # Git's own files, in a clone
            yield item


def refuse(path: PurePosixPath) -> str | None:
    """Say why a rendering of a clip is none."""
    if RENDERINGS & set(path.parts):
        return "a clip as its raters had it; the WAV in AudioWAV is what is used"
    return None


def parse(
    path: PurePosixPath, *, root: Path, sexes: Mapping[str, str], votes: Mapping[str, str | None]
) -> Entry:
    """Read the four codes of a file name, and look up the rest.

    Args:
        path: Relative to the root.
        root: The corpus's folder.
        sexes: By actor.
        votes: By the clip's name.
    """
    match = re.fullmatch(r"(\d{4})_([A-Z]{3})_([A-Z]{3})_([A-Z]{2}|X)", path.stem)
    if match is None:
        problem = "the name is not {actor}_{sentence}_{emotion}_{intensity}, such as 1001_DFA_ANG_XX"
        return Entry(str(path), path.stem, problem=problem)
    actor, sentence, emotion, intensity = match.groups()
    intensity = "XX" if intensity == "X" else intensity
    return Entry(
        path=str(path),
        name=path.stem,
        speaker=actor,
        sex=sexes.get(actor),
        label=EMOTIONS.get(emotion),
        intensity=INTENSITIES.get(intensity),
        text=SENTENCES.get(sentence),
        votes=votes.get(f"{actor}_{sentence}_{emotion}_{intensity}"),
        problem=_problem(emotion, root / path),
    )


def _problem(emotion: str, path: Path) -> str | None:
    if emotion not in EMOTIONS:
        return f"unknown emotion {emotion} (known: {', '.join(EMOTIONS)})"
    if is_pointer(path):
        return "a Git LFS pointer in place of the audio: run `git lfs pull` there, or let the pipeline download it"
    return None


def is_pointer(path: Path) -> bool:
    """Return whether Git LFS has left its text file in an audio file's place."""
    try:
        if path.stat().st_size >= MAX_POINTER_BYTES:
            return False
        return path.read_bytes().startswith(POINTER)
    except OSError:  # the index says so when it reads the audio
        return False


def read_sexes(root: Path) -> dict[str, str]:
    """Return the actors' sexes, "female" or "male", by their numbers; empty where the table is missing."""
    pairs = ((row["ActorID"], row["Sex"].lower()) for row in _rows(root, DEMOGRAPHICS, "ActorID", "Sex"))
    return {actor: sex for actor, sex in pairs if actor and sex in ("female", "male")}


def read_votes(root: Path) -> dict[str, str | None]:
    """Return what was voted on the voice alone, by the clip's name; empty where the table is missing."""
    votes = {}
    letters = {emotion: emotion[0].upper() for emotion in EMOTIONS.values()}
    for row in _rows(root, VOTES, KIND, "fileName", *letters.values()):
        if len(row[KIND]) != 6 or not row[KIND].startswith(VOICE) or not row["fileName"]:
            continue
        try:
            counts = {emotion: int(row[letter]) for emotion, letter in letters.items()}
        except ValueError:  # a row cut short
            continue
        votes[row["fileName"]] = format_votes(emotion for emotion, n in counts.items() for _ in range(n))
    return votes


def _rows(root: Path, name: str, *columns: str) -> Iterator[Row]:
    """Yield the rows of a table, wherever it lies: where there are several, of the one that lies least deep."""
    paths = sorted((path for path in list_files(root) if PurePosixPath(path).name == name), key=len)
    if paths:
        yield from read_rows(root / paths[0], columns)
