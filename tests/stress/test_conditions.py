"""Conditions: what each does to samples, by hand; the same each time, whatever else is changed."""

import numpy as np
import pytest

from pipeline.core.errors import PipelineError
from pipeline.stress.conditions import CONDITIONS, UNCHANGED, change, choose, root_mean_square

RATES = (8_000, 16_000, 24_414, 48_000)


def tone(hz: float = 440.0, seconds: float = 1.0, rate: int = 16_000, level: float = 0.1) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def noise(seed: int, seconds: float = 1.3, rate: int = 16_000) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal(round(seconds * rate))).astype(np.float32)


VOICES = [(noise(number), 16_000) for number in range(8)]


def changed(name: str, wave: np.ndarray | None = None, rate: int = 16_000, clip: str = "c/1", seed: int = 1):
    return change(CONDITIONS[name], tone() if wave is None else wave, rate, clip, seed, VOICES)


def power_at(wave: np.ndarray, low: float, high: float, rate: int = 16_000) -> float:
    power, hz = np.abs(np.fft.rfft(wave)) ** 2, np.fft.rfftfreq(len(wave), 1 / rate)
    return float(power[(hz >= low) & (hz < high)].sum())


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("name", CONDITIONS)
def test_every_condition_gives_finite_samples_of_16_bits(name, rate):
    wave = changed(name, tone(rate=rate), rate)
    assert wave.dtype == np.float32
    assert np.isfinite(wave).all()
    np.testing.assert_array_equal(np.rint(wave * 32768), wave * 32768)
    same_length = not name.startswith(("faster", "slower", "cut"))
    assert (len(wave) == rate) == same_length


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_second_time_gives_the_same(name):
    np.testing.assert_array_equal(changed(name), changed(name))


@pytest.mark.parametrize("name", ["white_10", "babble_10", "reverb_300"])
def test_another_clip_or_seed_gets_another_draw(name):
    assert not np.array_equal(changed(name), changed(name, clip="c/2"))
    assert not np.array_equal(changed(name), changed(name, seed=2))


def test_unchanged_clips_of_16_bits_stay_bit_for_bit():
    wave = (np.rint(tone() * 32768) / 32768).astype(np.float32)
    np.testing.assert_array_equal(changed(UNCHANGED, wave), wave)


def test_level_by_hand():
    assert root_mean_square(changed("softer_20")) == pytest.approx(root_mean_square(tone()) / 10, rel=1e-3)
    loud = changed("louder_20", tone(level=0.2))
    assert loud.max() == pytest.approx(1, abs=1e-4)  # cut off at full scale
    assert root_mean_square(changed("louder_20", tone(level=0.01))) == pytest.approx(
        0.1 / np.sqrt(2), rel=1e-3
    )


@pytest.mark.parametrize("snr", [20, 10, 0])
@pytest.mark.parametrize("kind", ["white", "babble"])
def test_noise_has_its_level(kind, snr):
    wave = tone()
    added = changed(f"{kind}_{snr}") - wave
    ratio = 20 * np.log10(root_mean_square(wave) / root_mean_square(added))
    assert ratio == pytest.approx(snr, abs=0.1)


def test_a_babble_is_made_of_the_voices_that_are_given():
    quiet = [(tone(1000.0, 0.7), 16_000), (tone(2000.0, 0.7), 16_000)]
    added = change(CONDITIONS["babble_0"], tone(), 16_000, "c/1", 1, quiet) - tone()
    in_voices = power_at(added, 950, 1050) + power_at(added, 1950, 2050)
    assert in_voices > 0.9 * power_at(added, 0, 8000)


def test_8_khz_and_the_telephone_take_what_is_high():
    both = tone(1000.0) + tone(6000.0)
    for name in ("rate_8k", "telephone"):
        wave = changed(name, both)
        assert power_at(wave, 5000, 8000) < 0.001 * power_at(wave, 900, 1100)
    low = changed("telephone", tone(100.0) + tone(1000.0))
    assert power_at(low, 50, 150) < 0.02 * power_at(low, 900, 1100)
    assert power_at(changed("rate_8k", tone(100.0)), 50, 150) > 0.9 * power_at(tone(100.0), 50, 150)


@pytest.mark.parametrize("name", ["mp3_32", "opus_16", "telephone", "rate_8k"])
def test_codecs_do_not_shift_a_clip(name):
    rng = np.random.default_rng(0)
    bursts = tone(700.0, 2.0) * np.repeat(rng.uniform(0.05, 1, 20), 1600).astype(np.float32)
    wave = changed(name, bursts)
    lags = np.arange(-400, 401)
    correlation = [np.dot(np.roll(wave, -lag)[800:-800], bursts[800:-800]) for lag in lags]
    assert abs(lags[int(np.argmax(correlation))]) <= 32  # two milliseconds: the telephone's filter takes one
    assert max(correlation) > 0.9 * np.dot(bursts[800:-800], bursts[800:-800])


def test_a_room_keeps_the_level_and_lasts_as_it_says():
    click = np.zeros(16_000, np.float32)
    click[1000] = 0.5
    wave = changed("reverb_300", click)
    tail = wave[1001:]
    early, late = (root_mean_square(tail[start : start + 800]) for start in (0, 2400))  # 0.15 s apart: 30 dB
    assert 20 * np.log10(early / late) == pytest.approx(30, abs=3)
    assert not wave[:1000].any()
    assert root_mean_square(wave) == pytest.approx(root_mean_square(click), rel=0.01)


def test_speed_changes_length_and_pitch():
    assert len(changed("faster_5")) == pytest.approx(16_000 / 1.05, abs=2)
    slower = changed("slower_5")
    assert len(slower) == pytest.approx(16_000 * 1.05, abs=10)
    assert power_at(slower, 415, 423) > 0.9 * power_at(slower, 0, 8000)


def test_cuts_by_hand_and_of_short_clips():
    wave = (np.rint(noise(3) * 32768) / 32768).astype(np.float32)
    np.testing.assert_array_equal(changed("cut_start", wave), wave[8000:])
    np.testing.assert_array_equal(changed("cut_end", wave), wave[:-8000])
    assert len(changed("cut_start", wave[:9600])) == 3200
    np.testing.assert_array_equal(changed("cut_end", wave[:3000]), wave[:3000])


def test_conditions_are_chosen_by_name_with_the_unchanged_clips_first():
    assert [one.name for one in choose(["white_0", "louder_20"])] == [UNCHANGED, "louder_20", "white_0"]
    assert [one.name for one in choose(None)] == [*CONDITIONS]
    with pytest.raises(PipelineError, match="unknown condition 'white_5', did you mean 'white_"):
        choose(["white_5"])
