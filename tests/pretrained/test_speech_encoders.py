"""Encoders by name: where they are found, what is wrong with a file, and what is written of one."""

import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest
import torch

from pipeline.core.errors import PipelineError
from pipeline.pretrained import speech_encoders as module
from pipeline.pretrained.speech_encoders import find_encoder, random_encoder
from pipeline.pretrained.whisper_encoder import Sizes

SIZES = Sizes(n_mels=80, n_audio_ctx=1500, n_audio_state=8, n_audio_head=2, n_audio_layer=2)


def noise(n_samples=8_000):
    return np.random.default_rng(0).normal(0, 0.1, n_samples).astype(np.float32)


def test_a_checkpoint_is_found_by_its_path_and_below_ser_weights(micro_whisper, monkeypatch):
    by_path = find_encoder(str(micro_whisper), "x")
    monkeypatch.setenv("SER_WEIGHTS", str(micro_whisper.parent))
    by_name = find_encoder("micro", "x")
    assert by_path.digest == by_name.digest
    np.testing.assert_array_equal(
        by_path.load().outputs(noise(), [0, 1]), by_name.load().outputs(noise(), [0, 1])
    )


def test_a_name_that_is_nowhere_is_told_with_its_key(monkeypatch):
    monkeypatch.delenv("SER_WEIGHTS", raising=False)
    with pytest.raises(PipelineError, match=r"^feature_sets\.x\.model is 'bass': .*organisation/model"):
        find_encoder("bass", "feature_sets.x.model")


def test_what_cannot_be_downloaded_says_where_to_put_it(monkeypatch):
    monkeypatch.delenv("SER_WEIGHTS", raising=False)

    def offline(*_args, **_options):
        raise OSError("no network")

    monkeypatch.setattr("whisper._download", offline)
    with pytest.raises(PipelineError, match=r"'tiny' cannot be downloaded \(no network\)\. Put tiny\.pt"):
        find_encoder("tiny", "x")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "an empty file"),
        (b"<!DOCTYPE html><html>not found</html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a Git LFS pointer"),
        (b"\x80\x02K\x01.", "a pickle of something else"),
        (b"aa", "torch knows no such file"),  # an IndexError of torch's
    ],
    ids=["empty", "HTML", "LFS", "pickle", "IndexError"],
)
def test_a_file_that_is_no_checkpoint_is_named_and_described(content, what, tmp_path):
    path = tmp_path / "base.pt"
    path.write_bytes(content)
    with pytest.raises(
        PipelineError, match=rf"{path} is not a Whisper checkpoint: {what}.*`model` of the fea"
    ):
        find_encoder(str(path), "x").load()


@pytest.mark.parametrize(
    "content",
    [
        *({}, [], torch.zeros(2)),
        {"dims": {"n_mels": 80}, "model_state_dict": {}},
        {"dims": dict.fromkeys(module.SIZES, "many"), "model_state_dict": {}},
    ],
    ids=["nothing", "list", "tensor", "sizes", "words"],
)
def test_a_file_of_something_else_is_named(content, tmp_path):
    torch.save(content, tmp_path / "base.pt")
    with pytest.raises(PipelineError, match=r"base\.pt is not a Whisper checkpoint: .*holds another model"):
        find_encoder(str(tmp_path / "base.pt"), "x").load()


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_a_checkpoint_that_is_cut_short_is_named(micro_whisper, tmp_path, share):
    content, path = micro_whisper.read_bytes(), tmp_path / "base.pt"
    path.write_bytes(content[: round(share * len(content))])
    with pytest.raises(PipelineError, match=r"base\.pt is not a Whisper checkpoint: it is cut short"):
        find_encoder(str(path), "x").load()


def test_no_code_of_a_checkpoint_is_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return (exec, ("raise SystemExit('the code of a checkpoint was run')",))

    (tmp_path / "base.pt").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(PipelineError, match="a pickle of something else"):
        find_encoder(str(tmp_path / "base.pt"), "x").load()


def test_a_checkpoint_of_half_precision_is_computed_in_full(micro_whisper, tmp_path):
    content = torch.load(micro_whisper, weights_only=True)
    content["model_state_dict"] = {name: item.half() for name, item in content["model_state_dict"].items()}
    torch.save(content, tmp_path / "half.pt")
    frames = find_encoder(str(tmp_path / "half.pt"), "x").load().outputs(noise(), [1])
    assert frames.dtype == np.float32
    whole = find_encoder(str(micro_whisper), "x").load().outputs(noise(), [1])
    np.testing.assert_allclose(frames, whole, atol=0.05 * np.abs(whole).max())


def test_a_folder_of_another_network_is_refused(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "whisper"}), "utf-8")
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(
        PipelineError, match=r"model_type is 'whisper'; expected one of wav2vec2, .*such as base"
    ):
        find_encoder(str(tmp_path), "x").load()


def test_weights_that_changed_since_they_were_found_are_refused(micro_whisper, tmp_path):
    path = tmp_path / "base.pt"
    path.write_bytes(micro_whisper.read_bytes())
    source = find_encoder(str(path), "x")
    torch.save({}, path)
    with pytest.raises(PipelineError, match=r"base\.pt is not there on .*, or holds other weights"):
        source.load()


def test_what_is_written_is_the_encoder_alone_and_reads_back(micro_whisper, tmp_path):
    source = find_encoder(str(micro_whisper), "x")
    expected = source.load().outputs(noise(), [0, 1])
    source.save(tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["config.json", "model.safetensors"]
    assert (tmp_path / "out" / "model.safetensors").stat().st_size < micro_whisper.stat().st_size / 10
    again = find_encoder(str(tmp_path / "out"), "x").load()
    np.testing.assert_array_equal(again.outputs(noise(), [0, 1]), expected)


def test_random_weights_are_seeded_and_touch_no_other_chance():
    module._load.cache_clear()
    torch.manual_seed(3)
    first = random_encoder(SIZES).load().outputs(noise(), [0, 1, 2])
    drawn = torch.rand(3)
    torch.manual_seed(3)
    assert torch.equal(torch.rand(3), drawn)
    module._load.cache_clear()
    np.testing.assert_array_equal(random_encoder(SIZES).load().outputs(noise(), [0, 1, 2]), first)


def test_threads_that_want_an_encoder_at_once_have_one_and_the_same():
    expected = random_encoder(SIZES).load().outputs(noise(), [0, 1, 2])
    for _ in range(5):
        module._load.cache_clear()
        together = Barrier(4)

        def load(_number, together=together):
            together.wait()
            return random_encoder(SIZES).load()

        with ThreadPoolExecutor(4) as pool:
            encoders = list(pool.map(load, range(4)))
        assert len({*map(id, encoders)}) == 1
        np.testing.assert_array_equal(encoders[0].outputs(noise(), [0, 1, 2]), expected)


def test_a_source_can_be_sent_to_a_worker(micro_whisper):
    for source in (random_encoder(SIZES), find_encoder(str(micro_whisper), "x")):
        assert pickle.loads(pickle.dumps(source)) == source
        assert len(pickle.dumps(source)) < 1000
