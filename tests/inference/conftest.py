"""Trained systems for the tests of prediction: made once."""

import os
from pathlib import Path

import pytest

from tests.inference.box import Box, fill


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory, micro_whisper: Path) -> Box:
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
def box(filled: Box, monkeypatch: pytest.MonkeyPatch) -> Box:
    """A folder of trained systems, in which the test runs; it has to leave it as it is."""
    monkeypatch.chdir(filled.root)
    monkeypatch.setenv("SER_CACHE", str(filled.root / "cache"))
    return filled


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let one worker have all tests of trained systems, which are made once a worker."""
    for item in items:
        if "filled" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("inference"))
