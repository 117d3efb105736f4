"""The network of the supervised reference: its dropout, and the epoch whose weights are kept."""

import numpy as np
import torch

from interaction_probes.probing.early_fusion import network
from interaction_probes.probing.early_fusion.network import EarlyFusionNetwork, supervised_features
from interaction_probes.runtime.torch_streams import torch_stream


def test_dropout_keeps_the_mean_and_is_off_while_features_are_read():
    learner = EarlyFusionNetwork(2, 2, torch_stream(0, "test"))
    ones = torch.ones(100_000)
    assert abs(learner.train()._drop(ones).mean() - 1) < 0.02
    assert torch.equal(learner.eval()._drop(ones), ones)


def test_the_weights_are_those_of_the_least_validation_loss(monkeypatch):
    """Validation labels that are turned round ask for those of the first epoch."""
    rng = np.random.default_rng(0)
    parts = [rng.normal(size=(100, 3)).astype(np.float32) for _ in range(3)]
    train, validation = ((part[:, 0] > 0).astype(np.int64) for part in parts[:2])

    def learnt(labels):
        return supervised_features("classes", parts, [train, labels], torch_stream(0, "test"))[2]

    right, turned = learnt(validation), learnt(1 - validation)
    monkeypatch.setattr(network, "EPOCHS", 1)
    first = learnt(validation)
    np.testing.assert_array_equal(turned, first)
    assert (right != first).any()
