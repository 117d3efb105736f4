"""What is held out of the probe's train pairs while its penalty is chosen."""

import numpy as np

from interaction_probes.common.streams import stream
from interaction_probes.probing.splits import Split, combination_split, stratified_split
from interaction_probes.settings.config import RunConfig
from trifeature import PairedImages
from trifeature.dataset.image_samples import ImageSamples


def split_of(
    config: RunConfig, data: PairedImages | ImageSamples, task: str, labels: np.ndarray
) -> Split:
    """The fitting pairs to fit and to validate on while a run's probe of a task is chosen.

    Args:
        config: the run's.
        data: its pairs.
        task: its name, which names the stream of the split.
        labels: int64 [n], of the fitting pairs.
    """
    if config.probe.validation == "pairs":
        return stratified_split(labels, stream(config.seed, "probe", task))
    combinations = _combination(data.train.factors)[data.probe_train.index]
    return combination_split(combinations, stream(config.seed, "probe", "combinations"))


def _combination(factors: np.ndarray) -> np.ndarray:
    """One number per combination of factors: int64 [n] from [n, 3]."""
    return factors @ np.array([100, 10, 1])
