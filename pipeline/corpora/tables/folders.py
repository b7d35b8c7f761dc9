"""A folder of folders named after labels, without a table: its names are the columns.

`{label}/x.wav`, `{split}/{label}/x.wav`, `{speaker}/{label}/x.wav`. The columns are `path`, `folder_1` (the
outermost), `folder_2` ... and `stem`, so that params.yaml can take any part of a path.
"""

from pathlib import Path, PurePosixPath

from pipeline.audio.containers import SUFFIXES
from pipeline.config.corpora import Column, Role
from pipeline.core.tree import list_files
from pipeline.corpora.tables.table import Table, TableError, shown_names
from pipeline.corpora.tables.words import EMOTIONS, SPLITS


def read_folders(folder: Path) -> Table:
    """Read the names of all audio below a folder.

    Raises:
        TableError: There is none.
    """
    there = [PurePosixPath(path) for path in list_files(folder)]
    files = [path for path in there if path.suffix.lower() in SUFFIXES and path.name[:2] != "._"]
    if not files:
        held = shown_names(map(str, there)) or "nothing"
        raise TableError(
            f"{folder}: neither a table (.csv, .tsv, .jsonl, .parquet) nor audio, but {held}; name the table, or "
            f"the folder that holds the clips; an archive has to be unpacked"
        )
    depth = max(len(path.parts) for path in files) - 1
    cells = {"path": [str(path) for path in files], "stem": [path.stem for path in files]}
    for level in range(depth):
        folders = [path.parent.parts for path in files]
        cells[f"folder_{level + 1}"] = [parts[level] if level < len(parts) else "" for parts in folders]
    return Table(path=folder, layout="folders", base=folder, cells=cells, known=_roles(cells, depth))


def _roles(cells: dict[str, list[str]], depth: int) -> dict[Role, Column]:
    """Tell the folder that is named after splits, and that after labels: where most names are those of emotions."""
    found: dict[Role, Column] = {"path": Column(column="path")}
    names = {f"folder_{level + 1}": set(cells[f"folder_{level + 1}"]) - {""} for level in range(depth)}
    for level, values in list(names.items()):
        if len(values) > 1 and all(value.lower() in SPLITS for value in values):
            found["split"] = Column(column=level)
            del names[level]
            break
    if names:
        label = max(names, key=lambda level: _share_of_emotions(names[level]))
        found["label"] = Column(column=label)
    return found


def _share_of_emotions(names: set[str]) -> float:
    return sum(name.lower() in EMOTIONS for name in names) / len(names)
