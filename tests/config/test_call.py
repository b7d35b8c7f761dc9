"""Calling builders: errors that name the key, what is allowed and the nearest."""

import pytest

from pipeline.config.call import call
from pipeline.core.errors import PipelineError


def build(device: str, *, seed: int, width: int, depth: int = 1) -> tuple[str, int, int, int]:
    if not width:
        raise ValueError("width is 0")
    return device, seed, width, depth


def test_a_builder_is_given_the_settings_and_what_is_no_setting() -> None:
    assert call(build, {"width": 2}, "net", "cpu", seed=7) == ("cpu", 7, 2, 1)


def test_an_unknown_key_is_named_with_the_nearest_and_the_allowed() -> None:
    with pytest.raises(
        PipelineError, match=r"net: unknown key 'widht', did you mean 'width'\?; allowed: width, depth"
    ):
        call(build, {"widht": 2}, "net", "cpu", seed=7)


def test_a_missing_key_is_named() -> None:
    with pytest.raises(PipelineError, match="net: missing width; allowed: width, depth"):
        call(build, {}, "net", "cpu", seed=7)


def test_what_the_caller_gives_is_no_key_of_the_settings() -> None:
    with pytest.raises(PipelineError, match="net: unknown key 'seed'"):
        call(build, {"width": 2, "seed": 3}, "net", "cpu", seed=7)


def test_a_value_that_the_builder_refuses_is_told_with_its_block() -> None:
    with pytest.raises(PipelineError, match=r"params\.yaml: net: width is 0"):
        call(build, {"width": 0}, "net", "cpu", seed=7)
