"""Protocols whose test speakers were never heard: by folds that are written down, one by one, or in parts.

With sentences beside speakers they tell what a result owes to the words: where a corpus says few sentences over and
over, a system may know the sentence of a clip that it has never heard (Pastor et al. 2022, arXiv:2210.14501).
"""

from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np

from pipeline.config.mistakes import nearest
from pipeline.config.splits import SplitSettings
from pipeline.core.errors import PipelineError
from pipeline.splits.clips import NOBODY, TEST, TRAIN, UNUSED, Clips, withhold, withhold_voices
from pipeline.splits.one_fold import NO_SPEAKERS, check_spoken
from pipeline.splits.shares import cut_clips, cut_speakers, validation_share
from pipeline.splits.speakers import check_known, divide_speakers, every_class_without_any, speaker_clusters

MOST_ALONE = 10  # speakers who are tested one by one; more are divided into `folds` parts
HALVES = 2  # of the sentences


def new_speakers(clips: Clips, settings: SplitSettings, seed: int) -> list[np.ndarray]:
    """Test everybody once, in folds of speakers of whom nobody is trained on.

    Test: the speakers that `split.speakers` writes down for a fold; where it writes none, each speaker in turn, or,
    of more than ten, `folds` parts of about as many clips of every class and sex. Validation: of the others, those
    who come closest to the share val / (train + val) of every class and sex; nobody where `fractions.val` is 0 or
    only one is left. Training: the rest. Copies of a recording are never on two sides; a clip whose speaker is not
    known is unused.
    """
    return _of_known(clips, lambda known: _new_speakers(known, settings, seed))


def _new_speakers(clips: Clips, settings: SplitSettings, seed: int) -> list[np.ndarray]:
    clusters = _clusters(clips)
    return [
        _with_validation(
            clips, clusters, np.where(tested, TEST, TRAIN).astype(np.int8), settings, [seed, fold]
        )
        for fold, tested in enumerate(_tested(clips, clusters, settings, seed))
    ]


def new_sentences(clips: Clips, settings: SplitSettings, seed: int) -> list[np.ndarray]:
    """Test sentences that were never trained on, spoken by speakers who were.

    Test: one half of the sentences after the other. Validation: of the rest, the share val / (train + val) of every
    class; none where `fractions.val` is 0. Training: the rest.
    """
    halves, share = sentence_halves(clips, seed), validation_share(settings)
    folds = [
        withhold(np.where(halves == half, TEST, TRAIN).astype(np.int8), clips.groups)
        for half in range(HALVES)
    ]
    return [
        withhold(cut_clips(clips, splits, share, [seed, fold]), clips.groups)
        for fold, splits in enumerate(folds)
    ]


def new_speakers_and_sentences(clips: Clips, settings: SplitSettings, seed: int) -> list[np.ndarray]:
    """Test speakers and sentences neither of which was trained on.

    The folds of `new_speakers`, each twice: test is one half of the sentences of those who are tested, training the
    other half of everybody else; what is between them is unused.
    """
    return _of_known(clips, lambda known: list(_by_sentence(known, settings, seed, same=False)))


def new_speakers_known_sentences(clips: Clips, settings: SplitSettings, seed: int) -> list[np.ndarray]:
    """Test new speakers on the sentences that were trained on, with as many clips as `new_speakers_and_sentences`.

    What lies between the two is what a result owes to knowing the sentences.
    """
    return _of_known(clips, lambda known: list(_by_sentence(known, settings, seed, same=True)))


def _by_sentence(clips: Clips, settings: SplitSettings, seed: int, *, same: bool) -> Iterator[np.ndarray]:
    halves, clusters = sentence_halves(clips, seed), _clusters(clips)
    for fold, tested in enumerate(_tested(clips, clusters, settings, seed)):
        for half in range(HALVES):
            asked = halves == half
            splits = np.full(len(tested), UNUSED, np.int8)
            splits[tested & asked] = TEST
            splits[~tested & (asked if same else ~asked)] = TRAIN
            yield _with_validation(clips, clusters, splits, settings, [seed, fold])


def sentence_halves(clips: Clips, seed: int) -> np.ndarray:
    """Divide the sentences into two halves of about as many clips, whatever their case and punctuation.

    Returns:
        0 or 1 for each clip, shape (clips,).

    Raises:
        PipelineError: A clip's sentence is not known, or all say the same.
    """
    check_known(clips, clips.texts, "text of its own", "leave its corpus out of protocols by sentence")
    counts = np.bincount(clips.texts)
    if len(counts) < HALVES:
        raise PipelineError(
            f"all {len(clips.ids)} utterances say {clips.names['text'][0]!r}: protocols by sentence need two"
        )
    half_of, sizes = np.zeros(len(counts), int), np.zeros(HALVES, int)
    shuffled = np.random.default_rng(seed).permutation(len(counts))
    for text in shuffled[np.argsort(-counts[shuffled], kind="stable")]:  # the most frequent first
        half_of[text] = sizes.argmin()
        sizes[half_of[text]] += counts[text]
    return half_of[clips.texts]


def _of_known(clips: Clips, cut: Callable[[Clips], list[np.ndarray]]) -> list[np.ndarray]:
    """Cut the clips whose speaker is known, and leave the others unused.

    Raises:
        PipelineError: No speaker is known.
    """
    known = clips.speakers != NOBODY
    if not known.any():
        check_known(clips, clips.speakers, "speaker", NO_SPEAKERS.format(instead="k_fold"))
    folds = []
    for splits in cut(clips.subset(known)):
        folds.append(np.full(len(known), UNUSED, np.int8))
        folds[-1][known] = splits
    return folds


def _clusters(clips: Clips) -> np.ndarray:
    clusters = speaker_clusters(clips)
    check_spoken(clips, clusters, 2, "and two are needed, for one to train on while the other is tested")
    return clusters


def _tested(clips: Clips, clusters: np.ndarray, settings: SplitSettings, seed: int) -> list[np.ndarray]:
    """Return who is tested in each fold, shape (clips,), bool."""
    if settings.speakers is not None:
        return [np.isin(clips.speakers, numbers) for numbers in find_speakers(clips, settings.speakers)]
    n_clusters = clusters.max() + 1
    if n_clusters <= MOST_ALONE:
        return [clusters == cluster for cluster in range(n_clusters)]
    equal = np.full(settings.folds, 1 / settings.folds)
    parts = divide_speakers(clips, clusters, equal, seed, every_class_without_any)
    return [parts == part for part in range(settings.folds)]


def find_speakers(clips: Clips, folds: list[list[str | int]]) -> list[list[int]]:
    """Return the numbers of the speakers that are written down for each fold.

    Args:
        clips: All clips.
        folds: Speakers as the corpus calls them, with or without the corpus before them ("ravdess/01", "01"), or by
            their number (1 is "01").

    Raises:
        PipelineError: Somebody is not there, or stands in two folds.
    """
    known = _names_of(clips.names["speaker"])
    found: dict[int, str | int] = {}
    numbers = []
    for names in folds:
        for name in names:
            if (number := known.get(str(name))) is None:
                raise PipelineError(
                    f"split.speakers names {name!r}{nearest(str(name), known)}, who is not among the speakers: "
                    f"{', '.join(clips.names['speaker'])}"
                )
            if number in found:
                raise PipelineError(f"split.speakers names {name!r} twice: each speaker is tested once")
            found[number] = name
        numbers.append([known[str(name)] for name in names])
    return numbers


def _names_of(speakers: list[str]) -> dict[str, int]:
    """Number the speakers by all that they may be called; what would mean two of them means none."""
    called = [{name, name.partition("/")[2], name.partition("/")[2].lstrip("0")} - {""} for name in speakers]
    times = Counter(name for names in called for name in names)
    return {name: number for number, names in enumerate(called) for name in names if times[name] == 1}


def _with_validation(
    clips: Clips, clusters: np.ndarray, splits: np.ndarray, settings: SplitSettings, seed: list[int]
) -> np.ndarray:
    """Leave out what would be on two sides, and let some of the speakers validate."""
    splits = withhold(withhold_voices(splits, clips), clips.groups)
    can_validate = len(np.unique(clusters[splits == TRAIN])) > 1  # one is left to train on
    share = validation_share(settings) if can_validate else 0.0
    splits = cut_speakers(clips, clusters, splits, share, seed)
    splits = withhold(splits, clips.groups)
    for number, part in ((TRAIN, "trained on"), (TEST, "tested")):
        if not (splits == number).any():
            raise PipelineError(
                f"fold {seed[-1]}: nothing is {part}; look at split.speakers and the study's corpora"
            )
    return splits
