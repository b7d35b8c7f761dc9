"""What holds for every kind of feature."""

import numpy as np
import pytest

from pipeline.core.errors import PipelineError
from pipeline.features.registry import kinds, load_kind
from pipeline.features.waves import trim_silence
from tests.features.examples import SETTINGS, extractor, settings, signal

KINDS = kinds()


def extract(kind: str, wave: np.ndarray, **changes) -> np.ndarray:
    return extractor(kind, **changes).extract(wave)


def clip(kind: str, name: str = "speech_like", **options) -> np.ndarray:
    return signal(name, settings(kind).sample_rate, **options)


def test_every_kind_is_tested():
    assert sorted(SETTINGS) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_features_are_finite_contiguous_and_of_the_declared_type(kind):
    features = extract(kind, clip(kind))
    assert features.dtype == load_kind(kind).DTYPE
    assert features.ndim == {"vector": 1, "frames": 2, "samples": 1}[load_kind(kind).FORM]
    assert features.flags.c_contiguous
    assert np.isfinite(features).all()


@pytest.mark.parametrize("kind", KINDS)
def test_names_name_the_last_axis(kind):
    names = extractor(kind).feature_names()
    assert names is None or len(set(names)) == len(names) == extract(kind, clip(kind)).shape[-1]


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_clip_gives_the_same_bytes(kind):
    wave = clip(kind)
    before = wave.copy()
    assert extract(kind, wave).tobytes() == extract(kind, wave).tobytes()
    np.testing.assert_array_equal(wave, before)


@pytest.mark.parametrize("kind", KINDS)
def test_clips_that_differ_have_features_that_differ(kind):
    first, second = (extract(kind, clip(kind, "noise", seed=seed)) for seed in (0, 1))
    assert first.shape == second.shape
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n_samples", [1, 2, 700])
def test_a_very_short_clip_has_finite_features(kind, n_samples):
    assert np.isfinite(extract(kind, np.full(n_samples, 0.1, np.float32))).all()


@pytest.mark.parametrize("kind", KINDS)
def test_silence_has_finite_features(kind):
    assert np.isfinite(extract(kind, clip(kind, "silence"))).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_clip_is_divided_by_its_peak(kind):
    wave = clip(kind, seconds=0.5)
    by_hand = wave / np.abs(wave).max()
    np.testing.assert_array_equal(extract(kind, wave, peak_normalise=True), extract(kind, by_hand))


@pytest.mark.parametrize("kind", KINDS)
def test_the_level_of_a_clip_divided_by_its_peak_does_not_matter(kind):
    wave = clip(kind, seconds=0.5)
    loud, quiet = (
        extract(kind, gain * wave, peak_normalise=True) for gain in (np.float32(1), np.float32(1 / 64))
    )
    np.testing.assert_array_equal(loud, quiet)


@pytest.mark.parametrize("kind", KINDS)
def test_silence_is_not_divided(kind):
    silence = clip(kind, "silence", seconds=0.5)
    np.testing.assert_array_equal(extract(kind, silence, peak_normalise=True), extract(kind, silence))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("top_db", [20.0, 25.0])
def test_silence_is_trimmed_at_either_end(kind, top_db):
    pause = np.zeros(9000, np.float32)
    wave = np.concatenate([pause, clip(kind, "noise", seconds=0.5), pause])
    by_hand = trim_silence(wave, top_db)
    assert len(by_hand) < len(wave) - 9000
    np.testing.assert_array_equal(extract(kind, wave, trim_top_db=top_db), extract(kind, by_hand))


@pytest.mark.parametrize("kind", KINDS)
def test_a_read_only_clip_is_fine(kind):
    wave = clip(kind)
    wave.flags.writeable = False
    assert np.isfinite(extract(kind, wave)).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_samples_that_are_no_numbers_are_refused(kind, value):
    wave = clip(kind)
    wave[100] = value
    with pytest.raises(PipelineError, match=r"1 of .* samples are NaN or infinite"):
        extract(kind, wave)


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_clip_is_refused(kind):
    with pytest.raises(PipelineError, match="without samples"):
        extract(kind, np.zeros(0, np.float32))


@pytest.mark.parametrize("kind", KINDS)
def test_two_channels_are_refused(kind):
    with pytest.raises(PipelineError, match="mix the channels"):
        extract(kind, np.zeros((2, 16000), np.float32))
