"""The stage that draws inner representations, on systems that were trained for it."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file
from sklearn.metrics import silhouette_score

from pipeline.config.plans import RepresentPlan, write_plan
from pipeline.config.systems import DIMENSIONS
from pipeline.core import paths
from pipeline.core.errors import PipelineError
from pipeline.core.paths import representations_dir
from pipeline.core.schemas import SPLIT
from pipeline.core.tables import read_json, read_table, write_json, write_table
from pipeline.stages import represent, train
from tests.stages.test_train import (
    INPUTS,
    STUDY,
    add_a_copy_and_a_second_split,
    plan_of,
    write_features,
    write_split,
    write_system,
    write_texts,
)
from tests.training import toy

BRANCHES = ["fused", "speech_branch", "text_branch"]
SCORES = ("cosine", "euclidean", "tsne")


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the shards and splits of a toy study."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "cache"))
    write_split(toy.study("vectors"))
    for name in INPUTS:
        write_features(name)
    write_texts()
    for name in (*INPUTS, "transcripts", "none"):
        write_json(paths.store_path(name, STUDY, "main"), {"digest": name})
    return tmp_path


def plan(system: str, *names: str) -> None:
    """Write what the stage `plan` does of a toy system and its representations."""
    write_system(system)
    write_plan(RepresentPlan(code="1", names=[*names], plan=plan_of(system)), "represent", system)


def prepare(system: str, *names: str) -> Path:
    """Train a toy system; return the folder of its representations."""
    plan(system, *names)
    train.main(system)
    return representations_dir(system)


def vectors(path: Path) -> np.ndarray:
    return np.stack(read_table(path)["values"].tolist())


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def rewrite_split(change: Any) -> None:
    path = paths.split_path(STUDY, "main")
    write_table(path, change(read_table(path)), SPLIT)


def test_each_representation_has_its_files(caplog: pytest.LogCaptureFixture) -> None:
    folder = prepare("toy_fusion", *BRANCHES)
    with caplog.at_level("INFO"):
        represent.main("toy_fusion")
    expected = [f"{name}{end}" for name in BRANCHES for end in (".parquet", "_tsne.csv", "_tsne.png")]
    assert {path.name for path in folder.iterdir()} == {*expected, "silhouettes.json"}
    assert list(read_json(folder / "silhouettes.json")) == BRANCHES
    assert "represent toy_fusion: fused: silhouette 0." in caplog.text


def test_the_clips_are_the_test_clips_in_order() -> None:
    folder = prepare("toy_fusion", "fused")
    represent.main("toy_fusion")
    table, drawn = read_table(folder / "fused.parquet"), pd.read_csv(folder / "fused_tsne.csv")
    data = toy.study("vectors")
    test = data.clips.iloc[data.folds[0]["test"]].reset_index(drop=True)
    assert table.columns.tolist() == ["utterance_id", "corpus", "label", "values"]
    pd.testing.assert_frame_equal(table.drop(columns="values"), test[["utterance_id", "corpus", "label"]])
    assert drawn.columns.tolist() == ["utterance_id", "label", "x", "y"]
    assert drawn["utterance_id"].tolist() == test["utterance_id"].tolist()
    assert vectors(folder / "fused.parquet").shape == (6, 16)


def test_the_output_layer_takes_the_embedding_to_the_predictions() -> None:
    folder = prepare("toy_cnn", "embedding")
    represent.main("toy_cnn")
    weights = load_file(paths.trained_dir("toy_cnn") / "seed1_fold0.safetensors")
    (weight,) = (
        values
        for name, values in weights.items()
        if name.startswith("model.head") and len(values) == 3 and values.ndim == 2
    )
    (bias,) = (
        values for name, values in weights.items() if name.startswith("model.head") and values.shape == (3,)
    )
    logits = vectors(folder / "embedding.parquet") @ weight.T + bias
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    predictions = read_table(paths.predictions_path("toy_cnn"))
    first = predictions[(predictions["seed"] == 1) & (predictions["split"] == "test")]
    np.testing.assert_allclose(shares, first[[f"p_{name}" for name in toy.CLASSES]], atol=2e-6)


def test_silhouettes_are_those_of_the_files() -> None:
    folder = prepare("toy_fusion", "speech_branch")
    represent.main("toy_fusion")
    values, drawn = vectors(folder / "speech_branch.parquet"), pd.read_csv(folder / "speech_branch_tsne.csv")
    spaces = [(values, "cosine"), (values, "euclidean"), (drawn[["x", "y"]], "euclidean")]
    expected = [silhouette_score(space, drawn["label"], metric=metric) for space, metric in spaces]
    about = read_json(folder / "silhouettes.json")["speech_branch"]
    assert [about[kind] for kind in SCORES] == pytest.approx(expected, abs=2e-6)
    assert (about["n_clips"], about["n_values"], about["note"]) == (6, 32, None)


@pytest.mark.parametrize("system", ["toy_cnn", "toy_fusion", "toy_joint"])
def test_a_second_run_gives_the_same_bytes(system: str) -> None:
    folder = prepare(system, "embedding")
    represent.main(system)
    first = files(folder)
    represent.main(system)
    assert files(folder) == first


def test_only_the_first_seed_and_fold_are_drawn() -> None:
    add_a_copy_and_a_second_split("noise=0.0050@42")
    folder = prepare("toy_cnn", "embedding")
    weights = paths.trained_dir("toy_cnn")
    others = [path for path in weights.glob("seed*") if not path.name.startswith("seed1_fold0")]
    assert len(others) == 6
    list(map(Path.unlink, others))
    represent.main("toy_cnn")
    data = toy.study("vectors")
    test = data.clips["utterance_id"].iloc[data.folds[0]["test"]]
    assert read_table(folder / "embedding.parquet")["utterance_id"].tolist() == test.tolist()


def test_each_network_of_a_dimension_has_its_own() -> None:
    folder = prepare("toy_separate", "embedding")
    represent.main("toy_separate")
    assert list(read_json(folder / "silhouettes.json")) == [f"embedding_{name}" for name in DIMENSIONS]
    drawn = pd.read_csv(folder / "embedding_valence_tsne.csv")
    assert drawn.columns.tolist() == ["utterance_id", "label", "valence", "x", "y"]
    data = toy.study("vectors")
    np.testing.assert_allclose(drawn["valence"], data.dimensions[data.folds[0]["test"], 1], atol=1e-6)
    assert (folder / "embedding_dominance_tsne.png").exists()


def test_a_network_of_all_dimensions_is_drawn_with_them_all() -> None:
    folder = prepare("toy_joint", "embedding")
    represent.main("toy_joint")
    columns = read_table(folder / "embedding.parquet").columns.tolist()
    assert columns == ["utterance_id", "corpus", "label", *DIMENSIONS, "values"]
    about = read_json(folder / "silhouettes.json")["embedding"]
    assert [about[kind] for kind in SCORES] == [None] * 3
    assert about["note"] == "no classes are learned"


def test_clips_that_lack_a_dimension_are_left_out() -> None:
    data = toy.study("vectors")
    left_out = data.folds[0]["test"][1]
    data.dimensions[left_out, 2] = np.nan
    write_split(data)
    folder = prepare("toy_joint", "embedding")
    represent.main("toy_joint")
    found = set(read_table(folder / "embedding.parquet")["utterance_id"])
    test = set(data.clips["utterance_id"].iloc[data.folds[0]["test"]])
    assert test - found == {data.clips["utterance_id"].iloc[left_out]}


def test_a_test_split_of_one_class_has_no_silhouettes_but_a_plane() -> None:
    prepare("toy_cnn", "embedding")
    rewrite_split(lambda table: table.assign(label=table["label"].where(table["split"] != "test", "sad")))
    represent.main("toy_cnn")
    about = read_json(representations_dir("toy_cnn") / "silhouettes.json")["embedding"]
    assert about["note"] == "1 class(es) among 6 clips: a silhouette needs 2 or more"
    assert (representations_dir("toy_cnn") / "embedding_tsne.png").exists()


@pytest.mark.parametrize(
    ("kept", "note"),
    [
        ([], "study ravdess_methods has no clips in this profile"),
        (["train", "val"], "the first fold of ravdess_methods has no test clips with emotion"),
    ],
    ids=["no clips", "no test clips"],
)
def test_without_test_clips_the_files_say_so(
    kept: list[str], note: str, caplog: pytest.LogCaptureFixture
) -> None:
    plan("toy_fusion", *BRANCHES)
    rewrite_split(lambda table: table[table["split"].isin(kept)])
    with caplog.at_level("INFO"):
        represent.main("toy_fusion")
    folder = representations_dir("toy_fusion")
    about = read_json(folder / "silhouettes.json")
    assert list(about) == BRANCHES
    assert [(each["n_clips"], each["cosine"], each["note"]) for each in about.values()] == [
        (0, None, note)
    ] * 3
    assert (folder / "fused_tsne.csv").read_text() == "utterance_id,label,x,y\n"
    assert read_table(folder / "fused.parquet").empty
    assert not list(folder.glob("*.png"))
    assert f"represent toy_fusion: fused: {note}, speech_branch: {note}, " in caplog.text


def test_an_estimator_has_no_inner_representations() -> None:
    plan("toy_forest", "embedding")
    message = "representations.toy_forest: random_forest is an estimator of scikit-learn, which has no inner"
    with pytest.raises(PipelineError, match=message):
        represent.main("toy_forest")


def test_an_unknown_name_is_told_which_there_are() -> None:
    prepare("toy_cnn", "embedding", "temporal")
    message = "representations.toy_cnn: unknown representation 'temporal'; a MelCnn has: embedding"
    with pytest.raises(PipelineError, match=message):
        represent.main("toy_cnn")


def test_a_model_that_is_not_there_is_asked_for() -> None:
    plan("toy_cnn", "embedding")
    with pytest.raises(PipelineError, match=r"seed1_fold0.json is not there; `dvc repro"):
        represent.main("toy_cnn")
