"""What all tests share: they run from the root of the repository, without network, on two threads."""

import os
from pathlib import Path

import pytest

from pipeline.core.machine import pin_instructions

ROOT = Path(__file__).resolve().parent.parent

pin_instructions()  # as what the tests compare with was computed
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.chdir(ROOT)


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the repository."""
    return ROOT


pytest_plugins = ["tests.whisper_fixture", "tests.trained_fixture"]
