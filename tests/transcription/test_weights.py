"""Where a Whisper model is looked for, and what is said when it is not there."""

import pickle
import urllib.error

import numpy as np
import pytest
import torch

from pipeline.core.errors import PipelineError
from pipeline.pretrained.whisper_checkpoint import find_checkpoint
from pipeline.transcription.weights import load_whisper, weights_digest


def test_a_file_is_taken_as_it_is(micro_whisper):
    assert find_checkpoint(str(micro_whisper)) == micro_whisper


@pytest.mark.parametrize("name", ["micro", "micro.pt"])
def test_a_name_is_looked_for_in_the_weights_folder(micro_whisper, monkeypatch, name):
    monkeypatch.setenv("SER_WEIGHTS", str(micro_whisper.parent))
    assert find_checkpoint(name) == micro_whisper


def test_an_unknown_name_says_where_it_was_looked_for(monkeypatch, tmp_path):
    monkeypatch.setenv("SER_WEIGHTS", str(tmp_path))
    with pytest.raises(PipelineError, match=rf"'nano'.*{tmp_path}.*tiny"):
        load_whisper("nano", "cpu")


def test_without_a_network_it_says_what_to_do(monkeypatch, tmp_path):
    def cut(*_args, **_kwargs):
        raise urllib.error.URLError("no network")

    monkeypatch.delenv("SER_WEIGHTS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("urllib.request.urlopen", cut)
    with pytest.raises(PipelineError, match=r"cannot be downloaded.*SER_WEIGHTS.*asr.source=gold"):
        load_whisper("base", "cpu")


@pytest.mark.parametrize("content", [{"a": 1}, {"dims": {}, "model_state_dict": {}}])
def test_another_checkpoint_is_refused(tmp_path, content):
    torch.save(content, tmp_path / "x.pt")
    with pytest.raises(PipelineError, match="not a Whisper checkpoint"):
        load_whisper(str(tmp_path / "x.pt"), "cpu")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "an empty file"),
        (b"<!DOCTYPE html><html><body>Not found</body></html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a Git LFS pointer"),
        (pickle.dumps({"dims": np.zeros(2)}), "a pickle of something else"),
        (b"\x00" * 1000, "torch knows no such file"),
    ],
    ids=["empty", "HTML", "LFS", "pickle", "zeros"],
)
def test_a_file_that_is_no_checkpoint_is_named_and_described(tmp_path, content, what):
    file = tmp_path / "base.pt"
    file.write_bytes(content)
    with pytest.raises(PipelineError, match=rf"{file} is not a Whisper checkpoint: .*{what}.*asr\.model"):
        load_whisper(str(file), "cpu")


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_a_checkpoint_that_is_cut_short_is_named(micro_whisper, tmp_path, share):
    content = micro_whisper.read_bytes()
    file = tmp_path / "base.pt"
    file.write_bytes(content[: round(share * len(content))])
    with pytest.raises(PipelineError, match=rf"{file} is not a Whisper checkpoint: it is cut short"):
        load_whisper(str(file), "cpu")


def test_the_digest_is_of_the_weights(micro_whisper):
    first, second = (load_whisper(str(micro_whisper), "cpu") for _ in range(2))
    assert weights_digest(first) == weights_digest(second)
    with torch.no_grad():
        next(second.parameters()).add_(1e-3)
    assert weights_digest(first) != weights_digest(second)
