"""A study's utterances as numbers, which every protocol of splitting works on."""

from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np
import pandas as pd

from pipeline.core.errors import PipelineError
from pipeline.corpora.contract import voices
from pipeline.curation.given_split import given_folds, given_parts

NAMES = ("train", "val", "test", "unused")
TRAIN, VAL, TEST, UNUSED = range(4)  # a later one of the first three keeps what they would share
NOBODY = -1  # number of a speaker, session, sex or fold that is not known


@dataclass(frozen=True)
class Clips:
    """Utterances in the order of their ids; arrays have shape (clips,) and number what is named alike.

    Attributes:
        ids: Utterance ids, as strings.
        labels: Classes.
        groups: Groups of copies; each clip is its own where copies need not stay together.
        speakers: Speakers; -1 where unknown.
        sessions: Sessions; -1 where unknown.
        sexes: Sexes; -1 where unknown.
        corpora: Corpora.
        texts: What is said, whatever its case and punctuation; -1 where unknown.
        official: Splits that the corpora publish; unused where they publish none.
        folds: Folds that test them, as the corpora publish them; -1 where they publish none.
        names: What the numbers of labels, speakers, sessions, corpora, texts and folds stand for, sorted.
    """

    ids: np.ndarray
    labels: np.ndarray
    groups: np.ndarray
    speakers: np.ndarray
    sessions: np.ndarray
    sexes: np.ndarray
    corpora: np.ndarray
    texts: np.ndarray
    official: np.ndarray
    folds: np.ndarray
    names: dict[str, list[str]]

    @cached_property
    def speaker_voices(self) -> np.ndarray:
        """Which voice each speaker has, or voices where several speak together, shape (pairs, 2): speaker, voice.

        Pairs are sorted by speaker.
        """
        named = [voices(name) for name in self.names["speaker"]]
        numbers = {
            name: number for number, name in enumerate(sorted({one for names in named for one in names}))
        }
        pairs = [(speaker, numbers[one]) for speaker, names in enumerate(named) for one in names]
        return np.array(pairs, int).reshape(-1, 2)

    def subset(self, which: np.ndarray) -> "Clips":
        """Return the clips that `which` says, shape (clips,) bool; speakers and so on keep their numbers."""
        arrays = (field.name for field in fields(self) if field.name != "names")
        return replace(self, **{name: getattr(self, name)[which] for name in arrays})


def as_clips(rows: pd.DataFrame, group_duplicates: bool) -> Clips:
    """Number a table's utterances.

    Args:
        rows: With the columns of `CURATED`, sorted by utterance id.
        group_duplicates: Whether copies of a recording have one number.

    Raises:
        PipelineError: An official split has an unknown name.
    """
    numbers, names = {}, {}
    for column in ("label", "speaker", "session", "sex", "corpus"):
        numbers[column], unique = pd.factorize(rows[column], sort=True)
        names[column] = list(unique)
    numbers["text"], unique = pd.factorize(_words(rows["text"]), sort=True)
    names["text"] = list(unique)
    official, folds = given_parts(rows).fillna(NAMES[UNUSED]), given_folds(rows)
    names["fold"] = sorted(folds.dropna().unique(), key=lambda name: (len(name), name))  # 2 before 10
    unknown = sorted(set(official.unique()) - set(NAMES))
    if unknown:
        raise PipelineError(
            f"official_split {unknown} of {rows['utterance_id'][official.isin(unknown)].iloc[0]}: expected "
            f"train, val or test, or nothing; mend the corpus's adapter in pipeline/corpora"
        )
    return Clips(
        ids=rows["utterance_id"].to_numpy(object),
        labels=numbers["label"],
        groups=pd.factorize(rows["group"], sort=True)[0] if group_duplicates else np.arange(len(rows)),
        speakers=numbers["speaker"],
        sessions=numbers["session"],
        sexes=numbers["sex"],
        corpora=numbers["corpus"],
        texts=numbers["text"],
        official=pd.Index(NAMES).get_indexer(official).astype(np.int8),
        folds=pd.Index(names["fold"], dtype=object).get_indexer(folds),
        names=names,
    )


def _words(texts: pd.Series) -> pd.Series:
    """Return the words of each text in lower case, without punctuation; null where there are none."""
    words = texts.fillna("").astype("str").str.lower().str.findall(r"\w+").str.join(" ")
    return words.where(words.ne(""))


def withhold_voices(splits: np.ndarray, clips: Clips) -> np.ndarray:
    """Leave out the clips that would put a speaker into two splits, as `withhold` does; clips may have several."""
    speakers, voice_of = clips.speaker_voices.T
    if len(speakers) == len(clips.names["speaker"]):  # nobody speaks with another
        return withhold(splits, clips.speakers)
    known = np.flatnonzero(clips.speakers != NOBODY)
    n_voices = np.bincount(speakers)[clips.speakers[known]]
    clip = np.repeat(known, n_voices)  # once for each of its voices
    nth = np.arange(len(clip)) - np.repeat(np.cumsum(n_voices) - n_voices, n_voices)
    voice = voice_of[np.searchsorted(speakers, clips.speakers[clip]) + nth]
    withheld = withhold(splits[clip], voice) != splits[clip]
    changed = splits.copy()
    changed[clip[withheld]] = UNUSED
    return changed


def withhold(splits: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Leave out the clips that would put a unit, such as a group of copies, into two splits.

    Where a unit is in several splits, test keeps its clips and the others lose theirs; without test it is
    validation that keeps them.

    Args:
        splits: Number of each clip's split, shape (clips,).
        units: Number of what must not be in two splits, such as a group of copies; -1 is no unit.

    Returns:
        The splits, with `UNUSED` in the place of a lower split that shares a unit with a higher one.
    """
    used = (splits != UNUSED) & (units != NOBODY)
    highest = np.zeros(units.max(initial=-1) + 1, splits.dtype)
    np.maximum.at(highest, units[used], splits[used])
    torn = used.copy()
    torn[used] = splits[used] < highest[units[used]]
    return np.where(torn, UNUSED, splits).astype(splits.dtype)
