"""The phases of a training: which epochs each has."""

import itertools

from .method import Method


def phase_epochs(method: Method | type[Method], epochs: int) -> list[range]:
    """The epochs of each phase of a method's training, counted from 0.

    Args:
        method: says how many phases there are.
        epochs: of the whole training.

    Raises:
        ValueError: a phase without an epoch.
    """
    phases = method.phases
    if 0 < epochs < phases:
        name = (method if isinstance(method, type) else type(method)).__name__
        raise ValueError(
            f"{name} is trained in {phases} phases of an epoch or more each, so in at least "
            f"{phases} epochs, not {epochs}"
        )
    ends = [k * epochs // phases for k in range(phases + 1)]
    return [range(*each) for each in itertools.pairwise(ends)]
