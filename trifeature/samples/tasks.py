"""What is asked of samples of n images: the tasks of a design and their labels.

| task | label |
|---|---|
| R123 | the attribute that images 1, 2 and 3 share |
| U1 | the attribute that image 1 has to itself |
| S13 | whether the symbol of the Latin rule over images 1 and 3 is 0 |
| S13-10 | that symbol, of 10 |
| S12to3 | the attribute of image 3 that the Latin rule asks for, given images 1 and 2 |

Samples of two images have R, U1, U2, S and S-10, as pairs have.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from trifeature.images.factors import FactorCounts, column
from trifeature.pairs.design import Task

from .design import SampleDesign, images_in_words
from .latin import LatinArray
from .rules import ImageFactor, LatinRule


@dataclass(frozen=True)
class Label:
    """A task and the attributes that its label is a function of.

    Attributes:
        task: the task.
        factors: the attributes.
        function: their values, int64 [n] each → the label, int64 [n].
    """

    task: Task
    factors: tuple[ImageFactor, ...]
    function: Callable[..., np.ndarray]


def labels_of(
    design: SampleDesign, counts: FactorCounts, arrays: Sequence[LatinArray]
) -> tuple[Label, ...]:
    """The label of each task of a design.

    Args:
        design: the rules.
        counts: how many values each factor has.
        arrays: the Latin array of each Latin rule.

    Raises:
        ValueError: other than one array per rule, or arrays of too few values.
    """
    check_arrays(design, counts, arrays)
    found = []
    for shared in design.shared:
        name = f"R{_digits(design, shared.images)}"
        said = f"{shared.factor}, shared by {images_in_words(shared.images)}"
        found.append(_value(name, said, shared.factors[0], counts))
    for factor in design.unique:
        said = f"{factor.factor} of image {factor.image}"
        found.append(_value(f"U{factor.image}", said, factor, counts))
    for rule, array in zip(design.latin, arrays, strict=True):
        found += _latin_labels(design, rule, array)
    return tuple(found)


def _latin_labels(design: SampleDesign, rule: LatinRule, array: LatinArray) -> list[Label]:
    name = match_task(design, rule)
    factors = rule.factors
    *given, asked = factors
    *others, last = map(str, factors)
    tied = f"{', '.join(others)} and {last}"
    found = [
        Label(
            Task(name, 2, f"whether {tied} obey their rule"),
            factors,
            lambda *values: (array.symbol(*values) == 0).astype(np.int64),
        ),
        Label(
            Task(
                f"{name}-{array.classes}", array.classes, f"Latin symbol of {tied}; 0 is the rule"
            ),
            factors,
            array.symbol,
        ),
    ]
    if len(factors) > 2:
        digits = "".join(str(factor.image) for factor in given)
        said = f"{asked.factor} of image {asked.image} that the rule asks for, given the others"
        task = Task(f"S{digits}to{asked.image}", array.classes, said)
        found.append(Label(task, tuple(given), array.answer))
    return found


def match_task(design: SampleDesign, rule: LatinRule) -> str:
    """The name of the task whether a Latin rule is obeyed: S13, or S of two images."""
    return f"S{_digits(design, rule.numbers)}"


def sample_tasks(
    design: SampleDesign, counts: FactorCounts, arrays: Sequence[LatinArray]
) -> tuple[Task, ...]:
    """The tasks of a design, redundancy first, then uniqueness, then synergy.

    Raises:
        ValueError: what :func:`labels_of` refuses.
    """
    return tuple(label.task for label in labels_of(design, counts, arrays))


def label_samples(factors: np.ndarray, labels: Sequence[Label]) -> dict[str, np.ndarray]:
    """Task → labels of samples.

    Args:
        factors: int64 [n_samples, n_images, 3], the factor table's row of each image.
        labels: of :func:`labels_of`.
    """
    return {
        label.task.name: label.function(
            *(factors[:, each.image - 1, column(each.factor)] for each in label.factors)
        )
        for label in labels
    }


def check_arrays(design: SampleDesign, counts: FactorCounts, arrays: Sequence[LatinArray]) -> None:
    """Refuse Latin arrays that do not belong to a design.

    Raises:
        ValueError: other than one array per Latin rule, or one of other sizes.
    """
    if len(arrays) != len(design.latin):
        raise ValueError(
            f"each Latin rule has an array: {len(design.latin)} are needed, not {len(arrays)}"
        )
    for rule, array in zip(design.latin, arrays, strict=True):
        needed = [counts[factor.factor] for factor in rule.factors]
        sizes = [len(shift) for shift in array.shifts]
        if len(sizes) != len(needed) or any(own < n for own, n in zip(sizes, needed, strict=True)):
            raise ValueError(f"the array of {rule} has {sizes} values; these images need {needed}")


def _value(name: str, said: str, factor: ImageFactor, counts: FactorCounts) -> Label:
    return Label(Task(name, counts[factor.factor], said), (factor,), lambda values: values)


def _digits(design: SampleDesign, numbers: Sequence[int]) -> str:
    """The images of a task in its name; two images leave no choice, and pairs have none."""
    return "" if design.images == 2 else "".join(map(str, numbers))
