"""Search of a system's settings: trials of an Optuna study, judged on validation alone.

Source: the Annamalai study, section 5.3 and table 5.8: components, layers, their widths, dropout and learning
rate of its feed-forward network, tuned by Optuna, with pruning; the accuracy on validation decides. Open: the
sampler (TPE here, Optuna's own choice), the pruner (that of the median) and the number of trials.

A trial trains on the first fold with the first seed, by the ordinary loop, and is worth the best value of the
system's `monitor`. It is pruned after an epoch in which its best value is behind the median of the completed
trials' at that epoch. No trial sees a clip that any fold tests. The settings of the best one, the first of
equals, are then trained as any system's.

Trials are kept in the cache folder, below a digest of all that decides them but their number: a search that was
killed goes on, and a larger number adds trials to those there. The state of Optuna's sampler is not stored, so it
is seeded anew for each trial: a search that was interrupted draws what an undisturbed one draws.
"""

import fcntl
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
from tqdm import tqdm

from pipeline.config.call import call
from pipeline.config.mistakes import one_of
from pipeline.config.systems import TorchSystem
from pipeline.core.errors import PipelineError
from pipeline.core.own_files import keep_whole_lines
from pipeline.core.paths import cache_dir
from pipeline.core.row_cache import digest
from pipeline.core.tables import write_csv
from pipeline.training.checkpoint import checkpoint_folder, remove_checkpoints
from pipeline.training.data import StudyData
from pipeline.training.loop import Diverged, TrainingRun
from pipeline.training.space import Space, check_space, draw
from pipeline.training.torch_runner import TorchRunner

if TYPE_CHECKING:  # it takes half a second to import, and few systems need it
    from optuna import Study, Trial
    from optuna.trial import FrozenTrial

log = logging.getLogger(__name__)
JOURNAL = "journal.log"


@dataclass(frozen=True, kw_only=True)
class Search:
    """A system's `search` in params.yaml.

    Attributes:
        trials: How many, pruned ones among them.
        sampler: `tpe` or `random`.
        pruner: `median` or `none`.
        startup: Trials drawn at random before the sampler learns from them, and completed before any is pruned.
        seed: Of the sampler; a trial's own is this and its number.
        space: See `pipeline.training.space`.
    """

    trials: int
    sampler: str
    pruner: str
    startup: int
    seed: int
    space: Space


class _NoLock:
    """In place of Optuna's lock of its journal, which outlives a kill: `exclusive_lock` covers the whole search."""

    def acquire(self) -> bool:
        return True

    def release(self) -> None:
        pass


class _Pruned(Exception):
    """Ends a training that is not worth its time."""


def search_settings(
    data: StudyData, system: TorchSystem, name: str, data_key: str, models: Path
) -> TorchSystem:
    """Return a system with the best settings that its search finds, and write down the trials.

    Args:
        data: The study.
        system: Its settings, resolved for the profile; `search` says what to try.
        name: The system's name.
        data_key: Digest of the data.
        models: The system's folder of models: `trials.csv` goes there.

    Raises:
        PipelineError: The search does not fit the system, or no trial was completed.
    """
    where = f"systems.{name}.search"
    search = call(Search, system.search, where)
    check_space(search.space, system, f"{where}.space")
    if search.trials < 1 or not system.joint:
        raise PipelineError(
            f"{where}: trials is {search.trials}, expected 1 or more, of a system with one network (joint: true)"
        )
    folder = search_folder(system, name, data_key)
    with exclusive_lock(folder):
        study = _open_study(folder, search, system, where)
        _run_trials(study, search, system, _Trainer(without_test(data), system, name, data_key, folder))
    trials = finished(study)[: search.trials]
    models.mkdir(parents=True, exist_ok=True)
    table = trials_table(trials, system)
    write_csv(models / "trials.csv", table, "%.6g")
    best = _best(trials, system, where)
    log.info("%s: trial %d of %d is the best: %s", where, trials.index(best), len(trials), best.params)
    return settings_of(best, search, system, where)


def without_test(data: StudyData) -> StudyData:
    """Return the first fold of a study, with nothing in it to test on, and no clip that another fold tests."""
    fold = min(data.folds)
    clips = data.clips["utterance_id"]  # of copies, that of their original
    tested = {name for rows in data.folds.values() for name in clips.iloc[rows["test"]]}
    others = ~clips.isin(tested).to_numpy()
    nothing = np.zeros(0, dtype=np.int64)
    kept = {
        split: rows[others[rows]] if split in ("train", "val") else nothing
        for split, rows in data.folds[fold].items()
    }
    if not (len(kept["train"]) and len(kept["val"])):
        raise PipelineError(
            f"the {len(data.folds)} folds test every clip, and a search must see none of these: search on one "
            "split (split.seeds of one number, protocol stratified), then name what it finds as a system's settings"
        )
    return replace(data, folds={fold: kept})


def search_folder(system: TorchSystem, name: str, data_key: str) -> Path:
    """Return a search's folder, under a digest of settings, first seed, data and code, not of how many trials."""
    endless = {key: value for key, value in system.search.items() if key != "trials"}
    key = checkpoint_folder(name, system.model_copy(update={"search": endless}), data_key).name
    return cache_dir() / "search" / name / digest([key, system.seeds[0]])


def finished(study: "Study") -> "list[FrozenTrial]":
    """Return the completed and pruned trials, in their order; what a kill ended is none."""
    from optuna.trial import TrialState

    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))


def trials_table(trials: "list[FrozenTrial]", system: TorchSystem) -> pd.DataFrame:
    """Lay trials out: number, the best value of the monitor, how it ended, epochs, and what was drawn."""
    rows = [
        {
            "number": number,
            "value": _best_value(trial, system),
            "state": "diverged" if trial.user_attrs.get("diverged") else trial.state.name.lower(),
            "epochs": len(trial.intermediate_values),
            **trial.params,
        }
        for number, trial in enumerate(trials)
    ]
    return pd.DataFrame(rows)


class _Trainer:
    """Trains one trial after the other.

    Args:
        data: Without test clips, one fold.
        system: What is searched.
        name: Of the system.
        data_key: Digest of the data.
        folder: Of the search.
    """

    def __init__(self, data: StudyData, system: TorchSystem, name: str, data_key: str, folder: Path) -> None:
        self.data, self.system, self.name, self.data_key = data, system, name, data_key
        self.models = folder / "models"

    def train(self, trial: "Trial", drawn: TorchSystem) -> float:
        """Return the best value of the monitor.

        Raises:
            _Pruned: It is behind the others.
            Diverged: Its loss is no longer a number.
        """
        monitor, told = drawn.monitor, 0

        def tell(history: list[dict[str, float]]) -> None:  # also of epochs that a checkpoint brought back
            nonlocal told
            for row in history[told:]:
                trial.report(row[monitor], int(row["epoch"]))
            told = len(history)

        def on_epoch(run: TrainingRun) -> None:
            tell(run.history)
            if trial.should_prune():
                raise _Pruned

        checkpoints = checkpoint_folder(self.name, drawn, self.data_key)
        runner = TorchRunner(self.data, drawn, self.name, self.models, checkpoints, on_epoch)
        try:
            outcome = runner.train(drawn.seeds[0], min(self.data.folds))
        finally:
            shutil.rmtree(self.models, ignore_errors=True)
        tell(outcome.history)
        return _sign(drawn) * max(_sign(drawn) * row[monitor] for row in outcome.history)

    def forget(self, drawn: TorchSystem) -> None:
        """Remove the checkpoints of a trial that is written down."""
        remove_checkpoints(checkpoint_folder(self.name, drawn, self.data_key))


def _run_trials(study: "Study", search: Search, system: TorchSystem, trainer: _Trainer) -> None:
    from optuna.trial import TrialState

    done = len(finished(study))
    with tqdm(
        total=search.trials,
        initial=min(done, search.trials),
        desc=f"{trainer.name} search",
        unit="trial",
        disable=None,
    ) as bar:
        for number in range(done, search.trials):
            study.sampler = _sampler(search, search.seed + number)
            trial = study.ask()
            drawn = draw(trial, search.space, system, f"systems.{trainer.name}.search.space")
            drawn = drawn.model_copy(update={"search": {}})
            try:
                study.tell(trial, trainer.train(trial, drawn))
            except Diverged:
                trial.set_user_attr("diverged", True)
                study.tell(trial, state=TrialState.PRUNED)
            except _Pruned:
                study.tell(trial, state=TrialState.PRUNED)
            trainer.forget(drawn)
            bar.update()


def _open_study(folder: Path, search: Search, system: TorchSystem, where: str) -> "Study":
    """Open what was stored of a search, or begin; a trial that a kill ended is marked as failed."""
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    pruners = {
        "median": lambda: optuna.pruners.MedianPruner(search.startup),
        "none": optuna.pruners.NopPruner,
    }
    keep_whole_lines(folder / JOURNAL)  # a cut one would end Optuna for ever
    pruner = pruners[one_of(search.pruner, pruners, "pruner", f"{where}.pruner")]()
    one_of(search.sampler, ("tpe", "random"), "sampler", f"{where}.sampler")
    study = optuna.create_study(
        study_name="search",
        storage=JournalStorage(JournalFileBackend(str(folder / JOURNAL), cast(Any, _NoLock()))),
        direction="maximize" if _sign(system) > 0 else "minimize",
        pruner=pruner,
        load_if_exists=True,
    )
    for trial in study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,)):
        study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
    return study


def _sampler(search: Search, seed: int) -> Any:
    from optuna.samplers import RandomSampler, TPESampler

    if search.sampler == "random":
        return RandomSampler(seed)
    return TPESampler(n_startup_trials=search.startup, multivariate=False, seed=seed)


def _sign(system: TorchSystem) -> int:
    """Return 1 where more of the monitor is better, else -1."""
    return -1 if system.monitor == "val_loss" else 1


def _best_value(trial: "FrozenTrial", system: TorchSystem) -> float:
    values = [_sign(system) * value for value in trial.intermediate_values.values()]
    return _sign(system) * max(values, default=float("nan"))


def _best(trials: "list[FrozenTrial]", system: TorchSystem, where: str) -> "FrozenTrial":
    completed = [trial for trial in trials if trial.state.name == "COMPLETE"]
    if not completed:
        raise PipelineError(
            f"{where}: none of {len(trials)} trials was completed: lower the rates in its space"
        )
    return max(completed, key=lambda trial: _sign(system) * _best_value(trial, system))


def settings_of(trial: "FrozenTrial", search: Search, system: TorchSystem, where: str) -> TorchSystem:
    """Return the settings that a finished trial had."""
    from optuna.trial import FixedTrial

    return draw(FixedTrial(trial.params), search.space, system, f"{where}.space")


@contextmanager
def exclusive_lock(folder: Path) -> Iterator[None]:
    """Wait until no other process runs this search; a killed one does not count."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
