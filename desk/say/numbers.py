"""How numbers are written: the same in both languages, and a dash for what could not be computed."""

import math
from collections.abc import Callable
from typing import Any

DASH = "–"
Form = Callable[[Any], str]


def is_known(value: Any) -> bool:
    """Whether there is a number: neither null nor NaN."""
    return value is not None and not math.isnan(value)


def _written(pattern: str, value: Any, scale: float = 1.0) -> str:
    if not is_known(value):
        return DASH
    text = pattern.format(value * scale)
    # A number that rounds to nothing has no sign.
    return text.lstrip("+-") if not any(digit in text for digit in "123456789") else text.replace("-", "−")


def share(value: Any) -> str:
    """A part of 1 in per cent, one decimal."""
    return _written("{:.1f}%", value, 100)


def percentage_points(value: Any) -> str:
    """A difference of parts of 1 in percentage points, with its sign."""
    return _written("{:+.1f}", value, 100)


def rounded_share(value: Any) -> str:
    """A part of 1 in whole per cent."""
    return _written("{:.0f}%", value, 100)


def of_hundred(value: Any) -> str:
    """A part of 1 as a whole number out of 100."""
    return _written("{:.0f}", value, 100)


def three(value: Any) -> str:
    """Three decimals."""
    return _written("{:.3f}", value)


def four(value: Any) -> str:
    """Four decimals."""
    return _written("{:.4f}", value)


def days(value: Any) -> str:
    """Days with a sign, one decimal."""
    return _written("{:+.1f}", value)


def times(value: Any) -> str:
    """How many times as much."""
    return _written("{:.2f}×", value)


def count(value: Any) -> str:
    """A whole number with thousands apart."""
    return _written("{:,.0f}", value)


def points(value: Any) -> str:
    """Points with a sign; 0 has none."""
    return _written("{:+.0f}", value)


def signed(form: Form) -> Form:
    """A form that always shows the sign of what is not 0."""

    def written(value: Any) -> str:
        text = form(value)
        is_plain = is_known(value) and value > 0 and any(digit in text for digit in "123456789")
        return text if not is_plain or text.startswith("+") else f"+{text}"

    return written


def interval(form: Form, low: Any, high: Any) -> str:
    """Ends of an interval, nothing where either is unknown."""
    return f"{form(low)} … {form(high)}" if is_known(low) and is_known(high) else ""
