"""What is made of a table's rows: an utterance a clip, and a stray for whatever has no row or no file."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pipeline.audio.containers import SUFFIXES
from pipeline.config.corpora import RATED, Role, TableSource
from pipeline.config.systems import DIMENSIONS
from pipeline.corpora.contract import Entry, Stray, readable, unique_names
from pipeline.corpora.label_tables import number
from pipeline.corpora.tables.columns import find_columns, values_of
from pipeline.corpora.tables.places import Files, relative
from pipeline.corpora.tables.table import Table
from pipeline.corpora.tables.words import SEXES, SPLITS

FILES, CUT = "files", "cut"  # below a corpus's folder: its audio as it is, and the parts of recordings
FOLD = "fold_"  # what stands before the name of a fold
LONGEST = 1e7  # seconds, four months: what is more is no time within a recording
CLOCK = re.compile(r"(?:(\d+) days? )?(?:(?:(\d+):)?(\d+):)?(\d+(?:[.,]\d+)?)")


@dataclass(frozen=True)
class Row:
    """A row of a table, understood.

    Attributes:
        number: From 0.
        file: Relative to the folder of the audio; as the table has it where there is no such file.
        there: Whether the file is.
        start: Of a part of the file, in seconds; None for all of it.
        end: Likewise; None for up to its end.
        said: What its other columns say, by role.
        problem: Why it can be no utterance.
    """

    number: int
    file: str
    there: bool
    start: float | None
    end: float | None
    said: Mapping[Role, str]
    problem: str | None = None

    @property
    def is_part(self) -> bool:
        """Whether it is a part of its file."""
        return self.start is not None or self.end is not None

    @property
    def place(self) -> str:
        """Where its clip lies below the corpus's folder."""
        if not self.is_part:
            return f"{FILES}/{self.file}"
        stem, _ = posixpath.splitext(self.file)
        if self.problem:
            return f"{CUT}/{stem}/row_{self.number + 1}.wav"
        return f"{CUT}/{stem}/{_seconds(self.start or 0.0)}-{_seconds(self.end)}.wav"


def _seconds(value: float | None) -> str:
    return "end" if value is None else f"{value:.6f}".rstrip("0").rstrip(".")


def read_rows(table: Table, settings: TableSource, root: Path, files: Files, where: str) -> list[Row]:
    """Understand all rows of a table.

    Args:
        table: As its reader gives it.
        settings: What params.yaml says of its columns and paths.
        root: The folder of the audio.
        files: Those below it.
        where: Key in params.yaml that errors name.
    """
    columns = find_columns(table, settings.columns, f"{where}.columns")
    said = {role: values_of(table, column) for role, column in columns.items()}
    paths, starts, ends = (said.pop(role, None) for role in ("path", "start", "end"))
    rows = []
    for n, text in enumerate(paths or []):
        path = relative(text, root, settings.prefix) if text else None
        file = files.find(path) if path else None
        start, from_where = _time(starts[n], "start") if starts else (None, None)
        end, to_where = _time(ends[n], "end") if ends else (None, None)
        problem = from_where or to_where or _order(start, end)
        values = {role: cells[n] for role, cells in said.items()}
        rows.append(Row(n, file or text, file is not None, start, end, values, problem))
    return rows


def _time(text: str, what: str) -> tuple[float | None, str | None]:
    """Return seconds, of a number or of hours:minutes:seconds, and what is wrong with the text."""
    if not text or text.lower() in ("nat", "nan", "none"):
        return None, None
    if (value := number(text)) is not None:
        return value, None if 0 <= value <= LONGEST else f"its {what} is {text}"
    if match := CLOCK.fullmatch(text):
        days, hours, minutes, seconds = (number(part or "0") or 0.0 for part in match.groups())
        return ((days * 24 + hours) * 60 + minutes) * 60 + seconds, None
    return None, f"its {what} is {text!r}, no number of seconds"


def _order(start: float | None, end: float | None) -> str | None:
    if end is not None and end <= (start or 0.0):
        return f"it starts at {start or 0.0:g} s, and ends at {end:g} s"
    return None


def make_entries(
    table: Table, rows: list[Row], labels: Mapping[str, str | None], problems: Mapping[str, str]
) -> Iterator[Entry | Stray]:
    """Yield an entry or a stray for each clip that a table names, each once.

    Args:
        table: Whose rows.
        rows: All of them.
        labels: As written -> as called; None leaves clips out. Empty: each as it is written.
        problems: Why parts of recordings could not be cut, by where they would lie.
    """
    clips: dict[str, list[Row]] = {}
    for row in rows:
        clips.setdefault(row.place, []).append(row)
    entries = []
    for path, same in clips.items():
        first = same[0]
        if not first.there:
            shown = path if first.file else f"{FILES}/(empty path)"
            yield Stray(readable(shown), f"named by {table.where(first.number)}, and not there")
        elif labels.get(first.said.get("label", ""), "") is None:
            yield Stray(
                readable(path), f"its label {first.said['label']!r} is left out by `labels` of its corpus"
            )
        else:
            entries.append(_entry(path, same, labels, problems.get(path)))
    yield from unique_names(entries)


def _entry(path: str, same: list[Row], labels: Mapping[str, str | None], problem: str | None) -> Entry:
    row = same[0]
    said = row.said
    name = said.get("name") or _stem(row.file) + (f"@{_stem(path)}" if row.is_part else "")
    problems = [row.problem or problem, _contradiction(same), _label_problem(said, labels)]
    return Entry(
        path=path,
        name=name,
        speaker=said.get("speaker") or None,
        sex=SEXES.get(said.get("sex", "").lower()),
        label=_called(said, labels),
        intensity=said.get("intensity") or None,
        text=said.get("text") or None,
        arousal=number(said.get("arousal", "")),
        valence=number(said.get("valence", "")),
        dominance=number(said.get("dominance", "")),
        session=said.get("session") or None,
        official_split=_official(said),
        problem="; ".join(filter(None, problems)) or None,
    )


def _called(said: Mapping[Role, str], labels: Mapping[str, str | None]) -> str | None:
    """Return what a study reads as the label: of a table without labels, that the clip is rated."""
    label = said.get("label")
    if label is None:
        return RATED if _is_rated(said) else None
    return (labels.get(label) if labels else label) or None


def _is_rated(said: Mapping[Role, str]) -> bool:
    return any(number(said.get(name, "")) is not None for name in DIMENSIONS)


def _stem(path: str) -> str:
    return posixpath.splitext(posixpath.basename(path))[0]


def _contradiction(same: list[Row]) -> str | None:
    """Say so where several rows of one clip contradict each other."""
    if len(same) == 1:
        return None
    told: tuple[Role, ...] = ("label", "speaker", *DIMENSIONS)
    for role in told:
        values = sorted({row.said.get(role, "") for row in same})
        if len(values) > 1:
            rows = " and ".join(f"{row.number + 1:,}" for row in same[:3])
            return f"rows {rows} say different things of its {role}: {', '.join(map(repr, values))}"
    return None


def _label_problem(said: Mapping[Role, str], labels: Mapping[str, str | None]) -> str | None:
    label = said.get("label")
    if label == "":
        return "no label"
    if label is None and {*DIMENSIONS} & {*said} and not _is_rated(said):
        return "neither rated nor labelled"
    if label and labels and label not in labels:
        return f"unknown label {label!r} (known: {', '.join(labels)})"
    return None


def _official(said: Mapping[Role, str]) -> str | None:
    fold = said.get("fold")
    parts = [SPLITS.get(said.get("split", "").lower()), f"{FOLD}{fold}" if fold else None]
    return " ".join(filter(None, parts)) or None


def without_rows(table: Table, files: Files, rows: list[Row], audio: Path) -> Iterator[Stray]:
    """Yield a stray for each file that no row names and that is no part of the table.

    Args:
        table: Whose rows.
        files: Those below the folder of the audio.
        rows: All of the table's.
        audio: That folder; where the table lies in it, the table's documents are passed over.
    """
    named = {row.file for row in rows if row.there}
    within = table.base.is_relative_to(audio)
    documents = {(table.base / name).relative_to(audio).as_posix() for name in table.documents if within}
    for path in files.paths:
        if path in named or path in documents:
            continue
        of_audio = PurePosixPath(path).suffix.lower() in SUFFIXES
        reason = f"no row of {table.path.name} names it" if of_audio else "not audio by its name"
        yield Stray(readable(f"{FILES}/{path}"), reason)
