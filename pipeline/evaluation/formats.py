"""How numbers are written for people; a missing one is a dash."""

import math

MISSING = "–"
SCORE_NAMES = {"accuracy": "accuracy", "uar": "UAR", "weighted_f1": "weighted F1"}


def percent(fraction: float | None, digits: int = 1) -> str:
    """0.7278 -> "72.8"."""
    return MISSING if fraction is None or math.isnan(fraction) else f"{100 * fraction:.{digits}f}"


def points(fraction: float | None) -> str:
    """A difference in percentage points with its sign: -0.051 -> "−5.1"."""
    if fraction is None:
        return MISSING
    rounded = round(100 * fraction, 1)
    sign = "+" if rounded > 0 else "−" if rounded < 0 else "±"
    return f"{sign}{abs(rounded):.1f}"


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
