"""Protocols with one fold a seed, drawn in the proportions of `fractions`."""

import numpy as np

from pipeline.config.splits import SplitSettings
from pipeline.core.errors import PipelineError
from pipeline.splits.clips import TRAIN, Clips
from pipeline.splits.shares import proportions
from pipeline.splits.speakers import check_known, divide_speakers, every_class_in_all, speaker_clusters
from pipeline.splits.stratify import stratified

NO_SPEAKERS = (
    "set split.protocol to {instead}, let the entry of a table name who speaks (columns: {{speaker: ...}}), or "
    "leave their corpus out"
)


def stratified_split(clips: Clips, settings: SplitSettings, seed: int) -> list[np.ndarray]:
    """Divide every class into test, validation and training.

    Test, validation and training get `fractions.test`, `.val` and `.train` of the clips of every class; a split
    with the fraction 0 gets none. Copies of a recording stay together, speakers do not.
    """
    numbers, fractions = proportions(settings)
    parts = stratified(
        clips.labels,
        clips.groups,
        fractions,
        seed,
        classes=clips.names["label"],
        parts="splits",
        advice="set a split's fraction to 0",
    )
    return [numbers[parts].astype(np.int8)]


def random_split(clips: Clips, settings: SplitSettings, seed: int) -> list[np.ndarray]:
    """Draw test, validation and training without regard to classes.

    They get `fractions.test`, `.val` and `.train` of all clips; a split with the fraction 0 gets none. Copies of a
    recording stay together, speakers do not. What a small class gets of each is chance.

    Raises:
        PipelineError: A class has no clip in training.
    """
    numbers, fractions = proportions(settings)
    parts = stratified(
        np.zeros_like(clips.labels),
        clips.groups,
        fractions,
        seed,
        classes=["of any label"],
        parts="splits",
        advice="set a split's fraction to 0",
    )
    splits = numbers[parts].astype(np.int8)
    learnt = np.unique(clips.labels[splits == TRAIN])
    for label in np.setdiff1d(clips.labels, learnt):
        raise PipelineError(
            f"class {clips.names['label'][label]!r} has no clip among those drawn for training with seed {seed}: "
            f"set split.protocol to stratified, or choose another of split.seeds"
        )
    return [splits]


def speaker_independent(clips: Clips, settings: SplitSettings, seed: int) -> list[np.ndarray]:
    """Divide the speakers into those of test, validation and training.

    The three get whole speakers, as many as come closest to `fractions.test`, `.val` and `.train` of the clips of
    every class and sex; each has every class. Speakers who share copies of a recording stay together.
    """
    check_known(clips, clips.speakers, "speaker", NO_SPEAKERS.format(instead="stratified"))
    numbers, fractions = proportions(settings)
    clusters = speaker_clusters(clips)
    n_clusters, n_splits = clusters.max() + 1, len(fractions)
    if n_clusters < n_splits:
        raise PipelineError(
            f"{n_clusters} independent speakers cannot be divided into {n_splits} splits: set "
            f"split.protocol to stratified, or add a corpus with more speakers"
        )
    check_spoken(clips, clusters, n_splits, f"and there are {n_splits} splits, each of which needs one")
    parts = divide_speakers(clips, clusters, fractions, seed, every_class_in_all)
    return [numbers[parts].astype(np.int8)]


def check_spoken(clips: Clips, clusters: np.ndarray, n_needed: int, why: str) -> None:
    """Raise where a class is spoken by fewer clusters of speakers than are needed."""
    for label, name in enumerate(clips.names["label"]):
        by = clusters[clips.labels == label]
        n = len(np.unique(by))
        if n < n_needed:
            raise PipelineError(
                f"class {name!r} is spoken by {n} independent speakers, {why}: raise curation.min_per_class above "
                f"{len(by)} to leave it out, set split.protocol to stratified, or add clips"
            )
