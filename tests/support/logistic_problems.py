"""Problems of logistic regression that solvers find hard, and what the toolkit makes of them."""

import numpy as np
import torch
from torch.nn import functional as F

from interaction_probes.probing.pca_basis import PCABasis
from interaction_probes.probing.solver.path import fit_logistic


def labels_of(logits, rng):
    """Labels drawn from the softmax of logits."""
    return (logits + rng.gumbel(size=logits.shape)).argmax(1)


def easy(rng, classes):
    x = rng.normal(size=(600, 8))
    return x, labels_of(x @ rng.normal(size=(8, classes)), rng)


def ill_conditioned(rng, classes):
    basis = np.linalg.qr(rng.normal(size=(12, 12)))[0]
    x = rng.normal(size=(700, 12)) * np.logspace(0, -6, 12) @ basis
    y = labels_of(1.5 * rng.normal(size=(700, classes)) + x @ rng.normal(size=(12, classes)), rng)
    return x, y


def separable(rng, classes):
    y = rng.integers(classes, size=500)
    return 8 * np.eye(classes)[y] + 0.3 * rng.normal(size=(500, classes)), y


def constant_columns(rng, classes):
    x, y = easy(rng, classes)
    return np.concatenate([x, np.full((len(x), 1), 3.7), np.zeros((len(x), 1))], axis=1), y


def standardise(x):
    deviation = x.std(0)
    return (x - x.mean(0)) / np.where(deviation > 1e-12, deviation, 1)


def loss_of(weight, bias, x, y, penalty):
    """The objective from its definition, in float64, with one row of logits per class."""
    logits = x @ weight.T + bias
    if len(weight) == 1:
        logits = torch.cat([torch.zeros_like(logits), logits], dim=1)
    return F.cross_entropy(logits, y) + penalty / 2 * weight.square().sum()


def fitted(x, y, classes, penalties, dtype=torch.float32):
    features = torch.from_numpy(x).to(dtype)
    spectrum = PCABasis.of(features)
    rotated = spectrum.rotate(features)
    solution = fit_logistic(rotated, spectrum.variance, torch.from_numpy(y), classes, penalties)
    return rotated, solution
