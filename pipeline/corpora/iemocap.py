"""IEMOCAP: Interactive Emotional Dyadic Motion Capture database.

10,039 utterances of five sessions, about 12 h: in each an actress and an actor improvise and play scripts, ten
speakers in all. Three raters or more name the emotion of each utterance, others rate valence, activation and
dominance from 1 to 5. English, 16 kHz. Licence: for research, on a form. https://sail.usc.edu/iemocap

C. Busso, M. Bulut, C.-C. Lee, A. Kazemzadeh, E. Mower, S. Kim, J. N. Chang, S. Lee and S. S. Narayanan,
"IEMOCAP: Interactive emotional dyadic motion capture database", Language Resources and Evaluation 42: 335-359,
2008, doi:10.1007/s10579-008-9076-6

`SessionN/sentences/wav/{dialogue}/{utterance}.wav`. The name's first token, as in Ses01F_impro01_M003, says
which of the two wore the markers in that recording; who speaks is the F or M of its last token: this is an
utterance of speaker Ses01M. In `SessionN/dialog/EmoEvaluation/*.txt` a line an utterance gives the emotion that
most raters named ("xxx" where there is none) and the means, valence first; the lines below it give the votes.
Those of C-E1, C-E2, ... are taken, several emotions in one line as one vote each; those of the actors
themselves (C-F1, C-M1) are not. The words are in `SessionN/dialog/transcriptions`.

What lies in `dialog` and in `sentences`, other than in `sentences/wav`, belongs to the corpus and is no
utterance: whole dialogues, films, motion capture, alignments, tens of thousands of files. It is passed over and
not listed, but for macOS resource forks.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path, PurePosixPath

from pipeline.core.tree import list_files
from pipeline.corpora.contract import Corpus, Entry, SideTable, Stray, format_votes, scan_files
from pipeline.corpora.label_tables import LabelTableError, read_lines

LABELS = ("neu", "hap", "sad", "ang", "sur", "fea", "dis", "fru", "exc", "oth", "xxx")
CODES = {
    "neutral": "neu",
    "neutral_state": "neu",
    "happiness": "hap",
    "sadness": "sad",
    "anger": "ang",
    "surprise": "sur",
    "fear": "fea",
    "disgust": "dis",
    "frustration": "fru",
    "excited": "exc",
    "other": "oth",
}
DOCUMENTS = ("README.txt",)
NO_UTTERANCES = re.compile(r"(.*/)?(Session\d/dialog|Session\d/sentences/(?!wav/)[^/]+|Documentation)/.+")
RATED = re.compile(
    r"\"?\[[^]]*\][\s;]+(?P<utterance>[^\s;]+)[\s;]+(?P<label>[^\s;]+)[\s;]+\W?\[(?P<means>[^]]*)\]"
)
VOTES = re.compile(r"C-E\d+:(?P<names>[^(]*)")
SPOKEN = re.compile(r"(?P<utterance>Ses\S+)\s+\[[^]]*\]:(?P<text>.*)")

CORPUS = Corpus(
    name="iemocap",
    title="Interactive Emotional Dyadic Motion Capture database (IEMOCAP)",
    licence="research licence, on a form",
    language="en",
    url="https://sail.usc.edu/iemocap",
    citation="Busso et al., Language Resources and Evaluation 42, 2008, doi:10.1007/s10579-008-9076-6",
    labels=LABELS,
    expected={"utterances": 10039, "speakers": 10},
    how_to_get="Ask for it with the form at https://sail.usc.edu/iemocap and unpack IEMOCAP_full_release.",
    side_tables=tuple(
        SideTable((f"Session{n}/dialog/{folder}/*.txt",), f"{what} of session {n}")
        for n in range(1, 6)
        for folder, what in (("EmoEvaluation", "the labels"), ("transcriptions", "what is said"))
    ),
)


@dataclass
class Rated:
    """What the raters said of an utterance: most of them, their means as they are written, and each."""

    label: str
    means: str
    votes: list[str] = field(default_factory=list)


def scan(root: Path) -> Iterator[Entry | Stray]:
    """List the utterances below a folder, in the order of paths; then those that were rated, but have no file."""
    rated, texts = read_ratings(root), read_texts(root)
    found = set()
    for item in scan_files(root, partial(parse, rated=rated, texts=texts), documents=DOCUMENTS):
        path = PurePosixPath(item.path)
        if NO_UTTERANCES.fullmatch(item.path) and not path.name.startswith("._"):
            continue
        if isinstance(item, Entry):
            found.add(path.stem)
        yield item
    for utterance in sorted(rated.keys() - found):
        folder = f"Session{utterance[3:5].lstrip('0')}/sentences/wav/{utterance.rpartition('_')[0]}"
        yield Stray(f"{folder}/{utterance}.wav", "rated in EmoEvaluation, but there is no such file")


def read_ratings(root: Path) -> dict[str, Rated]:
    """Return what the files of all sessions' EmoEvaluation say, by utterance."""
    rated: dict[str, Rated] = {}
    for line in _lines(root, "EmoEvaluation", RATED):
        if match := RATED.match(line):
            utterance = rated[match["utterance"]] = Rated(match["label"], match["means"])
        elif (match := VOTES.match(line)) and rated:
            utterance.votes += [vote for name in match["names"].split(";") if (vote := _vote(name))]
    return rated


def read_texts(root: Path) -> dict[str, str]:
    """Return what is said, by utterance."""
    matches = map(SPOKEN.match, _lines(root, "transcriptions", SPOKEN))
    return {match["utterance"]: match["text"].strip() for match in matches if match}


def _lines(root: Path, folder: str, expected: re.Pattern[str]) -> Iterator[str]:
    """Yield the lines of the text files that lie in a folder of this name, and not in one below it.

    Raises:
        LabelTableError: A file has no line of the expected kind.
    """
    for path in map(PurePosixPath, list_files(root)):
        if path.parent.name == folder and path.suffix == ".txt" and not path.name.startswith("._"):
            lines = read_lines(root / path)
            if not any(map(expected.match, lines)):
                raise LabelTableError(
                    f"{root / path}: no line of it is as in the files of {folder}: of its {len(lines)} lines the "
                    f"first is {''.join(lines[:1])[:80]!r}. Fetch it anew, or take it away"
                )
            yield from lines


def _vote(name: str) -> str:
    """Return the label that a rater's word stands for; a word that is none of them, as one word."""
    word = re.sub(r"\W+", "_", name.strip().lower())
    return CODES.get(word, word)


def parse(path: PurePosixPath, rated: Mapping[str, Rated], texts: Mapping[str, str]) -> Entry:
    """Read session and speaker from an utterance's name, and take what the dialogue's files say of it."""
    name = path.stem
    match = re.fullmatch(r"Ses0([1-5])[FM]_\w+_([FM])(?:XX)?\d+", name)
    if match is None:
        problem = "the name is not Ses0N{F,M}_{dialogue}_{F,M}{number}, N from 1 to 5"
        return Entry(str(path), name, problem=problem)
    session, sex = match.groups()
    entry = Entry(
        path=str(path),
        name=name,
        speaker=f"Ses0{session}{sex}",
        sex="female" if sex == "F" else "male",
        text=texts.get(name),
        session=f"Session{session}",
    )
    if name not in rated:
        return replace(entry, problem="not rated: no line in EmoEvaluation")
    said = rated[name]
    means = _means(said.means)
    valence, arousal, dominance = means or (None, None, None)
    return replace(
        entry,
        label=said.label if said.label in LABELS else None,
        valence=valence,
        arousal=arousal,
        dominance=dominance,
        votes=format_votes(said.votes),
        problem=_problem(said, means),
    )


def _means(text: str) -> tuple[float, float, float] | None:
    """Read "[valence, activation, dominance]"; None where that is not three numbers."""
    try:
        valence, activation, dominance = map(float, text.split(","))
    except ValueError:
        return None
    means = (valence, activation, dominance)
    return means if all(map(math.isfinite, means)) else None


def _problem(said: Rated, means: tuple[float, float, float] | None) -> str | None:
    if said.label not in LABELS:
        return f"unknown label {said.label} (known: {', '.join(LABELS)})"
    return (
        None if means else f"its ratings [{said.means}] are not three numbers: valence, activation, dominance"
    )
