"""How numbers are written for people; a missing one is a dash."""

import math

MISSING = "–"


def percent(fraction: float | None, digits: int = 1) -> str:
    """0.7278 -> "72.8"."""
    return MISSING if fraction is None or math.isnan(fraction) else f"{100 * fraction:.{digits}f}"


def points(fraction: float | None) -> str:
    """A difference in percentage points with its sign: -0.051 -> "−5.1"."""
    return MISSING if fraction is None or math.isnan(fraction) else _signed(100 * fraction, 1)


def coefficient(value: float | None) -> str:
    """A CCC, PCC or MSE: 0.4121 -> "0.412", -0.1 -> "−0.100"."""
    if value is None or math.isnan(value):
        return MISSING
    return f"{value:.3f}".replace("-0.000", "0.000").replace("-", "−")


def coefficients(*values: float | None) -> str:
    """Several, such as those of arousal, valence and dominance: "0.412 / 0.300 / –"."""
    return " / ".join(map(coefficient, values))


def step(value: float | None, digits: int = 3) -> str:
    """A difference of coefficients with its sign: 0.0121 -> "+0.012"."""
    return MISSING if value is None or math.isnan(value) else _signed(value, digits)


def count(number: int | None) -> str:
    """1204000 -> "1,204,000"."""
    return MISSING if number is None else f"{number:,}"


def short_count(number: int | None) -> str:
    """1204000 -> "1.20 M": three digits, for a column that is compared at a glance."""
    if number is None or number < 1000:
        return count(number)
    power, unit = (6, "M") if number >= 999_500 else (3, "k")
    value = number / 10**power
    return f"{value:,.{max(0, 3 - len(str(int(value))))}f} {unit}"


def seconds(value: float | None) -> str:
    """9.747 -> "9.7", 1234.5 -> "1,234": for a column of them."""
    return MISSING if value is None else f"{value:,.{0 if value >= 100 else 1}f}"


def p_value(value: float) -> str:
    """0.0312 -> "0.031", 0.00004 -> "<\u00a00.001" (they stay together)."""
    return MISSING if math.isnan(value) else "<\u00a00.001" if value < 0.001 else f"{value:.3f}"


def number(value: float, digits: int = 1) -> str:
    """-5.14 -> "−5.1"."""
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")


def written(value: object) -> str:
    """A cell of a table that somebody else made: text as it is, counts with their commas, nothing as a dash."""
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return yes_no(value)
    return count(value) if isinstance(value, int) else str(value)


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
