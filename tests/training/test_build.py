"""Builders by name: errors that name the key, what is allowed and the nearest."""

import pytest

from pipeline.core.errors import PipelineError
from pipeline.training.augment import SpectrogramAugmentation
from pipeline.training.build import build_model, call
from pipeline.training.optimise import build_scheduler

SHAPES = {"n_classes": 8, "input_shapes": {"features": (32, 32)}, "vocabulary_size": None}


def test_an_unknown_model_is_named_with_the_nearest() -> None:
    with pytest.raises(PipelineError, match=r"unknown model 'mel_cn', did you mean 'mel_cnn'\?"):
        build_model("mel_cn", {}, **SHAPES)


def test_an_unknown_key_is_named_with_the_nearest_and_the_allowed() -> None:
    expected = (
        r"architecture \(model 'mel_cnn'\): unknown key 'hiden', did you mean 'hidden'\?; allowed: channels"
    )
    with pytest.raises(PipelineError, match=expected):
        build_model("mel_cnn", {"channels": [4], "hiden": [8], "dropout": 0.0}, **SHAPES)


def test_a_missing_key_is_named() -> None:
    with pytest.raises(PipelineError, match="missing dropout; allowed: channels, hidden, dropout"):
        build_model("mel_cnn", {"channels": [4], "hidden": [8]}, **SHAPES)


def test_what_the_trainer_gives_is_no_key_of_the_settings() -> None:
    with pytest.raises(PipelineError, match="unknown key 'n_classes'"):
        build_model("mel_cnn", {"n_classes": 3}, **SHAPES)


def test_settings_of_augmentation_are_checked_alike() -> None:
    with pytest.raises(PipelineError, match=r"augment: unknown key 'time_masks', did you mean 'time_mask'\?"):
        call(SpectrogramAugmentation, {"time_masks": 3}, "augment")


def test_an_unknown_schedule_is_named() -> None:
    with pytest.raises(PipelineError, match=r"scheduler\.kind: unknown kind of schedule 'stairs'; known: "):
        build_scheduler(None, {"kind": "stairs"})
