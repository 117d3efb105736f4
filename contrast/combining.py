"""Encoded modalities combined by a method, and refused where they are no representation."""

import contextlib
from collections.abc import Iterator, Sequence

from torch import Tensor

from .method import Method

#: What the axes of a tensor are called, by their number.
_AXES = {0: "a number", 1: "[n]", 3: "[n, t, d]", 4: "[n, c, h, w]"}


def combined(method: Method, encoded: Sequence[Tensor | None]) -> Tensor:
    """What :meth:`Method.combine` returns, of any floating type: [n, d].

    Args:
        method: any.
        encoded: [n, ...] per modality; None for one that is absent.

    Raises:
        NotImplementedError: a modality is absent, and the method needs all.
        ValueError: what it returns is no tensor [n, d] of these n samples.
    """
    features: object = method.combine(encoded)
    name = type(method).__name__
    if not isinstance(features, Tensor):
        raise ValueError(
            f"{name}.combine() returns the representation, a tensor [n, d], not "
            f"{type(features).__name__}"
        )
    shape = list(features.shape)
    if len(shape) != 2:
        axes = _AXES.get(len(shape), f"one of {len(shape)} axes")
        raise ValueError(
            f"{name}.combine() returns {shape}: the representation is [n, d], not {axes}"
        )
    samples = next((len(rows) for rows in encoded if rows is not None), len(features))
    if len(features) != samples:
        raise ValueError(
            f"{name}.combine() returns {shape}: the representation is [n, d], a row for each of "
            f"{samples} samples"
        )
    return features


@contextlib.contextmanager
def told_of_what_is_hidden(method: Method) -> Iterator[None]:
    """Context in which a method combines some modalities without others.

    Raises:
        NotImplementedError: it needs all.
        ValueError: it fails in another way: most likely it does not expect that one is absent.
    """
    try:
        yield
    except NotImplementedError:
        raise
    except Exception as error:
        raise ValueError(
            f"where a modality is hidden, its entry of what {type(method).__name__}.combine() "
            f"takes is None: {type(error).__name__}: {error} (a method that needs all raises "
            "NotImplementedError)"
        ) from error
