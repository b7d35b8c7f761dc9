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


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (None, "–"),
        (999, "999"),
        (1204, "1.20 k"),
        (142152, "142 k"),
        (999_499, "999 k"),
        (999_500, "1.00 M"),
        (82_782_596, "82.8 M"),
    ],
)
def test_short_count(number, text):
    assert formats.short_count(number) == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (9.747, "9.7"), (99.95, "100.0"), (1234.5, "1,234")]
)
def test_seconds(value, text):
    assert formats.seconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.0312, "0.031"), (1.0, "1.000"), (0.00004, "<\u00a00.001"), (math.nan, "–")]
)
def test_p_value(value, text):
    assert formats.p_value(value) == text


@pytest.mark.parametrize(("value", "text"), [(-5.14, "−5.1"), (-0.04, "0.0"), (12, "12.0")])
def test_number(value, text):
    assert formats.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [("70.8 (64.5–77.1)", "70.8 (64.5–77.1)"), (1440, "1,440"), (70.8, "70.8"), (None, "–"), (True, "yes")],
)
def test_what_somebody_else_wrote(value, text):
    assert formats.written(value) == text


def test_missing_differences_are_dashes():
    assert formats.points(math.nan) == formats.step(math.nan) == "–"
    assert formats.step(17.4, 0) == "+17"
