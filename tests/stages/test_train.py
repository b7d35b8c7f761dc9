"""The train stage, from shards to predictions."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from pipeline.config.plans import SystemPlan, write_plan
from pipeline.config.systems import DIMENSIONS
from pipeline.core import paths
from pipeline.core.errors import PipelineError
from pipeline.core.schemas import SPLIT, TRANSCRIPTS, predictions_schema
from pipeline.core.tables import read_json, read_table, write_json, write_table
from pipeline.features.shards import shard_schema
from pipeline.stages.train import main
from tests.training import toy

STUDY, CORPUS = "ravdess_methods", "demo_ravdess"
SYSTEMS: dict[str, dict[str, Any]] = {
    "toy_cnn": {**toy.TORCH, **toy.CNN, "epochs": 2, "seeds": [1, 2]},
    "toy_fusion": {**toy.TORCH, **toy.FUSION, "epochs": 2},
    "toy_forest": {**toy.SKLEARN, **toy.FOREST, "train_on": ["train", "val"], "seeds": [1, 2]},
}
VALUES: dict[str, Any] = {
    **toy.TORCH,
    **toy.REGRESSION,
    "model": "mlp",
    "features": "vectors",
    "architecture": {"hidden": [8], "dropouts": [0.0], "batch_norm": False},
    "epochs": 2,
}
REGRESSIONS: dict[str, dict[str, Any]] = {
    "toy_separate": {**VALUES, "joint": False},
    "toy_joint": {**VALUES, "loss": "ccc", "monitor": "val_ccc", "seeds": [1, 2]},
}
INPUTS = ("images", "frames", "vectors")
NAMES = {"vectors": [f"x{i}" for i in range(6)]}
every_system = pytest.mark.parametrize("name", SYSTEMS)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the plans of toy systems, and the shards and split table they read."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "cache"))
    for name in SYSTEMS | REGRESSIONS:
        write_system(name)
    write_split(toy.study("vectors"))
    for name in INPUTS:
        write_features(name)
    write_texts()
    for name in (*INPUTS, "transcripts", "none"):
        write_json(paths.store_path(name, STUDY, "main"), {"digest": name})
    return tmp_path


def plan_of(name: str, code: str = "1", **changes: Any) -> SystemPlan:
    """Return what the stage `plan` says of a toy system, with some of its settings changed."""
    settings = {**(SYSTEMS | REGRESSIONS)[name], "study": STUDY, **changes}
    system = (toy.sklearn_system if settings["trainer"] == "sklearn" else toy.torch_system)(**settings)
    return SystemPlan(code=code, classes=toy.CLASSES, corpora=[CORPUS], system=system)


def write_system(name: str, code: str = "1", **changes: Any) -> None:
    write_plan(plan_of(name, code, **changes), "train", name)


def write_split(data: Any) -> None:
    split = pd.Series("train", index=data.clips.index)
    for name, rows in data.folds[0].items():
        split[rows] = name
    table = data.clips.assign(split=split, split_seed=42, fold=0, group=data.clips["utterance_id"])
    table[list(DIMENSIONS)] = data.dimensions[: len(table)]
    write_table(paths.split_path(STUDY, "main"), table.reindex(columns=SPLIT.names), SPLIT)


def write_features(name: str) -> None:
    data = toy.study(name)
    values = data.features["features"]
    table = pd.DataFrame(
        {
            "utterance_id": data.clips["utterance_id"],
            "key": data.clips["utterance_id"],
            "shape": [list(row.shape) for row in values],
            "values": [row.ravel() for row in values],
        }
    )
    write_table(paths.features_path(name, CORPUS), table, shard_schema(values.dtype, NAMES.get(name)))


def write_texts() -> None:
    data = toy.study("transcripts")
    table = data.clips[["utterance_id"]].assign(
        key="k", text=data.texts, language="en", confidence=1.0, source="gold"
    )
    write_table(paths.transcripts_path(), table.reindex(columns=TRANSCRIPTS.names), TRANSCRIPTS)


@every_system
def test_predictions_are_complete_and_sum_to_one(workspace: Path, name: str) -> None:
    main(name)
    table = read_table(paths.predictions_path(name))
    assert table.columns.tolist() == predictions_schema(toy.CLASSES).names
    n_runs = len(SYSTEMS[name]["seeds"])
    expected = {"test": 6 * n_runs} if name == "toy_forest" else {"test": 6 * n_runs, "val": 6 * n_runs}
    assert table["split"].value_counts().to_dict() == expected
    np.testing.assert_allclose(table.filter(like="p_").sum(axis=1), 1.0, atol=1e-5)
    winners = np.array(toy.CLASSES)[table.filter(like="p_").to_numpy().argmax(axis=1)]
    assert (winners == table["predicted"]).all()


@every_system
def test_a_second_run_gives_the_same_bytes(workspace: Path, name: str) -> None:
    outputs = [
        paths.predictions_path(name),
        paths.history_path(name),
        paths.trained_dir(name) / "model.json",
    ]
    main(name)
    first = [path.read_bytes() for path in outputs]
    main(name)
    assert [path.read_bytes() for path in outputs] == first


@every_system
def test_each_model_has_its_files_and_no_checkpoint_is_left(workspace: Path, name: str) -> None:
    main(name)
    suffix = "skops" if name == "toy_forest" else "safetensors"
    stems = [f"seed{seed}_fold0" for seed in SYSTEMS[name]["seeds"]]
    expected = {"model.json", "run.json", "history.csv", "predictions.parquet"}
    expected |= {f"{stem}.{end}" for stem in stems for end in ("json", suffix)}
    assert {path.name for path in paths.trained_dir(name).iterdir()} == expected
    assert not list(workspace.glob("cache/checkpoints/**/*.pt"))


def add_a_copy_and_a_second_split(transform: str) -> None:
    """Let fold 0 also train on a copy of its first training clip, and fold 1, of another seed, on other clips."""
    table = read_table(paths.split_path(STUDY, "main"))
    first = table[table["split"] == "train"].iloc[[0]]
    copy = first.assign(example_id=f"{first['utterance_id'].iloc[0]}#{transform}", transform=transform)
    swapped = table.assign(
        fold=1, split_seed=43, split=table["split"].map({"train": "train", "val": "test", "test": "val"})
    )
    write_table(paths.split_path(STUDY, "main"), pd.concat([table, copy, swapped]), SPLIT)
    for name in ("images", "frames", "vectors"):
        shard = read_table(paths.features_path(name, CORPUS))
        row = shard[shard["utterance_id"] == first["utterance_id"].iloc[0]]
        path = paths.copies_path(name, STUDY)
        path.parent.mkdir(parents=True, exist_ok=True)
        schema = pq.read_schema(paths.features_path(name, CORPUS))
        write_table(path, row.assign(utterance_id=copy["example_id"].iloc[0]), schema)


@every_system
def test_several_splits_and_augmented_copies(workspace: Path, name: str) -> None:
    add_a_copy_and_a_second_split("noise=0.0050@42")
    main(name)
    predictions = read_table(paths.predictions_path(name))
    assert set(predictions["split_seed"]) == {42, 43}
    assert not predictions["utterance_id"].str.contains("#").any()
    models = read_json(paths.trained_dir(name) / "model.json")["models"]
    n_train = {model["fold"]: model["n_train"] for model in models}
    assert n_train == ({0: 31, 1: 30} if name == "toy_forest" else {0: 25, 1: 24})


def test_what_the_metrics_say_of_a_model(workspace: Path) -> None:
    main("toy_forest")
    facts = read_json(paths.trained_dir("toy_forest") / "model.json")
    assert (facts["pretrained"], facts["random_weights"]) == (False, False)
    assert (facts["parameters"], facts["n_train"]) == (None, 30)
    about = read_json(paths.trained_dir("toy_forest") / "seed1_fold0.json")
    assert list(about["feature_importances"]) == NAMES["vectors"]


def test_history_has_a_row_an_epoch_and_seed(workspace: Path) -> None:
    main("toy_cnn")
    history = pd.read_csv(paths.history_path("toy_cnn"))
    assert history[["seed", "epoch"]].to_numpy().tolist() == [[1, 1], [1, 2], [2, 1], [2, 2]]


def test_the_run_record_says_what_varies(workspace: Path) -> None:
    main("toy_cnn")
    record = read_json(paths.trained_dir("toy_cnn") / "run.json")
    assert record["status"] == "trained"
    assert [(r["seed"], r["epochs"]) for r in record["runs"]] == [(1, 2), (2, 2)]
    assert record["host"]["packages"]["torch"]
    assert record["host"]["peak_memory_mb"] > 0


@every_system
def test_a_study_without_clips_is_skipped(workspace: Path, name: str) -> None:
    data = toy.study("vectors")
    data.clips.drop(data.clips.index, inplace=True)
    data.folds[0].clear()
    write_split(data)
    main(name)
    assert read_table(paths.predictions_path(name)).columns.tolist() == predictions_schema(toy.CLASSES).names
    assert pd.read_csv(paths.history_path(name)).empty
    assert read_json(paths.trained_dir(name) / "run.json") == {"status": "skipped"}
    about = read_json(paths.trained_dir(name) / "model.json")
    assert (about["status"], about["plan"]) == ("skipped", plan_of(name).digest)
    assert about["reason"] == "its study has no clips in this profile"


def test_a_training_split_of_one_class_is_refused(workspace: Path) -> None:
    table = read_table(paths.split_path(STUDY, "main")).assign(label="sad")
    write_table(paths.split_path(STUDY, "main"), table, SPLIT)
    with pytest.raises(PipelineError, match=r"systems.toy_forest: fold 0 has 1 class\(es\) to train on"):
        main("toy_forest")


def test_a_clip_without_transcript_is_refused(workspace: Path) -> None:
    table = read_table(paths.transcripts_path()).iloc[1:]
    write_table(paths.transcripts_path(), table, TRANSCRIPTS)
    with pytest.raises(PipelineError, match="1 utterances have no transcript, such as toy/000"):
        main("toy_fusion")


def test_an_unknown_key_of_the_architecture_is_named(workspace: Path) -> None:
    write_system("toy_cnn", architecture={**toy.CNN["architecture"], "chanels": [4]})
    with pytest.raises(PipelineError, match=r"architecture\.chanels: unknown key, did you mean 'channels'"):
        main("toy_cnn")


@pytest.mark.parametrize("name", REGRESSIONS)
def test_dimensions_are_predicted_beside_their_true_values(workspace: Path, name: str) -> None:
    main(name)
    table = read_table(paths.predictions_path(name))
    assert table.columns.tolist() == predictions_schema(toy.CLASSES, DIMENSIONS).names
    n_runs = len(REGRESSIONS[name]["seeds"])
    assert table["split"].value_counts().to_dict() == {"test": 6 * n_runs, "val": 6 * n_runs}
    data = toy.study("vectors")
    rows = table["utterance_id"].str.removeprefix("toy/").astype(int)
    assert (table[[f"t_{target}" for target in DIMENSIONS]].to_numpy() == data.dimensions[rows]).all()
    assert table[[f"y_{target}" for target in DIMENSIONS]].notna().all(axis=None)


@pytest.mark.parametrize("name", REGRESSIONS)
def test_a_second_run_of_a_regression_gives_the_same_bytes(workspace: Path, name: str) -> None:
    main(name)
    first = paths.predictions_path(name).read_bytes()
    main(name)
    assert paths.predictions_path(name).read_bytes() == first


def test_each_dimension_has_its_rows_of_the_history(workspace: Path) -> None:
    main("toy_separate")
    history = pd.read_csv(paths.history_path("toy_separate"), keep_default_na=False, na_values=[""])
    assert history[["target", "epoch"]].to_numpy().tolist() == [[d, e] for d in DIMENSIONS for e in (1, 2)]
    assert history["val_ccc"].notna().all()
    assert history[["val_accuracy", "val_uar", "val_f1"]].isna().all(axis=None)
    facts = read_json(paths.trained_dir("toy_separate") / "model.json")
    assert list(facts["models"][0]["best_epoch"]) == list(DIMENSIONS)


def test_clips_without_a_dimension_are_left_out_and_counted(
    workspace: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = toy.study("vectors")
    train, test = data.folds[0]["train"][0], data.folds[0]["test"][0]
    data.dimensions[[train, test], [0, 2]] = np.nan
    write_split(data)
    with caplog.at_level("INFO"):
        main("toy_joint")
    facts = read_json(paths.trained_dir("toy_joint") / "model.json")
    assert (facts["n_left_out"], facts["n_train"]) == (2, 23)
    assert "2 clip(s) lack one of ['arousal', 'valence', 'dominance']: left out" in caplog.text
    predicted = read_table(paths.predictions_path("toy_joint"))
    assert data.clips["utterance_id"][test] not in set(predicted["utterance_id"])


def test_a_corpus_without_a_dimension_is_refused(workspace: Path) -> None:
    data = toy.study("vectors")
    data.dimensions[:, 1] = np.nan
    write_split(data)
    with pytest.raises(PipelineError, match=r"fold 0 has 0 different value\(s\) of arousal to train on"):
        main("toy_separate")


def test_a_regression_without_clips_is_skipped(workspace: Path) -> None:
    data = toy.study("vectors")
    data.clips.drop(data.clips.index, inplace=True)
    data.folds[0].clear()
    write_split(data)
    main("toy_joint")
    columns = read_table(paths.predictions_path("toy_joint")).columns.tolist()
    assert columns == predictions_schema(toy.CLASSES, DIMENSIONS).names


@pytest.mark.parametrize("name", ["toy_cnn", "toy_forest", "toy_joint"])
def test_clips_of_other_corpora_are_tested_besides(workspace: Path, name: str) -> None:
    data = toy.study("vectors")
    cross, data.folds[0]["test"] = data.folds[0]["test"][:2], data.folds[0]["test"][2:]
    data.folds[0]["cross"] = cross
    write_split(data)
    main(name)
    table = read_table(paths.predictions_path(name))
    others = table[(table["split"] == "cross") & (table["seed"] == 1)]
    assert others["utterance_id"].tolist() == data.clips["utterance_id"][cross].tolist()


@every_system
def test_a_training_says_by_which_plan(workspace: Path, name: str) -> None:
    main(name)
    assert read_json(paths.trained_dir(name) / "model.json")["plan"] == plan_of(name).digest


@pytest.mark.parametrize(
    "changes", [{"code": "2"}, {"lr": 0.02}, {"seeds": [1]}], ids=["code", "a setting", "seeds"]
)
def test_another_plan_has_another_digest(changes: dict[str, Any]) -> None:
    assert plan_of("toy_cnn", **changes).digest != plan_of("toy_cnn").digest


@pytest.mark.slow
def test_two_processes_do_the_work_of_one(
    workspace: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SER_DEVICE", "cpu")
    monkeypatch.setenv("PYTHONPATH", str(root))
    main("toy_joint")
    alone = read_table(paths.predictions_path("toy_joint"))
    monkeypatch.setenv("SER_PROCESSES", "2")
    main("toy_joint")
    by_two = read_table(paths.predictions_path("toy_joint"))
    runs = read_json(paths.trained_dir("toy_joint") / "run.json")["runs"]
    assert [run["processes"] for run in runs] == [2, 2]
    assert by_two["utterance_id"].equals(alone["utterance_id"])
    columns = [f"y_{target}" for target in DIMENSIONS]
    np.testing.assert_allclose(by_two[columns], alone[columns], rtol=1e-3)


def test_what_does_not_split_stays_in_one_process(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SER_PROCESSES", "2")
    monkeypatch.setenv("SER_DEVICE", "cpu")
    main("toy_forest")
    assert read_json(paths.trained_dir("toy_forest") / "run.json")["status"] == "trained"
