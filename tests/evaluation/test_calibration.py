"""Temperatures: against a brute search, on predictions that are too sure, and the reasons for none."""

import numpy as np
import pandas as pd
import pytest

from pipeline.core.tables import read_table
from pipeline.evaluation.calibration import FEWEST, calibrate, calibration_scores, fit_temperatures
from pipeline.evaluation.scores import probabilities_of
from pipeline.inference.calibration import Calibration, tempered
from tests.evaluation import made_up

CLASSES = made_up.CLASSES
COLUMNS = [f"p_{name}" for name in CLASSES]


def too_sure(n_clips: int, *, temperature: float, split: str, seed: int = 0, fold: int = 0) -> pd.DataFrame:
    """Return predictions whose labels are drawn at what their probabilities are at a temperature."""
    rng = np.random.default_rng([n_clips, fold, seed])
    said = rng.dirichlet(np.ones(3), size=n_clips)
    honest = tempered(said, temperature)
    labels = [CLASSES[rng.choice(3, p=row)] for row in honest]
    predicted = np.asarray(CLASSES, dtype=object)[said.argmax(axis=1)].tolist()
    table = made_up.predictions(labels, predicted, seed=seed)
    table[COLUMNS] = said.astype(np.float32)
    return table.assign(split=split, fold=fold, utterance_id=table["utterance_id"] + split + str(fold))


def both(n_clips: int = 3000, temperature: float = 2.5) -> pd.DataFrame:
    parts = [
        too_sure(n_clips + one, temperature=temperature, split=split)
        for one, split in enumerate(("val", "test"))
    ]
    return pd.concat(parts, ignore_index=True)


def loss(part: pd.DataFrame, temperature: float) -> float:
    values = tempered(probabilities_of(part, CLASSES), temperature)
    return -np.log(values[np.arange(len(part)), pd.Index(CLASSES).get_indexer(part["label"])]).mean()


def test_the_temperature_makes_validation_likeliest():
    table = both(200)
    (found,) = fit_temperatures(table, "p").models
    val = table[table["split"] == "val"]
    low, high = np.log(0.2), np.log(15)
    for _ in range(3):  # a valley, looked at more and more closely
        grid = np.exp(np.linspace(low, high, 41))
        best = grid[np.argmin([loss(val, value) for value in grid])]
        low, high = np.log(best) - (high - low) / 20, np.log(best) + (high - low) / 20
    assert found.temperature == pytest.approx(best, rel=0.002)
    assert (found.seed, found.fold, found.n_clips) == (0, 0, 200)


def test_it_finds_the_temperature_that_labels_were_drawn_at_and_lowers_the_error():
    table = both()
    calibration = fit_temperatures(table, "p")
    assert calibration.models[0].temperature == pytest.approx(2.5, rel=0.1)
    scores = calibration_scores(table, calibration)
    before = calibration_scores(table, Calibration(plan="p", why_not=None, models=[]))
    assert scores["calibrated"] is True
    assert scores["ece_calibrated"] < 0.04 < 0.15 < before["ece_calibrated"]


def test_each_model_has_its_own():
    parts = [
        too_sure(2000, temperature=value, split=split, fold=fold)
        for fold, value in enumerate((0.5, 3.0))
        for split in ("val", "test")
    ]
    table = pd.concat(parts, ignore_index=True)
    calibration = fit_temperatures(table, "p")
    first, second = calibration.temperatures[0, 0], calibration.temperatures[0, 1]
    assert (first, second) == (pytest.approx(0.5, rel=0.15), pytest.approx(3.0, rel=0.15))
    changed = calibrate(table, calibration)
    rows = table["fold"] == 1
    np.testing.assert_allclose(
        changed.loc[rows, COLUMNS], tempered(table.loc[rows, COLUMNS], second), atol=1e-6
    )
    pd.testing.assert_frame_equal(changed.drop(columns=COLUMNS), table.drop(columns=COLUMNS))


def test_the_winning_class_stays(tmp_path):
    both(500).to_parquet(tmp_path / "predictions.parquet")
    table = read_table(tmp_path / "predictions.parquet")  # whose columns may not be written to
    changed = calibrate(table, fit_temperatures(table, "p"))
    assert (changed[COLUMNS].to_numpy().argmax(1) == table[COLUMNS].to_numpy().argmax(1)).all()


def test_a_model_that_is_right_of_all_validation_stays_as_it_is():
    table = both(50)
    val = table["split"] == "val"
    table.loc[val, "label"] = table.loc[val, "predicted"]
    assert fit_temperatures(table, "p").temperatures == {(0, 0): 1.0}


def test_a_right_class_of_probability_zero_does_not_end_it():
    table = both(50)
    table.loc[0, COLUMNS], table.loc[0, "label"] = [1.0, 0.0, 0.0], CLASSES[1]
    assert 1 < fit_temperatures(table, "p").temperatures[0, 0] < 20


def few(table: pd.DataFrame) -> pd.DataFrame:
    val = table[table["split"] == "val"].head(FEWEST - 1)
    return pd.concat([val, table[table["split"] == "test"]])


@pytest.mark.parametrize(
    ("table", "why_not"),
    [
        (both(20).query("split == 'test'"), "it has no validation part that it was not trained on"),
        (few(both(20)), "a model has 9 validation clips, and 10 are the fewest"),
        (both(20).assign(p_sad=np.nan), "it gives no probabilities"),
        (made_up.random_dimensions(20), "it predicts dimensions"),
        (both(20)[:0], "it was not trained"),
    ],
    ids=["no validation", "few", "no probabilities", "dimensions", "skipped"],
)
def test_a_system_without_temperatures_says_why(table, why_not):
    calibration = fit_temperatures(table, "p")
    assert calibration.why_not.startswith(why_not)
    assert calibration.models == []


def test_scores_say_why_there_is_none():
    table = both(20).query("split == 'test'")
    scores = calibration_scores(table, fit_temperatures(table, "p"))
    assert scores == {
        "calibrated": False,
        "not_calibrated": "it has no validation part that it was not trained on",
    }
    ratings = made_up.random_dimensions(20)
    assert calibration_scores(ratings, fit_temperatures(ratings, "p")) == {"calibrated": None}


def test_one_temperature_is_that_of_the_test_clips_of_all_folds():
    parts = [too_sure(2000, temperature=2.5, split="test", fold=fold) for fold in (0, 1)]
    table = pd.concat([*parts, too_sure(100, temperature=0.3, split="val")], ignore_index=True)
    found = fit_temperatures(table, "p")
    assert found.models == []  # fold 1 has no validation part
    assert found.over_folds is not None
    assert found.over_folds.n_clips == 4000
    assert found.over_folds.temperature == pytest.approx(2.5, rel=0.1)
    everyone = found.of_everyone([(7, 0)])
    assert everyone.temperatures == {(7, 0): found.over_folds.temperature}
    assert everyone.why_not is None
    assert fit_temperatures(table[table["fold"] == 0], "p").over_folds is None


def test_without_folds_a_model_of_everyone_has_no_temperature():
    calibration = Calibration(plan="p", why_not=None, models=[])
    assert calibration.of_everyone([(7, 0)]).why_not.startswith("its study has no folds")
