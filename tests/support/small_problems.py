"""Small problems for probes, and a probe of them."""

import numpy as np
import torch

from interaction_probes.probing.linear import linear_probe
from interaction_probes.probing.splits import stratified_split

PENALTIES = (1.0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5)


def one_hot(labels, classes):
    return torch.eye(classes)[torch.from_numpy(labels)]


def split(labels, seed=0):
    return stratified_split(labels, np.random.default_rng(seed))


def probe(train, test, classes, seed=0, penalties=PENALTIES):
    return linear_probe(train, test, classes, penalties, split(train[1], seed))


def problem(seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(3, size=400)
    features = one_hot(labels, 3) + torch.from_numpy(rng.normal(size=(400, 3))).float()
    return features, labels
