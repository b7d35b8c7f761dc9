"""MSP-Podcast: spontaneous speech from podcasts.

Release 1.7, as far as its split is published: 58,619 speaking turns of 3 to 11 s (38,179 for training, 7,538 for
development, 12,902 in Test1). Other releases and Test2 hold more, so their counts differ, and are said to. Five
raters or more name an emotion and rate arousal, valence and dominance from 1 to 7. English, 16 kHz, mono.
Licence: signed, of the University of Texas at Dallas.
https://ecs.utdallas.edu/research/researchlabs/msp-lab/MSP-Podcast.html

R. Lotfian and C. Busso, "Building naturalistic emotionally balanced speech corpus by retrieving emotional speech
from existing podcast recordings", IEEE Trans. Affective Computing 10(4): 471-483, 2019,
doi:10.1109/TAFFC.2017.2736999

`Audios/{podcast}_{turn}.wav`; `Labels/labels_consensus.csv` (labels_concensus.csv in older releases) gives a
row a turn: the emotion that most raters named (X where there is none), the means, speaker, gender and part.
`Labels/labels_detailed.csv`, where there is one, gives a row a rater, and `Transcripts/{turn}.txt` the words.

A speaker that is Unknown there has no speaker here; the number of speakers is not known for this release. Of
the tests, only Test1 is part of the published protocol: Test2 and Test3 have no official split.
"""

import csv
import logging
import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path, PurePosixPath

from pipeline.core.tree import list_files
from pipeline.corpora.contract import Corpus, Entry, Stray, format_votes, scan_files

log = logging.getLogger(__name__)

LABELS = ("A", "S", "H", "U", "F", "D", "C", "N", "O", "X")
CODES = {
    **{label.lower(): label for label in LABELS},
    **dict.fromkeys(("angry", "anger"), "A"),
    **dict.fromkeys(("sad", "sadness"), "S"),
    **dict.fromkeys(("happy", "happiness"), "H"),
    **dict.fromkeys(("surprise", "surprised"), "U"),
    "fear": "F",
    "disgust": "D",
    "contempt": "C",
    "neutral": "N",
}
OFFICIAL = {
    "train": "train",
    "development": "val",
    "validation": "val",
    "test1": "test",
    "test2": None,
    "test3": None,
}
CONSENSUS = ("labels_consensus.csv", "labels_concensus.csv")
DETAILED = "labels_detailed.csv"
RATINGS = ("EmoAct", "EmoVal", "EmoDom")
DOCUMENTS = ("readme.txt", "README.txt", "Partitions.txt", "Speaker_ids.txt")
NO_TURNS = re.compile(r"(.*/)?(Labels|Transcripts|Time_Labels|Force[^/]*)/(.*/)?(?!\._)[^/]+")

CORPUS = Corpus(
    name="msp_podcast",
    title="MSP-Podcast",
    licence="signed licence of the University of Texas at Dallas",
    language="en",
    url="https://ecs.utdallas.edu/research/researchlabs/msp-lab/MSP-Podcast.html",
    citation="Lotfian and Busso, IEEE Trans. Affective Computing 10(4), 2019, doi:10.1109/TAFFC.2017.2736999",
    labels=LABELS,
    expected={"utterances": 58619},
    how_to_get="Sign the licence at https://ecs.utdallas.edu/research/researchlabs/msp-lab/MSP-Podcast.html",
)

Row = Mapping[str, str]


def scan(root: Path) -> Iterator[Entry | Stray]:
    """List the turns below a folder, in the order of paths; then the rows without a file."""
    rows, votes, texts = read_rows(root), read_votes(root), find_texts(root)
    found = set()
    for item in scan_files(root, partial(parse, rows=rows, votes=votes, texts=texts), documents=DOCUMENTS):
        if NO_TURNS.fullmatch(item.path):
            continue
        if isinstance(item, Entry):
            found.add(PurePosixPath(item.path).name)
        yield item
    for name in sorted(rows.keys() - found):
        yield Stray(f"Audios/{name}", f"listed in {CONSENSUS[0]}, but there is no such file")


def read_rows(root: Path) -> dict[str, Row]:
    """Return the rows of the consensus, by file name; the newer spelling of its name goes first."""
    rows: dict[str, Row] = {}
    for list_name in CONSENSUS:
        for row in _table(root, list_name):
            if name := row.get("FileName", "").strip():
                rows.setdefault(name, row)
    return rows


def read_votes(root: Path) -> dict[str, list[str]]:
    """Return the emotion that each rater named first, by file name.

    The releases differ: there is a column EmoClass_Major, or one that holds "rater; emotion; further ones; ...".
    """
    votes = defaultdict(list)
    for row in _table(root, DETAILED):
        second = row.get("EmoDetail", "").partition(";")[2].partition(";")[0]
        if vote := _vote(row.get("EmoClass_Major") or second):
            votes[row.get("FileName", "").strip()].append(vote)
    return votes


def find_texts(root: Path) -> dict[str, Path]:
    """Return where the words of a turn are, by the turn's name."""
    paths = (PurePosixPath(path) for path in list_files(root))
    return {
        path.stem: root / path
        for path in paths
        if path.parent.name == "Transcripts" and path.suffix == ".txt"
    }


def _table(root: Path, name: str) -> Iterator[Row]:
    for path in list_files(root):
        if PurePosixPath(path).name == name:
            with (root / path).open(newline="", encoding="utf-8-sig", errors="replace") as file:
                try:
                    yield from csv.DictReader(file, restval="")
                except csv.Error as error:
                    log.warning("msp_podcast: %s: read up to a row that is no CSV (%s)", path, error)


def _vote(name: str) -> str:
    """Return the code of an emotion; a name that has none, as one word."""
    word = re.sub(r"\W+", "_", name.strip().lower())
    return "O" if word.startswith("other") else CODES.get(word, word)


def parse(
    path: PurePosixPath,
    rows: Mapping[str, Row],
    votes: Mapping[str, list[str]],
    texts: Mapping[str, Path],
) -> Entry:
    """Take what the lists say of a turn."""
    row = rows.get(path.name)
    if row is None:
        return Entry(str(path), path.stem, problem=f"no row in {CONSENSUS[0]}")
    text = texts[path.stem].read_text("utf-8", "replace").strip() if path.stem in texts else None
    speaker = row.get("SpkrID", "").strip()
    label = row.get("EmoClass", "").strip()
    sex = row.get("Gender", "").strip().lower()
    return Entry(
        path=str(path),
        name=path.stem,
        speaker=None if speaker.lower() in ("unknown", "") else speaker,
        sex=sex if sex in ("female", "male") else None,
        label=label if label in LABELS else None,
        text=text or None,
        arousal=_number(row.get("EmoAct", "")),
        valence=_number(row.get("EmoVal", "")),
        dominance=_number(row.get("EmoDom", "")),
        votes=format_votes(votes.get(path.name, [])),
        official_split=OFFICIAL.get(_part(row)),
        problem=_problem(row, label),
    )


def _part(row: Row) -> str:
    return row.get("Split_Set", "").strip().lower()


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _problem(row: Row, label: str) -> str | None:
    if label not in LABELS:
        return f"unknown EmoClass {label!r} (known: {', '.join(LABELS)})"
    for column in RATINGS:
        if _number(row.get(column, "")) is None:
            return f"{column} {row.get(column, '')!r} is no number"
    if _part(row) not in OFFICIAL:
        return f"unknown Split_Set {row.get('Split_Set', '')!r} (known: {', '.join(OFFICIAL)})"
    return None
