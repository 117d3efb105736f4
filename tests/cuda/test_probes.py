"""Probes on a GPU choose and read what they do on a CPU."""

import numpy as np
import pytest
import torch
from small_problems import PENALTIES, one_hot, split

from interaction_probes.probing.bilinear import bilinear_probe
from interaction_probes.probing.linear import linear_probe
from interaction_probes.probing.mlp import mlp_probe
from interaction_probes.probing.released_protocol import public_probe


def problem(classes, seed, n=1500):
    rng = np.random.default_rng(seed)
    labels = rng.integers(classes, size=n)
    noise = torch.from_numpy(rng.normal(size=(n, 40))).float()
    return torch.cat(
        [2 * one_hot(labels, classes) + noise[:, :classes], noise[:, classes:]], 1
    ), labels


def linear(train, test, classes):
    return linear_probe(train, test, classes, PENALTIES, split(train[1]))


def public(train, test, classes):
    return public_probe(train, test, classes, split(train[1]))


def bilinear(train, test, classes):
    codes = [((x[:, :20], x[:, 20:]), labels) for x, labels in (train, test)]
    return bilinear_probe(*codes, classes, PENALTIES[:3], split(train[1]), ranks=(8,))


def mlp(train, test, classes):
    generator = torch.Generator().manual_seed(5)
    return mlp_probe(train, test, classes, split(train[1]), generator)


@pytest.mark.parametrize("classes", [2, 10])
@pytest.mark.parametrize("probe", [linear, public, bilinear, mlp])
def test_a_probe(gpu, probe, classes):
    (x, labels), (scored, scored_labels) = problem(classes, 1), problem(classes, 2)
    on_gpu = probe((x.to(gpu), labels), (scored.to(gpu), scored_labels), classes)
    on_cpu = probe((x, labels), (scored, scored_labels), classes)
    assert 1.2 / classes < on_cpu.accuracy < 1
    # What a network of many steps reads drifts with its rounding; a convex train's does not.
    accuracy, bits = (0.02, 0.05) if probe is mlp else (0.001, 1e-3)
    assert on_gpu.accuracy == pytest.approx(on_cpu.accuracy, abs=accuracy)
    assert on_gpu.bits == pytest.approx(on_cpu.bits, abs=bits)
    if probe is not mlp:
        assert on_gpu.chosen == on_cpu.chosen


def test_a_probe_reads_the_same_twice(gpu):
    (x, labels), (scored, scored_labels) = problem(10, 1), problem(10, 2)
    train, test = (x.to(gpu), labels), (scored.to(gpu), scored_labels)
    assert linear(train, test, 10) == linear(train, test, 10)
