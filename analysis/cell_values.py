"""Cells of a table of results in the form in which they are compared and printed."""

import contextlib
import math
import re

from .schema import METRIC_COLUMNS

#: Columns of texts in every table of results.
_TEXTS = {
    *METRIC_COLUMNS,
    *("run", "weights", "device", "processor", "precision", "commit", "method_file"),
} - {"seed", "epoch", "value"}
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.ASCII | re.IGNORECASE)


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
    if not _NUMBER.fullmatch(text.strip()):  # nan and 1_0 are names
        return text
    with contextlib.suppress(ValueError):
        return str(int(text))
    number = float(text)
    if math.isinf(number):
        return text
    return str(int(number)) if number.is_integer() else repr(number)


def is_text_column(name: str) -> bool:
    """Whether a column has texts, though they may look like numbers: version 2.10, preset 1e5."""
    return name in _TEXTS or (name.endswith("_version") and name != "generator_version")
