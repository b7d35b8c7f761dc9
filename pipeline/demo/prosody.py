"""How an emotion changes a voice: the recipe of the demo corpus.

`PROFILES` says by how much each emotion moves a speaker away from neutral. A clip gets that, times the
recipe's separation, the clip's intensity and the speaker's expressiveness, plus the clip's own deviation and
the speaker's own manner of showing this emotion, so that classes overlap as those of acted and of natural
speech do.

The numbers are a plausible caricature of the vocal correlates in Scherer, Speech Communication 40, 227
(2003), doi:10.1016/S0167-6393(02)00084-5, chosen so that the pipeline has something to learn. They measure
nothing. Valence, arousal and dominance follow Russell & Mehrabian, J. Res. Pers. 11, 273 (1977),
doi:10.1016/0092-6566(77)90037-X.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.demo.tracks import Voice

Sex = Literal["female", "male"]

# The columns of PROFILES; their standard deviations from clip to clip and from speaker to speaker; and how
# much of a clip's deviation is its arousal, which moves several columns together.
FIELDS = ("f0_st", "range_log2", "rate_ln", "level_db", "tilt", "jitter", "breath", "creak", "final_st")
CLIP_SD = np.array([1.3, 0.30, 0.09, 2.0, 1.0, 0.35, 0.10, 0.12, 1.0])
SPEAKER_SD = np.array([1.0, 0.25, 0.06, 1.5, 0.8, 0.25, 0.08, 0.10, 0.8])
AROUSAL_LOADING = np.array([0.5, 0.4, 0.4, 0.6, 0.6, 0.0, 0.0, 0.0, 0.0])
NEVER_NEGATIVE = np.array([name in ("jitter", "breath", "creak") for name in FIELDS])

PROFILES: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    # Valence, arousal, dominance in [-1, 1]; F0 semitones, F0 range log2, ln rate, dB, tilt dB/octave,
    # jitter %, breath, creak, final rise in semitones.
    "anger": ((-0.51, 0.59, 0.25), (3.5, 0.60, 0.10, 6.0, 2.5, 0.8, 0.00, 0.15, -1.0)),
    "happiness": ((0.81, 0.51, 0.46), (3.5, 0.70, 0.07, 3.5, 1.5, 0.3, 0.05, 0.00, 1.5)),
    "fear": ((-0.64, 0.60, -0.43), (4.5, -0.10, 0.18, 0.5, 0.3, 1.8, 0.25, 0.00, 0.5)),
    "sadness": ((-0.63, -0.27, -0.33), (-1.5, -0.80, -0.20, -5.0, -2.0, 0.8, 0.35, 0.05, -1.0)),
    "disgust": ((-0.60, 0.35, 0.11), (-1.0, -0.15, -0.16, -0.5, -0.5, 0.6, 0.10, 0.50, -1.5)),
    "surprise": ((0.40, 0.67, -0.13), (5.0, 0.90, -0.02, 2.5, 0.8, 0.3, 0.15, 0.00, 4.0)),
    "neutral": ((0.00, 0.00, 0.00), (0.0, 0.00, 0.00, 0.0, 0.0, 0.3, 0.05, 0.05, 0.0)),
    "calm": ((0.50, -0.45, 0.05), (-1.0, -0.35, -0.10, -2.5, -1.0, 0.2, 0.15, 0.00, -0.5)),
    "boredom": ((-0.40, -0.62, -0.33), (-2.0, -1.00, -0.22, -3.0, -1.0, 0.3, 0.10, 0.25, -0.5)),
}


@dataclass(frozen=True)
class Recipe:
    """How far apart the emotions of a corpus are.

    Attributes:
        separation: Factor on `PROFILES`.
        overlap: Factor on the deviations of clips and speakers.
        speaker_spread: Factor on how much speakers' neutral voices differ.
    """

    separation: float = 1.15
    overlap: float = 0.5
    speaker_spread: float = 0.75


@dataclass(frozen=True)
class Speaker:
    """A speaker's neutral voice and manner. `manners` holds a deviation for each of `FIELDS` by emotion."""

    speaker_id: str
    sex: Sex
    f0_hz: float
    rate: float
    formant_scale: float
    formant_offsets: tuple[float, float, float]
    bandwidth_scale: float
    tilt: float
    breath: float
    level_db: float
    expressiveness: float
    manners: dict[str, np.ndarray]


@dataclass(frozen=True)
class Prosody:
    """What a clip was drawn to be: deltas against the speaker's neutral voice, and (V, A, D) in [-1, 1]."""

    deltas: dict[str, float]
    valence: float
    arousal: float
    dominance: float


def draw_speaker(speaker_id: str, sex: Sex, recipe: Recipe, rng: np.random.Generator) -> Speaker:
    """Draw a speaker's voice around the average of the sex."""
    female = sex == "female"
    pitch, rate, formants, tilt, level = rng.normal(0, [1.3, 0.06, 2.5, 0.8, 1.5]) * recipe.speaker_spread
    f1, f2, f3 = (float(factor) for factor in 1 + rng.normal(0, 0.025, 3))
    return Speaker(
        speaker_id=speaker_id,
        sex=sex,
        f0_hz=(200 if female else 112) * 2 ** (pitch / 12),
        rate=0.92 * np.exp(rate),
        formant_scale=(1.15 if female else 1.0) * (1 + formants / 100),
        formant_offsets=(f1, f2, f3),
        bandwidth_scale=float(np.exp(rng.normal(0, 0.12))),
        tilt=tilt,
        breath=0.02 + abs(rng.normal(0, 0.015)),
        level_db=level,
        expressiveness=float(np.clip(rng.normal(1, 0.15), 0.6, 1.4)),
        manners={emotion: rng.normal(0, SPEAKER_SD) for emotion in PROFILES},
    )


def draw_prosody(
    speaker: Speaker, emotion: str, intensity: float, recipe: Recipe, rng: np.random.Generator
) -> Prosody:
    """Draw how one clip sounds, and the affect that a listener would hear in it."""
    affect, profile = (np.array(values) for values in PROFILES[emotion])
    strength = max(0.25, rng.normal(intensity, 0.22)) * speaker.expressiveness
    arousal = rng.normal()
    own = rng.normal(size=len(FIELDS))
    deviation = CLIP_SD * (AROUSAL_LOADING * arousal + np.sqrt(1 - AROUSAL_LOADING**2) * own)
    deltas = recipe.separation * strength * profile + recipe.overlap * (deviation + speaker.manners[emotion])
    deltas = np.where(NEVER_NEGATIVE, np.maximum(deltas, 0), deltas)
    heard = affect * min(strength, 1.5) + np.array([0.0, 0.22, 0.12]) * recipe.overlap * arousal
    valence, heard_arousal, dominance = np.clip(heard + rng.normal(0, [0.12, 0.06, 0.10]), -1, 1).tolist()
    return Prosody(dict(zip(FIELDS, deltas.tolist(), strict=True)), valence, heard_arousal, dominance)


def voice_of(speaker: Speaker, deltas: dict[str, float]) -> Voice:
    """Return the synthesiser's settings for a speaker who deviates from neutral by `deltas`."""
    return Voice(
        f0_hz=speaker.f0_hz * 2 ** (deltas["f0_st"] / 12),
        range_st=(5 if speaker.sex == "female" else 4) * 2 ** deltas["range_log2"],
        rate=speaker.rate * np.exp(deltas["rate_ln"]),
        formant_scale=speaker.formant_scale,
        formant_offsets=speaker.formant_offsets,
        bandwidth_scale=speaker.bandwidth_scale,
        tilt=speaker.tilt + deltas["tilt"],
        jitter=0.004 + deltas["jitter"] / 100,
        shimmer=0.03 + 0.03 * deltas["jitter"],
        breath=speaker.breath + 0.7 * deltas["breath"],
        creak=deltas["creak"],
        final_rise_st=deltas["final_st"],
    )
