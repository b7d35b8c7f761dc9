"""openSMILE functionals, against the library called directly."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import opensmile
import pytest

from pipeline.features.functionals import HIGHEST, extract, feature_names
from tests.features.examples import settings, signal

SHORT = 0.4  # seconds


def directly(wave: np.ndarray, feature_set: str) -> np.ndarray:
    smile = opensmile.Smile(opensmile.FeatureSet[feature_set], opensmile.FeatureLevel.Functionals)
    return smile.process_signal(wave, 16000).to_numpy()[0]


@pytest.mark.parametrize("feature_set", ["ComParE_2016", "IS13", "eGeMAPSv02", "GeMAPSv01b", "emobase"])
def test_equals_the_library(feature_set):
    wave = signal("speech_like", 16000, SHORT)
    ours = extract(wave, settings=settings("functionals", feature_set=feature_set))
    np.testing.assert_array_equal(ours, directly(wave, feature_set))


def test_the_two_sets_share_names_but_not_values():
    options = [settings("functionals", feature_set=name) for name in ("ComParE_2016", "IS13")]
    names = [feature_names(option) for option in options]
    assert names[0] == names[1]
    assert len(names[0]) == 6373
    wave = signal("noise", 16000, SHORT)
    assert not np.array_equal(*(extract(wave, settings=option) for option in options))


@pytest.mark.parametrize("feature_set", ["eGeMAPSv02", "GeMAPSv01b", "emobase"])
@pytest.mark.parametrize("n_samples", [1, 959, 1600])
def test_the_small_sets_are_finite_for_any_clip(feature_set, n_samples):
    for wave in (np.zeros(n_samples, np.float32), signal("noise", 16000, SHORT)[:n_samples]):
        assert np.isfinite(extract(wave, settings=settings("functionals", feature_set=feature_set))).all()


def test_full_scale_does_not_wrap():
    """The library's own wrapper turns +1.0 into the lowest 16-bit number."""
    wave = np.sign(signal("chirp", 16000, SHORT)).astype(np.float32)
    ours = extract(wave, settings=settings("functionals"))
    np.testing.assert_array_equal(ours, directly(np.minimum(wave, HIGHEST), "ComParE_2016"))
    assert not np.array_equal(ours, directly(wave, "ComParE_2016"))


def test_a_clip_below_the_longest_window_is_padded_to_it():
    wave = signal("noise", 16000, SHORT)[:500]
    padded = np.pad(wave, (0, 460))  # 60 ms
    ours = extract(wave, settings=settings("functionals"))
    np.testing.assert_array_equal(ours, directly(padded, "ComParE_2016"))


def test_threads_do_not_disturb_one_another():
    waves = [signal("noise", 16000, SHORT, seed=seed) for seed in range(8)]
    run = partial(extract, settings=settings("functionals"))
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(run, waves))
    np.testing.assert_array_equal(together, [run(wave) for wave in waves])
