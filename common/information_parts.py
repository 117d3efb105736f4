"""The four parts of the information in a pair of images, and how they are named in words."""

from collections.abc import Mapping

#: Part of a decomposition → what is said of its bits.
PARTS = {
    "redundancy": "lie in each image",
    "unique_1": "lie in image 1 alone",
    "unique_2": "lie in image 2 alone",
    "synergy": "are synergy",
}
#: Task → the part that it is to measure.
PART_OF_TASK = {"R": "redundancy", "U1": "unique_1", "U2": "unique_2", "S": "synergy"}
#: Bits that are printed as 0.000.
_UNSEEN = 0.0005


def split_in_words(task: str, bits: Mapping[str, float]) -> str:
    """A sentence about a task whose information is not all of one kind.

    Args:
        task: R, U1, U2 or S.
        bits: part → its bits; the part that the task is to measure is named first.
    """
    own = PART_OF_TASK[task]
    others = [part for part in PARTS if part != own and bits[part] >= _UNSEEN]
    said = ", ".join(f"{bits[part]:.3f} {PARTS[part]}" for part in [own, *others])
    return f"{task} is not pure: of its {sum(bits.values()):.3f} bits, {said}."
