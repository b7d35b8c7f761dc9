"""Search: what is drawn, that it can be killed, that it is repeatable and that no test clip has a part in it."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from optuna.trial import FixedTrial

from pipeline.config.systems import TorchSystem
from pipeline.core.errors import PipelineError
from pipeline.training.checkpoint import Checkpoint
from pipeline.training.data import StudyData
from pipeline.training.loop import TrainingRun
from pipeline.training.search import search_settings, without_test
from pipeline.training.space import draw, searched_values
from pipeline.training.torch_runner import TorchRunner
from tests.training import toy

SPACE: dict[str, Any] = {
    "lr": {"low": 0.001, "high": 0.1, "log": True},
    "architecture.hidden": {"each": {"choices": [4, 8, 16]}, "length": {"low": 1, "high": 3}},
    "architecture.dropouts": {
        "all": {"low": 0.1, "high": 0.5, "step": 0.1},
        "length_of": "architecture.hidden",
    },
    "batch_size": {"low": 4, "high": 12, "step": 4},
}
SEARCH: dict[str, Any] = {
    "trials": 5,
    "sampler": "tpe",
    "pruner": "median",
    "startup": 2,
    "seed": 1,
    "space": SPACE,
}
DATA = toy.study("vectors", apart=0.5)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(os, "fsync", lambda file: None)  # most of the time of so small a search
    return tmp_path / "cache"


def system(search: dict[str, Any] | None = None, **changes: Any) -> TorchSystem:
    mlp = {"model": "mlp", "architecture": {"hidden": [8], "dropouts": [0.1], "batch_norm": False}}
    recipe = {"features": "vectors", "epochs": 3, "monitor": "val_uar", "seeds": [7, 8], "scheduler": None}
    return toy.torch_system(**{**mlp, **recipe, "search": {**SEARCH, **(search or {})}, **changes})


def run(
    folder: Path, settings: TorchSystem | None = None, data: StudyData = DATA
) -> tuple[TorchSystem, pd.DataFrame]:
    best = search_settings(data, settings or system(), "toy", "key", folder)
    return best, pd.read_csv(folder / "trials.csv")


def count_trainings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    counts = []
    train = TorchRunner.train

    def counted(self: TorchRunner, seed: int, fold: int) -> Any:
        counts.append(seed)
        return train(self, seed, fold)

    monkeypatch.setattr(TorchRunner, "train", counted)
    return counts


def interrupt(monkeypatch: pytest.MonkeyPatch, n_epochs: int) -> None:
    """End the process, as it were, after some epochs."""
    record = TrainingRun.record
    left = [n_epochs]

    def recorded(self: TrainingRun, scores: dict[str, float]) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        record(self, scores)

    monkeypatch.setattr(TrainingRun, "record", recorded)


def test_settings_are_drawn_by_their_paths() -> None:
    values = {
        "lr": 0.01,
        "architecture.hidden.length": 2,
        "architecture.hidden.0": 16,
        "architecture.hidden.1": 4,
        "architecture.dropouts": 0.1 + 2 * 0.1,
        "batch_size": 8,
    }
    turned = dict(reversed(SPACE.items()))
    drawn = draw(FixedTrial(values), turned, system(), "space")
    assert searched_values(SPACE, drawn) == {
        "lr": 0.01,
        "architecture.hidden": [16, 4],
        "architecture.dropouts": [0.3, 0.3],
        "batch_size": 8,
    }
    assert drawn.architecture["batch_norm"] is False
    assert system().architecture["hidden"] == [8]


def test_the_best_trial_becomes_the_settings(tmp_path: Path) -> None:
    best, table = run(tmp_path)
    completed = table[table["state"] == "complete"]
    row = completed.loc[completed["value"].idxmax()]
    assert table["number"].tolist() == list(range(5))
    assert best.lr == pytest.approx(row["lr"], rel=1e-5)
    assert best.architecture["hidden"][0] == row["architecture.hidden.0"]
    assert len(best.architecture["dropouts"]) == row["architecture.hidden.length"]
    assert (best.seeds, best.epochs) == ([7, 8], 3)


def test_of_a_loss_the_least_is_the_best(tmp_path: Path) -> None:
    best, table = run(tmp_path, system(monitor="val_loss"))
    completed = table[table["state"] == "complete"]
    assert best.lr == pytest.approx(completed.loc[completed["value"].idxmin(), "lr"], rel=1e-5)


def test_a_trial_is_worth_what_its_training_is(tmp_path: Path, cache: Path) -> None:
    best, table = run(tmp_path)
    outcome = TorchRunner(DATA, best, "toy", tmp_path / "models", cache / "own").train(7, 0)
    reached = max(row["val_uar"] for row in outcome.history)
    assert reached == pytest.approx(table.loc[table["state"] == "complete", "value"].max(), rel=1e-5)


@pytest.mark.parametrize("n_epochs", [0, 4, 8])
def test_a_killed_search_goes_on_as_if_nothing_had_happened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_epochs: int
) -> None:
    monkeypatch.setattr(Checkpoint.__init__, "__defaults__", (0.0,))  # after each epoch
    run(tmp_path / "undisturbed")
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "other"))
    with monkeypatch.context() as patch:
        interrupt(patch, n_epochs)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "killed")
    run(tmp_path / "killed")
    killed, undisturbed = (tmp_path / name / "trials.csv" for name in ("killed", "undisturbed"))
    assert killed.read_bytes() == undisturbed.read_bytes()


@pytest.mark.parametrize("n_bytes", [0, 100, 1300, -1])
def test_a_journal_that_was_cut_short_goes_on_from_what_it_holds(
    tmp_path: Path, cache: Path, caplog: pytest.LogCaptureFixture, n_bytes: int
) -> None:
    run(tmp_path / "undisturbed")
    (journal,) = cache.rglob("journal.log")
    with journal.open("r+b") as file:
        file.truncate(n_bytes % journal.stat().st_size)
        file.seek(0, os.SEEK_END)
        file.write(b"\0" * 7)  # what a crash puts in the place of a line
    run(tmp_path / "cut")
    cut, undisturbed = (tmp_path / name / "trials.csv" for name in ("cut", "undisturbed"))
    assert cut.read_bytes() == undisturbed.read_bytes()
    assert f"{journal} is damaged" in caplog.text


def test_a_finished_search_trains_nothing_and_more_trials_are_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    five, table = run(tmp_path)
    counts = count_trainings(monkeypatch)
    again, _ = run(tmp_path)
    assert (again, len(counts)) == (five, 0)
    _, longer = run(tmp_path, system({"trials": 7}))
    assert counts == [7, 7]
    pd.testing.assert_frame_equal(longer.iloc[:5][table.columns], table)


@pytest.mark.parametrize("change", [{"search": {**SEARCH, "seed": 2}}, {"seeds": [8, 7]}])
def test_other_settings_are_searched_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict
) -> None:
    run(tmp_path)
    counts = count_trainings(monkeypatch)
    run(tmp_path, system(**change))
    assert len(counts) == 5


def test_no_test_clip_has_a_part_in_it(tmp_path: Path) -> None:
    test = DATA.folds[0]["test"]
    labels = DATA.clips["label"].to_numpy().copy()
    labels[test] = np.roll(labels[test], 1)
    vectors = np.asarray(DATA.features["features"]).copy()
    vectors[test] = 1e6
    other = replace(DATA, clips=DATA.clips.assign(label=labels), features={"features": vectors})
    run(tmp_path / "as it is")
    search_settings(other, system(), "toy", "another key", tmp_path / "changed")
    first, second = (tmp_path / name / "trials.csv" for name in ("as it is", "changed"))
    assert first.read_bytes() == second.read_bytes()


def test_what_another_fold_tests_has_no_part_in_it() -> None:
    first = DATA.folds[0]
    train, val = first["train"], first["val"]
    data = replace(DATA, folds={0: first, 1: {**first, "test": np.concatenate([train[:3], val[:2]])}})
    kept = without_test(data).folds
    assert list(kept) == [0]
    assert kept[0]["train"].tolist() == train[3:].tolist()
    assert kept[0]["val"].tolist() == val[2:].tolist()
    assert not len(kept[0]["test"])


def test_folds_that_test_every_clip_leave_nothing_to_search_on() -> None:
    first = DATA.folds[0]
    data = replace(
        DATA, folds={0: first, 1: {**first, "test": np.concatenate([first["train"], first["val"]])}}
    )
    with pytest.raises(PipelineError, match="the 2 folds test every clip"):
        without_test(data)


def test_validation_has_a_part_in_it(tmp_path: Path) -> None:
    val = DATA.folds[0]["val"]
    vectors = np.asarray(DATA.features["features"]).copy()
    vectors[val] = -vectors[val]
    _, first = run(tmp_path / "as it is")
    search_settings(
        replace(DATA, features={"features": vectors}), system(), "toy", "other", tmp_path / "changed"
    )
    assert first["value"].tolist() != pd.read_csv(tmp_path / "changed" / "trials.csv")["value"].tolist()


def test_a_trial_behind_the_median_is_pruned(tmp_path: Path) -> None:
    rates = {"space": {"lr": {"choices": [0.05, 1e-7]}}, "sampler": "random", "trials": 8}
    apart = toy.study("vectors", apart=3.0)
    _, table = run(tmp_path, system(rates, monitor="val_loss"), apart)
    pruned = table[table["state"] == "pruned"]
    assert set(pruned["lr"]) == {1e-7}
    assert (pruned["epochs"] < 3).all()
    _, whole = run(tmp_path, system({**rates, "pruner": "none"}, monitor="val_loss"), apart)
    assert set(whole["state"]) == {"complete"}


def test_a_loss_that_is_no_number_ends_a_trial_and_not_the_search(tmp_path: Path) -> None:
    rates = {"space": {"lr": {"choices": [0.05, 1e30]}}, "sampler": "random"}
    best, table = run(tmp_path, system(rates, optimizer="sgd", clip_norm=None))
    assert best.lr == 0.05
    assert dict(zip(table["lr"], table["state"], strict=True))[1e30] == "diverged"


def test_where_no_trial_ends_well_there_are_no_settings(tmp_path: Path) -> None:
    rates = {"space": {"lr": {"choices": [1e30]}}}
    with pytest.raises(PipelineError, match=r"systems\.toy\.search: none of 5 trials was completed"):
        run(tmp_path, system(rates, optimizer="sgd", clip_norm=None))


def test_nothing_but_the_journal_is_left_behind(tmp_path: Path, cache: Path) -> None:
    run(tmp_path)
    assert {path.name for path in cache.rglob("*") if path.is_file()} == {"journal.log", "lock"}


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({}, r"systems\.toy\.search\.space is empty"),
        ({"architecture.hiden": {"choices": [[4]]}}, "no 'hiden', did you mean 'hidden'"),
        ({"rate": {"choices": [1]}}, "'rate' leads to no setting"),
        ({"features": {"choices": ["a"]}}, "'features' decides what a trial is trained on"),
        ({"lr": {"low": 0.1}}, "expected one of these sets of keys"),
        ({"lr": {"choices": [[0.1]]}}, "expected a list of plain values"),
        ({"lr": {"low": 0.1, "high": 0.01}}, r"search\.space\.lr: "),
        ({"lr": {"choices": ["fast"]}}, "lr: .*valid number.*'fast'"),
        ({"architecture.dropouts": {"all": {"choices": [0.1]}, "length_of": "lr"}}, "which is no list"),
    ],
)
def test_a_space_that_makes_no_sense_is_refused(tmp_path: Path, space: dict, message: str) -> None:
    with pytest.raises(PipelineError, match=message):
        run(tmp_path, system({"space": space}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sampler": "tpee"}, r"systems\.toy\.search\.sampler: unknown sampler 'tpee', did you mean 'tpe'"),
        ({"pruner": "mean"}, "unknown pruner 'mean'"),
        ({"trials": 0}, "trials is 0, expected 1 or more"),
        ({"trails": 1}, "unknown key 'trails', did you mean 'trials'"),
    ],
)
def test_a_search_that_makes_no_sense_is_refused(tmp_path: Path, change: dict, message: str) -> None:
    with pytest.raises(PipelineError, match=message):
        run(tmp_path, system(change))
