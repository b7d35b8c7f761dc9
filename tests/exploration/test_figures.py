"""Figures: what is in them, whatever a user's matplotlib settings are, and how many bytes."""

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from pipeline.config.studies import Curation
from pipeline.exploration import canvas, tables
from pipeline.exploration.clip_figures import N_BANDS, mel_picture
from pipeline.exploration.corpus_figures import save_levels, save_speakers
from pipeline.exploration.studies import ORDER
from pipeline.exploration.study_figures import fold_tail, log_edges, save_account, save_durations, save_labels
from tests.exploration.examples import index

TEN = [f"corpus_with_a_long_name_{i}" for i in range(10)]
LARGEST = 80_000  # bytes
BOUNDS = Curation(deduplicate=True, min_seconds=1.0, max_seconds=4.0, min_per_class=10)


@pytest.fixture(scope="module")
def ten():
    """Forty clips of each of ten corpora, of 0.1 to 300 s."""
    rng = np.random.default_rng(0)
    seconds = np.exp(rng.normal(1, 1, 400)).clip(0.1, 300)
    sexes = ("male", "female", None)
    levels = [{"rms_dbfs": -20 - i % 30, "peak": i % 50 / 50, "clipped": i % 4} for i in range(400)]
    speakers = [
        {"corpus": TEN[i % 10], "speaker": f"{i % 10}/{i % 7}", "sex": sexes[i % 3]} for i in range(400)
    ]
    return index(*({**speakers[i], **levels[i], "seconds": seconds[i]} for i in range(400)))


def draw(name, path, rows):
    if name == "speakers":
        save_speakers(path, tables.speakers(rows))
    elif name == "levels":
        save_levels(path, tables.levels(rows, TEN))
    elif name == "durations":
        save_durations(path, "s", rows.assign(within=rows["seconds"].between(1, 4)), BOUNDS)
    elif name == "labels":
        labels = pd.DataFrame({"label": [f"label {i}" for i in range(40)], "n": 40_000, "n_kept": 10_000})
        save_labels(
            path, "s", labels, pd.DataFrame({"class": [f"class {i}" for i in range(16)], "n": 10_000})
        )
    else:
        save_account(path, "s", pd.DataFrame(50_000, index=list(ORDER), columns=TEN))
    return path


@pytest.mark.parametrize("name", ["speakers", "levels", "durations", "labels", "account"])
def test_ten_corpora_fit_into_a_small_picture(name, ten, tmp_path):
    path = draw(name, tmp_path / "new" / "figure.png", ten)
    assert path.stat().st_size < LARGEST
    picture = np.asarray(Image.open(path).convert("RGB"))
    assert picture.shape[1] == canvas.WIDTH * canvas.DPI
    edges = [picture[0], picture[-1], picture[:, 0], picture[:, -1]]
    assert all((edge == 255).all() for edge in edges)  # nothing is cut off
    blue = np.abs(picture.astype(int) - [0, 0x72, 0xB2]).max(axis=-1) < 12
    assert blue.sum() > 300


def test_a_users_settings_do_not_change_the_bytes(ten, tmp_path):
    ours = draw("levels", tmp_path / "ours.png", ten)
    with matplotlib.rc_context({"font.size": 20, "figure.facecolor": "red", "axes.titlesize": 30}):
        theirs = draw("levels", tmp_path / "theirs.png", ten)
    assert ours.read_bytes() == theirs.read_bytes()
    assert Image.open(ours).info.keys() <= {"dpi"}


@pytest.mark.parametrize(
    ("low", "high", "seconds"), [(0.0, float("inf"), [2.0]), (0.3, 30.0, [0.3, 30.0, 31.0])]
)
def test_bounds_that_leave_all_or_cut_one(low, high, seconds, tmp_path):
    curation = Curation(deduplicate=True, min_seconds=low, max_seconds=high, min_per_class=1)
    rows = index(*({"seconds": length} for length in seconds))
    save_durations(tmp_path / "f.png", "s", rows.assign(within=rows["seconds"].between(low, high)), curation)
    assert (tmp_path / "f.png").exists()


def test_edges_go_through_the_bounds_and_reach_the_extremes():
    edges = log_edges(1.0, 4.0, 0.1, 300.0)
    assert {1.0, 4.0} <= {round(edge, 9) for edge in edges}
    assert edges[0] <= 0.1
    assert edges[-1] >= 300
    assert np.diff(np.log(edges)) == pytest.approx(np.log(4) / 16)


def test_a_long_tail_of_labels_becomes_one_row():
    labels = pd.DataFrame({"label": [str(i) for i in range(30)], "n": range(30, 0, -1), "n_kept": 1})
    folded = fold_tail(labels)
    assert len(folded) == canvas.MOST_ROWS
    assert folded.iloc[-1].to_dict() == {"label": "11 rarer labels", "n": 66, "n_kept": 11}
    assert folded["n"].sum() == labels["n"].sum()


def test_few_labels_stay_as_they_are():
    labels = pd.DataFrame({"label": ["a", "b"], "n": [2, 1], "n_kept": [1, 1]})
    pd.testing.assert_frame_equal(fold_tail(labels), labels)


@pytest.mark.parametrize(
    ("span", "ticks"),
    [((1, 4), ["1", "1.5", "2", "3", "4"]), ((0.1, 40), ["0.1", "0.2", "0.5", "1", "2", "5", "10", "20"]),
     ((1, 20_000), ["1", "10", "100", "1,000", "10,000"])],
)  # fmt: skip
def test_logarithmic_axes_have_round_numbers(span, ticks):
    axes = Figure().add_subplot()
    axes.plot(span, (0, 0))
    axes.set_xlim(*span)
    canvas.logarithmic(axes)
    assert [label.get_text() for label in axes.get_xticklabels()] == ticks


def test_a_long_name_is_cut():
    assert canvas.shorten("a" * 40) == "a" * 25 + "…"
    assert canvas.shorten("pleasant_surprise") == "pleasant_surprise"


@pytest.mark.parametrize(("frequency", "rate"), [(200, 16000), (1000, 16000), (3500, 24414), (12000, 48000)])
def test_a_tone_is_brightest_in_the_band_that_holds_it(frequency, rate):
    picture = mel_picture(np.sin(2 * np.pi * frequency * np.arange(rate) / rate).astype(np.float32), rate)
    band = N_BANDS * np.log10(1 + frequency / 700) / np.log10(1 + rate / 2 / 700)
    assert abs(picture.mean(axis=1).argmax() - int(band)) <= 1
    assert (picture.max(), picture.min()) == (0, -60)


@pytest.mark.parametrize(
    "wave", [np.zeros(16000, np.float32), np.ones(5, np.float32)], ids=["silent", "short"]
)
def test_any_clip_has_a_spectrogram(wave):
    picture = mel_picture(wave, 16000)
    assert picture.shape[0] == N_BANDS
    assert picture.shape[1] >= 1
    assert np.isfinite(picture).all()
