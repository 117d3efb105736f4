"""What every probe refuses of the resample counts that it is given."""

import numpy as np
import pytest
import torch
from small_problems import split

from interaction_probes.probing.bilinear import bilinear_probe
from interaction_probes.probing.linear import linear_probe
from interaction_probes.probing.mlp import mlp_probe
from interaction_probes.probing.released_protocol import public_probe
from interaction_probes.probing.sklearn_probe import sklearn_probe

LABELS = np.arange(60) % 3
FEATURES = torch.from_numpy(np.random.default_rng(0).normal(size=(60, 4)))
EXAMPLES = (FEATURES, LABELS)
CODES = ((FEATURES, FEATURES[:, :2]), LABELS)
PENALTIES = (0.1,)
PROBES = {
    "linear": lambda **counts: linear_probe(
        EXAMPLES, EXAMPLES, 3, PENALTIES, split(LABELS), **counts
    ),
    "MLP": lambda **counts: mlp_probe(
        EXAMPLES, EXAMPLES, 3, split(LABELS), torch.Generator(), **counts
    ),
    "bilinear": lambda **counts: bilinear_probe(
        CODES, CODES, 3, PENALTIES, split(LABELS), ranks=(1,), **counts
    ),
    "released": lambda **counts: public_probe(
        EXAMPLES, EXAMPLES, 3, split(LABELS), penalties=PENALTIES, **counts
    ),
    "scikit-learn": lambda **counts: sklearn_probe(EXAMPLES, EXAMPLES, 3, 0.1, **counts),
}


@pytest.mark.parametrize("name", PROBES)
@pytest.mark.parametrize("shape", [(3, 7), (60,), (3, 60, 1)])
def test_resample_counts_of_another_form_are_refused_in_a_line(name, shape):
    with pytest.raises(ValueError, match=r"^resample counts are \[b, 60\], not \["):
        PROBES[name](resample_counts=np.ones(shape))
