"""Named random streams: fixed for ever, and different for different names."""

import pytest

from pipeline.demo.streams import stream


def test_a_stream_is_the_same_in_every_process_and_release():
    assert stream(1, "demo_tess", "clip").integers(1 << 30) == 381073146


@pytest.mark.parametrize("other", [stream(2, "ab", "c"), stream(1, "a", "bc"), stream(1, "abc"), stream(1)])
def test_other_names_and_seeds_give_other_streams(other):
    assert other.random() != stream(1, "ab", "c").random()
