"""The combine stage: means, stacked networks, and that nothing but logits of the test clips is looked at."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax

from pipeline.config.ensembles import Ensemble
from pipeline.config.plans import EnsemblePlan, write_plan
from pipeline.core import paths
from pipeline.core.errors import PipelineError
from pipeline.core.schemas import SPLIT, predictions_schema
from pipeline.core.tables import read_json, read_table, write_json, write_table
from pipeline.stages.combine import main

CLASSES = ["angry", "happy", "sad"]
PARTS = {"val": 24, "test": 9, "cross": 6}
TARGETS = ["arousal", "valence"]
MEMBERS = ("one", "two")
RUNS = ((1, 0), (2, 1))  # seed and fold
STACKING: dict[str, Any] = {
    "model": "mlp",
    "architecture": {"hidden": [8], "dropouts": [0.3], "batch_norm": False},
    "optimizer": "adam",
    "lr": 0.05,
    "batch_size": 8,
    "epochs": 3,
    "monitor": "val_uar",
    "loss": "cross_entropy",
    "class_weights": "inverse_frequency",
    "normalise": {"features": {"kind": "none"}},
}


def predictions(member: int) -> pd.DataFrame:
    """A seed on each of two folds; the members disagree, and are right oftener than not."""
    generator = np.random.default_rng(member)
    parts = [
        predictions_of(generator, seed, fold, split)
        for seed, fold in RUNS
        for split in ("cross", "test", "val")
    ]
    return pd.concat(parts, ignore_index=True)


def predictions_of(generator: np.random.Generator, seed: int, fold: int, split: str) -> pd.DataFrame:
    labels = np.arange(PARTS[split]) % 3
    p = softmax(generator.normal(size=(len(labels), 3)) + 2 * np.eye(3)[labels], axis=1).round(6)
    names = [f"toy/{fold}{split}{i:02d}" for i in range(len(labels))]
    table = pd.DataFrame({"seed": seed, "split_seed": 42 + fold, "fold": fold, "utterance_id": names})
    table = table.assign(
        corpus="toy", speaker="toy/1", sex=None, split=split, label=np.array(CLASSES)[labels]
    )
    columns = {f"p_{name}": p[:, i] for i, name in enumerate(CLASSES)}
    return table.assign(predicted=np.array(CLASSES)[p.argmax(axis=1)], **columns)


def dimensions(member: int) -> pd.DataFrame:
    """The same clips with true and predicted dimensions in place of classes."""
    table = predictions(member).drop(columns=["predicted", *(f"p_{name}" for name in CLASSES)])
    truth = {f"t_{name}": np.linspace(1, 5, len(table)) + i for i, name in enumerate(TARGETS)}
    guess = {f"y_{name}": truth[f"t_{name}"] + 0.5 * member for name in TARGETS}
    return table.assign(**truth, **guess)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two members' outputs, and the split table of their study."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "cache"))
    for number, name in enumerate(MEMBERS):
        write_member(name, predictions(number))
        facts = {"pretrained": number == 0, "random_weights": number == 1, "parameters": 10}
        facts |= {"n_train": 5 + number, "n_left_out": number, "models": []}
        write_json(paths.trained_dir(name) / "model.json", facts)
    clips = predictions(0).drop_duplicates("utterance_id")
    clips = clips.assign(example_id=clips["utterance_id"], group=clips["utterance_id"], split="val")
    write_split(clips)
    return tmp_path


def write_member(name: str, table: pd.DataFrame) -> None:
    schema = predictions_schema(CLASSES, ["emotion"] if "predicted" in table else TARGETS)
    write_table(paths.predictions_path(name), table, schema)


def write_split(clips: pd.DataFrame) -> None:
    write_table(paths.split_path("toy", "main"), clips.reindex(columns=SPLIT.names), SPLIT)


def change(name: str, edit: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    write_member(name, edit(read_table(paths.predictions_path(name))))


def combine(method: str, **changes: Any) -> pd.DataFrame:
    stacked = {"folds": 3, "stacking": STACKING} if method == "stacked" else {}
    settings = {"study": "toy", "variant": "main", "first": "one", "second": "two", "method": method}
    ensemble = Ensemble.model_validate({**settings, "seeds": [1, 2], **stacked, **changes})
    plan = EnsemblePlan(code="1", classes=CLASSES, ensemble=ensemble)
    write_plan(plan, "combine", "both")
    main("both")
    assert read_json(paths.trained_dir("both") / "model.json")["plan"] == plan.digest
    return read_table(paths.predictions_path("both"))


def probabilities(table: pd.DataFrame) -> np.ndarray:
    return table[[f"p_{name}" for name in CLASSES]].to_numpy(np.float64)


def test_a_mean_is_that_of_each_seed_fold_and_clip(workspace: Path) -> None:
    change("two", lambda table: table.sample(frac=1, random_state=0))
    table = combine("average")
    first, second = predictions(0), predictions(1)
    pd.testing.assert_frame_equal(
        table[["seed", "fold", "split", "utterance_id", "label"]],
        first[["seed", "fold", "split", "utterance_id", "label"]],
        check_dtype=False,
    )
    expected = (probabilities(first) + probabilities(second)) / 2
    np.testing.assert_allclose(probabilities(table), expected, atol=6e-7)
    assert (table["predicted"] == np.array(CLASSES)[expected.argmax(axis=1)]).all()
    assert (table["predicted"] != first["predicted"]).any()


def test_dimensions_are_averaged_on_their_scale(workspace: Path) -> None:
    write_member("one", dimensions(0))
    write_member("two", dimensions(1))
    table = combine("average")
    np.testing.assert_allclose(table["y_valence"], table["t_valence"] + 0.25, rtol=1e-6)
    assert "predicted" not in table


@pytest.mark.parametrize(("method", "own"), [("average", 0), ("stacked", 6 * 8 + 8 + 8 * 3 + 3)])
def test_what_the_metrics_say(workspace: Path, method: str, own: int) -> None:
    combine(method)
    facts = read_json(paths.trained_dir("both") / "model.json")
    assert (facts["pretrained"], facts["random_weights"]) == (False, True)
    assert (facts["parameters"], facts["n_train"], facts["n_left_out"]) == (20 + own, 6, 1)
    assert read_json(paths.trained_dir("both") / "run.json")["status"] == "trained"


@pytest.mark.parametrize("method", ["average", "stacked"])
def test_a_second_run_gives_the_same_bytes(workspace: Path, method: str) -> None:
    outputs = [
        paths.predictions_path("both"),
        paths.history_path("both"),
        paths.trained_dir("both") / "model.json",
    ]
    combine(method)
    first = [path.read_bytes() for path in outputs]
    combine(method)
    assert [path.read_bytes() for path in outputs] == first


def test_a_stack_predicts_every_clip_and_leaves_one_network_a_seed_and_fold(workspace: Path) -> None:
    table = combine("stacked")
    assert table["split"].value_counts().to_dict() == {name: 2 * n_clips for name, n_clips in PARTS.items()}
    np.testing.assert_allclose(probabilities(table).sum(axis=1), 1.0, atol=1e-5)
    stems = [f"seed{seed}_fold{fold}" for seed, fold in RUNS]
    expected = {"model.json", "run.json", "history.csv", "predictions.parquet"}
    expected |= {f"{stem}.{end}" for stem in stems for end in ("json", "safetensors")}
    assert {path.name for path in paths.trained_dir("both").iterdir()} == expected
    assert not list(workspace.glob("cache/checkpoints/**/*.pt"))


def test_the_fold_is_kept_that_is_best_on_what_it_held_out(workspace: Path) -> None:
    combine("stacked")
    models = read_json(paths.trained_dir("both") / "model.json")["models"]
    history = pd.read_csv(paths.history_path("both")).groupby(["seed", "fold"])["val_uar"].max()
    assert [m["inner_scores"][m["inner_fold"]] for m in models] == [max(m["inner_scores"]) for m in models]
    np.testing.assert_allclose(history, [max(m["inner_scores"]) for m in models], rtol=1e-5)


def shuffle_labels_of(split: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def edit(table: pd.DataFrame) -> pd.DataFrame:
        rows = table["split"] == split
        turned = table.loc[rows, "label"].map({"angry": "happy", "happy": "sad", "sad": "angry"})
        return table.assign(label=table["label"].where(~rows, turned))

    return edit


@pytest.mark.parametrize(("split", "same"), [("test", True), ("cross", True), ("val", False)])
def test_what_test_clips_are_labelled_changes_no_prediction(workspace: Path, split: str, same: bool) -> None:
    before = combine("stacked")
    change("one", shuffle_labels_of(split))
    change("two", shuffle_labels_of(split))
    after = combine("stacked")
    assert np.array_equal(probabilities(before), probabilities(after)) == same


def test_what_a_test_clip_sounds_like_changes_no_other_prediction(workspace: Path) -> None:
    before = combine("stacked")
    changed = f"toy/0test{0:02d}"
    change(
        "one", lambda table: table.assign(p_sad=table["p_sad"].mask(table["utterance_id"] == changed, 0.0))
    )
    after = combine("stacked")
    differ = (probabilities(before) != probabilities(after)).any(axis=1)
    assert set(before.loc[differ, "utterance_id"]) == {changed}


def test_a_network_trains_on_validation_clips_alone(workspace: Path) -> None:
    combine("stacked")
    models = read_json(paths.trained_dir("both") / "model.json")["models"]
    assert {model["n_train"] for model in models} == {PARTS["val"] * 2 // 3}


def test_members_without_clips_are_skipped(workspace: Path) -> None:
    change("one", lambda table: table.iloc[:0])
    change("two", lambda table: table.iloc[:0])
    assert combine("stacked").empty
    assert pd.read_csv(paths.history_path("both")).empty
    assert read_json(paths.trained_dir("both") / "run.json") == {"status": "skipped"}


@pytest.mark.parametrize("method", ["average", "stacked"])
def test_a_prediction_that_one_member_lacks_is_named(workspace: Path, method: str) -> None:
    change("two", lambda table: table.drop(index=3))
    with pytest.raises(
        PipelineError,
        match=r"two lacks 1 predictions .* such as seed 1, fold 0, split cross, utterance_id toy/0cross03",
    ):
        combine(method)


def test_other_seeds_are_refused(workspace: Path) -> None:
    change("two", lambda table: table[table["seed"] == 1])
    with pytest.raises(PipelineError, match=r"two has predictions of the seeds \[1\], expected \[1, 2\]"):
        combine("average")


def test_other_labels_of_the_same_clips_are_refused(workspace: Path) -> None:
    change("two", shuffle_labels_of("test"))
    with pytest.raises(PipelineError, match="one and two were told different truths"):
        combine("average")


def test_classes_and_dimensions_are_not_joined(workspace: Path) -> None:
    write_member("two", dimensions(1))
    with pytest.raises(PipelineError, match="one and two predict different columns"):
        combine("average")


def test_dimensions_are_not_stacked(workspace: Path) -> None:
    write_member("one", dimensions(0))
    write_member("two", dimensions(1))
    with pytest.raises(PipelineError, match=r"ensembles\.both\.method: stacked joins classes"):
        combine("stacked")


@pytest.mark.parametrize("n_clips", [0, 2])
def test_too_few_validation_clips_are_refused(workspace: Path, n_clips: int) -> None:
    def keep(table: pd.DataFrame) -> pd.DataFrame:
        return table[(table["split"] != "val") | (table["utterance_id"].str[-2:].astype(int) < 3 * n_clips)]

    change("one", keep)
    change("two", keep)
    with pytest.raises(
        PipelineError, match=f"a class has {n_clips} validation clips, fewer than the 3 folds"
    ):
        combine("stacked")


def test_clips_of_another_split_are_refused(workspace: Path) -> None:
    write_split(read_table(paths.split_path("toy", "main")).iloc[20:])
    with pytest.raises(PipelineError, match="validation clips are not in the split table, such as toy/0val"):
        combine("stacked")
