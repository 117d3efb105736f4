"""Where the name of a level line stands in no curve's way."""

import numpy as np
from matplotlib.axes import Axes

from .hover import described


def label_position(axes: Axes, name: str, value: float) -> str:
    """Where a level line can be named: above it where no curve runs, else inside of it.

    Args:
        axes: the panel, with its curves and its limits.
        name: what the line is called.
        value: where it is.

    Returns:
        What :func:`interaction_probes.figures.drawing.style.reference_line` takes as `where`.
    """
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    # What its letters take above the line.
    letters = np.array([0.03, 0.12 * (1 + name.count("\n"))]) * (high - low)
    # Curves, also level ones that were described, and not lines that only refer to something.
    own = axes.transData
    curves = [line for line in axes.lines if line.get_transform() == own or described(line)]
    points = [np.asarray(curve.get_xydata()) for curve in curves]
    parts = {"end": (0.98, 0.8, 0.65), "start": (0.02, 0.2, 0.35)}
    for where, part in parts.items():
        at = left + (right - left) * np.array(part)
        above = np.array([np.interp(at, *xy.T) for xy in points if len(xy) > 1]) - value
        if not ((above > letters[0]) & (above < letters[1])).any():
            return where
    return "inside"
