"""The file of predictions that were made elsewhere: read as it is, or refused by what is wrong with it."""

import subprocess
from pathlib import Path

import pandas as pd
import pytest

from pipeline.config.external import External
from pipeline.core.errors import PipelineError
from pipeline.evaluation.external import check_files, read_predictions


def test_a_csv_file_keeps_names_that_look_like_something_else(tmp_path: Path) -> None:
    path = tmp_path / "theirs.csv"
    path.write_text("utterance_id,predicted,p_sad\n007,None,0.5\n008,,\n", "utf-8")
    table = read_predictions(path)
    assert table["utterance_id"].tolist() == ["007", "008"]
    assert table["predicted"].iloc[0] == "None"
    assert table["p_sad"].iloc[0] == 0.5
    assert table[["predicted", "p_sad"]].iloc[1].isna().all()


def test_clips_are_found_that_are_the_index_of_a_frame(tmp_path: Path) -> None:
    path = tmp_path / "theirs.parquet"
    pd.DataFrame({"utterance_id": ["a/1"], "predicted": ["sad"]}).set_index("utterance_id").to_parquet(path)
    assert read_predictions(path)["utterance_id"].tolist() == ["a/1"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("theirs.parquet", None, r"theirs\.parquet is not there: `file` below `external`"),
        ("theirs.parquet", b"a,b\n", r"theirs\.parquet cannot be read as \.parquet"),
        ("theirs.csv", b"", r"theirs\.csv cannot be read as \.csv"),
        ("theirs.csv", b'a,b\n"1,2\n', r"theirs\.csv cannot be read as \.csv"),
        ("theirs.csv", b"a,b\n\xff,2\n", r"theirs\.csv cannot be read as \.csv"),
        ("theirs.npy", b"", r"theirs\.npy: expected a file named \.parquet or \.csv"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes | None, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    if content is not None:
        Path(name).write_bytes(content)
    with pytest.raises(PipelineError, match=message):
        read_predictions(Path(name))


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of git, and the working folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    subprocess.run(["git", "init", "-q"], check=True)
    return tmp_path


def check(file: str | Path) -> None:
    check_files({"theirs": External(file=str(file), study="toy", variant="main")})


def test_a_file_that_is_not_there_is_told_before_dvc_looks_for_it(repository: Path) -> None:
    with pytest.raises(
        PipelineError, match=r"params\.yaml: external\.theirs\.file: theirs\.csv is not there"
    ):
        check("theirs.csv")


def test_a_file_that_an_experiment_left_behind_is_told_with_what_to_do(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "theirs.csv").touch()
    (repository / "exps").mkdir()
    monkeypatch.chdir(repository / "exps")
    monkeypatch.setenv("DVC_ROOT", str(repository))
    with pytest.raises(
        PipelineError, match=r"root; it lies in .*add `--copy-paths theirs\.csv` to the command"
    ):
        check("theirs.csv")


def test_a_file_that_an_experiment_would_leave_behind_is_warned_of(
    repository: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Path("theirs.csv").touch()
    check("theirs.csv")
    assert (
        "git does not track theirs.csv: `dvc exp run` with --temp or --queue needs `--copy-paths"
        in caplog.text
    )


@pytest.mark.parametrize("how", ["git", "dvc", "absolute", "no repository"])
def test_a_file_that_comes_along_is_no_word_worth(
    repository: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    file = tmp_path / "theirs.csv" if how == "absolute" else Path("theirs.csv")
    file.touch()
    if how == "git":
        subprocess.run(["git", "add", "theirs.csv"], check=True)
    elif how == "dvc":
        Path("theirs.csv.dvc").touch()
    elif how == "no repository":
        (repository / ".git").rename(repository / "gone")
    check(file)
    assert not caplog.messages
