"""Errors say where they happened."""

import traceback

import pytest

from pipeline.core.errors import PipelineError, told_with


def test_what_a_user_can_mend_begins_with_the_place():
    with pytest.raises(PipelineError, match=r"^studies\.utbm: no speaker$"), told_with("studies.utbm"):
        raise PipelineError("no speaker")


def test_an_error_of_the_code_stays_what_it_is_and_has_the_place_in_its_traceback():
    with pytest.raises(KeyError) as caught, told_with("studies.utbm"):
        raise KeyError("label")
    assert "studies.utbm: this went wrong here" in "".join(traceback.format_exception(caught.value))


def test_without_an_error_nothing_happens():
    with told_with("studies.utbm"):
        pass
