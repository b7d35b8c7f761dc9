"""Protocols with several folds a seed, in which every clip is tested once."""

import numpy as np

from pipeline.config.splits import SplitSettings
from pipeline.core.errors import PipelineError
from pipeline.splits.clips import NOBODY, TEST, TRAIN, VAL, Clips, withhold, withhold_voices
from pipeline.splits.one_fold import NO_SPEAKERS, check_spoken
from pipeline.splits.shares import NO_VALIDATION, cut_clips, cut_speakers, validation_share
from pipeline.splits.speakers import check_known, divide_speakers, every_class_without_any, speaker_clusters
from pipeline.splits.stratify import stratified


def k_fold(clips: Clips, settings: SplitSettings, seed: int) -> list[np.ndarray]:
    """Divide every class into `folds` equal parts.

    Test: one part after the other. Validation: of what is left, the share val / (train + val) of every class, by
    `fractions`; none where `fractions.val` is 0. Training: the rest. Copies of a recording stay together.
    """
    n_folds = settings.folds
    tested = stratified(
        clips.labels,
        clips.groups,
        np.full(n_folds, 1 / n_folds),
        seed,
        classes=clips.names["label"],
        parts="folds",
        advice="lower split.folds",
    )
    share = validation_share(settings)
    return [cut_clips(clips, _test(tested == fold), share, [seed, fold]) for fold in range(n_folds)]


def speaker_k_fold(clips: Clips, settings: SplitSettings, seed: int) -> list[np.ndarray]:
    """Divide the speakers into `folds` parts of about as many clips, of every class and sex.

    Test: one part after the other. Validation: of the other speakers, those who come closest to the share
    val / (train + val) of every class and sex, by `fractions`; nobody where `fractions.val` is 0. Training: the
    rest, which has every class. Speakers who share copies of a recording stay together.
    """
    check_known(clips, clips.speakers, "speaker", NO_SPEAKERS.format(instead="k_fold"))
    n_folds = settings.folds
    clusters = speaker_clusters(clips)
    n_clusters = clusters.max() + 1
    if n_clusters < n_folds:
        raise PipelineError(
            f"{n_clusters} independent speakers cannot be divided into {n_folds} folds: lower split.folds, set "
            f"split.protocol to k_fold, or add a corpus with more speakers"
        )
    check_spoken(clips, clusters, 2, "and two are needed, for one to train on while the other is tested")
    equal = np.full(n_folds, 1 / n_folds)
    tested = divide_speakers(clips, clusters, equal, seed, every_class_without_any)
    share = validation_share(settings)
    return [
        cut_speakers(clips, clusters, _test(tested == fold), share, [seed, fold]) for fold in range(n_folds)
    ]


def leave_one_speaker_out(clips: Clips, settings: SplitSettings, seed: int) -> list[np.ndarray]:
    """Test every speaker in turn, in sorted order.

    Test: a speaker. Validation: the others of that speaker's sessions, as in the usual protocol of IEMOCAP, where
    the session partner validates; without any, the next speaker, after the last the first; nobody where
    `fractions.val` is 0. Training: all others. A copy of a tested clip that another speaker has is unused, and so
    is a training clip that is a copy of a validating one. Where several speak in one clip, they count as a speaker,
    and clips of one of them are unused while that one is tested, and the other way round.
    """
    check_known(clips, clips.speakers, "speaker", NO_SPEAKERS.format(instead="stratified"))
    n_speakers = len(clips.names["speaker"])
    partners = session_partners(clips)
    roles = np.full((n_speakers, n_speakers), TRAIN, np.int8)  # by fold and speaker
    if validation_share(settings):
        roles[partners] = VAL
        alone = np.flatnonzero(~partners.any(axis=1))
        roles[alone, (alone + 1) % n_speakers] = VAL
    np.fill_diagonal(roles, TEST)
    return [
        _fold(clips, withhold_voices(roles[fold][clips.speakers], clips), clips.names["speaker"][fold])
        for fold in range(n_speakers)
    ]


def leave_one_session_out(clips: Clips, settings: SplitSettings, seed: int) -> list[np.ndarray]:
    """Test every session in turn, in sorted order.

    Test: a session. Validation: the next session, after the last the first; none where `fractions.val` is 0.
    Training: all others. A clip of another session is unused if its speaker, or a copy of it, is tested; so is a
    training clip whose speaker, or a copy of which, validates.
    """
    advice = "set split.protocol to leave_one_speaker_out, or leave their corpus out"
    check_known(clips, clips.sessions, "session", advice)
    n_sessions = len(clips.names["session"])
    roles = np.full((n_sessions, n_sessions), TRAIN, np.int8)  # by fold and session
    if validation_share(settings):
        fold = np.arange(n_sessions)
        roles[fold, (fold + 1) % n_sessions] = VAL
    np.fill_diagonal(roles, TEST)
    return [
        _fold(clips, withhold_voices(roles[fold][clips.sessions], clips), clips.names["session"][fold])
        for fold in range(n_sessions)
    ]


def session_partners(clips: Clips) -> np.ndarray:
    """Return who speaks in a session with whom, shape (speakers, speakers), bool; nobody with themselves."""
    known = (clips.sessions != NOBODY) & (clips.speakers != NOBODY)
    present = np.zeros((len(clips.names["speaker"]), len(clips.names["session"])), np.float32)
    present[clips.speakers[known], clips.sessions[known]] = 1
    together = present @ present.T > 0
    np.fill_diagonal(together, False)
    return together


def _test(tested: np.ndarray) -> np.ndarray:
    return np.where(tested, TEST, TRAIN).astype(np.int8)


def _fold(clips: Clips, splits: np.ndarray, tested: str) -> np.ndarray:
    """Leave copies out, and raise where nothing is left to train on."""
    splits = withhold(splits, clips.groups)
    if not (splits == TRAIN).any():
        raise PipelineError(
            f"nothing is left to train on while {tested} is tested: all others validate, or share speakers or "
            f"copies of recordings with it. {NO_VALIDATION[0].upper()}{NO_VALIDATION[1:]}, set split.protocol to "
            f"stratified, or add a corpus with more speakers"
        )
    return splits
