"""Exact information, in bits: partial information decomposition (PID) of discrete variables.

The decomposition is BROJA's (Bertschinger, Rauh, Olbrich, Jost & Ay, *Quantifying unique
information*, Entropy 2014): U1 is the least I_Q(X1; Y | X2) over all Q that keep the marginals
(X1, Y) and (X2, Y); then R = I(X1; Y) − U1, U2 = I(X2; Y) − R and S = I(X1, X2; Y) − R − U1 − U2.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from interaction_probes.common.values.labels_and_numbers import check_countable, discrete_codes
from interaction_probes.common.values.scalars import check_number

from .broja import greatest_conditional_entropy
from .joint import counts_of, is_column, normalised
from .sampling_bias import warn_of_chance

#: Bits below which an entropy counts as none; the closed forms are wrong by no more than this.
_NOTHING = 1e-12
#: Probabilities below this are rounding or carry less than 1e-12 bits: the optimiser leaves them.
_NEGLIGIBLE = 1e-14


@dataclass(frozen=True)
class PID:
    """Redundancy, both uniquenesses and synergy about Y, in bits."""

    redundancy: float
    unique_1: float
    unique_2: float
    synergy: float

    @property
    def total(self) -> float:
        """I(X1, X2; Y)."""
        return self.redundancy + self.unique_1 + self.unique_2 + self.synergy

    def __str__(self) -> str:
        """In a line, as it is printed.

        >>> print(PID(redundancy=0, unique_1=1.25, unique_2=0, synergy=0.468996))
        redundancy 0.000, unique_1 1.250, unique_2 0.000, synergy 0.469 bits
        """
        # Adding 0 turns the -0.0 that rounding leaves of a value just below 0 into 0.0.
        parts = (f"{name} {round(value, 3) + 0.0:.3f}" for name, value in vars(self).items())
        return f"{', '.join(parts)} bits"


def entropy(probabilities: ArrayLike | Mapping[Any, float]) -> float:
    """Shannon entropy in bits: of a table of probabilities or counts, or of a column of texts.

    >>> entropy([0.5, 0.25, 0.25])
    1.5
    >>> entropy(["a", "a", "b", "b"])
    1.0

    Args:
        probabilities: a table of any shape, or a dict {value: probability or count}; or [n] texts,
            dates or categories, whose frequencies are taken. Numbers are always a table.

    Raises:
        ValueError: entries that are no numbers, negative, missing, masked or not finite, nothing
            but zeros, or a column with nearly as many values as samples.
    """
    if is_column(probabilities):
        codes = discrete_codes(probabilities, "the column")
        check_countable(probabilities, codes, "the column")
        probabilities = np.bincount(codes)
    p = normalised(probabilities)
    _warn_of_labels(probabilities)
    return _entropy(p)


def table_entropy(table: np.ndarray) -> float:
    """Entropy in bits of a table of probabilities or counts, which cannot be labels.

    As :func:`entropy`, without its warning of numbers that look like labels: small counts do.

    Raises:
        ValueError: entries that are negative or not finite, or nothing but zeros.
    """
    return _entropy(normalised(table))


def _entropy(p: np.ndarray) -> float:
    p = p[p > 0]
    return max(0.0, float(-(p * np.log2(p)).sum()))


def _warn_of_labels(table: Any) -> None:
    """Warn of a list of numbers that looks like labels 0, 1, … of samples, not like counts."""
    if isinstance(table, Mapping) or (values := np.asarray(table)).ndim != 1:
        return
    distinct = np.unique(values)
    if len(values) >= 5 * len(distinct) > 5 and np.array_equal(distinct, np.arange(len(distinct))):
        warnings.warn(
            f"{len(values)} whole numbers from 0 to {distinct[-1]:g} are read as counts; if they "
            "are labels of samples, the entropy is that of np.bincount(labels)",
            UserWarning,
            stacklevel=3,
        )


def mutual_information(
    joint: ArrayLike | Mapping[tuple[Any, Any], float], other: ArrayLike | None = None
) -> float:
    """I(A; B) in bits: of a joint table [a, b] of probabilities or counts, or of two columns.

    >>> mutual_information([[1, 0], [0, 1]])
    1.0
    >>> mutual_information([0, 1, 0, 1], ["no", "yes", "no", "yes"])
    1.0

    Args:
        joint: the table, or a dict {(a, b): probability or count}; with `other`, the values of A
            in n samples.
        other: the values of B in the same samples. Their frequencies stand for probabilities,
            which reads too much where samples are few.

    Raises:
        ValueError: another form, entries that are no numbers, negative, missing, masked or not
            finite, nothing but zeros, columns of different lengths or pandas indexes, or nearly as
            many values as samples.
    """
    if other is not None:
        joint = counts_of({"a": joint, "b": other})
        warn_of_chance(joint, "merge values, or compare with shuffled ones")
    joint = normalised(joint, ("a", "b"))
    if joint.ndim != 2:
        raise ValueError(
            f"a joint table of two variables has two axes, not {joint.ndim}; give two columns as "
            "mutual_information(a, b)"
        )
    return max(0.0, _entropy(joint.sum(1)) + _entropy(joint.sum(0)) - _entropy(joint))


def with_label_noise(joint: np.ndarray, noise: float) -> np.ndarray:
    """P(x1, x2, y') where y is replaced, with probability `noise`, by another of its m values.

    Each of the others is as likely as any. Two values are flipped.

    Args:
        joint: P(x1, x2, y), or counts: [n1, n2, m].
        noise: ε in [0, 1].

    Raises:
        ValueError: a noise outside [0, 1], or a single value, which has no other.
    """
    values = joint.shape[-1]
    check_number(noise, "label noise")
    if not 0 <= noise <= 1:
        raise ValueError(f"label noise is a probability in [0, 1], not {noise}")
    if values < 2:
        raise ValueError("label noise needs 2 or more values of the label")
    channel = np.full((values, values), noise / (values - 1))
    np.fill_diagonal(channel, 1 - noise)
    return joint @ channel


def decompose(joint: ArrayLike | Mapping[tuple[Any, Any, Any], float]) -> PID:
    """The PID of I(X1, X2; Y): closed form where there is one, BROJA's optimum otherwise.

    Closed forms: where X1 alone determines Y, R = I(X2; Y), since U2 ≤ H(Y | X1) = 0 (and the
    mirror image); where X1 alone says nothing, R ≤ I(X1; Y) = 0 (and the mirror image).

    >>> conjunction = np.zeros((2, 2, 2))
    >>> conjunction[[0, 0, 1, 1], [0, 1, 0, 1], [0, 0, 0, 1]] = 1
    >>> pid = decompose(conjunction)
    >>> round(pid.redundancy, 3), round(pid.synergy, 3)
    (0.311, 0.5)

    Args:
        joint: probabilities P(x1, x2, y) [n1, n2, m], or counts, which are normalised; or a dict
            {(x1, x2, y): probability or count}.

    Raises:
        ValueError: another form, entries that are no numbers, negative, missing, masked or not
            finite, nothing but zeros, or more than 4,000 pairs (x1, x2) of values that differ in
            what they say about Y.
    """
    p = normalised(joint, ("x1", "x2", "y"))
    if p.ndim != 3:
        raise ValueError(f"a joint table has three axes (x1, x2, y), not {p.ndim}")
    p1, p2 = p.sum(1), p.sum(0)
    uncertainty = _entropy(p.sum((0, 1)))
    info_1, info_2 = mutual_information(p1), mutual_information(p2)
    total = mutual_information(p.reshape(-1, p.shape[2]))
    if min(info_1, info_2) < _NOTHING:
        redundancy = 0.0
    elif uncertainty - info_1 < _NOTHING:
        redundancy = info_2
    elif uncertainty - info_2 < _NOTHING:
        redundancy = info_1
    else:
        redundancy = _redundancy(p)
    # R lies between the co-information and the lesser information; only rounding can leave that.
    redundancy = max(redundancy, info_1 + info_2 - total, 0.0)
    redundancy = min(redundancy, info_1, info_2)
    parts = (
        redundancy,
        info_1 - redundancy,
        info_2 - redundancy,
        total - info_1 - info_2 + redundancy,
    )
    return PID(*(max(0.0, part) for part in parts))


def _redundancy(p: np.ndarray) -> float:
    """I(X1; Y) − U1 in bits, where U1 = H(Y | X2) − max H_Q(Y | X1, X2)."""
    p = np.where(p < _NEGLIGIBLE, 0, p)
    p = p / p.sum()
    p1, p2 = _sufficient(p.sum(1)), _sufficient(p.sum(0))
    unique_1 = entropy(p2) - entropy(p2.sum(1)) - greatest_conditional_entropy(p1, p2)
    return mutual_information(p1) - unique_1


def _sufficient(p: np.ndarray) -> np.ndarray:
    """P(x, y) with the values x merged that say the same about Y; R only sees what x says.

    BROJA's redundancy never grows when a source is degraded, and merging such values is a
    degradation that can be undone, so it keeps R.
    """
    p = p[p.sum(1) > 0]
    said = np.round(p / p.sum(1, keepdims=True), 12)
    _, group = np.unique(said, axis=0, return_inverse=True)
    merged = np.zeros((int(group.max()) + 1, p.shape[1]))
    np.add.at(merged, group.ravel(), p)
    return merged
