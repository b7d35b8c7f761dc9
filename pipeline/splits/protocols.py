"""The protocols: the ways to cut a study into training, validation and test.

To add one, write its function (here or in a file of its own) and give it an entry in `PROTOCOLS`. `split.protocol`
in params.yaml then takes its name, and the report says what the entry says of it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.config.mistakes import one_of
from pipeline.config.params import Params
from pipeline.config.splits import SplitSettings
from pipeline.splits.clips import Clips
from pipeline.splits.given_folds import given_folds
from pipeline.splits.k_folds import k_fold, leave_one_session_out, leave_one_speaker_out, speaker_k_fold
from pipeline.splits.new_speakers import (
    new_sentences,
    new_speakers,
    new_speakers_and_sentences,
    new_speakers_known_sentences,
)
from pipeline.splits.official import cross_corpus, official
from pipeline.splits.one_fold import random_split, speaker_independent, stratified_split


@dataclass(frozen=True)
class Protocol:
    """A way to cut a study.

    Attributes:
        cut: Takes the clips, the settings and a seed; returns one array a fold, the number of each clip's split as
            in `pipeline.splits.clips`, shape (clips,), int8. Copies of a recording (`Clips.groups`) must not be in
            two of training, validation and test.
        words: What the report calls it. `{shares}` stands for the sizes of the parts, such as "70/15/15", `{folds}`
            for the number of folds and `{test_corpora}` for the names of those that are there.
        new_speakers: Whether nobody who is tested was trained on; None where that is up to the corpora.
        by_corpus: Whether `split.test_corpora` says what is tested.
    """

    cut: Callable[[Clips, SplitSettings, int], list[np.ndarray]]
    words: str
    new_speakers: bool | None
    by_corpus: bool = False


PROTOCOLS: dict[str, Protocol] = {
    "stratified": Protocol(stratified_split, "stratified {shares}", new_speakers=False),
    "random": Protocol(random_split, "random {shares}", new_speakers=False),
    "speaker_independent": Protocol(speaker_independent, "speaker-independent {shares}", new_speakers=True),
    "k_fold": Protocol(k_fold, "{folds}-fold", new_speakers=False),
    "speaker_k_fold": Protocol(speaker_k_fold, "{folds}-fold by speaker", new_speakers=True),
    "leave_one_speaker_out": Protocol(leave_one_speaker_out, "leave-one-speaker-out", new_speakers=True),
    "leave_one_session_out": Protocol(leave_one_session_out, "leave-one-session-out", new_speakers=True),
    "new_speakers": Protocol(new_speakers, "speakers never heard", new_speakers=True),
    "new_sentences": Protocol(new_sentences, "sentences never heard", new_speakers=False),
    "new_speakers_and_sentences": Protocol(
        new_speakers_and_sentences, "speakers and sentences never heard", new_speakers=True
    ),
    "new_speakers_known_sentences": Protocol(
        new_speakers_known_sentences,
        "speakers never heard, sentences known, half the training",
        new_speakers=True,
    ),
    "official": Protocol(official, "official", new_speakers=None),
    "given_folds": Protocol(given_folds, "the folds that are given", new_speakers=None),
    "cross_corpus": Protocol(
        cross_corpus, "cross-corpus, tested on {test_corpora}", new_speakers=True, by_corpus=True
    ),
}


def find_protocol(name: str, where: str = "split.protocol") -> Protocol:
    """Return the protocol of a name.

    Args:
        name: As params.yaml has it.
        where: Key of params.yaml that an error names.

    Raises:
        PipelineError: There is no such protocol.
    """
    return PROTOCOLS[one_of(name, PROTOCOLS, "protocol", where)]


def check_protocols(params: Params) -> None:
    """Raise where a study, a variant of one or a published result names a protocol that is not there."""
    for name, study in params.studies.items():
        find_protocol(study.split.protocol, f"studies.{name}.split.protocol")
        for variant in study.variants:
            find_protocol(study.variant(variant).protocol, f"studies.{name}.variants.{variant}.protocol")
    for system, published in params.published.items():
        if published.protocol:
            find_protocol(published.protocol.name, f"published.{system}.protocol")
