"""How numbers are written for people; a missing one is a dash."""

import math

MISSING = "–"
SCORE_NAMES = {"accuracy": "accuracy", "uar": "UAR", "weighted_f1": "weighted F1", "ccc": "CCC"}


def percent(fraction: float | None, digits: int = 1) -> str:
    """0.7278 -> "72.8"."""
    return MISSING if fraction is None or math.isnan(fraction) else f"{100 * fraction:.{digits}f}"


def points(fraction: float | None) -> str:
    """A difference in percentage points with its sign: -0.051 -> "−5.1"."""
    return MISSING if fraction is None else _signed(100 * fraction, 1)


def coefficient(value: float | None) -> str:
    """A CCC, PCC or MSE: 0.4121 -> "0.412", -0.1 -> "−0.100"."""
    if value is None or math.isnan(value):
        return MISSING
    return f"{value:.3f}".replace("-0.000", "0.000").replace("-", "−")


def coefficients(*values: float | None) -> str:
    """Several, such as those of arousal, valence and dominance: "0.412 / 0.300 / –"."""
    return " / ".join(map(coefficient, values))


def step(value: float | None) -> str:
    """A difference of coefficients with its sign: 0.0121 -> "+0.012"."""
    return MISSING if value is None else _signed(value, 3)


def count(number: int | None) -> str:
    """1204000 -> "1,204,000"."""
    return MISSING if number is None else f"{number:,}"


def duration(seconds: float | None) -> str:
    """75.3 -> "1 min 15 s"."""
    if seconds is None:
        return MISSING
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def yes_no(value: bool | None) -> str:
    """True -> "yes"; None -> a dash: the question does not arise."""
    return MISSING if value is None else "yes" if value else "no"


def _signed(value: float, digits: int) -> str:
    rounded = round(value, digits)
    sign = "+" if rounded > 0 else "−" if rounded < 0 else "±"
    return f"{sign}{abs(rounded):.{digits}f}"
