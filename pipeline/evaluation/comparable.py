"""Systems that were tested on the same clips, and what each predicted of them, held as numbers.

Only these are comparable: of the same study, with the same truth of the same test clips on the same splits, and
with the same targets. Predictions are added one system at a time, so that no two tables are held at once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import pandas as pd

from pipeline.core.errors import PipelineError
from pipeline.evaluation.regression import PREDICTED_PREFIX, TRUTH_PREFIX, target_order, values_of
from pipeline.evaluation.scores import NO_TEST, class_order, present_classes

Run = tuple[int, int]  # split seed and training seed; its folds together test each clip of the split once
CLIP = ["split_seed", "utterance_id"]


@dataclass(frozen=True)
class Member:
    """A system's predictions of its group's clips.

    Attributes:
        system: Its name.
        runs: In rising order.
        predicted: One array a run, of the clips of its split in the group's order: numbers of classes, (n_clips,)
            int16, -1 for no class of the study; or values of dimensions, (n_clips, n_targets) float32.
        way: How it was tested; the best of a group is that of each way.
    """

    system: str
    runs: list[Run]
    predicted: list[np.ndarray]
    way: str = ""


@dataclass(frozen=True)
class Group:
    """Systems that were tested on the same clips.

    Attributes:
        study: Their study.
        targets: The dimensions that they predict; none where they predict classes.
        classes: The study's, where they predict classes.
        clips: split_seed, utterance_id and speaker, a row a clip and split, sorted.
        truth: Of these rows, as `Member.predicted`; NaN where a dimension is not rated.
        members: In the order in which they were added.
    """

    study: str
    targets: tuple[str, ...]
    classes: tuple[str, ...]
    clips: pd.DataFrame
    truth: np.ndarray
    members: list[Member]

    def rows(self, split_seed: int) -> np.ndarray:
        """Return which clips are of a split, as row numbers."""
        return np.flatnonzero(self.clips["split_seed"] == split_seed)

    @property
    def digest(self) -> str:
        """Of all that is compared of it: clips, truth, and what each member predicted, hexadecimal."""
        found = blake2b(pd.util.hash_pandas_object(self.clips, index=False).to_numpy().tobytes())
        found.update(repr((self.study, self.targets, self.classes)).encode())
        for values in [self.truth, *(values for member in self.members for values in member.predicted)]:
            found.update(f"{values.dtype} {values.shape}".encode() + np.ascontiguousarray(values).tobytes())
        found.update(repr([(member.system, member.runs, member.way) for member in self.members]).encode())
        return found.hexdigest()

    def confusion(self, member: Member, run: int) -> np.ndarray:
        """Count how often a run took each class (row) for each class (column), (n_classes, n_classes)."""
        truth, predicted = self.truth[self.rows(member.runs[run][0])], member.predicted[run]
        counts = np.zeros((len(self.classes), len(self.classes)), dtype=np.int64)
        known = predicted >= 0
        np.add.at(counts, (truth[known], predicted[known]), 1)
        return counts


class Groups:
    """Groups, in the order of their first members."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, ...], Group] = {}

    def __iter__(self) -> Iterator[Group]:
        return iter(self._groups.values())

    def add(self, system: str, study: str, predictions: pd.DataFrame, way: str = "") -> None:
        """Take in a system's test predictions.

        Args:
            system: Its name.
            study: Its study.
            predictions: Of every split.
            way: How it was tested: those of another way know more or less of the same clips, and are not ranked
                with it.

        Raises:
            PipelineError: There are none, one is no number, or a run does not test each clip of its split once.
        """
        test = predictions[predictions["split"] == "test"]
        if test.empty:
            raise PipelineError(f"{system}: {NO_TEST}")
        targets = target_order(test)
        for target in targets:
            values_of(test, target)  # raises where a prediction is no finite number
        classes = [] if targets else class_order(test)
        truths = [TRUTH_PREFIX + name for name in targets] or ["label"]
        test = test.sort_values(["split_seed", "seed", "utterance_id"], ignore_index=True)
        clips = test.drop_duplicates(CLIP).sort_values(CLIP, ignore_index=True)
        digest = blake2b(
            pd.util.hash_pandas_object(clips[[*CLIP, *truths]], index=False).to_numpy().tobytes()
        )
        key = (study, *targets, "", *classes, digest.hexdigest())
        if key not in self._groups:
            truth = _values(clips, TRUTH_PREFIX, targets) if targets else _numbers(clips["label"], classes)
            if not targets:
                present_classes(clips["label"].to_numpy(), classes)
            kept = clips[[*CLIP, "speaker"]].copy()
            self._groups[key] = Group(study, tuple(targets), tuple(classes), kept, truth, [])
        group = self._groups[key]
        group.members.append(_member(system, test, group, way))


def first_runs(one: Member, other: Member) -> tuple[int, int]:
    """Return the places of the first run that two members of a group both have.

    Where they have none, those of each one's first run: the first split is the same, and so are its clips.
    """
    common = [run for run in one.runs if run in other.runs]
    return (one.runs.index(common[0]), other.runs.index(common[0])) if common else (0, 0)


def not_comparable(groups: Groups, baselines: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """Return the pairs of a system and its baseline that are both there, but in different groups."""
    place = {member.system: number for number, group in enumerate(groups) for member in group.members}
    return [
        (system, baseline)
        for system, names in baselines.items()
        for baseline in names
        if system in place and baseline in place and place[system] != place[baseline]
    ]


def _member(system: str, test: pd.DataFrame, group: Group, way: str) -> Member:
    runs, predicted = [], []
    for (split_seed, seed), part in test.groupby(["split_seed", "seed"], sort=True):
        run = (int(split_seed), int(seed))
        clips = group.clips["utterance_id"].iloc[group.rows(run[0])]
        if not np.array_equal(part["utterance_id"].to_numpy(), clips.to_numpy()):
            raise PipelineError(
                f"{system}: split seed {run[0]}, seed {run[1]} has {len(part)} test predictions of "
                f"{part['utterance_id'].nunique()} clips; expected one of each of the split's {len(clips)}: "
                "train it again, or mend the file it was imported from"
            )
        runs.append(run)
        predicted.append(
            _values(part, PREDICTED_PREFIX, group.targets)
            if group.targets
            else _numbers(part["predicted"], group.classes)
        )
    return Member(system, runs, predicted, way)


def _numbers(names: pd.Series, classes: Sequence[str]) -> np.ndarray:
    return pd.Index(classes).get_indexer(names).astype(np.int16)


def _values(table: pd.DataFrame, prefix: str, targets: Sequence[str]) -> np.ndarray:
    return table[[prefix + name for name in targets]].to_numpy(dtype=np.float32)
