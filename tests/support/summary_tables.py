"""Metrics of one run, made up, for the summary in the terminal."""

import pandas as pd

from interaction_probes.analysis.schema import METRIC_COLUMNS

SHIFTS = {"linear": 0.0, "mask1": -0.1, "mask2": -0.2, "shuffled": -0.3}
ACCURACY = {"R": 0.91, "U1": 0.82, "U2": 0.73, "S": 0.64}


def metrics(pairs, method="comm", offset=0.0):
    """`ACCURACY` and an offset at epoch 4, with lower values of the controls by `SHIFTS`."""
    rows = []
    for task, value in ACCURACY.items():
        rows += [(0, task, "exact", "bits", 2.5), (0, task, "exact", "chance", 0.2)]
        rows.append((0, task, "linear", "accuracy", 0.111))
        rows += [
            (4, task, probe, "accuracy", value + offset + shift) for probe, shift in SHIFTS.items()
        ]
        rows.append((4, task, "linear", "accuracy_low", value + offset - 0.02))
        rows.append((4, task, "linear", "accuracy_high", value + offset + 0.03))
        rows.append((4, task, "linear", "bits", 1.234))
    rows += [(0, "S", "exact", "auc", 1.0), (0, "S", "exact", "auc_chance", 0.5)]
    for probe, shift in SHIFTS.items():
        if shift:
            ends = (("auc", 0.0), ("auc_low", -0.2), ("auc_high", 0.1))
            rows += [(4, "S", probe, name, 0.777 + shift + end) for name, end in ends]
    rows += [
        (4, "S", "linear", name, v)
        for name, v in (("auc", 0.777), ("auc_low", 0.7), ("auc_high", 0.85))
    ]
    return pd.DataFrame([(method, "smoke", pairs, 0, *row) for row in rows], columns=METRIC_COLUMNS)
