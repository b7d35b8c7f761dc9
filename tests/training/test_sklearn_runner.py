"""Training of scikit-learn pipelines: the grid search, files, probabilities."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from pipeline.core.errors import PipelineError
from pipeline.models.build import build_estimator
from pipeline.training.estimator_files import load_estimator
from pipeline.training.grid_search import search
from pipeline.training.sklearn_runner import SklearnRunner, class_probabilities
from tests.training import toy

every_system = pytest.mark.parametrize("settings", [toy.FOREST, toy.SVM], ids=["random_forest", "svm"])


def runner(folder: Path, settings: dict[str, Any], **changes: Any) -> SklearnRunner:
    data = toy.study("vectors", n_clips=72, **({"apart": changes.pop("apart")} if "apart" in changes else {}))
    return SklearnRunner(data, toy.sklearn_system(**{**settings, **changes}), "toy", folder)


@every_system
def test_a_few_clips_are_learned_by_heart(tmp_path: Path, settings: dict) -> None:
    learner = runner(tmp_path, settings, apart=4.0)
    learner.data.folds[0]["test"] = learner.data.folds[0]["train"]
    outcome = learner.train(7, 0)
    predicted = outcome.probabilities["test"].argmax(axis=1)
    assert (predicted == learner.data.targets[outcome.rows["test"]]).all()


@every_system
def test_the_same_seed_gives_the_same_probabilities(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict
) -> None:
    monkeypatch.setenv("SER_WORKERS", "1")
    alone = runner(tmp_path, settings, apart=0.5).train(7, 0)
    monkeypatch.setenv("SER_WORKERS", "4")
    together = runner(tmp_path, settings, apart=0.5).train(7, 0)
    np.testing.assert_array_equal(alone.probabilities["test"], together.probabilities["test"])


@every_system
def test_the_grid_scores_what_scikit_learn_scores(tmp_path: Path, settings: dict) -> None:
    learner = runner(tmp_path, settings, apart=0.5)
    rows = learner.data.rows(0, ["train"])
    values, labels = learner.features[rows], learner.labels[rows]
    estimator = build_estimator(settings["model"], settings["architecture"], seed=7)
    ours = search(estimator, values, labels, np.arange(len(rows)), learner.system, 7, "toy")
    folds = StratifiedKFold(2, shuffle=True, random_state=7)
    grid = {f"classifier__{name}": options for name, options in settings["grid"].items()}
    theirs = GridSearchCV(estimator, grid, cv=folds, scoring=get_scorer("accuracy")).fit(values, labels)
    np.testing.assert_allclose([c.mean for c in ours], theirs.cv_results_["mean_test_score"], rtol=1e-12)


def test_the_grid_holds_no_copy_out_of_what_it_trains_on() -> None:
    """Noise with labels at random, every clip there twice: one copy gives the other away."""
    generator = np.random.default_rng(0)
    values = np.repeat(generator.normal(size=(60, 6)), 2, axis=0)
    labels = np.repeat(generator.choice(["angry", "sad"], 60), 2)
    system = toy.sklearn_system(**{**toy.FOREST, "grid": {"n_estimators": [20, 21]}})
    estimator = build_estimator("random_forest", {}, seed=7)
    apart = search(estimator, values, labels, np.repeat(np.arange(60), 2), system, 7, "toy")[0].mean
    together = search(estimator, values, labels, np.arange(120), system, 7, "toy")[0].mean
    assert apart < 0.65 < 0.7 < together


def test_the_grid_has_no_more_folds_than_speakers() -> None:
    generator = np.random.default_rng(0)
    values, labels = generator.normal(size=(60, 6)), np.tile(["angry", "sad"], 30)
    speakers = np.repeat(["one", "two", "three"], 20)
    changes = {"folds": 4, "folds_by": "speaker", "grid": {"n_estimators": [2, 3]}}
    system = toy.sklearn_system(**{**toy.FOREST, **changes})
    estimator = build_estimator("random_forest", {}, seed=7)
    assert len(search(estimator, values, labels, speakers, system, 7, "toy")[0].scores) == 3


def test_a_class_that_one_speaker_has_alone_is_divided_by_copies(tmp_path: Path) -> None:
    learner = runner(tmp_path, toy.FOREST, folds_by="speaker")
    rows = learner.data.rows(0, ["train"])
    clips = learner.data.clips
    clips["speaker"] = np.where(np.arange(len(clips)) % 2, "one", "two")
    assert set(learner._held_out_together(rows)) == {"one", "two"}
    clips["speaker"] = learner.labels
    assert set(learner._held_out_together(rows)) == set(clips["group"].iloc[rows])


@every_system
def test_a_loaded_pipeline_gives_the_same_probabilities(tmp_path: Path, settings: dict) -> None:
    learner = runner(tmp_path, settings)
    outcome = learner.train(7, 0)
    estimator, about = load_estimator(tmp_path, 7, 0)
    again = class_probabilities(estimator, learner.features[outcome.rows["test"]], about["classes"])
    np.testing.assert_array_equal(again, outcome.probabilities["test"])
    assert about["best"] in [{name: point[name] for name in settings["grid"]} for point in about["grid"]]


def test_a_changed_file_is_not_loaded(tmp_path: Path) -> None:
    runner(tmp_path, toy.FOREST).train(7, 0)
    with (tmp_path / "seed7_fold0.skops").open("ab") as file:
        file.write(b"x")
    with pytest.raises(PipelineError, match="not what was trained"):
        load_estimator(tmp_path, 7, 0)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_class_of_the_largest_decision_value_is_the_most_probable(n_classes: int) -> None:
    generator = np.random.default_rng(0)
    labels = np.array(toy.CLASSES, dtype=object)[np.arange(60) % n_classes]
    values = generator.normal(size=(60, 8)) + (labels == "happy")[:, None]
    estimator = build_estimator("svm", toy.SVM["architecture"], seed=0).fit(values, labels)
    probabilities = class_probabilities(estimator, values, ["calm", *toy.CLASSES])
    assert (np.array(["calm", *toy.CLASSES])[probabilities.argmax(axis=1)] == estimator.predict(values)).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
    assert not probabilities[:, 0].any()


def test_fewer_components_than_asked_for_warn_nobody(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    runner(tmp_path, toy.SVM, architecture={**toy.SVM["architecture"], "select_k": 129}).train(7, 0)
    assert not [str(w.message) for w in recwarn if "n_features" in str(w.message)]


def test_a_grid_of_one_point_is_not_scored(tmp_path: Path) -> None:
    outcome = runner(tmp_path, toy.FOREST, grid={"n_estimators": [5]}).train(7, 0)
    about = json.loads((tmp_path / "seed7_fold0.json").read_text())
    assert about["best"] == {"n_estimators": 5}
    assert (about["best_score"], about["grid"][0]["sd"]) == (None, None)
    assert len(outcome.probabilities["test"])


def test_an_unknown_parameter_of_the_grid_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        PipelineError, match=r"systems.toy.grid: unknown .* 'kernal', did you mean 'kernel'\?"
    ):
        runner(tmp_path, toy.SVM, grid={"kernal": ["rbf"]}).train(7, 0)


def test_an_unknown_score_is_named(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"systems.toy.scoring: .*'acuracy'"):
        runner(tmp_path, toy.FOREST, scoring="acuracy").train(7, 0)


def test_more_folds_than_clips_of_a_class_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"a class has 16 training clips, fewer than the 17 folds"):
        runner(tmp_path, toy.FOREST, folds=17).train(7, 0)


def test_no_view_of_a_clip_is_trained_on_but_of_training_clips(tmp_path: Path) -> None:
    def coefficients(folder: Path, learner: SklearnRunner) -> np.ndarray:
        learner.train(7, 0)
        views = load_estimator(folder, 7, 0)[0].named_steps["views"]
        assert len(views.estimator["classifier"].support_vectors_) <= 2 * len(learner.data.rows(0, ["train"]))
        return views.estimator["scale"].mean_

    changes = {"views": 2, "grid": {"C": [1.0]}}
    plain = coefficients(tmp_path / "plain", runner(tmp_path / "plain", toy.SVM, **changes))
    learner = runner(tmp_path / "other", toy.SVM, **changes)
    rows = learner.data.rows(0, ["train"])
    np.testing.assert_allclose(plain, learner.features[rows].reshape(-1, 3).mean(axis=0), rtol=1e-6)
    learner.features[learner.data.rows(0, ["val", "test"])] += 100
    np.testing.assert_array_equal(coefficients(tmp_path / "other", learner), plain)


def test_the_grid_holds_no_view_of_a_clip_out_while_it_trains_on_another(tmp_path: Path) -> None:
    """Noise with labels at random, both views of a clip the same: one view gives the other away."""
    learner = runner(tmp_path, toy.FOREST, views=2, grid={"n_estimators": [20, 21]})
    generator = np.random.default_rng(0)
    learner.features = np.tile(generator.normal(size=(72, 3)), 2).astype(np.float32)
    learner.labels = generator.choice(toy.CLASSES, 72).astype(object)
    learner.train(7, 0)
    about = json.loads((tmp_path / "seed7_fold0.json").read_text())
    assert about["best_score"] < 0.5  # 0.73 where one view is held out of the other


@pytest.mark.parametrize("views", [1, 3])
def test_views_are_as_many_as_the_features_hold_by_their_names(tmp_path: Path, views: int) -> None:
    data = toy.study("vectors")
    data.feature_names["features"] = [f"{name}{end}" for end in ("", "@1.08") for name in "abc"]
    with pytest.raises(PipelineError, match=rf"systems.toy.views is {views}, but vectors has 2 of a clip"):
        SklearnRunner(data, toy.sklearn_system(**toy.SVM, views=views), "toy", tmp_path)


def test_features_that_are_no_vectors_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        PipelineError, match=r"reads feature sets of vectors, but got \{'features': \(10, 3\)\}"
    ):
        SklearnRunner(toy.study("frames"), toy.sklearn_system(**toy.FOREST), "toy", tmp_path)
