"""Protocols in which it is given who is tested: by the corpora themselves, or by naming corpora."""

import numpy as np

from pipeline.config.mistakes import one_of
from pipeline.config.splits import SplitSettings
from pipeline.core.errors import PipelineError
from pipeline.splits.clips import NOBODY, TEST, TRAIN, VAL, Clips, withhold
from pipeline.splits.given_folds import check_apart
from pipeline.splits.shares import cut_clips, cut_speakers, validation_share
from pipeline.splits.speakers import speaker_clusters


def official(clips: Clips, settings: SplitSettings, seed: int) -> list[np.ndarray]:
    """Take the splits that each corpus publishes.

    Test, validation and training: as published; what is in none of them is unused. Where a corpus publishes no
    validation, the share val / (train + val) of every class is cut from its training by `fractions`; none where
    `fractions.val` is 0. Copies of a tested recording that train or validate, and of a validating one that
    train, are unused; speakers may be in two splits, where the corpus has them so.
    `strict` makes both an error.
    """
    check_apart(clips, clips.official, settings)
    splits = withhold(clips.official, clips.groups)
    share = validation_share(settings)
    for corpus, name in enumerate(clips.names["corpus"]):
        own = clips.corpora == corpus
        published = np.unique(clips.official[own])
        if TRAIN not in published or TEST not in published:
            raise PipelineError(
                f"{name} publishes no official split with both training and test among the {own.sum()} utterances "
                f"of it that are left: set split.protocol to another, or leave {name} out of the study"
            )
        if VAL not in published:
            splits[own] = cut_clips(clips.subset(own), splits[own], share, [seed, corpus])
    splits = withhold(splits, clips.groups)
    if not (splits == TRAIN).any():
        raise PipelineError(
            "all that is officially trained on has copies in test or validation, so that nothing is left: set "
            "split.group_duplicates to false, or split.protocol to another"
        )
    return [splits]


def cross_corpus(clips: Clips, settings: SplitSettings, seed: int) -> list[np.ndarray]:
    """Test on some corpora and train on others.

    Test: the utterances of `test_corpora`. Validation: of the others, the share val / (train + val) by
    `fractions`, in whole speakers where they are known and else in every class; none where `fractions.val` is 0.
    Training: the rest. Copies of a tested recording in another corpus are unused.
    """
    corpora, tested = clips.names["corpus"], settings.test_corpora
    if not tested:
        raise PipelineError(f"split.test_corpora is empty; cross_corpus expects some of {', '.join(corpora)}")
    numbers = [corpora.index(one_of(name, corpora, "corpus", "split.test_corpora")) for name in tested]
    splits = np.where(np.isin(clips.corpora, numbers), TEST, TRAIN).astype(np.int8)
    if not (splits == TRAIN).any():
        raise PipelineError(
            f"split.test_corpora are all corpora of the study ({', '.join(corpora)}), so that none is left to "
            f"train on: take one out, or give the study another corpus"
        )
    splits = withhold(withhold(splits, clips.groups), clips.speakers)
    if not (splits == TRAIN).any():
        raise PipelineError(
            f"every recording outside split.test_corpora ({', '.join(tested)}) has a copy in them, so that nothing "
            f"is left to train on: take one out, or give the study another corpus"
        )
    clusters, share = speaker_clusters(clips), validation_share(settings)
    spoken = np.isin(clusters, clusters[clips.speakers != NOBODY])
    splits[spoken] = cut_speakers(clips.subset(spoken), clusters[spoken], splits[spoken], share, seed)
    splits[~spoken] = cut_clips(clips.subset(~spoken), splits[~spoken], share, seed)
    return [splits]
