"""What a folder or a table holds: its clips, its problems, and its entry in params.yaml."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.audio.reading import AudioError, open_sound
from pipeline.config.corpora import RATED, Column, Role, TableSource
from pipeline.core.parallel import parallel_map
from pipeline.corpora.contract import Entry, Stray
from pipeline.corpora.tables.cutting import beyond
from pipeline.corpora.tables.entries import FILES, Row, make_entries, read_rows, without_rows
from pipeline.corpora.tables.find import read_table
from pipeline.corpora.tables.places import as_named
from pipeline.corpora.tables.propose import Choices, choose_columns, find_audio, guess_speaker
from pipeline.corpora.tables.table import Table
from pipeline.corpora.tables.words import EMOTIONS

MOST_TIMED = 2_000  # clips whose length is looked up
USABLE = (0.3, 30.0)  # seconds, as studies take clips where they say nothing else
SHOWN = 12
PARTICULAR = re.compile(r"'[^']*'|\d+")  # what problems of one kind differ in


@dataclass(frozen=True)
class Description:
    """What was found.

    Attributes:
        lines: For people.
        entry: What params.yaml takes below `corpora`.
    """

    lines: list[str]
    entry: dict[str, Any]


def describe_table(
    path: Path,
    audio: Path | None = None,
    name: str = "my_corpus",
    columns: Mapping[Role, Column] | None = None,
) -> Description:
    """Describe a table, or a folder with one, or a folder of folders named after labels.

    Args:
        path: The table or folder.
        audio: The folder that its paths are relative to; looked for if None.
        name: Of the corpus, for errors.
        columns: Those whose names do not say their role.

    Raises:
        TableError: It does not say which clips there are.
    """
    table, choices = read_table(path), Choices()
    choose_columns(table, columns or {}, choices)
    audio, prefix, files = find_audio(table, audio, choices)
    guess_speaker(table, choices)
    entry: dict[str, Any] = {"source": "table", "path": as_named(path)}
    if audio != table.base:
        entry["audio"] = as_named(audio)
    entry["columns"] = {role: _written(column) for role, column in choices.columns.items()}
    entry |= {"prefix": prefix} if prefix else {}
    settings = TableSource.model_validate(entry)
    rows = read_rows(table, settings, audio, files, f"corpora.{name}")
    seconds, none = ({}, {}) if table.unpack else _lengths(audio, rows)  # whose audio is not there yet
    found: list[Entry | Stray] = [*make_entries(table, rows, {}, none)]
    found += [] if table.unpack else without_rows(table, files, rows, audio)
    entries = [item for item in found if isinstance(item, Entry)]
    if "label" in choices.columns:
        labels = sorted({item.label for item in entries if item.label})
        entry["labels"] = {label: table.labels.get(label, label) for label in labels}
    problems = [*choices.problems, *_problems(found, seconds)]
    lines = [*_facts(table, audio, found, choices, seconds), *(f"problem: {one}" for one in problems)]
    return Description(lines, entry)


def _written(column: Column) -> Any:
    return column.column if column.pattern is None else {"column": column.column, "pattern": column.pattern}


def _lengths(audio: Path, rows: list[Row]) -> tuple[dict[str, float], dict[str, str]]:
    """Look at so many clips that it takes no minute; return lengths by place, and why a clip is none by place."""
    there = [row for row in rows if row.there and not row.problem]
    timed = there[:: max(1, -(-len(there) // MOST_TIMED))]
    files = list(dict.fromkeys(row.file for row in timed))
    lengths = parallel_map(
        _length, [audio / file for file in files], description="lengths", backend="threads"
    )
    of_file = dict(zip(files, lengths, strict=True))
    found: dict[str, float] = {}
    problems: dict[str, str] = {}
    for row in timed:
        whole, start = of_file[row.file], row.start or 0.0
        if isinstance(whole, str):
            problems[row.place] = f"cannot be read: {whole}"
        elif row.is_part and whole is not None and (why := beyond(start, row.end, whole)):
            problems[row.place] = why
        elif (end := row.end if row.end is not None else whole) is not None:
            found[row.place] = min(end, whole or end) - start
    return found, problems


def _length(path: Path) -> float | str | None:
    """Return what a header says of a file's length, None where it says nothing; or why it cannot be read."""
    try:
        with open_sound(path) as stream:
            n = stream.n_promised
            return None if n is None else n / stream.decoding.rate
    except AudioError as error:
        return error.why


def _facts(
    table: Table, audio: Path, found: list[Entry | Stray], choices: Choices, seconds: Mapping[str, float]
) -> Iterator[str]:
    entries = [item for item in found if isinstance(item, Entry)]
    usable = [item for item in entries if not item.problem and item.label]
    yield f"{table.path}: {table.layout}, {len(table):,} rows; audio below {audio}"
    taken = {column.column for column in choices.columns.values()}
    yield "columns: " + ", ".join(
        f"{role} = {column.column}{' (a part)' if column.pattern else ''}"
        for role, column in choices.columns.items()
    )
    if others := [name for name in table.cells if name not in taken]:
        yield f"columns that are not used: {', '.join(others[:SHOWN])}"
    yield f"clips: {len(entries):,}"
    if "label" in choices.columns:
        yield _counts("labels", [item.label for item in entries])
    yield _counts("speakers", [item.speaker for item in entries])
    for what in ("sex", "official_split", "session"):
        if values := [value for item in entries if (value := getattr(item, what))]:
            yield _counts(what.replace("official_", ""), values)
    for what in ("arousal", "valence", "dominance"):
        if numbers := [value for item in entries if (value := getattr(item, what)) is not None]:
            yield f"{what}: {min(numbers):g} to {max(numbers):g}, of {len(numbers):,} clips"
    if texts := {item.text for item in entries if item.text}:
        yield f"texts: {len(texts):,} different ones"
    if seconds:
        low, middle, high = np.percentile([*seconds.values()], [0, 50, 100])
        hours = np.mean([*seconds.values()]) * len(entries) / 3600
        yield f"seconds: {low:.1f} to {high:.1f}, median {middle:.1f}; about {hours:.1f} hours"
    yield f"a study could use {len(usable):,} of {len(entries):,} clips, before copies are looked for"


def _counts(what: str, values: list[str | None]) -> str:
    counts = Counter(value or "(none)" for value in values)
    shown = ", ".join(f"{value} {n:,}" for value, n in sorted(counts.most_common(SHOWN)))
    return f"{what}: {len(counts) - ('(none)' in counts):,}: {shown}{', ...' if len(counts) > SHOWN else ''}"


def _problems(found: list[Entry | Stray], seconds: Mapping[str, float]) -> Iterator[str]:
    kinds: dict[str, list[tuple[str, str]]] = {}
    for item in found:
        if isinstance(item, Stray):
            named = item.reason.endswith("not there")
            kind = "named by a row and not there" if named else item.reason
        elif item.problem:
            kind = item.problem.split(" of its ")[0].split(",")[0]
            kind = "rows contradict each other" if kind.startswith("rows ") else kind
        else:
            continue
        kinds.setdefault(PARTICULAR.sub("", kind), []).append((kind, item.path.removeprefix(f"{FILES}/")))
    for same in sorted(kinds.values(), key=len, reverse=True):
        yield f"{len(same):,} {same[0][0]}, such as {same[0][1]}"
    low, high = USABLE
    if odd := [path for path, length in seconds.items() if not low <= length <= high]:
        yield f"{len(odd):,} of {len(seconds):,} clips are shorter than {low:g} s or longer than {high:g} s"
    labels = {item.label.lower() for item in found if isinstance(item, Entry) and item.label}
    if len(labels) < 2 and labels != {RATED}:
        yield "fewer than two labels: a study needs two classes"
    elif labels != {RATED} and not labels & EMOTIONS:
        yield f"no label is called as emotions usually are, such as {min(labels)!r}: is it the right column?"
    yield from _crossing([item for item in found if isinstance(item, Entry)])


def _crossing(entries: list[Entry]) -> Iterator[str]:
    """Say which speakers the given split has on both sides."""
    sides: dict[str, set[str]] = {}
    for item in entries:
        if item.speaker and item.official_split:
            sides.setdefault(item.speaker, set()).add(item.official_split)
    tested = {speaker for speaker, parts in sides.items() if any(part.startswith("test") for part in parts)}
    both = sorted(
        speaker for speaker in tested if any(part.startswith(("train", "val")) for part in sides[speaker])
    )
    if both:
        yield f"{len(both):,} of {len(tested):,} speakers of the given test part are trained on, such as {both[0]}"
    folds = {
        speaker: {part.partition("fold_")[2] for part in parts} - {""} for speaker, parts in sides.items()
    }
    if torn := sorted(speaker for speaker, names in folds.items() if len(names) > 1):
        yield f"{len(torn):,} of {len(folds):,} speakers are in several of the given folds, such as {torn[0]}"
