"""Training in several processes, or in this one."""

import pytest

from pipeline.training import distributed
from pipeline.training.train import trained_by_others, writes_files
from tests.training import toy

NETWORK = toy.torch_system(**toy.CNN)


@pytest.fixture(autouse=True)
def started(monkeypatch):
    """The command lines of processes that were to be started; none is."""
    commands = []
    monkeypatch.setattr(distributed, "start_processes", lambda *arguments: commands.append(arguments))
    monkeypatch.setenv("SER_DEVICE", "cpu")
    return commands


def test_without_processes_that_are_asked_for_this_one_trains(monkeypatch, started):
    monkeypatch.delenv("SER_PROCESSES", raising=False)
    assert not trained_by_others("net", NETWORK)
    assert started == []


def test_processes_that_are_asked_for_run_the_stage(monkeypatch, started, caplog):
    caplog.set_level("INFO")
    monkeypatch.setenv("SER_PROCESSES", "2")
    assert trained_by_others("net", NETWORK)
    assert started == [("pipeline.stage", ["train", "net"], 2)]
    assert caplog.messages == ["train net: in 2 processes"]


def test_an_estimator_stays_in_one_process(monkeypatch, started):
    monkeypatch.setenv("SER_PROCESSES", "2")
    assert not trained_by_others("forest", toy.sklearn_system(**toy.FOREST))
    assert started == []


def test_a_search_stays_in_one_process_and_says_so(monkeypatch, started, caplog):
    monkeypatch.setenv("SER_PROCESSES", "2")
    assert not trained_by_others("net", NETWORK.model_copy(update={"search": {"trials": 1}}))
    assert started == []
    assert caplog.messages == ["train net: in one process, not 2: it is a search"]


def test_the_only_process_writes_files(monkeypatch):
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    assert writes_files()
