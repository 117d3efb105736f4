"""What a probing gives: its rows, the limits beside them, and both in a line."""

import numpy as np

from interaction_probes.storage.run_folder import Row
from trifeature import PairedImages

#: One score: (task, probe, metric, value).
ScoreRow = tuple[str, str, str, float]


def truth_rows(data: PairedImages) -> list[Row]:
    """Chance and exact limit of every metric of every task, as rows of the probe ``exact``.

    ``bits`` is what is available and ``chance`` the accuracy of guessing one class always, a mean
    over the classes that are scored (images of a folder can lack some); labels are functions of
    the images, so accuracy and AUC can reach 1 and cross-entropy 0. ``additive`` is the accuracy
    that no sum of single-image scores exceeds.
    """
    rows: list[Row] = []
    for task in data.tasks:
        truth = float(data.truth[task.name].total)
        chance = 1 / len(np.unique(data.probe_test.labels[task.name]))
        limits = {"bits": truth, "bits_chance": 0.0, "accuracy": 1.0, "chance": chance}
        limits |= {"cross_entropy": 0.0, "cross_entropy_chance": truth}
        if task.classes == 2:
            limits |= {"auc": 1.0, "auc_chance": 0.5}
        if task.name == "S":
            limits["additive"] = data.additive_limit
        rows += [(0, task.name, "exact", metric, value) for metric, value in limits.items()]
    return rows


def score_line(scores: list[ScoreRow]) -> str:
    """The linear probe's scores in a line, and the public protocol's accuracies where it ran."""
    values = {(probe, task, metric): value for task, probe, metric, value in scores}
    tasks = dict.fromkeys(task for task, *_ in scores)
    parts = [f"{task} {100 * values['linear', task, 'accuracy']:.1f}" for task in tasks]
    parts += [
        f"AUC({task}) {values['linear', task, 'auc']:.3f}"
        for task in tasks
        if ("linear", task, "auc") in values
    ]
    public = [
        f"{task} {100 * values['public', task, 'accuracy']:.1f}"
        for task in tasks
        if ("public", task, "accuracy") in values
    ]
    return "  ".join(parts + ([f"public: {'  '.join(public)}"] if public else []))
