"""EmoBox's metadata of a corpus: a folder of lines of JSON.

`{corpus}.jsonl` has a clip a line: `key`, `wav`, `emo` and more. `label_map.json` has EmoBox's names of the labels.
`fold_{n}/{corpus}_{train,valid,test}_fold_{n}.jsonl` list the clips of a fold. Paths are those of EmoBox's authors:
params.yaml replaces how they begin. Speakers come from the key or the path, by a pattern.

Z. Ma et al., "EmoBox: Multilingual Multi-corpus Speech Emotion Recognition Toolkit and Benchmark", Interspeech
2024, arXiv:2406.07162
"""

import json
import re
from pathlib import Path

from pipeline.config.corpora import Column, Role
from pipeline.corpora.label_tables import read_lines
from pipeline.corpora.tables.files import read_cells
from pipeline.corpora.tables.table import Table, TableError

LABELS = "label_map.json"
PARTS = {"train": "train", "valid": "val", "val": "val", "dev": "val", "test": "test"}
NATURAL = re.compile(r"\d+|\D+")


def is_emobox(folder: Path) -> bool:
    """Tell the layout by its label map."""
    return (folder / LABELS).is_file()


def read_emobox(folder: Path) -> Table:
    """Read a corpus's metadata.

    One fold is a split into training, validation and test; of several, a clip has the fold that tests it.

    Raises:
        TableError: There is no list of clips, or several, or folds test a clip twice.
    """
    lists = sorted(folder.glob("*.jsonl"))
    if len(lists) != 1:
        names = ", ".join(path.name for path in lists) or "none"
        raise TableError(f"{folder}: expected one list of all clips, {folder.name}.jsonl; there are: {names}")
    cells = read_cells(lists[0])
    known: dict[Role, Column] = {"path": Column(column="wav"), "label": Column(column="emo")}
    missing = [name for name in ("key", "wav", "emo") if name not in cells]
    if missing:
        raise TableError(f"{lists[0]}: no {', '.join(missing)}, which EmoBox's lists have")
    folds = sorted((path for path in folder.glob("fold_*") if path.is_dir()), key=_in_order)
    if folds:
        role: Role = "split" if len(folds) == 1 else "fold"
        parts = _split(folds[0]) if len(folds) == 1 else _tested(folds)
        cells[role] = [parts.get(key, "") for key in cells["key"]]
        known[role] = Column(column=role)
    return Table(
        path=folder,
        layout="EmoBox",
        base=folder,
        cells=cells,
        known={"name": Column(column="key"), **known},
        documents=frozenset(path.relative_to(folder).as_posix() for path in folder.rglob("*.*")),
        labels=_label_names(folder / LABELS),
    )


def _label_names(path: Path) -> dict[str, str]:
    """Read EmoBox's names of the labels."""
    try:
        names = json.loads("".join(read_lines(path)))
    except ValueError as error:
        raise TableError(f"{path}: no JSON ({error}): fetch it anew") from error
    if not isinstance(names, dict):
        raise TableError(f"{path}: expected an object, such as {{'hap': 'Happy'}}")
    return {label: str(name) for label, name in names.items()}


def _in_order(path: Path) -> list[tuple[int, str]]:
    return [(int(part) if part.isdigit() else -1, part) for part in NATURAL.findall(path.name)]


def _lists(fold: Path) -> dict[str, list[str]]:
    """Return the keys of a fold's clips by part."""
    found = {}
    for path in sorted(fold.glob("*.jsonl")):
        part = next((PARTS[word] for word in path.stem.split("_")[::-1] if word in PARTS), None)
        if part:
            found[part] = read_cells(path).get("key", [])
    if "test" not in found:
        raise TableError(
            f"{fold}: no list of tested clips, such as {fold.parent.name}_test_{fold.name}.jsonl"
        )
    return found


def _split(fold: Path) -> dict[str, str]:
    return {key: part for part, keys in _lists(fold).items() for key in keys}


def _tested(folds: list[Path]) -> dict[str, str]:
    found: dict[str, str] = {}
    for fold in folds:
        for key in _lists(fold)["test"]:
            if found.setdefault(key, fold.name) != fold.name:
                raise TableError(f"{fold}: {key} is tested in {found[key]} too; a clip is tested once")
    return {key: name.removeprefix("fold_") for key, name in found.items()}
