"""The command that serves the application."""

import pytest

from pipeline.app import command
from pipeline.config.plans import AppPlan, write_plan
from pipeline.core.errors import PipelineError
from pipeline.core.paths import real_export_dir
from tests.app.conftest import Pitch, card


@pytest.fixture
def trained(monkeypatch, tmp_path):
    """Two systems are trained, and the plan names a third."""
    monkeypatch.chdir(tmp_path)
    write_plan(AppPlan(system="third"), "app")
    monkeypatch.setattr(command, "read_cards", lambda: [card("first", score=None), card("second")])
    monkeypatch.setattr(command, "load", Pitch)


def test_the_system_of_the_plan_is_replaced_where_it_is_not_trained(trained, capsys):
    assert command.open_catalogue(None).default == "second"
    assert "third is not trained (`dvc repro` trains it): second, UAR" in capsys.readouterr().out


def test_a_named_system_is_taken(trained):
    assert command.open_catalogue("first").default == "first"


def test_a_named_system_that_is_not_trained_is_told(trained):
    with pytest.raises(PipelineError, match="unknown system 'secnd'"):
        command.open_catalogue("secnd")


def test_an_exported_system_stands_in_front_of_those_that_are_trained(trained, monkeypatch):
    monkeypatch.setattr(command, "names_export", lambda folder: folder == "elsewhere/second")
    monkeypatch.setattr(command, "read_export", lambda folder: folder)
    monkeypatch.setattr(command, "make_card", lambda exported: card(exported.name))
    catalogue = command.open_catalogue("elsewhere/second")
    assert [one.name for one in catalogue.cards] == ["second", "first"]
    assert catalogue.get("second").name == "elsewhere/second"  # the fake's name is what it was loaded by
    assert catalogue.get("first").name == "first"


def test_the_export_of_make_real_answers_by_default_where_it_is_there(trained, monkeypatch):
    monkeypatch.setattr(command, "is_export", lambda folder: folder == real_export_dir())
    monkeypatch.setattr(command, "names_export", lambda folder: folder == str(real_export_dir()))
    monkeypatch.setattr(command, "read_export", lambda folder: folder)
    monkeypatch.setattr(command, "make_card", lambda exported: card("learnt_from_people"))
    catalogue = command.open_catalogue(None)
    assert catalogue.default == "learnt_from_people"
    assert [one.name for one in catalogue.cards] == ["learnt_from_people", "first", "second"]
    assert catalogue.get("learnt_from_people").name == str(real_export_dir())
    assert command.open_catalogue("first").default == "first"  # a name that is given comes before it


def test_an_error_is_a_line_and_a_status(trained, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["pipeline.app", "--system", "secnd"])
    assert command.main() == 2
    assert capsys.readouterr().err.startswith("error: unknown system 'secnd'")
