"""The command that writes the tables of README and docs."""

from pathlib import Path

import pytest

from pipeline import readme

HERE = Path(__file__).parents[1]
EMPTY = "# Title\n\n<!-- table: new_speakers -->\n<!-- /table -->\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A checkout with this one's results, and a README that lacks its table."""
    (tmp_path / "results").symlink_to(HERE / "results")
    (tmp_path / "README.md").write_text(EMPTY, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_committed_documents_agree_with_the_results(monkeypatch):
    monkeypatch.chdir(HERE)
    assert readme.main(check=True) == 0, "run python -m pipeline.readme"


def test_a_check_writes_nothing(folder):
    assert readme.main(check=True) == 1
    assert (folder / "README.md").read_text("utf-8") == EMPTY


def test_what_was_written_passes_the_check(folder):
    assert readme.main(check=False) == 0
    assert "| `ravdess_cnn3` | ravdess |" in (folder / "README.md").read_text("utf-8")
    assert readme.main(check=True) == 0
