"""Tables of one method's runs, and what their curves show: for tests of the figure."""

import pandas as pd

from interaction_probes.figures.drawing.style import method_styles

TASKS = ("R", "U1", "U2", "S")
EPOCHS = (0, 2, 4)
BITS = {"R": 3.3, "U1": 3.2, "U2": 3.1, "S": 0.47}
CHANCE = {"R": 0.1, "U1": 0.1, "U2": 0.25, "S": 0.5}
PUBLISHED = {"R": 99.9, "U1": 87.8, "U2": 87.8, "S": 71.9}
COMM = method_styles(["comm"])["comm"].colour.lower()


def accuracy(pairs, seed, epoch, task):
    return 0.5 + 0.01 * epoch + 0.1 * seed + 0.05 * (pairs == "biased") + 0.02 * TASKS.index(task)


def table(pairs=("unbiased", "biased"), seeds=(0,)):
    rows = []
    for p in pairs:
        for seed in seeds:
            for task in TASKS:
                identity = ("comm", "smoke", p, seed)
                rows += [
                    (*identity, 0, task, "exact", "bits", BITS[task]),
                    (*identity, 0, task, "exact", "chance", CHANCE[task]),
                    (*identity, EPOCHS[-1], task, "shuffled", "accuracy", 0.123),
                ]
                for epoch in EPOCHS:
                    value = accuracy(p, seed, epoch, task)
                    rows.append((*identity, epoch, task, "linear", "accuracy", value))
                    rows.append((*identity, epoch, task, "linear", "bits", value / 3))
    columns = ["method", "preset", "pairs", "seed", "epoch", "task", "probe", "metric", "value"]
    return pd.DataFrame(rows, columns=columns)


def panels(figure):
    """(above, below) by task."""
    above, below = figure.axes[:4], figure.axes[4:]
    return dict(zip(TASKS, zip(above, below, strict=True), strict=True))


def curve(axes, pairs):
    [line] = [line for line in axes.get_lines() if line.get_label() == f"{pairs} pairs"]
    return line


def as_told(figure):
    return " ".join(figure.get_supxlabel().replace("\N{NO-BREAK SPACE}", " ").split())
