"""The recipe: emotions differ as the table says, by as much as the settings say."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.demo.layout import RAVDESS_CODES
from pipeline.demo.prosody import FIELDS, PROFILES, Recipe, draw_prosody, draw_speaker, voice_of
from pipeline.demo.streams import stream

EXACT = Recipe(separation=1.0, overlap=0.0, speaker_spread=0.0)


@pytest.fixture
def speaker():
    """A speaker who shows emotions exactly as the table says."""
    return replace(draw_speaker("x", "female", EXACT, stream(1, "speaker")), expressiveness=1.0)


def deltas(speaker, emotion, recipe, intensity=1.0, name="clip"):
    return np.array(
        [draw_prosody(speaker, emotion, intensity, recipe, stream(1, name)).deltas[field] for field in FIELDS]
    )


@pytest.mark.parametrize("emotion", PROFILES)
def test_without_overlap_a_clip_is_its_profile(speaker, emotion):
    strength = deltas(speaker, "anger", EXACT)[0] / PROFILES["anger"][1][0]
    np.testing.assert_allclose(deltas(speaker, emotion, EXACT), strength * np.array(PROFILES[emotion][1]))


def test_separation_scales_the_profile(speaker):
    doubled = replace(EXACT, separation=2.0)
    np.testing.assert_allclose(deltas(speaker, "fear", doubled), 2 * deltas(speaker, "fear", EXACT))


def test_overlap_widens_the_classes(speaker):
    def spread(overlap):
        recipe = replace(EXACT, overlap=overlap)
        return np.std([deltas(speaker, "neutral", recipe, name=f"clip {i}") for i in range(50)], axis=0)[0]

    assert spread(1.0) == pytest.approx(2 * spread(0.5))


def test_jitter_breath_and_creak_are_never_negative(speaker):
    wide = replace(EXACT, overlap=3.0)
    drawn = [deltas(speaker, "neutral", wide, name=f"clip {i}")[5:8] for i in range(50)]
    assert np.min(drawn) == 0


def test_affect_follows_the_emotion(speaker):
    angry, sad = (draw_prosody(speaker, name, 1.0, EXACT, stream(1, "x")) for name in ("anger", "sadness"))
    assert angry.arousal > sad.arousal
    assert angry.dominance > sad.dominance
    assert max(angry.valence, sad.valence) < 0


def test_speakers_without_spread_have_the_average_voice():
    woman, man = (draw_speaker("x", sex, EXACT, stream(1, "x")) for sex in ("female", "male"))
    assert (woman.f0_hz, man.f0_hz) == (200, 112)
    assert (woman.formant_scale, man.formant_scale) == (1.15, 1.0)


def test_deltas_become_settings_of_the_voice(speaker):
    voice = voice_of(speaker, dict.fromkeys(FIELDS, 0.0) | {"f0_st": 12.0, "range_log2": 1.0, "jitter": 1.0})
    assert voice.f0_hz == 400
    assert voice.range_st == 10
    assert voice.jitter == pytest.approx(0.014)


def test_every_emotion_of_ravdess_has_a_profile():
    assert RAVDESS_CODES.keys() <= PROFILES.keys()
