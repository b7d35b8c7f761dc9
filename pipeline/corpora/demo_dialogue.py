"""The dialogue part of the demo corpus: synthetic speech that this project makes, in `pipeline/demo`.

285 clips with planted copies and defects: ten synthetic speakers, a woman and a man a session, say
sentences whose words carry emotion too. Four simulated raters vote for an emotion and rate arousal, valence
and dominance. English, 16 kHz, 16 bit. Licence: that of this project. It has no address and no paper, and
scores on it say nothing about emotion in people.

`SessionN/wav/SesNNX_dDD_NNN.wav`, X for the speaker's sex; labels are in `SessionN/labels.csv`, a row an
utterance: the raters' consensus ("xxx" where there is none), the means of their ratings (1 to 5), the speaker
and the words. Sessions 1 to 3 are the official training part, 4 the validation and 5 the test part.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath

from pipeline.corpora.contract import Corpus, Entry, Stray, format_votes, scan_files
from pipeline.corpora.label_tables import number, read_rows

LABELS = ("ang", "hap", "sad", "fea", "dis", "sur", "neu", "bor", "xxx")
LABEL_FILE = "labels.csv"
RATINGS = ("arousal", "valence", "dominance")
COLUMNS = ("utterance", "speaker", "sex", "label", "votes", "transcript", *RATINGS)
OFFICIAL = {
    "Session1": "train",
    "Session2": "train",
    "Session3": "train",
    "Session4": "val",
    "Session5": "test",
}
DOCUMENTS = ("README.txt", "LICENSE.txt", "defects.csv", LABEL_FILE)

CORPUS = Corpus(
    name="demo_dialogue",
    title="Demo corpus, dialogues of ten speakers (synthetic)",
    licence="that of this project",
    language="en",
    url="pipeline/demo",
    citation="none: synthesised by this project",
    labels=LABELS,
    expected={"utterances": 285, "speakers": 10},
    how_to_get="The download stage synthesises it.",
)

Row = Mapping[str, str]


def scan(root: Path) -> Iterator[Entry | Stray]:
    """List the clips below a folder, in the order of paths; then the rows without a clip."""
    rows = read_labels(root)
    found = list(scan_files(root, partial(parse, rows=rows), documents=DOCUMENTS))
    yield from found
    for path in sorted(rows.keys() - {item.path for item in found}):
        yield Stray(path, f"listed in {LABEL_FILE}, but there is no such file")


def read_labels(root: Path) -> dict[str, Row]:
    """Return the rows of all label files, by the path of the clip that each is about."""
    rows: dict[str, Row] = {}
    for path in sorted(root.glob(f"Session*/{LABEL_FILE}")):
        for row in read_rows(path, COLUMNS):
            rows[f"{path.parent.name}/wav/{row['utterance']}.wav"] = row
    return rows


def parse(path: PurePosixPath, rows: Mapping[str, Row]) -> Entry:
    """Take what the label files say of a clip."""
    row = rows.get(str(path))
    if row is None:
        return Entry(str(path), path.stem, problem=f"no row in its session's {LABEL_FILE}")
    known = row["label"] in LABELS
    entry = Entry(
        path=str(path),
        name=path.stem,
        speaker=row["speaker"],
        sex=row["sex"],
        label=row["label"] if known else None,
        text=row["transcript"],
        session=path.parts[0],
        votes=format_votes(row["votes"].split()),
        official_split=OFFICIAL.get(path.parts[0]),
        problem=None if known else f"unknown label {row['label']} (known: {', '.join(LABELS)})",
    )
    ratings = [number(row[name]) for name in RATINGS]
    if None in ratings:
        came = ", ".join(repr(row[name]) for name in RATINGS)
        return replace(entry, problem=f"a rating in {LABEL_FILE} is no number (came {came})")
    arousal, valence, dominance = ratings
    return replace(entry, arousal=arousal, valence=valence, dominance=dominance)
