"""Rows of small tables of results."""

import pandas as pd

COLUMNS = ["method", "preset", "pairs", "weights", "seed", "epoch", "task", "probe", "metric"]


def results(
    values,
    method="comm",
    weights="",
    pairs=("unbiased", "biased"),
    epochs=(0, 14),
    seeds=None,
):
    """Accuracies of every task on both designs unless told, with half of them as AUC.

    At the last epoch R from unbiased pairs is the value of its seed; seeds count from 0.
    """
    rows = []
    for seed, value in zip(seeds or range(len(values)), values, strict=True):
        for design in pairs:
            for epoch in epochs:
                for k, task in enumerate(("R", "U1", "U2", "S")):
                    last = value - 0.1 * k + (0.05 if design == "biased" else 0)
                    at = 0.1 if epoch != max(epochs) else last
                    key = (method, "quick", design, weights, seed, epoch, task, "linear")
                    rows += [(*key, "accuracy", at), (*key, "auc", at / 2)]
    return pd.DataFrame(rows, columns=[*COLUMNS, "value"])
