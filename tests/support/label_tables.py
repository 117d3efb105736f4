"""Tables of runs on a made-up dataset: labels of every kind, subsets of the modalities."""

import itertools
import json

import numpy as np
import pandas as pd

#: Label → (score shown, score that chooses, whole, scores of an untrained and a trained method).
LABELS = {
    "digit": ("accuracy", "bits", 3.3, (0.3, 0.95)),
    "mood": ("accuracy", "bits", 1.0, (0.5, 0.8)),
    "genres": ("macro_f1", "bits", 5.0, (0.2, 0.6)),
    "ink": ("r2", "r2", 1.0, (0.1, 0.9)),
}
NAMES = ("image", "sound", "text")


def label_table(
    methods=("comm", "cross_self", "clip"),
    seeds=(0, 1, 2),
    epochs=(0, 2, 4, 6, 8),
    labels=tuple(LABELS),
    weights=("",),
    modalities=3,
    masks=True,
    **columns,
):
    """A tidy table as ``collect`` writes it; scores rise towards those of `LABELS`."""
    rng = np.random.default_rng(0)
    rows = []
    for method, seed, loss in itertools.product(methods, seeds, weights):
        run = {
            "run": f"{method}{loss}-s{seed}",
            "method": method,
            "preset": "quick",
            "pairs": "data-0123abcd",
            "weights": loss,
            "seed": seed,
            "data.modalities": json.dumps(NAMES[:modalities]),
            **columns,
        }
        slow = 1 + 0.6 * ([*methods].index(method) + [*weights].index(loss))

        def add(epoch, task, probe, metric, value, run=run):
            rows.append(
                {**run, "epoch": epoch}
                | {"task": task, "probe": probe, "metric": metric, "value": value}
            )

        for label in labels:
            main, chosen, whole, (low, high) = LABELS[label]
            if main == "accuracy":
                add(0, label, "exact", "chance", 0.1 if label == "digit" else 0.5)
            add(0, label, "exact", chosen, whole)
            add(0, label, "exact", f"{chosen}_chance", 0.0)
            validation = {}
            for epoch in epochs:
                part = 1 - np.exp(-epoch / (2 * slow)) + rng.normal(0, 0.02)
                add(epoch, label, "linear", main, low + (high - low) * part)
                for end, shift in (("low", -0.03), ("high", 0.03)):
                    add(epoch, label, "linear", f"{main}_{end}", low + (high - low) * part + shift)
                if chosen != main:
                    add(epoch, label, "linear", chosen, whole * (0.1 + 0.7 * part))
                validation[epoch] = whole * (0.1 + 0.75 * part) - 0.01 * epoch * whole
                add(epoch, label, "linear", "validation", validation[epoch])
            best = max(validation, key=validation.get)
            add(epochs[-1], label, "linear", "best_epoch", best)
            if masks:
                for size in range(1, modalities):
                    for subset in itertools.combinations(range(1, modalities + 1), size):
                        name = "mask" + "".join(map(str, subset))
                        add(best, label, name, chosen, whole * 0.25 * size / slow)
                        if best != epochs[-1]:  # the last probing, which nobody chose
                            add(epochs[-1], label, name, chosen, whole * 0.05)
    return pd.DataFrame(rows)
