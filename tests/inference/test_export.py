"""Exports: what is in them, that they answer as the original, and what happens with those of other versions."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML
from safetensors.torch import load_file, save_file

from pipeline.core.errors import PipelineError
from pipeline.export import main
from pipeline.inference import export as module
from pipeline.inference.export import write_export
from pipeline.inference.exported import read_export
from pipeline.inference.predictor import load
from pipeline.inference.trained import read_trained
from pipeline.training import everyone
from tests.inference.box import ENSEMBLES, SYSTEMS, Box, features_of, study

COMMIT = "0123456789abcdef"

pytestmark = pytest.mark.slow  # an export each, and a load


@pytest.fixture(autouse=True)
def _commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "git_commit", lambda: COMMIT)


@pytest.mark.parametrize("name", [*SYSTEMS, *ENSEMBLES])
def test_an_export_answers_as_the_original_where_there_is_nothing_else(
    box: Box, tmp_path: Path, monkeypatch, name: str
) -> None:
    clips = list(box.files)[:3]
    files, texts = [box.files[clip] for clip in clips], [box.texts[clip] for clip in clips]
    original = load(name)
    expected = original.predict(files, texts)
    write_export(read_trained(name), tmp_path / "out")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    predictor = load(tmp_path / "out")
    np.testing.assert_array_equal(predictor.predict(files, texts), expected)
    assert (predictor.facts, predictor.trained) == (original.facts, original.trained)


def test_an_export_holds_models_and_nothing_else_of_training(box: Box, tmp_path: Path) -> None:
    write_export(read_trained("tiny_stacked"), tmp_path / "out")
    stems = [f"seed7_fold{fold}.{end}" for fold in (0, 1) for end in ("json", "safetensors")]
    names = ("tiny_stacked", "tiny_fusion", "tiny_any_length")
    models = {f"models/{name}/{stem}" for name in names for stem in stems}
    found = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.*")}
    assert found == models | {"export.json", "README.md"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_export_carries_the_encoder_of_its_features_and_asks_that(box: Box, tmp_path: Path) -> None:
    write_export(read_trained("tiny_encoded"), tmp_path / "out")
    own = tmp_path / "out" / "encoders" / "encoded"
    assert sorted(path.name for path in own.iterdir()) == ["config.json", "model.safetensors"]
    card = (tmp_path / "out" / "README.md").read_text("utf-8")
    assert "what the encoder of random weights makes of a clip: `encoders/encoded` holds that." in card
    files = list(box.files.values())[:3]
    expected = load(tmp_path / "out").predict(files)
    weights = load_file(own / "model.safetensors")
    save_file({name: item * 2 for name, item in weights.items()}, own / "model.safetensors")
    assert not np.allclose(load(tmp_path / "out").predict(files), expected)
    own.rename(tmp_path / "elsewhere")
    with pytest.raises(PipelineError, match="encoded holds no encoder, which the export came with"):
        load(tmp_path / "out")


def test_the_card_says_what_it_is(box: Box, tmp_path: Path) -> None:
    write_export(read_trained("tiny_cnn"), tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text("utf-8")
    header = YAML(typ="safe").load(card.split("---\n")[1])
    assert header["language"] == ["en"]
    assert header["tags"] == ["speech-emotion-recognition", "synthetic"]
    (result,) = header["model-index"][0]["results"]
    assert result["metrics"] == [{"type": "uar", "value": 0.5, "name": "UAR"}]
    for words in (
        "angry, happy, sad",
        "It learnt from synthetic speech.",
        "Study: ravdess_methods",
        "Protocol: by hand",
        "New speakers: no: it knew the speakers",
        "Probabilities: not calibrated, because it is not evaluated",
        "(UAR) 0.500 (95 % interval 0.400 to 0.600)",
        "Licence: that of this project",
        "-22 to -22 dBFS",
        "## Intended use and limits",
        f"Format 3, commit {COMMIT}. tiny_cnn is a mel_cnn.",
    ):
        assert words in card


def test_the_card_of_a_system_that_was_not_evaluated(box: Box, tmp_path: Path) -> None:
    write_export(read_trained("tiny_fusion"), tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text("utf-8")
    assert "Score: not evaluated" in card
    assert "Whisper's weights are not in this folder" in card


def test_a_model_of_everyone_takes_the_place_of_those_of_the_folds(
    box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = study()
    data = replace(data, texts=None, features={"features": features_of("vectors", data, box.files)})
    monkeypatch.setattr(everyone, "load_study", lambda plan, table: data)
    export = write_export(read_trained("tiny_forest"), tmp_path / "out", everyone=True)
    assert export.trained.models == [(7, 0)]
    predictor = load(tmp_path / "out")
    files = list(box.files.values())
    assert predictor.predict(files).shape == (len(files), 3)
    said = f"trained on all {len(data.clips)} clips of 1 speakers"
    assert said in predictor.models_in_words()
    card = (tmp_path / "out" / "README.md").read_text("utf-8")
    assert f"trained after the test on all {len(data.clips)} clips" in card


def test_an_ensemble_is_not_trained_on_everyone_and_leaves_nothing(box: Box, tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="tiny_mean cannot be trained on everyone: it is an ensemble"):
        write_export(read_trained("tiny_mean"), tmp_path / "out", everyone=True)
    assert not list(tmp_path.iterdir())


def change(folder: Path, **changes: Any) -> None:
    path = folder / "export.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **changes}), "utf-8")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"format": 1}, "has format 1, but this version reads format 3"),
        (
            {"feature_versions": {"mel_image": "0"}},
            "as version 0 of its code computes it, but this is version 1",
        ),
        ({"a_new_key": 1}, "a_new_key: unknown key"),
    ],
)
def test_an_export_of_another_version_says_which_version_reads_it(
    box: Box, tmp_path: Path, changes: dict[str, Any], why: str
) -> None:
    write_export(read_trained("tiny_cnn"), tmp_path / "out")
    change(tmp_path / "out", **changes)
    with pytest.raises(PipelineError, match=f"{why}.*take the version that wrote it, commit {COMMIT}"):
        load(tmp_path / "out")


def test_weights_that_were_changed_are_refused(box: Box, tmp_path: Path) -> None:
    write_export(read_trained("tiny_cnn"), tmp_path / "out")
    (weights,) = (tmp_path / "out").rglob("seed1_fold0.safetensors")
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(PipelineError, match="is missing, or not what was trained"):
        load(tmp_path / "out")


def test_a_folder_that_holds_something_stays_as_it_is(box: Box, tmp_path: Path, capsys) -> None:
    (tmp_path / "mine").write_text("mine")
    assert main(["tiny_cnn", str(tmp_path)]) == 2
    assert "is there and not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_failed_export_leaves_nothing(box: Box, tmp_path: Path, monkeypatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise PipelineError("no card")

    monkeypatch.setattr(module, "write_card", fail)
    with pytest.raises(PipelineError, match="no card"):
        write_export(read_trained("tiny_cnn"), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_the_command_line_says_what_it_wrote(box: Box, tmp_path: Path, capsys) -> None:
    assert main(["tiny_cnn", str(tmp_path / "out")]) == 0
    assert "out: tiny_cnn, 4 model(s)" in capsys.readouterr().out
    assert read_export(tmp_path / "out").name == "tiny_cnn"
    assert main(["nothing", str(tmp_path / "other")]) == 2
