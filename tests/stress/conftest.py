"""Trained systems whose corpus lies where its index says."""

from pathlib import Path

import pytest

from tests.inference.box import CORPUS, Box
from tests.inference.conftest import box, filled

__all__ = ["box", "filled"]


@pytest.fixture
def corpus(box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Box:
    """The folder of trained systems, its files as a corpus of the user's own."""
    (tmp_path / "corpora").mkdir()
    (tmp_path / "corpora" / CORPUS).symlink_to(box.root, target_is_directory=True)
    monkeypatch.setenv("SER_CORPORA", str(tmp_path / "corpora"))
    return box
