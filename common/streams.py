"""One independent random stream per purpose, named and derived from one seed.

A stream depends on the seed and its own name only: drawing more from one never moves another, and
what is read from a cache draws nothing that a later step would miss.
"""

import hashlib
from numbers import Integral

import numpy as np


def whole_seed(seed: int) -> int:
    """A seed as Python's int, which JSON writes.

    Raises:
        ValueError: a seed that is negative or no whole number.
    """
    if not isinstance(seed, Integral):
        raise ValueError(f"a seed is a whole number, not {seed!r}")
    if seed < 0:
        raise ValueError(f"a seed is 0 or more, not {seed}")
    return int(seed)


def seed_sequence(seed: int, *names: str | int) -> np.random.SeedSequence:
    """The seed sequence of a purpose, such as ``seed_sequence(0, "mapping")``.

    Raises:
        ValueError: a seed that is negative or no whole number.
    """
    entropy = whole_seed(seed)
    digest = hashlib.sha256("/".join(map(str, names)).encode()).digest()
    return np.random.SeedSequence(entropy, spawn_key=np.frombuffer(digest, dtype="<u4").tolist())


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """The random generator of a purpose, such as ``stream(0, "pairs", "train")``."""
    return np.random.Generator(np.random.PCG64(seed_sequence(seed, *names)))
