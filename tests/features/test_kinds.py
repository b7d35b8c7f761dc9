"""What holds for every kind of feature."""

import numpy as np
import pytest

from pipeline.core.errors import PipelineError
from pipeline.features.registry import kinds, load_kind
from tests.features.examples import SETTINGS, settings, signal

KINDS = kinds()


def extract(kind: str, wave: np.ndarray) -> np.ndarray:
    return load_kind(kind).extract(wave, settings=settings(kind))


def clip(kind: str, name: str = "speech_like", **options) -> np.ndarray:
    return signal(name, settings(kind).sample_rate, **options)


def test_every_kind_is_tested():
    assert sorted(SETTINGS) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_features_are_finite_contiguous_and_of_the_declared_type(kind):
    features = extract(kind, clip(kind))
    assert features.dtype == load_kind(kind).DTYPE
    assert features.flags.c_contiguous
    assert np.isfinite(features).all()


@pytest.mark.parametrize("kind", KINDS)
def test_names_name_the_last_axis(kind):
    names = load_kind(kind).feature_names(settings(kind))
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
