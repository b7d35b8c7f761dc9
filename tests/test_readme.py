"""The results between the README's markers."""

import sys

import pytest

from pipeline import readme
from pipeline.core.errors import PipelineError

README = f"# Title\n\n{readme.BEGIN}\nold\n{readme.END}\n\nafter\n"


def test_only_what_is_between_the_markers_changes():
    changed = readme.replace_results(README, "new\n")
    assert changed == f"# Title\n\n{readme.BEGIN}\nnew\n{readme.END}\n\nafter\n"


def test_replacing_twice_changes_nothing_more():
    once = readme.replace_results(README, "new")
    assert readme.replace_results(once, "new") == once


@pytest.mark.parametrize(
    "text",
    ["no markers", readme.BEGIN, f"{readme.END}\n{readme.BEGIN}", README + README],
    ids=["none", "begin only", "wrong order", "twice"],
)
def test_markers_that_are_wrong_are_an_error(text):
    with pytest.raises(PipelineError, match="expected one <!-- results:begin -->"):
        readme.replace_results(text, "new")


@pytest.fixture
def files(tmp_path, monkeypatch):
    paths = tmp_path / "README.md", tmp_path / "results.md"
    paths[0].write_text(README, "utf-8")
    paths[1].write_text("| a |", "utf-8")
    monkeypatch.setattr(sys, "argv", ["readme", "--readme", str(paths[0]), "--results", str(paths[1])])
    return paths


def test_command_line(files):
    readme.main()
    assert "| a |" in files[0].read_text("utf-8")


def test_command_line_without_results_says_what_to_do(files, capsys):
    files[1].unlink()
    with pytest.raises(SystemExit):
        readme.main()
    assert "after `dvc repro`" in capsys.readouterr().err
