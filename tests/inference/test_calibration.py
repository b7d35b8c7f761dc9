"""Calibrated probabilities: by hand, and what a predictor makes of the temperatures that were written down."""

import numpy as np
import pytest

from pipeline.core.paths import predictions_path, trained_dir
from pipeline.core.tables import read_json, read_table, write_json
from pipeline.inference.calibration import calibration_path, read_calibration, tempered
from pipeline.inference.export import write_export
from pipeline.inference.predictor import load
from pipeline.inference.trained import read_trained
from tests.inference.box import Box

MODELS = [(1, 0), (1, 1), (2, 0), (2, 1)]
HAND = np.array([[0.64, 0.32, 0.04], [1.0, 0.0, 0.0]])


@pytest.fixture
def write(box: Box):
    """Writes temperatures of tiny_cnn, which are taken away after the test."""
    path = calibration_path("tiny_cnn").resolve()  # a test may go elsewhere

    def write_temperatures(*values: float, plan: str | None = None) -> None:
        models = [
            {"seed": seed, "fold": fold, "temperature": value, "n_clips": 12}
            for (seed, fold), value in zip(MODELS, values, strict=True)
        ]
        own = read_json(trained_dir("tiny_cnn") / "model.json")["plan"]
        write_json(path, {"plan": plan or own, "why_not": None, "models": models})

    yield write_temperatures
    path.unlink()


def test_a_temperature_by_hand():
    roots = np.sqrt([0.64, 0.32, 0.04])
    np.testing.assert_allclose(tempered(HAND, 2.0), [roots / roots.sum(), [1, 0, 0]])
    np.testing.assert_allclose(tempered(HAND, 1.0), HAND)


@pytest.mark.parametrize("temperature", [0.2, 0.9, 3.0])
def test_the_order_of_the_classes_stays(temperature):
    probabilities = np.random.default_rng(0).dirichlet(np.ones(5), size=50)
    changed = tempered(probabilities, temperature)
    np.testing.assert_array_equal(changed.argsort(axis=1), probabilities.argsort(axis=1))
    np.testing.assert_allclose(changed.sum(axis=1), 1)
    assert (changed.max(axis=1) > probabilities.max(axis=1)).all() == (temperature < 1)


def test_a_predictor_says_calibrated_values(write, box: Box):
    write(0.5, 1.0, 2.0, 4.0)
    predictor, files = load("tiny_cnn"), list(box.files.values())[:3]
    assert predictor.calibrated is True
    raw = [predictor.predict(files, models=[model], calibrated=False) for model in MODELS]
    expected = [tempered(one, value) for one, value in zip(raw, (0.5, 1.0, 2.0, 4.0), strict=True)]
    np.testing.assert_allclose(predictor.predict(files), np.mean(expected, axis=0), atol=1e-12)
    answer = predictor.answer(files[0])
    assert answer.calibrated is True
    assert answer.scores == pytest.approx(
        dict(zip(predictor.outputs, np.mean(expected, axis=0)[0], strict=True)), abs=1e-6
    )


def test_what_is_not_calibrated_stays_that_of_training(write, box: Box):
    write(0.5, 0.5, 0.5, 0.5)
    table = read_table(predictions_path("tiny_cnn"))
    first = table[(table["seed"] == 1) & (table["fold"] == 0) & (table["split"] == "test")]
    predictor = load("tiny_cnn")
    files = [box.files[clip] for clip in first["utterance_id"]]
    says = predictor.predict(files, models=[(1, 0)], calibrated=False)
    columns = [f"p_{name}" for name in predictor.outputs]
    np.testing.assert_allclose(says, first[columns], atol=1e-5)
    assert np.abs(predictor.predict(files, models=[(1, 0)]) - says).max() > 1e-3


def test_temperatures_of_other_models_are_not_taken(write, box: Box):
    write(0.5, 0.5, 0.5, 0.5, plan="of yesterday")
    assert read_calibration("tiny_cnn").why_not.startswith("it was trained anew since it was evaluated")
    predictor, files = load("tiny_cnn"), list(box.files.values())[:2]
    assert predictor.calibrated is False
    np.testing.assert_array_equal(predictor.predict(files), predictor.predict(files, calibrated=False))


def test_a_system_that_was_not_evaluated_says_so(box: Box):
    assert read_calibration("tiny_forest").why_not == "it is not evaluated: `dvc repro evaluate`"
    assert load("tiny_forest").answer(next(iter(box.files.values()))).calibrated is False


def test_dimensions_have_no_probabilities(box: Box):
    predictor = load("tiny_separate")
    assert predictor.calibrated is None
    assert predictor.answer(next(iter(box.files.values()))).to_dict()["calibrated"] is None


def test_an_export_takes_its_temperatures_along(write, box: Box, tmp_path, monkeypatch):
    onnx = pytest.importorskip("onnx")
    write(0.5, 1.0, 2.0, 4.0)
    files = list(box.files.values())[:3]
    expected = load("tiny_cnn").predict(files)
    write_export(read_trained("tiny_cnn"), tmp_path / "out", onnx=True)
    monkeypatch.chdir(tmp_path)
    predictor = load(tmp_path / "out")
    assert predictor.calibrated is True
    np.testing.assert_array_equal(predictor.predict(files), expected)
    card = (tmp_path / "out" / "README.md").read_text("utf-8")
    assert "calibrated on validation clips by temperature, 0.50 to 4.00, one a model" in card
    path = tmp_path / "out" / "onnx" / "tiny_cnn" / "seed2_fold0.onnx"
    assert {one.key: one.value for one in onnx.load(path).metadata_props}["temperature"] == "2.0"
