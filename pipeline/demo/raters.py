"""Four simulated raters, who hear each dialogue clip with a bias, a scale and an attention of their own."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from pipeline.demo.layout import DIALOGUE_CODES, Clip
from pipeline.demo.prosody import PROFILES, Prosody

N_RATERS = 4
NO_MAJORITY = "xxx"
_HEARS_VOICE, _HEARS_WORDS = 0.78, 0.10  # else an emotion of similar affect
_CONFUSION_RADIUS = 0.25  # in units of the affect space, [-1, 1] in each of V, A, D
_WORDS_VALENCE = 0.4  # share of the valence that comes from the words
_NOISE_SD = (0.75, 0.65, 0.80)  # of a single rating on the five-point scale: V, A, D


@dataclass(frozen=True)
class Rater:
    """A listener's habits on the five-point scales of valence, arousal and dominance: each of shape (3,)."""

    bias: np.ndarray
    scale: np.ndarray


@dataclass(frozen=True)
class Judgement:
    """What the raters said of a clip: label codes, their consensus, and mean ratings from 1 to 5."""

    votes: tuple[str, ...]
    label: str
    arousal: float
    valence: float
    dominance: float


def draw_raters(rng: np.random.Generator) -> list[Rater]:
    """Draw the raters; the same ones hear the whole corpus."""
    return [Rater(rng.normal(0, 0.25, 3), rng.normal(1, 0.12, 3)) for _ in range(N_RATERS)]


def judge(clip: Clip, prosody: Prosody, raters: list[Rater], rng: np.random.Generator) -> Judgement:
    """Let every rater vote for an emotion and rate the affect of a clip."""
    affect = _heard_affect(clip, prosody)
    votes = tuple(DIALOGUE_CODES[_vote(clip, affect, rng)] for _ in raters)
    ratings = np.array([_rate(affect, rater, rng) for rater in raters])
    valence, arousal, dominance = ratings.mean(axis=0).tolist()
    return Judgement(votes, consensus(votes), arousal, valence, dominance)


def consensus(votes: tuple[str, ...]) -> str:
    """Return the label with more votes than any other and at least two, else `NO_MAJORITY`."""
    (first, n_first), *others = Counter(votes).most_common()
    beaten = all(n < n_first for _, n in others)
    return first if n_first >= 2 and beaten else NO_MAJORITY


def _heard_affect(clip: Clip, prosody: Prosody) -> np.ndarray:
    """Return valence, arousal and dominance, (3,): the voice's, with a valence that the words share in."""
    words_valence = PROFILES[clip.words or clip.emotion][0][0]
    valence = (1 - _WORDS_VALENCE) * prosody.valence + _WORDS_VALENCE * words_valence
    return np.array([valence, prosody.arousal, prosody.dominance])


def _vote(clip: Clip, affect: np.ndarray, rng: np.random.Generator) -> str:
    if clip.emotion == "boredom":
        return clip.emotion  # the planted rare label must not depend on luck
    drawn = rng.random()
    if drawn < _HEARS_VOICE:
        return clip.emotion
    if drawn < _HEARS_VOICE + _HEARS_WORDS and clip.words:
        return clip.words
    near = [emotion for emotion in DIALOGUE_CODES if emotion != "boredom"]
    distances = np.array([np.sqrt(np.sum((np.array(PROFILES[name][0]) - affect) ** 2)) for name in near])
    weights = np.exp(-distances / _CONFUSION_RADIUS)
    return str(rng.choice(near, p=weights / weights.sum()))


def _rate(affect: np.ndarray, rater: Rater, rng: np.random.Generator) -> np.ndarray:
    """Return one rater's valence, arousal and dominance, (3,) whole numbers from 1 to 5."""
    return np.clip(np.rint(3 + 2 * affect * rater.scale + rater.bias + rng.normal(0, _NOISE_SD)), 1, 5)
