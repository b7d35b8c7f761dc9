"""Outputs of a pretrained encoder as features: their layout, their key, and whose weights they are."""

import shutil

import numpy as np
import pytest

from pipeline.audio.wave import resample
from pipeline.core.errors import PipelineError
from pipeline.features.encoders import RandomEncoder
from pipeline.features.extractor import build_extractor
from pipeline.features.registry import parse_settings
from pipeline.features.speech_encoder import Settings
from tests.features.examples import SETTINGS, extractor, signal

WAVE = signal("speech_like", 16_000)


def published(checkpoint, kind="speech_encoder", **changes):
    values = {**SETTINGS[kind], "model": str(checkpoint), "blocks": [0, 1], **changes}
    return build_extractor(kind, values, "published", f"feature_sets.{kind}")


def test_values_lie_block_by_block_and_in_each_statistic_by_statistic():
    encoder = extractor("speech_encoder")
    frames = encoder.network.load().outputs(WAVE, [0, 2]).astype(np.float64)
    by_hand = [frames[0].mean(0), frames[0].std(0), frames[1].mean(0), frames[1].std(0)]
    np.testing.assert_allclose(encoder.extract(WAVE), np.concatenate(by_hand), rtol=1e-5, atol=1e-6)


def test_names_say_block_statistic_and_value():
    names = extractor("speech_encoder").feature_names()
    assert len(names) == 2 * 2 * 8
    assert (names[0], names[8], names[16], names[31]) == (
        "block_0.mean.0",
        "block_0.deviation.0",
        "block_2.mean.0",
        "block_2.deviation.7",
    )


def test_statistics_are_chosen():
    both = extractor("speech_encoder").extract(WAVE).reshape(2, 2, 8)
    for i, statistic in enumerate(("mean", "deviation")):
        alone = extractor("speech_encoder", pooling=[statistic])
        np.testing.assert_array_equal(alone.extract(WAVE), both[:, i].ravel())
        assert alone.feature_names()[8] == f"block_2.{statistic}.0"


def test_each_speed_is_a_vector_of_the_clip_played_so_behind_the_one_before():
    played = resample(WAVE, 17_280, 16_000)
    assert len(played) == round(len(WAVE) / 1.08)
    alone = extractor("speech_encoder")
    both = extractor("speech_encoder", speeds=[1.0, 1.08])
    np.testing.assert_array_equal(
        both.extract(WAVE), np.concatenate([alone.extract(WAVE), alone.extract(played)])
    )
    names = both.feature_names()
    assert (names[:32], names[32], names[-1]) == (
        alone.feature_names(),
        "block_0.mean.0@1.08",
        "block_2.deviation.7@1.08",
    )
    assert both.extract(WAVE[:1]).shape == (64,)


def test_a_clip_of_one_sample_is_one_frame_without_deviation():
    values = extractor("speech_encoder").extract(np.full(1, 0.1, np.float32)).reshape(2, 2, 8)
    assert (values[:, 1] == 0).all()
    assert (values[:, 0] != 0).any()


def test_the_pause_behind_a_clip_is_not_pooled():
    frames = extractor("speech_encoder").network.load().outputs(WAVE, [0])
    assert frames.shape[1] == len(WAVE) / 320


def test_frames_lie_block_after_block():
    kind = extractor("speech_encoder_frames")
    outputs = kind.network.load().outputs(WAVE, [0, 2])
    features = kind.extract(WAVE)
    assert features.shape == (75, 2 * 8)
    np.testing.assert_array_equal(features[:, :8], outputs[0].astype(np.float16))
    np.testing.assert_array_equal(features[:, 8:], outputs[1].astype(np.float16))
    assert kind.feature_names()[8] == "block_2.frame.0"


def test_frames_beyond_half_precision_stay_numbers(monkeypatch):
    kind = extractor("speech_encoder_frames")
    huge = np.array([[[1e6, -1e6, 1.0]]], np.float32)
    monkeypatch.setattr("pipeline.features.encoders.encode", lambda *_: huge)
    assert kind.extract(WAVE).tolist() == [[65504.0, -65504.0, 1.0]]


def test_one_file_under_two_names_has_one_key(micro_whisper, tmp_path):
    copy = shutil.copy(micro_whisper, tmp_path / "another.pt")
    assert published(micro_whisper).digest() == published(copy).digest()


def test_other_weights_and_other_blocks_have_another_key(micro_whisper):
    digests = {
        published(micro_whisper).digest(),
        published(micro_whisper, blocks=[0]).digest(),
        published(micro_whisper, blocks=[1, 0]).digest(),
        published(micro_whisper, pooling=["mean"]).digest(),
        extractor("speech_encoder", blocks=[0, 1]).digest(),
    }
    assert len(digests) == 5


def test_random_weights_of_another_size_have_another_key():
    larger = {"hidden_size": 16, "heads": 2, "blocks": 2}
    assert extractor("speech_encoder").digest() != extractor("speech_encoder", random=larger).digest()


def test_published_weights_that_are_not_there_are_never_random_ones(monkeypatch):
    monkeypatch.delenv("SER_WEIGHTS", raising=False)
    with pytest.raises(PipelineError, match=r"feature_sets\.speech_encoder\.model is 'none': no such file"):
        published("none")


def test_a_block_that_is_not_there_is_told_when_the_encoder_is_found(micro_whisper):
    with pytest.raises(
        PipelineError, match=r"feature_sets\.speech_encoder\.blocks names block 2, but .* has 1"
    ):
        published(micro_whisper, blocks=[0, 2])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"blocks": []}, "expected one or more, each once"),
        ({"blocks": [1, 1]}, "expected one or more, each once"),
        ({"blocks": [3]}, "blocks names block 3, but random.blocks is 2"),
        ({"blocks": [-1]}, "blocks"),
        ({"sample_rate": 8000}, "16000"),
        ({"pooling": []}, "each once"),
        ({"pooling": ["median"]}, "pooling"),
        ({"pooling": ["mean", "mean"]}, "each once"),
        ({"speeds": []}, "each once"),
        ({"speeds": [1.0, 1.0]}, "each once"),
        ({"speeds": [0.0]}, "greater than or equal to 0.5"),
        ({"random": {"hidden_size": 9, "heads": 3, "blocks": 2}}, "even size"),
        ({"random": {"hidden_size": 8, "heads": 3, "blocks": 2}}, "the heads divide"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes, message):
    from pipeline.features import speech_encoder

    with pytest.raises(PipelineError, match=message):
        parse_settings(speech_encoder, {**SETTINGS["speech_encoder"], **changes}, "feature_sets.x")


def test_the_sizes_of_a_random_encoder_are_kept():
    parsed = Settings.model_validate(SETTINGS["speech_encoder"])
    assert parsed.random == RandomEncoder(hidden_size=8, heads=2, blocks=2)
    assert extractor("speech_encoder").network.load().n_blocks == 2
