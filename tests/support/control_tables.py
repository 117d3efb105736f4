"""Tables of results with rows of the controls ``pid`` and ``factors``, made up."""

import pandas as pd

from interaction_probes.analysis.schema import METRIC_COLUMNS
from interaction_probes.common.information_parts import PART_OF_TASK, PARTS

#: Task → bits of its true labels, all in one part.
TRUTH = {"R": 3.32, "U1": 3.32, "U2": 3.32, "S": 0.469}
#: Factor → bits that are captured of it, by the linear probe and by the MLP.
CAPTURED = {"shape": (3.3, 3.31), "texture": (2.0, 2.5), "colour": (-0.08, 0.05)}


def control_table(methods=("comm", "clip"), seeds=(0,), designs=("unbiased", "biased")):
    """Rows of each method on each design, the biased one with half of the bits."""
    rows = [
        (method, "quick", pairs, seed, 14, *row)
        for method in methods
        for pairs in designs
        for seed in seeds
        for row in _rows((1 if pairs == "unbiased" else 0.5) * (1 - 0.1 * seed))
    ]
    return pd.DataFrame(rows, columns=METRIC_COLUMNS)


def _rows(share):
    for task, truth in TRUTH.items():
        for part in PARTS:
            own = part == PART_OF_TASK[task]
            bits = share * truth * 0.8 if own else -0.01
            yield task, "pid", part, bits
            yield task, "pid", f"{part}_low", bits - 0.1
            yield task, "pid", f"{part}_high", bits + 0.2
            yield task, "pid", f"{part}_floor", 0.02
            yield task, "pid", f"{part}_truth", truth if own else 0.0
    for factor, captured in CAPTURED.items():
        for image in (1, 2):
            yield f"{factor}_{image}", "factors", "bits_available", 3.32
            for probe, bits in zip(("factors", "factors_mlp"), captured, strict=True):
                yield f"{factor}_{image}", probe, "bits", share * bits
