"""Tasks that measure more than the one kind of information that they are named after.

S is pure synergy where the two mapped attributes have as many values each and neither is the shared
one. Of 5 textures and 10 colours, five colours are never mapped to: such a colour answers no by
itself, so image 2 alone knows something about S.
"""

from collections.abc import Mapping

from interaction_probes.common.information_parts import PART_OF_TASK, PARTS, split_in_words

from .pid import PID

#: Bits below which a part is the optimiser's rounding.
_NOTHING = 1e-6


def is_pure(task: str, pid: PID) -> bool:
    """Whether all information about a task is of the kind that it is named after.

    Args:
        task: R, U1, U2 or S; a task of another name is pure.
        pid: its decomposition.
    """
    named = PART_OF_TASK.get(task)
    return named is None or pid.total - getattr(pid, named) < _NOTHING


def purity_notes(truth: Mapping[str, PID]) -> list[str]:
    """A sentence per task that is not pure: how many bits are of which kind.

    >>> purity_notes({"S": PID(redundancy=0, unique_1=0, unique_2=0.108, synergy=0.361)})
    ['S is not pure: of its 0.469 bits, 0.361 are synergy, 0.108 lie in image 2 alone.']

    Args:
        truth: task → its decomposition.
    """
    return [
        split_in_words(task, {part: getattr(pid, part) for part in PARTS})
        for task, pid in truth.items()
        if not is_pure(task, pid)
    ]
