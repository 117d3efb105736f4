"""Made-up samples of three images: labels of the first two, and a third that says nothing."""

from dataclasses import replace

import numpy as np

from interaction_probes.experiment.data import dataset
from interaction_probes.settings.registry import find_method
from trifeature.pairs.draw import PairSet


def with_third(samples, images):
    """The same samples and labels with a third image each."""
    third = np.random.default_rng(0).integers(images, size=len(samples))
    return PairSet(np.column_stack([samples.index, third]), samples.labels)


def three(config, cache=None):
    """The data of a run with a third image in every sample."""
    data = dataset(config, cache)
    return replace(
        data,
        pretrain=with_third(data.pretrain, len(data.train)),
        probe_train=with_third(data.probe_train, len(data.train)),
        probe_test=with_third(data.probe_test, len(data.test)),
    )


def as_many_as_needed(config):
    """A config of three images where its method is stated for no fewer."""
    needed = max(2, find_method(config.method).min_modalities)
    return replace(config, modalities=needed)
