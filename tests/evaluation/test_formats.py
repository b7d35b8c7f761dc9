"""Numbers for people."""

import math

import pytest

from pipeline.evaluation import formats


@pytest.mark.parametrize(
    ("fraction", "text"), [(0.7278, "72.8"), (1.0, "100.0"), (0.0, "0.0"), (None, "–"), (math.nan, "–")]
)
def test_percent(fraction, text):
    assert formats.percent(fraction) == text


@pytest.mark.parametrize(
    ("fraction", "text"),
    [(0.051, "+5.1"), (-0.051, "−5.1"), (0.0001, "±0.0"), (-0.0001, "±0.0"), (None, "–")],
)
def test_points(fraction, text):
    assert formats.points(fraction) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.41249, "0.412"), (-0.1, "−0.100"), (-0.0001, "0.000"), (1.0, "1.000"), (None, "–"), (math.nan, "–")],
)
def test_coefficient(value, text):
    assert formats.coefficient(value) == text


def test_several_coefficients():
    assert formats.coefficients(0.5, None, -0.25) == "0.500 / – / −0.250"


@pytest.mark.parametrize(
    ("value", "text"), [(0.0121, "+0.012"), (-0.0121, "−0.012"), (-0.0004, "±0.000"), (None, "–")]
)
def test_step(value, text):
    assert formats.step(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "–"), (3.25, "3.2 s"), (75.3, "1 min 15 s"), (3599.9, "1 h 0 min"), (7380, "2 h 3 min")],
)
def test_duration(seconds, text):
    assert formats.duration(seconds) == text


@pytest.mark.parametrize(("number", "text"), [(1204000, "1,204,000"), (0, "0"), (None, "–")])
def test_count(number, text):
    assert formats.count(number) == text


@pytest.mark.parametrize(("value", "text"), [(True, "yes"), (False, "no"), (None, "–")])
def test_yes_no(value, text):
    assert formats.yes_no(value) == text
