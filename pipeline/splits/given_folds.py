"""The folds that a corpus gives, each tested in turn, and whether a given split keeps its parts apart."""

import numpy as np

from pipeline.config.splits import SplitSettings
from pipeline.core.errors import PipelineError
from pipeline.splits.clips import NOBODY, TEST, TRAIN, UNUSED, Clips, withhold, withhold_voices
from pipeline.splits.shares import cut_clips, cut_speakers, validation_share
from pipeline.splits.speakers import speaker_clusters


def given_folds(clips: Clips, settings: SplitSettings, seed: int) -> list[np.ndarray]:
    """Test each fold that the corpora give, in the order of their names.

    Test: the clips of a fold. Validation: of all others, the share val / (train + val) by `fractions`, in whole
    speakers where all are known and else of every class; none where `fractions.val` is 0. Training: the rest, with
    the clips that are in no fold. Copies of a tested recording are unused; speakers may be tested and trained on,
    where the folds have them so. `strict` makes both an error.
    """
    names = clips.names["fold"]
    if len(names) < 2:
        raise PipelineError(
            f"split.protocol given_folds: {len(names)} folds of {len(clips.ids):,} utterances, and it needs two: "
            f"name the column that says them in corpora.<name>.columns.fold, or set split.protocol to another"
        )
    share, clusters = validation_share(settings), speaker_clusters(clips)
    folds = []
    for fold, name in enumerate(names):
        splits = np.where(clips.folds == fold, TEST, TRAIN).astype(np.int8)
        check_apart(clips, splits, settings, f"fold {name!r}: ")
        splits = withhold(splits, clips.groups)
        if not (splits == TRAIN).any():
            raise PipelineError(
                f"nothing is left to train on while {name!r} is tested: all others are copies of it"
            )
        if (clips.speakers == NOBODY).any():
            splits = cut_clips(clips, splits, share, [seed, fold])
        else:
            splits = cut_speakers(clips, clusters, splits, share, [seed, fold])
        folds.append(withhold(splits, clips.groups))
    return folds


def check_apart(clips: Clips, splits: np.ndarray, settings: SplitSettings, where: str = "") -> None:
    """Raise where the study wants a given split to be strict, and a recording or a speaker crosses it."""
    if not settings.strict:
        return
    for what, apart in (
        ("have a copy", withhold(splits, clips.groups)),
        ("are of a speaker", withhold_voices(splits, clips)),
    ):
        crossing = np.flatnonzero((splits != UNUSED) & (apart == UNUSED))
        if len(crossing):
            raise PipelineError(
                f"{where}{len(crossing):,} utterances that are given to training or validation {what} in another "
                f"part, such as {clips.ids[crossing[0]]}, and split.strict is true: mend the split, or set it to "
                f"false, which leaves copies out and reports speakers"
            )
