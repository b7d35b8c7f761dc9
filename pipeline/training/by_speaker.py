"""Standard scores by speaker: what is left of a voice is how it differs from itself.

Each speaker's features are standardised by the mean and deviation over that speaker's own clips, without a look at
labels: of those who are trained on, and of those who are tested, all of whose unlabelled clips are used. So a
result with it is worth what it says only where clips of the person can be had beforehand, and is never ranked with
others. Of somebody unknown, or with few clips, the statistics are the means of those of the training speakers.

Source: the normalisation by speaker of Busso, Metallinou & Narayanan 2011, DOI 10.1109/ICASSP.2011.5947652.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.preprocessing import StandardScaler

FEWEST = 8  # clips of a speaker: fewer say little about a mean, and nothing about a deviation
STEP = "speaker"  # first step of the pipelines that are saved


@dataclass(frozen=True)
class Statistics:
    """Of one speaker, or of nobody in particular.

    Attributes:
        mean: Of each feature, shape (features,), float64.
        deviation: The same; 1 where a feature never varies.
    """

    mean: np.ndarray
    deviation: np.ndarray

    def scores(self, values: np.ndarray) -> np.ndarray:
        """Return standard scores of rows, shape (rows, features), float32."""
        return ((values - self.mean) / self.deviation).astype(np.float32)

    def as_step(self) -> StandardScaler:
        """Return a fitted step of a pipeline that does the same."""
        step = StandardScaler()
        step.mean_, step.scale_, step.var_ = self.mean, self.deviation, self.deviation**2
        step.n_features_in_, step.n_samples_seen_ = len(self.mean), FEWEST
        return step


def statistics_of(values: np.ndarray) -> Statistics:
    """Return the statistics of a speaker's clips, shape (clips, features)."""
    deviation = values.std(axis=0, dtype=np.float64)
    return Statistics(values.mean(axis=0, dtype=np.float64), np.where(deviation > 0, deviation, 1.0))


@dataclass(frozen=True)
class SpeakerScores:
    """All speakers' statistics of a study.

    Attributes:
        values: Features of all clips, shape (clips, features).
        speakers: Of all clips, shape (clips,); null where unknown.
        known: Statistics of those who have enough clips.
    """

    values: np.ndarray
    speakers: pd.Series
    known: dict[str, Statistics]

    def fallback(self, rows: np.ndarray) -> Statistics:
        """Return the statistics that stand for somebody unknown, of those who are trained on.

        Args:
            rows: Indices of the training clips. Where no speaker among them has enough, all clips count as one's.
        """
        trained = [
            self.known[name] for name in self.speakers.iloc[rows].dropna().unique() if name in self.known
        ]
        if not trained:
            return statistics_of(self.values[rows])
        return Statistics(
            np.mean([one.mean for one in trained], axis=0),
            np.mean([one.deviation for one in trained], axis=0),
        )

    def scores(self, fallback: Statistics) -> np.ndarray:
        """Return the standard scores of all clips, shape (clips, features), float32."""
        scored = np.empty(self.values.shape, np.float32)
        names = self.speakers.where(self.speakers.isin(self.known)).fillna("").to_numpy()
        for name in np.unique(names):
            rows = names == name
            scored[rows] = self.known.get(name, fallback).scores(self.values[rows])
        return scored


def speaker_scores(values: np.ndarray, speakers: pd.Series, is_copy: np.ndarray) -> SpeakerScores:
    """Take the statistics of every speaker who has enough clips.

    Args:
        values: Features of all clips, shape (clips, features).
        speakers: Of all clips, shape (clips,).
        is_copy: Which clips are augmented copies, shape (clips,): they are standardised and not counted.
    """
    own = speakers.where(~is_copy)
    counts = own.value_counts()
    enough = counts.index[counts >= FEWEST]
    known = {name: statistics_of(values[(own == name).to_numpy()]) for name in enough}
    return SpeakerScores(values, speakers.reset_index(drop=True), known)
