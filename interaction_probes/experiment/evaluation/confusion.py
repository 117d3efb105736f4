"""Confusion matrices of a run's last linear probe: how often each class is predicted as which."""

from collections.abc import Sequence

import numpy as np

from interaction_probes.analysis.schema import ConfusionCell
from trifeature.images.factors import NAMES
from trifeature.pairs.design import PairDesign, Task
from trifeature.samples.design import SampleDesign

#: Classes of S: whether a pair obeys the mapping.
SYNERGY_CLASSES = ("no match", "match")


def class_names(design: PairDesign | SampleDesign, task: Task) -> tuple[str, ...]:
    """The names of a task's classes, in the order of its labels.

    Args:
        design: it says which attribute is shared (R) and which is unique (U1, U2).
        task: the task.
    """
    if isinstance(design, SampleDesign):
        return _class_names_of_samples(design, task)
    if task.name == "S":
        return SYNERGY_CLASSES
    factor = design.shared if task.name == "R" else design.unique
    return NAMES[factor][: task.classes]


def _class_names_of_samples(design: SampleDesign, task: Task) -> tuple[str, ...]:
    """The names of values for R and U; the answers of a rule and its symbols are numbers."""
    if task.name.startswith("S"):
        numbers = tuple(str(k) for k in range(task.classes))
        return numbers if "-" in task.name or "to" in task.name else SYNERGY_CLASSES
    factors = {f"U{each.image}": each.factor for each in design.unique}
    factors |= {f"R{''.join(map(str, each.images))}": each.factor for each in design.shared}
    return NAMES[factors[task.name]][: task.classes]


def confusion_cells(
    epoch: int,
    probe: str,
    task: Task,
    design: PairDesign | SampleDesign,
    labels: np.ndarray,
    predicted: np.ndarray,
) -> list[ConfusionCell]:
    """A cell for each pair of a true and a predicted class, those of count 0 included.

    Args:
        epoch: epochs trained.
        probe: its name.
        task: what it predicts.
        design: of the pairs, for the names of the classes.
        labels: int64 [m], the true classes of the test pairs.
        predicted: int64 [m], the predicted ones.
    """
    return count_cells(epoch, probe, task.name, class_names(design, task), labels, predicted)


def count_cells(
    epoch: int,
    probe: str,
    task: str,
    names: Sequence[str],
    labels: np.ndarray,
    predicted: np.ndarray,
) -> list[ConfusionCell]:
    """A cell for each pair of a true and a predicted class, those of count 0 included.

    Args:
        epoch: epochs trained.
        probe: its name.
        task: what it predicts, by its name.
        names: of the classes.
        labels: int64 [m], the true classes.
        predicted: int64 [m], the predicted ones.
    """
    counts = np.zeros((len(names), len(names)), dtype=np.int64)
    np.add.at(counts, (labels, predicted), 1)
    return [
        ConfusionCell(epoch, task, probe, true, guessed, int(counts[i, j]))
        for i, true in enumerate(names)
        for j, guessed in enumerate(names)
    ]
