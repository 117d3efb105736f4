"""What n variables share by their whole joint table: the slow twin of shared_information."""

import numpy as np

from trifeature import SharedInformation
from trifeature.information.profile import entropy_of, subsets


def shared_by_table(joint: np.ndarray) -> SharedInformation:
    """What n variables share by their joint table, an axis each, of probabilities or counts."""
    p = joint / joint.sum()
    hidden = {s: tuple(k for k in range(p.ndim) if k + 1 not in s) for s in subsets(p.ndim)}
    return SharedInformation({s: entropy_of(p.sum(axes)) for s, axes in hidden.items()})
