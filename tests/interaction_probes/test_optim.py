import math

import pytest
import torch
from tiny_method import Tiny

from interaction_probes.config import OptimConfig
from interaction_probes.contrast.encoders import EncoderConfig
from interaction_probes.contrast.method import ModelConfig
from interaction_probes.optim import learning_rate, optimizer_for, towers_in, training_dtype


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_rate_warms_up_linearly(schedule):
    config = OptimConfig(lr=1.0, warmup=0.1, schedule=schedule)
    rates = [learning_rate(config, step, 100) for step in range(11)]
    assert rates == pytest.approx([(k + 1) / 11 for k in range(11)])


def test_cosine_rate_falls_from_the_peak_towards_zero():
    config = OptimConfig(lr=2.0, warmup=0.2, schedule="cosine")
    for step in range(20, 100):
        expected = 1 + math.cos(math.pi * (step - 20) / 80)
        assert learning_rate(config, step, 100) == pytest.approx(expected)
    assert 0 < learning_rate(config, 99, 100) < 1e-2


def test_constant_rate_is_constant_after_warm_up():
    config = OptimConfig(lr=0.3, warmup=0.0, schedule="constant")
    assert {learning_rate(config, step, 50) for step in range(50)} == {0.3}


@pytest.mark.parametrize("warmup", [0.0, 1.0])
@pytest.mark.parametrize("steps", [1, 2, 7])
def test_rate_is_positive_at_extremes(warmup, steps):
    config = OptimConfig(lr=1.0, warmup=warmup, schedule="cosine")
    assert all(0 < learning_rate(config, step, steps) <= 1 for step in range(steps))


def test_decay_spares_biases_norms_and_vectors():
    method = Tiny(ModelConfig(encoder=EncoderConfig("compact", 4, (8,), ()), size=16))
    optimizer = optimizer_for(method, OptimConfig(weight_decay=0.3))
    decay = {
        id(p): group["weight_decay"] for group in optimizer.param_groups for p in group["params"]
    }
    assert len(decay) == len(list(method.parameters()))
    for name, parameter in method.named_parameters():
        expected = 0.3 if parameter.ndim > 1 else 0.0
        assert decay[id(parameter)] == expected, name
    assert set(decay.values()) == {0.0, 0.3}


def test_precision_is_what_was_asked_for():
    cpu = torch.device("cpu")
    assert training_dtype(OptimConfig(precision="fp32"), cpu) == torch.float32
    assert training_dtype(OptimConfig(precision="bf16"), cpu) == torch.bfloat16
    assert training_dtype(OptimConfig(precision="auto"), torch.device("meta")) == torch.float32


@pytest.mark.parametrize("shared", [False, True])
def test_what_follows_the_towers_is_in_float32(shared):
    """Differences that are small beside what all images share: bfloat16 rounds them away."""
    torch.manual_seed(0)
    method = Tiny(ModelConfig(EncoderConfig("compact", 4, (8,), ()), size=8)).eval()
    if shared:
        method.encoders[1] = method.encoders[0]
    head = torch.nn.Linear(8, 4)
    torch.nn.init.constant_(head.bias, 1000.0)
    images = torch.randn(64, 3, 8, 8)

    def encode():
        features = method.encoders[1](images)
        return features, head(features.mean((2, 3)))

    with torch.no_grad():
        _, expected = encode()
        with towers_in(torch.bfloat16, method):
            features, found = encode()
        plain_features, plain = encode()
    assert features.dtype == found.dtype == torch.float32
    assert torch.equal(features, features.bfloat16().float())  # the tower did run in bfloat16
    assert not torch.equal(features, plain_features)
    assert (found - expected).std() < 0.1 * expected.std(0).mean()
    assert torch.equal(plain, expected)  # and nothing is left behind
    with torch.autocast("cpu", dtype=torch.bfloat16), torch.no_grad():
        assert (encode()[1].float() - expected).std() > expected.std(0).mean()
