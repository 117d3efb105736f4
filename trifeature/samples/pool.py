"""All samples that some rules of a design allow, counted and drawn without listing them.

Images are taken one after another. What the rules still need of those before is a state: the value
to be shared, or the sum of a Latin rule's shifts so far. Counting backwards in how many ways a
sample goes on from each state makes the draw uniform, in memory that grows with the states and not
with the samples.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trifeature.images.factors import column

from .design import SampleDesign
from .latin import LatinArray
from .rules import ImageFactor

#: A rule's part of a state is a digit: a factor has 10 values at most. Of the most rules that a
#: design may have, all digits fit in int64.
_RADIX = 10


@dataclass(frozen=True)
class _Tie:
    """A rule in force: images change its running value in turn, and the last must leave it right.

    Attributes:
        factors: what the rule ties, in the order of the images.
        shifts: what each value of each factor adds; None for sharing.
        array: the Latin array; None for sharing.
    """

    factors: tuple[ImageFactor, ...]
    shifts: tuple[np.ndarray, ...]
    array: LatinArray | None

    def of_image(self, image: int) -> int | None:
        """Which of its factors is of an image, if one is."""
        return next((k for k, factor in enumerate(self.factors) if factor.image == image), None)

    def own(self, place: int, table: np.ndarray) -> np.ndarray:
        """What each image of a factor table adds in a place: int64 [n]."""
        values = table[:, column(self.factors[place].factor)]
        return values if self.array is None else self.shifts[place][values]

    def follow(
        self, place: int, before: np.ndarray, own: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Whether an image may follow, and the running value after it, of [states, keys]."""
        before, own = np.broadcast_arrays(before, own)
        last = place == len(self.factors) - 1
        allowed = np.ones(own.shape, dtype=bool)
        if self.array is None:
            after = own
            if place > 0:
                allowed = before == own
        else:
            after = (before + own) % self.array.classes
            if last:
                allowed = after == self.array.imposed
        return allowed, np.zeros_like(after) if last else after


@dataclass(frozen=True)
class _Step:
    """Which images may follow each state: rows (state, key), the states in order.

    Attributes:
        images: rows of the image set, those of one key following one another.
        first: where each key's images begin in `images`.
        number: how many images each key has.
        key: the key of each row.
        after: the state that each row leads to.
        start: samples of all rows before each state's first.
        ends: samples of all rows up to each.
        ways: samples that go on from each state.
        ways_after: samples that go on from each state of the next step.
    """

    images: np.ndarray
    first: np.ndarray
    number: np.ndarray
    key: np.ndarray
    after: np.ndarray
    start: np.ndarray
    ends: np.ndarray
    ways: np.ndarray
    ways_after: np.ndarray

    def take(
        self, state: np.ndarray, number: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The image, the next state and the number there, of samples numbered from their state."""
        last = np.nextafter(self.start[state] + self.ways[state], 0)
        row = np.searchsorted(self.ends, np.minimum(self.start[state] + number, last), "right")
        before = np.concatenate([[0.0], self.ends])[row]
        ways = self.ways_after[self.after[row]]
        within = np.maximum(self.start[state] + number - before, 0)
        key = self.key[row]
        image = np.minimum(within // ways, self.number[key] - 1).astype(np.int64)
        return self.images[self.first[key] + image], self.after[row], within - image * ways


class SamplePool:
    """All samples of images from one set that the rules in force allow; an image may recur.

    Args:
        table: factor table of the images, int64 [n, 3].
        design: the rules.
        arrays: the Latin array of each Latin rule.
        in_force: for each rule of ``design.rules``, whether it is imposed.
    """

    def __init__(
        self,
        table: np.ndarray,
        design: SampleDesign,
        arrays: Sequence[LatinArray],
        in_force: Sequence[bool],
    ) -> None:
        ties = _ties(design, arrays, in_force)
        states = np.zeros(1, dtype=np.int64)
        forward = []
        for image in range(1, design.images + 1):
            keys, images, first, number = _by_key(table, ties, image)
            state, key, following = _transitions(ties, image, states, keys)
            n_states = len(states)
            states, after = np.unique(following, return_inverse=True)
            forward.append((n_states, state, images, first, number, key, after))
        ways_after: np.ndarray = np.ones(len(states))
        steps = []
        for n_states, state, images, first, number, key, after in reversed(forward):
            weights = number[key] * ways_after[after]
            ends = np.cumsum(weights)
            start = np.concatenate([[0.0], ends])[np.searchsorted(state, np.arange(n_states))]
            ways = np.bincount(state, weights, n_states)
            steps.append(_Step(images, first, number, key, after, start, ends, ways, ways_after))
            ways_after = ways
        self._steps = steps[::-1]
        #: How many samples there are, exact up to 2⁵³.
        self.total = float(ways_after[0])

    def numbered(self, numbers: np.ndarray) -> np.ndarray:
        """Samples by their numbers 0..total − 1, where total < 2⁵³: int64 [n, n_images]."""
        state, number = np.zeros(len(numbers), dtype=np.int64), numbers.astype(float)
        chosen = []
        for step in self._steps:
            image, state, number = step.take(state, number)
            chosen.append(image)
        return np.stack(chosen, axis=1)

    def draw(self, size: int, rng: np.random.Generator) -> np.ndarray:
        """Samples drawn uniformly, with replacement: int64 [size, n_images], rows of images."""
        state = np.zeros(size, dtype=np.int64)
        chosen = []
        for step in self._steps:
            # A number of its own for each image: one for the whole sample may exceed 2⁵³.
            image, state, _ = step.take(state, rng.random(size) * step.ways[state])
            chosen.append(image)
        return np.stack(chosen, axis=1)


def _ties(
    design: SampleDesign, arrays: Sequence[LatinArray], in_force: Sequence[bool]
) -> list[_Tie]:
    """The rules in force, their factors in the order of the images."""
    every = [_Tie(rule.factors, (), None) for rule in design.shared]
    for rule, array in zip(design.latin, arrays, strict=True):
        order = np.argsort([factor.image for factor in rule.factors])
        factors = tuple(rule.factors[k] for k in order)
        every.append(_Tie(factors, tuple(array.shifts[k] for k in order), array))
    return [tie for tie, on in zip(every, in_force, strict=True) if on]


def _by_key(
    table: np.ndarray, ties: Sequence[_Tie], image: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Images that the ties cannot tell apart in a place have one key.

    Returns:
        What each key adds to each tie, int64 [keys, ties]; the images in the order of their keys;
        where those of each key begin; how many they are.
    """
    added = np.zeros((len(table), len(ties)), dtype=np.int64)
    for slot, tie in enumerate(ties):
        if (place := tie.of_image(image)) is not None:
            added[:, slot] = tie.own(place, table)
    code = added @ (_RADIX ** np.arange(len(ties), dtype=np.int64))
    _, one, key, number = np.unique(
        code, return_index=True, return_inverse=True, return_counts=True
    )
    return added[one], np.argsort(key, kind="stable"), np.cumsum(number) - number, number


def _transitions(
    ties: Sequence[_Tie], image: int, states: np.ndarray, keys: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows (state, key) that the ties allow, states in order, and the state that follows each."""
    allowed = np.ones((len(states), len(keys)), dtype=bool)
    following = np.zeros((len(states), len(keys)), dtype=np.int64)
    for slot, tie in enumerate(ties):
        before = (states // _RADIX**slot % _RADIX)[:, None]
        place = tie.of_image(image)
        if place is None:
            following += before * _RADIX**slot
        else:
            fits, after = tie.follow(place, before, keys[None, :, slot])
            allowed &= fits
            following += after * _RADIX**slot
    state, key = np.nonzero(allowed)
    return state, key, following[state, key]
