"""Choosing what params.yaml would say of a table: its columns, its audio, how paths begin, who speaks."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np

from pipeline.audio.containers import SUFFIXES
from pipeline.config.corpora import ROLES, Column, Role
from pipeline.config.systems import DIMENSIONS
from pipeline.core.tree import list_files
from pipeline.corpora.tables.columns import existing, usual_columns, values_of
from pipeline.corpora.tables.places import LOOKED_AT, Files, find_prefix, posix
from pipeline.corpora.tables.table import Table, TableError, shown_names
from pipeline.corpora.tables.words import SPLITS

FOLDER = r"([^/\\]+)[/\\][^/\\]+$"  # the one that a file lies in
AUDIO_FOLDERS = ("audio", "Audio", "audios", "Audios", "wav", "wavs", "clips", "data", "recordings")


@dataclass
class Choices:
    """What is chosen, and what is doubtful about it.

    Attributes:
        columns: By role.
        problems: As sentences.
    """

    columns: dict[Role, Column] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def choose_columns(table: Table, given: Mapping[Role, Column], choices: Choices) -> None:
    """Choose a column for each role: the one that is given, that its layout knows, or that is usually called so.

    Raises:
        TableError: What is given is not there, or no column says paths.
    """
    candidates = usual_columns(table.cells)
    if "path" not in {*given, *table.known} and not candidates["path"] and (of_audio := _of_audio(table)):
        candidates["path"] = of_audio[:1]
        choices.problems.append(
            f"no column is called as paths usually are: {of_audio[0]} is taken, which names audio; see columns.path"
        )
    for role in ROLES:
        if role in given:
            choices.columns[role] = existing(table, given[role], f"--column {role}")
        elif role in table.known:
            choices.columns[role] = table.known[role]
        elif candidates[role]:
            choices.columns[role] = Column(column=candidates[role][0])
            if len(candidates[role]) > 1:
                names = " and ".join(candidates[role])
                choices.problems.append(f"{names} may say the {role}: the first is taken; see columns.{role}")
    if "label" not in choices.columns and not {*DIMENSIONS} & {*choices.columns}:
        choices.problems.append(
            f"no column says the label: name one of {shown_names(table.cells)} (--column label=NAME), or a part of "
            "one, such as --column 'label=NAME:_([a-z]+)$'"
        )
    if "path" not in choices.columns:
        raise TableError(
            f"{table.path}: no column is called as paths usually are; its columns are {shown_names(table.cells)}. "
            f"Say which has the paths: --column path=NAME"
        )


def _of_audio(table: Table) -> list[str]:
    """Return the columns most of whose cells end as names of audio do, those with the most first."""
    share = {
        name: np.mean([PurePosixPath(posix(text)).suffix.lower() in SUFFIXES for text in cells[:LOOKED_AT]])
        for name, cells in table.cells.items()
    }
    return sorted((name for name, n in share.items() if n > 0.5), key=lambda name: -share[name])


def find_audio(table: Table, given: Path | None, choices: Choices) -> tuple[Path, dict[str, str], Files]:
    """Look for the folder that most paths are relative to, and for how they begin there if nowhere as they are."""
    texts = values_of(table, choices.columns["path"])
    if given is not None and not given.is_dir():
        raise TableError(f"{given}: no folder; expected the one that holds the audio")
    if table.unpack:
        return table.base, {}, Files(texts)
    if given is None and (elsewhere := _absolute(texts, table.base)):
        return elsewhere, {}, Files(list_files(elsewhere))
    near = [table.base, *(table.base / name for name in AUDIO_FOLDERS)]
    folders = [folder for folder in near if folder.is_dir()] if given is None else [given]
    best, most, listed = folders[0], 0, Files(list_files(folders[0]))
    for folder in folders:
        files = listed if folder == best else Files(list_files(folder))
        n = sum(files.find(posix(text)) is not None for text in texts)
        if n > most:
            best, most, listed = folder, n, files
    prefix = find_prefix(texts, list(listed.paths)) if not most else None
    if not most and not prefix:
        choices.problems.append(
            f"no path leads to a file below {best}, such as {texts[0]!r}: name the folder in `audio` "
            f"(--audio), and replace how paths begin by `prefix`"
        )
    return best, prefix or {}, listed


def _absolute(texts: list[str], base: Path) -> Path | None:
    """Return the folder that all paths lie in where they lead to files elsewhere than below the table's own."""
    named = [Path(text) for text in texts if text]
    if not all(path.is_absolute() for path in named) or not any(path.exists() for path in named[:LOOKED_AT]):
        return None
    folder = Path(os.path.commonpath([path.parent for path in named]))
    inside = folder.is_relative_to(base.absolute()) or folder == Path(
        folder.anchor
    )  # a whole disk is not walked
    return None if inside else folder


def guess_speaker(table: Table, choices: Choices) -> None:
    """Take the folder of a clip for its speaker, where nothing else is and folders are named neither so nor so."""
    if "speaker" in choices.columns:
        return
    column = Column(column=choices.columns["path"].column, pattern=FOLDER)
    folders = [folder for folder in values_of(table, column) if folder]
    other = {
        text
        for role in ("label", "split")
        if role in choices.columns
        for text in _texts(table, choices, role)
    }
    names = set(folders)
    if (
        1 < len(names) <= len(folders) / 5
        and not names & other
        and not {name.lower() for name in names} & {*SPLITS}
    ):
        choices.columns["speaker"] = column
        choices.problems.append(
            f"no column says the speaker: the folder of a clip is taken, such as {min(names)!r}"
        )
    else:
        choices.problems.append(
            "no column says the speaker, and who is tested may have been trained on: name one (--column "
            f"speaker=NAME), or a part of one, such as --column 'speaker={_named(table, choices)}:^([^_]+)_'"
        )


def _named(table: Table, choices: Choices) -> str:
    """Return the column whose cells say how files are called."""
    return "stem" if "stem" in table.cells else choices.columns["path"].column


def _texts(table: Table, choices: Choices, role: Role) -> list[str]:
    return values_of(table, choices.columns[role])
