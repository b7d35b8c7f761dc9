"""From segments to control tracks: formants, amplitudes and F0, one value every 5 ms."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.demo.phonemes import Formants, Segment

FRAME_SECONDS = 0.005
_SMOOTH_FORMANTS, _SMOOTH_VOICING, _SMOOTH_NOISE, _SMOOTH_STRESS = 11, 5, 3, 41  # frames
_SCHWA: Formants = (500, 1500, 2500)


@dataclass(frozen=True)
class Voice:
    """How a clip is spoken.

    Attributes:
        f0_hz: Geometric mean of F0 over the voiced frames, all intonation included.
        range_st: How far declination and accents move F0, semitones.
        rate: Speaking rate; 1 is the phonemes' own durations.
        formant_scale: Formants relative to an adult male's.
        formant_offsets: A factor for each of F1, F2, F3: the speaker's own vowels.
        bandwidth_scale: Formant bandwidths relative to the usual ones.
        tilt: Spectral tilt, dB per octave about 700 Hz; positive is brighter.
        jitter: Mean absolute difference of consecutive periods, relative to the period.
        shimmer: Standard deviation of the pulses' amplitudes, relative.
        breath: RMS of aspiration relative to the voice.
        creak: Depth of a slow amplitude modulation, 0-1.
        final_rise_st: Movement of F0 over the last third, semitones.
    """

    f0_hz: float = 110.0
    range_st: float = 4.0
    rate: float = 1.0
    formant_scale: float = 1.0
    formant_offsets: tuple[float, float, float] = (1.0, 1.0, 1.0)
    bandwidth_scale: float = 1.0
    tilt: float = 0.0
    jitter: float = 0.004
    shimmer: float = 0.03
    breath: float = 0.02
    creak: float = 0.0
    final_rise_st: float = 0.0


@dataclass(frozen=True)
class Tracks:
    """Control values of a clip, each of shape (n_frames,) but the formants."""

    formants: np.ndarray  # (n_frames, 3), Hz
    voicing: np.ndarray  # 0-1
    aspiration: np.ndarray  # RMS relative to a vowel
    noise_hz: np.ndarray
    noise_width_hz: np.ndarray
    noise: np.ndarray  # RMS relative to a vowel
    nasal: np.ndarray  # 0-1
    f0_hz: np.ndarray


def control_tracks(spoken: Sequence[Segment], voice: Voice, rng: np.random.Generator) -> Tracks:
    """Lay the segments out in time and smooth the steps between their targets."""
    durations = np.array([s.ms / 1000 for s in spoken]) * (1 + rng.normal(0, 0.06, len(spoken))) / voice.rate
    repeats = np.maximum(1, np.rint(durations / FRAME_SECONDS)).astype(int)

    def track(values: Sequence[float]) -> np.ndarray:
        return np.repeat(np.array(values, dtype=float), repeats)

    targets = np.repeat(np.array(_formant_targets(spoken)), repeats, axis=0)  # (n_frames, 3)
    formants = np.stack([_smooth(column, _SMOOTH_FORMANTS) for column in targets.T], axis=1)
    voicing = _smooth(track([s.voicing for s in spoken]), _SMOOTH_VOICING)
    stress = _smooth(track([s.stress for s in spoken]), _SMOOTH_STRESS)
    fade = np.linspace(1.0, 0.8, len(voicing))  # subglottal pressure falls
    aspiration = _smooth(track([s.aspiration for s in spoken]), _SMOOTH_NOISE)
    return Tracks(
        formants=formants * voice.formant_scale * np.array(voice.formant_offsets),
        voicing=voicing * (0.85 + 0.25 * stress) * fade,
        aspiration=aspiration + voice.breath * voicing * fade,
        noise_hz=track([s.noise_hz for s in spoken]) * np.sqrt(voice.formant_scale),
        noise_width_hz=track([s.noise_width_hz for s in spoken]),
        noise=_smooth(track([s.noise for s in spoken]), _SMOOTH_NOISE),
        nasal=_smooth(track([float(s.nasal) for s in spoken]), _SMOOTH_VOICING),
        f0_hz=_f0_contour(stress, voicing, voice),
    )


def _formant_targets(spoken: Sequence[Segment]) -> list[Formants]:
    """Return the formants of each segment; one without takes those of the next that has some."""
    targets: list[Formants] = []
    following = next((s.formants for s in reversed(spoken) if s.formants), _SCHWA)
    for segment in reversed(spoken):
        following = segment.formants or following
        targets.append(following)
    return targets[::-1]


def _f0_contour(stress: np.ndarray, voicing: np.ndarray, voice: Voice) -> np.ndarray:
    """Return F0 in Hz: declination, an accent on each stressed vowel and the final movement.

    The contour is centred over the voiced frames, so that the clip's mean F0 is the one asked for.
    """
    position = np.linspace(0, 1, len(stress))
    semitones = voice.range_st * (0.7 * (0.5 - position) + 1.1 * stress)
    semitones += voice.final_rise_st * np.clip((position - 0.62) / 0.38, 0, 1) ** 1.3
    semitones -= np.average(semitones, weights=voicing > 0.5)
    return voice.f0_hz * 2 ** (semitones / 12)


def _smooth(values: np.ndarray, width: int) -> np.ndarray:
    """Convolve with a normalised Hann window of `width` frames, (n_frames,) -> (n_frames,)."""
    window = np.hanning(width + 2)[1:-1]
    padded = np.pad(values, (width // 2, width - 1 - width // 2), mode="edge")
    return np.convolve(padded, window / window.sum(), mode="valid")
