"""The adapter of every corpus that a table describes: `source: table` in params.yaml, docs/own_corpus.md.

Below the corpus's folder, `files` leads to its audio, or holds what the table itself held; `cut` holds the parts of
longer recordings. All that follows reads ordinary files.
"""

import json
import shlex
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from pipeline.config.corpora import TableSource
from pipeline.core.parallel import parallel_map
from pipeline.core.tree import list_files
from pipeline.corpora.contract import UNKNOWN_LANGUAGE, Corpus, Entry, Stray
from pipeline.corpora.tables.cutting import Part, cut
from pipeline.corpora.tables.entries import CUT, FILES, Row, make_entries, read_rows, without_rows
from pipeline.corpora.tables.find import read_table
from pipeline.corpora.tables.places import Files, below_corpora, find_prefix, place
from pipeline.corpora.tables.table import Table, TableError

PROBLEMS = "problems.json"  # why parts could not be cut, by their paths


class TableCorpus:
    """A corpus that a table describes.

    Args:
        name: Its name.
        settings: What params.yaml says of it.
    """

    def __init__(self, name: str, settings: TableSource) -> None:
        self.settings = settings
        self.where = f"corpora.{name}"
        path = shlex.quote(str(below_corpora(settings.path)))
        self.CORPUS = Corpus(
            name=name,
            title=settings.title or name,
            licence=settings.licence or "not said",
            language=settings.language or UNKNOWN_LANGUAGE,
            url=settings.url or "",
            citation=settings.citation or "",
            labels=tuple(dict.fromkeys(label for label in settings.labels.values() if label)),
            expected={},
            how_to_get=f"`python -m pipeline.describe {path}` says what {self.where} can name.",
        )

    def lay_out(self, folder: Path) -> None:
        """Fill an empty folder with a link to the audio, with what the table holds, and with what is cut."""
        table, audio = self._table
        if table.unpack:
            table.unpack(folder / FILES)
            audio = folder / FILES
        else:
            (folder / FILES).symlink_to(audio, target_is_directory=True)
        rows = self._rows(table, audio, Files(list_files(audio)))
        by_file: dict[str, dict[str, Part]] = {}
        for row in rows:
            if row.is_part and row.there:
                end = row.start or 0.0 if row.problem else row.end  # then it holds nothing
                part = Part(folder / row.place, row.start or 0.0, end)
                by_file.setdefault(row.file, {})[row.place] = part
        jobs = [(audio / file, list(parts.values())) for file, parts in by_file.items()]
        found = parallel_map(
            _cut, jobs, description=f"cut {self.CORPUS.name}", backend="threads", where="here"
        )
        problems = {
            path: problem
            for parts, why in zip(by_file.values(), found, strict=True)
            for path, problem in zip(parts, why, strict=True)
            if problem
        }
        if problems:
            (folder / CUT / PROBLEMS).write_text(json.dumps(problems, indent=2) + "\n", "utf-8")

    def sources(self) -> list[Path]:
        """Return the table, and the folder of the audio where that is not in it."""
        table, audio = self._table
        path = below_corpora(self.settings.path)
        return [path] if table.unpack or audio == path else [path, audio]

    def scan(self, root: Path) -> Iterator[Entry | Stray]:
        """List what the table names, and what lies there without a row, in the order of paths."""
        table, audio = self._table
        files = Files(list_files(root / FILES))
        rows = self._rows(table, audio, files)
        path = root / CUT / PROBLEMS
        problems = json.loads(path.read_text("utf-8")) if path.exists() else {}
        found = [
            *make_entries(table, rows, self.settings.labels, problems),
            *without_rows(table, files, rows, audio),
        ]
        yield from sorted(found, key=lambda item: item.path)

    @cached_property
    def _table(self) -> tuple[Table, Path]:
        """The table, read once, and the folder of the audio."""
        table = read_table(place(self.settings.path, f"{self.where}.path"))
        if self.settings.audio is None:
            return table, table.base
        audio = place(self.settings.audio, where := f"{self.where}.audio")
        if not audio.is_dir():
            raise TableError(
                f"params.yaml: {where}: {audio} is a file; name the folder that the paths begin at"
            )
        return table, audio

    def _rows(self, table: Table, audio: Path, files: Files) -> list[Row]:
        rows = read_rows(table, self.settings, audio, files, self.where)
        if not any(row.there for row in rows):
            raise TableError(_nothing_there(table, rows, audio, files, self.where))
        return rows


def _cut(job: tuple[Path, list[Part]]) -> list[str | None]:
    return cut(*job)


def _nothing_there(table: Table, rows: list[Row], audio: Path, files: Files, where: str) -> str:
    """Say that no row leads to a file, and what would."""
    prefix = find_prefix([row.file for row in rows], list(files.paths))
    if prefix:
        [(there, here)] = prefix.items()
        advice = f"{where}.prefix: {{{there!r}: {here!r}}} would replace how they begin"
    else:
        advice = f"name the folder that they are relative to in {where}.audio, or mend {where}.prefix"
    such = rows[0].file
    return (
        f"{table.path}: none of {len(rows):,} rows leads to a file below {audio}, such as {such!r}: {advice}"
    )
