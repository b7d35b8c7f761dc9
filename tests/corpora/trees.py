"""Small folders in the layouts of corpora, made of files with one byte: adapters read names, not audio."""

from pathlib import Path

from pipeline.corpora.contract import Adapter, Entry, Stray


def touch(root: Path, *paths: str) -> None:
    """Make files below a folder."""
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b".")


def entries(adapter: Adapter, root: Path) -> dict[str, Entry]:
    """Return what an adapter finds, by name."""
    return {item.name: item for item in adapter.scan(root) if isinstance(item, Entry)}


def strays(adapter: Adapter, root: Path) -> dict[str, str]:
    """Return the reasons for what an adapter does not take for audio, by path."""
    return {item.path: item.reason for item in adapter.scan(root) if isinstance(item, Stray)}
