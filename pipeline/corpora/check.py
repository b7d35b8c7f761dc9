"""Holding an adapter, of this project or of somebody's own, against the contract of adapters."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from pipeline.core.errors import PipelineError
from pipeline.core.tree import list_files
from pipeline.corpora.contract import Adapter, Corpus, Entry, Stray, load_adapter

PARTS = {"train", "val", "test"}
FIELDS = ("name", "title", "licence", "language", "labels", "how_to_get")


def find_adapter(named: str) -> Adapter:
    """Return an adapter by its name, or by the path of its file.

    Raises:
        PipelineError: There is none, or the file has no `CORPUS` or `scan`.
    """
    path = Path(named)
    if path.suffix != ".py":
        return load_adapter(named)
    if not path.is_file():
        raise PipelineError(
            f"{path}: not there; expected an adapter's file, such as pipeline/corpora/tess.py"
        )
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise PipelineError(f"{path}: cannot be imported")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in ("CORPUS", "scan"):
        if name not in vars(module):
            raise PipelineError(
                f"{path}: no {name}: an adapter has CORPUS and scan (pipeline/corpora/contract.py)"
            )
    return cast(Adapter, module)


def check_adapter(adapter: Adapter, folder: Path) -> list[str]:
    """Return where an adapter breaks its contract on a folder of its corpus, as sentences; none if nowhere.

    Raises:
        PipelineError: There is no such folder.
    """
    if not folder.is_dir():
        raise PipelineError(f"{folder}: no folder; expected the one that holds the corpus")
    found = list(adapter.scan(folder))
    problems = [*_description(adapter.CORPUS), *_scan(adapter, folder, found)]
    entries = [item for item in found if isinstance(item, Entry)]
    for entry in entries:
        problems += [f"{entry.path}: {problem}" for problem in _entry(adapter.CORPUS, entry)]
    if not any(entry.problem is None for entry in entries):
        problems.append(f"{folder}: no file is an utterance without a problem")
    return problems


def _description(corpus: Corpus) -> Iterator[str]:
    if not isinstance(corpus, Corpus):
        yield f"CORPUS is a {type(corpus).__name__}; expected a Corpus of pipeline/corpora/contract.py"
        return
    for name in FIELDS:
        if not getattr(corpus, name):
            yield f"CORPUS.{name} is empty"
    if len(set(corpus.labels)) < max(2, len(corpus.labels)):
        yield f"CORPUS.labels are {corpus.labels}; expected two or more, all different"


def _scan(adapter: Adapter, folder: Path, found: list[Entry | Stray]) -> Iterator[str]:
    if found != list(adapter.scan(folder)):
        yield "scan gives something else the second time"
    entries = [item for item in found if isinstance(item, Entry)]
    paths = [entry.path for entry in entries]
    if paths != sorted(paths):
        yield "scan does not list entries in the order of paths"
    names = [entry.name for entry in entries]
    if twice := sorted({name for name in names if names.count(name) > 1})[:3]:
        yield f"names are not unique: {', '.join(twice)}; see unique_names"
    there = set(list_files(folder))
    for path in sorted(set(paths) - there)[:3]:
        yield f"{path}: an entry, and there is no such file; expected a Stray"
    audio = {path for path in there if path.lower().endswith(".wav")}
    for path in sorted(audio - {item.path for item in found})[:3]:
        yield f"{path}: neither an entry nor a stray, so that nobody knows of it"


def _entry(corpus: Corpus, entry: Entry) -> Iterator[str]:
    if entry.problem is None and entry.label not in corpus.labels:
        yield f"its label is {entry.label!r}, which is none of CORPUS.labels, and it has no problem"
    if entry.sex not in ("female", "male", None):
        yield f"its sex is {entry.sex!r}; expected female, male or None"
    part = (entry.official_split or "").partition("fold_")[0].strip()
    if part and part not in PARTS:
        yield f"its official_split is {entry.official_split!r}; expected train, val or test"
