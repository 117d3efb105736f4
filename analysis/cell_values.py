"""Cells of a table of results in the form in which they are compared and printed."""

import re


def short_weights(weights: str) -> str:
    """Loss weights with short numbers: "unimodal=0" for "unimodal=0.0"."""
    number = r"(?<==)-?\d+(?:\.\d+)?(?:e[-+]?\d+)?"
    return re.sub(number, lambda found: f"{float(found[0]):g}", weights)


def short_number(value: float) -> str:
    """A number without needless digits; whole numbers keep all of theirs: 20240101, 0.5."""
    return f"{int(value)}" if value % 1 == 0 and abs(value) < 2**63 else f"{value:g}"


def comparable_value(value: object) -> str:
    """A cell as text that is equal for equal numbers: "0.0005" for "5e-4", "1" for "1.0"."""
    text = str(value)
    try:
        return str(int(text))
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if number.is_integer() else repr(number)
