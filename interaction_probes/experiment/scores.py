"""The limits that stand beside measurements, and measurements in a line."""

from collections.abc import Mapping, Sequence

import numpy as np

from interaction_probes.analysis.schema import (
    Measurement,
    RepresentationRow,
    single_image_limit,
    subset_bits,
)
from interaction_probes.common.information_parts import PARTS
from trifeature import PairedImages
from trifeature.dataset.image_samples import ImageSamples
from trifeature.information.purity import is_pure


def truth_rows(data: PairedImages | ImageSamples) -> list[Measurement]:
    """Chance and exact limit of every metric of every task, as measurements of probe ``exact``.

    ``bits`` is what is available and ``chance`` the accuracy of guessing one class always, a mean
    over the classes that are scored (images of a folder can lack some); labels are functions of
    the images, so accuracy and AUC can reach 1 and cross-entropy 0. ``additive`` is the accuracy
    that no sum of single-image scores exceeds.

    A task that is not pure has its parts in bits besides (``redundancy``, ``unique_1``,
    ``unique_2``, ``synergy``), and S the highest AUC of each image alone (``auc_mask1``,
    ``auc_mask2``). Without these rows all that is available is of the task's own kind, and an
    image alone is at chance on S.

    Of samples of three images and more, each task has the bits of each subset of the images
    (``bits_mask1`` to ``bits_mask123``), and match bits the known limits of scores that see single
    images (``additive``) or two images at once (``pairwise``).
    """
    rows: list[Measurement] = []
    for task in data.tasks:
        truth = float(data.truth[task.name].total)
        chance = 1 / len(np.unique(data.probe_test.labels[task.name]))
        limits = {"bits": truth, "bits_chance": 0.0, "accuracy": 1.0, "chance": chance}
        limits |= {"cross_entropy": 0.0, "cross_entropy_chance": truth}
        if task.classes == 2:
            limits |= {"auc": 1.0, "auc_chance": 0.5}
        if isinstance(data, ImageSamples):
            limits |= data.limits.get(task.name, {})
            profile = data.truth[task.name].bits
            limits |= {subset_bits(images): bits for images, bits in profile.items()}
            rows += _exact(task.name, limits)
            continue
        if task.name == "S":
            limits["additive"] = data.additive_limit
        if not is_pure(task.name, data.truth[task.name]):
            limits |= {part: getattr(data.truth[task.name], part) for part in PARTS}
            if task.name == "S":
                limits |= {
                    single_image_limit(m): auc for m, auc in enumerate(data.single_image_auc)
                }
        rows += _exact(task.name, limits)
    return rows


def _exact(task: str, limits: Mapping[str, float]) -> list[Measurement]:
    return [Measurement(0, task, "exact", name, value) for name, value in limits.items()]


def score_line(scores: Sequence[Measurement]) -> str:
    """The linear probe's scores in a line, and the public protocol's accuracies where it ran."""
    values = {(each.probe, each.task, each.metric): each.value for each in scores}
    tasks = dict.fromkeys(each.task for each in scores if each.probe == "linear")
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


def collapse_words(rows: Sequence[RepresentationRow], epoch: int) -> str:
    """What the line of an epoch adds where the probed representation has collapsed."""
    collapsed = any(row.collapsed for row in rows if (row.epoch, row.probe) == (epoch, "linear"))
    return "  collapsed: every feature is constant, so that scores are chance" if collapsed else ""
