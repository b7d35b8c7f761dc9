"""ONNX: files that give what the original gives, and refusals of those that would not."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline

from pipeline.core.errors import PipelineError
from pipeline.inference import onnx_files, onnx_networks
from pipeline.inference.export import write_export
from pipeline.inference.onnx_files import NotExported, require_libraries
from pipeline.inference.predictor import load
from pipeline.inference.trained import read_trained
from pipeline.models.build import build_estimator
from pipeline.training.estimator_files import save_estimator
from tests.inference.box import Box

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("skl2onnx")
pytest.importorskip("onnxscript")
pytestmark = pytest.mark.slow  # seconds a network


def run(path: Path, **inputs: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, inputs)[0]


@pytest.mark.parametrize(
    ("name", "slot"), [("tiny_cnn", "images"), ("tiny_svm", "vectors"), ("tiny_forest", "vectors")]
)
def test_a_file_says_of_real_clips_what_the_system_says(
    box: Box, tmp_path: Path, name: str, slot: str
) -> None:
    write_export(read_trained(name), tmp_path / "out", onnx=True)
    predictor = load(name)
    clips = predictor.prepare(list(box.files.values())[:4])
    seed, fold = predictor.trained.models[-1]
    path = tmp_path / "out" / "onnx" / name / f"seed{seed}_fold{fold}.onnx"
    about = {one.key: one.value for one in onnx.load(path).metadata_props}
    assert json.loads(about["outputs"]) == predictor.outputs
    assert json.loads(about["feature_sets"])["features"]["name"] == slot
    given = run(path, features=np.stack(clips.features[slot]))
    np.testing.assert_allclose(given, predictor.predict_prepared(clips, [(seed, fold)]), atol=1e-5)


def test_clips_of_any_length_with_a_second_input(box: Box, tmp_path: Path) -> None:
    write_export(read_trained("tiny_any_length"), tmp_path / "out", onnx=True)
    predictor = load("tiny_any_length")
    names = list(box.files)[-3:]
    clips = predictor.prepare([box.files[name] for name in names], [box.texts[name] for name in names])
    spectra = clips.features["spectra"]
    lengths = np.array([len(one) for one in spectra])
    padded = np.zeros((3, lengths.max(), spectra[0].shape[1]), np.float32)
    for row, one in zip(padded, spectra, strict=True):
        row[: len(one)] = one
    path = tmp_path / "out" / "onnx" / "tiny_any_length" / "seed7_fold0.onnx"
    given = run(path, features=padded, second=np.stack(clips.features["said"]), lengths=lengths)
    np.testing.assert_allclose(given, predictor.predict_prepared(clips, [(7, 0)]), atol=1e-5)


def test_an_ensemble_has_the_files_of_its_members(box: Box, tmp_path: Path) -> None:
    write_export(read_trained("tiny_mean"), tmp_path / "out", onnx=True)
    found = {path.parent.name for path in (tmp_path / "out" / "onnx").rglob("*.onnx")}
    assert found == {"tiny_fusion", "tiny_svm"}
    assert "`onnx` holds each model" in (tmp_path / "out" / "README.md").read_text("utf-8")


def test_each_target_has_a_file_where_each_has_a_network(box: Box, tmp_path: Path) -> None:
    write_export(read_trained("tiny_separate"), tmp_path / "out", onnx=True)
    files = sorted((tmp_path / "out" / "onnx" / "tiny_separate").iterdir())
    assert len(files) == 6
    about = {one.key: one.value for one in onnx.load(files[0]).metadata_props}
    assert json.loads(about["outputs"]) == ["arousal"]


def test_a_file_that_says_something_else_is_refused(box: Box, tmp_path: Path, monkeypatch) -> None:
    export = onnx_networks._by_tracing

    def wrong(whole: Any, *arguments: Any) -> None:
        original = whole.network.model.forward
        with monkeypatch.context() as patch:
            patch.setattr(whole.network.model, "forward", lambda **inputs: 1.1 * original(**inputs))
            export(whole, *arguments)

    def none(*_: object) -> None:
        raise ValueError("not this way")

    monkeypatch.setattr(onnx_networks, "_by_tracing", wrong)
    monkeypatch.setattr(onnx_networks, "_by_reading", none)
    with pytest.raises(NotExported, match=r"mel_cnn cannot be written.* from the original; .*not this way"):
        write_export(read_trained("tiny_cnn"), tmp_path / "out", onnx=True)
    assert list(tmp_path.iterdir()) == []


def save(folder: Path, model: str, seed: int = 1, **settings: Any) -> Pipeline:
    """Fit a family's pipeline to drawn features and save it."""
    generator = np.random.default_rng(0)
    features = generator.normal(3, 10, (60, 8)).astype(np.float32)
    labels = np.array(["a", "b"], dtype=object)[(features[:, 0] > 3).astype(int)]
    head = {"clip": 5.0, "pca_variance": 0.95, "select_k": 4}
    estimator = build_estimator(model, head, seed).set_params(**settings).fit(features, labels)
    save_estimator(folder, seed, 0, estimator, {})
    return estimator


def test_neighbours_that_are_weighted_by_distance_are_refused(tmp_path: Path) -> None:
    from pipeline.inference.onnx_estimators import write_estimator

    estimator = save(tmp_path, "knn", classifier__weights="distance")
    assert isinstance(estimator[-1], KNeighborsClassifier)
    with pytest.raises(NotExported, match="uniform votes of neighbours"):
        write_estimator(tmp_path, 1, 0, tmp_path / "knn.onnx")
    assert not (tmp_path / "knn.onnx").exists()


@pytest.mark.parametrize(
    ("model", "settings"),
    [
        ("knn", {"classifier__weights": "uniform"}),
        ("svm", {"classifier__kernel": "linear"}),
        ("svm", {"classifier__kernel": "rbf"}),
    ],
)
def test_two_classes(tmp_path: Path, model: str, settings: dict[str, Any]) -> None:
    from pipeline.inference.onnx_estimators import write_estimator

    save(tmp_path, model, **settings)
    classes, difference = write_estimator(tmp_path, 1, 0, tmp_path / "out.onnx")
    assert classes == ["a", "b"]
    assert difference < 1e-5


@pytest.mark.parametrize("n_features", [200, 8], ids=["rotated", "more clips than features"])
def test_a_machine_in_the_span_of_its_clips(tmp_path: Path, n_features: int) -> None:
    from pipeline.inference.onnx_estimators import write_estimator

    head = {"clip": 5.0, "pca_variance": None, "select_k": "all", "rotate": True}
    features = np.random.default_rng(0).normal(3, 10, (60, n_features)).astype(np.float32)
    labels = np.array(["a", "b", "c"], dtype=object)[np.arange(60) % 3]
    estimator = build_estimator("svm", head, 1).set_params(classifier__kernel="linear")
    save_estimator(tmp_path, 1, 0, estimator.fit(features, labels), {})
    _, difference = write_estimator(tmp_path, 1, 0, tmp_path / "out.onnx")
    assert difference < 1e-5


def test_the_blocks_of_an_encoder_that_were_chosen(tmp_path: Path) -> None:
    from pipeline.inference.onnx_estimators import write_estimator

    head = {"n_blocks": 4, "clip": None, "pca_variance": None, "select_k": "all"}
    features = np.random.default_rng(0).normal(3, 10, (60, 8)).astype(np.float32)
    labels = np.array(["a", "b"], dtype=object)[(features[:, 3] > 3).astype(int)]
    estimator = build_estimator("logistic", head, 1).set_params(blocks__keep=[1, 3])
    save_estimator(tmp_path, 1, 0, estimator.fit(features, labels), {})
    _, difference = write_estimator(tmp_path, 1, 0, tmp_path / "out.onnx")
    assert difference < 1e-5


def test_views_of_a_clip_are_refused(box: Box, tmp_path: Path) -> None:
    with pytest.raises(NotExported, match="averages over views of a clip has no form in ONNX"):
        write_export(read_trained("tiny_encoded"), tmp_path / "out", onnx=True)


def test_a_library_that_is_not_here_is_named(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "skl2onnx", None)
    with pytest.raises(PipelineError, match="ONNX needs the library skl2onnx"):
        require_libraries()


def test_what_differs_in_shape_is_told(tmp_path: Path, box: Box) -> None:
    write_export(read_trained("tiny_forest"), tmp_path / "out", onnx=True)
    path = tmp_path / "out" / "onnx" / "tiny_forest" / "seed7_fold0.onnx"
    batch = {"features": np.zeros((2, 6373), np.float32)}
    with pytest.raises(NotExported, match=r"it gives the shape \(2, 3\), expected \(2, 4\)"):
        onnx_files.largest_difference(path, lambda _: np.zeros((2, 4)), [batch])
