"""Trained systems for the tests of prediction, stress and families of features: made once a session."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.inference.box import Box


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory, micro_whisper: Path) -> "Box":
    from tests.inference.box import fill  # which imports torch

    root = tmp_path_factory.mktemp("box")
    before = Path.cwd()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SER_CACHE", str(root / "cache"))
        os.chdir(root)
        try:
            return fill(root, micro_whisper)
        finally:
            os.chdir(before)


@pytest.fixture
def box(filled: "Box", monkeypatch: pytest.MonkeyPatch) -> "Box":
    """A folder of trained systems, in which the test runs; it has to leave it as it is."""
    monkeypatch.chdir(filled.root)
    monkeypatch.setenv("SER_CACHE", str(filled.root / "cache"))
    return filled


@pytest.fixture
def corpus(box: "Box", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Box":
    """The folder of trained systems, its files as a corpus of the user's own."""
    from tests.inference.box import CORPUS

    (tmp_path / "corpora").mkdir()
    (tmp_path / "corpora" / CORPUS).symlink_to(box.root, target_is_directory=True)
    monkeypatch.setenv("SER_CORPORA", str(tmp_path / "corpora"))
    return box


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let one worker have all tests of trained systems, which are made once a worker."""
    for item in items:
        if "filled" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("inference"))
