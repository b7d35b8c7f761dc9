"""Stress of a tiny system from its clips to the table, the changed clips as files, and decisions that come back."""

import json
from pathlib import Path

import pandas as pd
import pytest
import soundfile

from pipeline.core.errors import PipelineError
from pipeline.core.paths import predictions_path
from pipeline.core.tables import read_table
from pipeline.stress.clips import Voices, read_mono, read_tested
from pipeline.stress.command import main, split_of
from pipeline.stress.conditions import CONDITIONS, choose
from pipeline.stress.elsewhere import read_decisions
from tests.inference.box import Box

SYSTEM = "tiny_cnn"
SOME = "white_0,softer_20,cut_end"


@pytest.fixture
def truth() -> pd.DataFrame:
    """The predictions of training for the clips that stress is about."""
    table = read_table(predictions_path(SYSTEM))
    chosen = (table["split"] == "test") & (table["seed"] == 1) & (table["fold"] == 0)
    return table[chosen].set_index("utterance_id")


def test_the_clips_are_those_of_the_first_run_with_their_files(corpus: Box) -> None:
    table = read_table(predictions_path(SYSTEM))
    first = table[(table["split"] == "test") & (table["seed"] == 1) & (table["split_seed"] == 42)]
    found = read_tested(SYSTEM)
    assert sorted(found.clips["utterance_id"]) == sorted(first["utterance_id"])
    sound, _ = soundfile.read(corpus.files[found.clips["utterance_id"][0]], dtype="float32")
    assert (read_mono(found.clips["path"][0])[0] == sound).all()
    fewer = read_tested(SYSTEM, 3)
    assert fewer.clips["label"].tolist() == sorted(fewer.classes)[:3]


def test_voices_are_of_training_and_never_the_clip_itself(corpus: Box) -> None:
    voices = Voices(split_of(SYSTEM), 1)
    training = {clip for clip in corpus.files if clip in set(voices._pool["utterance_id"])}
    assert training
    assert training.isdisjoint(read_tested(SYSTEM).clips["utterance_id"])
    one = sorted(training)[0]
    assert len(voices.around(one, "nobody")) == len(training) - 1


def test_decisions_of_unchanged_clips_are_those_of_training(
    corpus: Box, tmp_path: Path, truth, capsys
) -> None:
    assert main([SYSTEM, "--conditions", SOME, "--output", str(tmp_path / "out")]) == 0
    decisions = pd.read_csv(tmp_path / "out" / "decisions.csv")
    assert set(decisions["condition"]) == {"unchanged", *SOME.split(",")}
    plain = decisions[decisions["condition"] == "unchanged"].set_index("utterance_id")
    assert plain["predicted"].to_dict() == truth["predicted"].to_dict()
    screen = capsys.readouterr().out
    assert "white noise, 0 dB" in screen
    about = json.loads((tmp_path / "out" / "stress.json").read_text())
    assert (about["n_clips"], len(about["conditions"])) == (len(truth), 4)
    assert about["conditions"][0]["flips"] == 0
    assert (tmp_path / "out" / "stress.png").stat().st_size > 1000
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert main([SYSTEM, "--conditions", SOME, "--output", str(tmp_path / "out")]) == 0
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_clips_that_are_written_come_back_as_decisions(corpus: Box, tmp_path: Path, truth, capsys) -> None:
    folder = tmp_path / "clips"
    assert main([SYSTEM, "--conditions", "white_0", "--write", str(folder)]) == 0
    listing = pd.read_csv(folder / "clips.csv")
    assert listing.columns.tolist() == ["clip", "condition", "path", "label", "speaker", "sex"]
    assert set(listing["condition"]) == {"unchanged", "white_0"}
    row = listing.query("condition == 'unchanged'").iloc[0]
    original, rate = soundfile.read(corpus.files[row["clip"]])
    written, rate_written = soundfile.read(folder / row["path"])
    assert rate == rate_written
    assert abs(written - original).max() <= 0.5 / 32768 + 1e-7
    said = listing.assign(predicted=listing["label"].where(listing["condition"] == "unchanged", "sad"))
    said[["clip", "condition", "predicted"]].to_csv(tmp_path / "theirs.csv", index=False)
    capsys.readouterr()
    arguments = [SYSTEM, "--predictions", str(tmp_path / "theirs.csv"), "--output", str(tmp_path / "out")]
    assert main(arguments) == 0
    plain, noisy = json.loads((tmp_path / "out" / "stress.json").read_text())["conditions"]
    n_classes = listing["label"].nunique()
    assert (plain["uar"], noisy["uar"]) == (1, pytest.approx(1 / n_classes, abs=1e-6))


def test_a_folder_that_holds_something_is_not_written_to(corpus: Box, tmp_path: Path, capsys) -> None:
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "mine.txt").write_text("mine")
    assert main([SYSTEM, "--write", str(tmp_path / "clips")]) == 2
    assert "is there and not empty: name a new folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.drop(columns="condition"), r"but not \['condition'\]"),
        (lambda table: pd.concat([table, table.head(1)]), "1 rows are there twice"),
        (lambda table: table.assign(predicted="bored"), r"\['bored'\] are no classes"),
        (lambda table: table.assign(condition="white_0"), "no rows of the condition 'unchanged'"),
        (lambda table: table.assign(condition="white0"), r"\['white0'\] are no conditions; expected some of"),
        (lambda table: table.iloc[1:], "lacks 1 decisions, such as that of"),
    ],
    ids=["column", "twice", "class", "unchanged", "condition", "lacking"],
)
def test_decisions_that_are_none_are_refused(corpus: Box, tmp_path: Path, change, message) -> None:
    tested = read_tested(SYSTEM)
    given = pd.DataFrame({"clip": tested.clips["utterance_id"], "condition": "unchanged", "predicted": "sad"})
    change(given).to_csv(tmp_path / "theirs.csv", index=False)
    with pytest.raises(PipelineError, match=message):
        read_decisions(tmp_path / "theirs.csv", tested, choose(None))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tiny_cn"], "unknown system 'tiny_cn', did you mean 'tiny_cnn'"),
        (["tiny_separate"], "tiny_separate predicts dimensions"),
        ([SYSTEM, "--conditions", "white_1"], "unknown condition 'white_1'"),
        (["tiny_by_speaker"], "tiny_by_speaker is standardised by speaker, and nobody can be enrolled here"),
        ([SYSTEM, "--predictions", "nowhere.csv"], "nowhere.csv is no file: expected one of decisions"),
    ],
)
def test_errors_are_told_in_a_line(corpus: Box, arguments, message, capsys) -> None:
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--most-clips", "0"], "--most-clips: '0' is no whole number of 1 or more"),
        (["--seed", "-1"], "--seed: '-1' is no whole number of 0 or more"),
        (["--write", "clips", "--predictions", "theirs.csv"], "--write judges nothing"),
        (["--write", "clips", "--output", "out"], "--write judges nothing"),
    ],
)
def test_a_line_that_means_nothing_is_refused(arguments, message, capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        main([SYSTEM, *arguments])
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_conditions_are_listed(capsys) -> None:
    assert main(["--list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(CONDITIONS)


def test_a_system_that_reads_text_is_told_what_was_said(corpus: Box, tmp_path: Path, monkeypatch) -> None:
    from pipeline.stress import ask as module

    told = []

    def texts(tested):
        told.append(len(tested.clips))
        return {clip: corpus.texts[clip] for clip in tested.clips["utterance_id"]}

    monkeypatch.setattr(module, "_texts", texts)
    assert main(["tiny_fusion", "--conditions", "softer_20"]) == 0
    assert told
