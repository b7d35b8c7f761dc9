"""MLEnd Spoken Numerals.

32,654 clips: 154 speakers of many nations, students of Queen Mary University of London, say 32 numerals (0 to
20, the tens up to 100, 1,000, a million, a billion) in four intonations. English; no sample rate is stated, and
the index has each file's, in Hz. Licence: as stated on the publisher's page.
https://www.kaggle.com/datasets/jesusrequena/mlend-spoken-numerals

J. Requena Carrión and N. Bajaj, "MLEnd Spoken Numerals", Kaggle, 2021 (no DOI)

Clips are numbered, `MLEndSND_Public/00001.wav`; a table gives numeral, intonation and speaker of each. It is
found by its columns, since it has had several names: `MLEndSND_Audio_Attributes.csv` with the column "Public
filename", without suffix, and `MLEndSND_audio_attributes_benchmark.csv` with "filename". Numbers are compared as
numbers, since spreadsheets drop leading zeros. The label is the intonation, which is a way of speaking rather
than an emotion. The text is the numeral as the table writes it: whether 1000 was read "thousand" or "one
thousand" it does not say. The corpus does not tell its speakers' sex.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from pipeline.core.tree import list_files
from pipeline.corpora.contract import Archive, Corpus, Entry, Stray, scan_files
from pipeline.corpora.label_tables import OtherTableError, read_rows

LABELS = ("bored", "excited", "neutral", "question")
COLUMNS = ("numeral", "intonation", "speaker")
NAME_COLUMNS = ("public filename", "filename")  # which of them, and the others, in any case
DOCUMENTS = ("MLEndSND_Speakers_Demographics.csv", "MLEndSND_speakers_demographics_benchmark.csv")

CORPUS = Corpus(
    name="mlend",
    title="MLEnd Spoken Numerals",
    licence="as stated on the publisher's page",
    language="en",
    url="https://www.kaggle.com/datasets/jesusrequena/mlend-spoken-numerals",
    citation="Requena Carrión and Bajaj, MLEnd Spoken Numerals, Kaggle, 2021 (no DOI)",
    labels=LABELS,
    expected={"utterances": 32654, "speakers": 154},
    how_to_get=(
        "Download https://www.kaggle.com/datasets/jesusrequena/mlend-spoken-numerals and unpack it, with its "
        "table of attributes."
    ),
    archives=(
        Archive(
            name="mlend-spoken-numerals.zip",
            url="https://www.kaggle.com/api/v1/datasets/download/jesusrequena/mlend-spoken-numerals",
        ),
    ),
)


@dataclass(frozen=True)
class Row:
    """What a table says of a clip."""

    numeral: str
    intonation: str
    speaker: str


@dataclass(frozen=True)
class Listed:
    """A clip that tables list.

    Attributes:
        table: Path of the first of them, relative to the root.
        rows: What they say; one, where they agree.
    """

    table: str
    rows: frozenset[Row]


def scan(root: Path) -> Iterator[Entry | Stray]:
    """List the clips below a folder, in the order of paths; then the rows without a clip."""
    paths = (path for path in list_files(root) if path.lower().endswith((".csv", ".tsv")))
    read = (
        (path, read_table(root / path)) for path in paths if not PurePosixPath(path).name.startswith("._")
    )
    tables = {path: rows for path, rows in read if rows is not None}
    listed = join(tables)
    documents = (*DOCUMENTS, *(PurePosixPath(path).name for path in tables))
    found = list(scan_files(root, partial(parse, listed=listed), documents=documents))
    yield from found
    present = {clip_number(PurePosixPath(item.path).name) for item in found}
    for number in sorted(listed.keys() - present):
        table = PurePosixPath(listed[number].table)
        yield Stray(str(table.parent / f"{number}.wav"), f"listed in {table.name}, but there is no such file")


def parse(path: PurePosixPath, listed: Mapping[str, Listed]) -> Entry:
    """Take what the tables say of a clip."""
    clip = listed.get(clip_number(path.name))
    if clip is None:
        columns = ", ".join((NAME_COLUMNS[0], *COLUMNS))
        return Entry(str(path), path.stem, problem=f"no row in a table with the columns {columns}")
    if len(clip.rows) > 1:
        return Entry(str(path), path.stem, problem="rows about it contradict each other")
    (row,) = clip.rows
    label = row.intonation.lower()
    problem = None
    if label not in LABELS:
        problem = f"unknown intonation {row.intonation!r} (known: {', '.join(LABELS)})"
    elif not row.speaker:
        problem = "its row names no speaker"
    return Entry(
        path=str(path),
        name=path.stem,
        speaker=row.speaker or None,
        label=label if label in LABELS else None,
        text=row.numeral or None,
        problem=problem,
    )


def clip_number(name: str) -> str:
    """Return what identifies a clip: its file name without folder, suffix and leading zeros."""
    stem = PurePosixPath(name.strip()).name
    stem = stem[:-4] if stem.lower().endswith(".wav") else stem
    return stem.lstrip("0") or "0"


def join(tables: Mapping[str, list[tuple[str, Row]]]) -> dict[str, Listed]:
    """Gather what all tables say, by the clip's number."""
    listed: dict[str, Listed] = {}
    for table, rows in tables.items():
        for number, row in rows:
            first = listed.get(number, Listed(table, frozenset()))
            listed[number] = Listed(first.table, first.rows | {row})
    return listed


def read_table(path: Path) -> list[tuple[str, Row]] | None:
    """Return the clips' numbers and rows of a table; None where it is about something else."""
    for name in NAME_COLUMNS:
        try:
            rows = list(read_rows(path, (name, *COLUMNS)))
        except OtherTableError:
            continue
        # A row without all of its cells is none of the table's, such as the marks that an unfinished merge leaves.
        return [
            (clip_number(row[name]), Row(*(row[column] for column in COLUMNS)))
            for row in rows
            if any(row[column] for column in COLUMNS)
        ]
    return None
