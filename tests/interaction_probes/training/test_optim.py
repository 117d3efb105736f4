import math

import pytest
from tiny_method import Tiny

from interaction_probes.contrast.encoders import EncoderConfig
from interaction_probes.contrast.method import ModelConfig
from interaction_probes.settings.config import OptimConfig
from interaction_probes.training.optim import learning_rate, optimizer_for


@pytest.mark.parametrize("schedule", ["constant", "cosine", "linear", "trapezoidal"])
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


def test_linear_rate_falls_from_the_peak_towards_zero():
    config = OptimConfig(lr=2.0, warmup=0.2, schedule="linear")
    for step in range(20, 100):
        assert learning_rate(config, step, 100) == pytest.approx(2 * (100 - step) / 80)


@pytest.mark.parametrize("warmup", [0.0, 0.2])
def test_trapezoidal_rate_stays_at_the_peak_until_half_of_the_steps(warmup):
    config = OptimConfig(lr=2.0, warmup=warmup, schedule="trapezoidal")
    rates = [learning_rate(config, step, 100) for step in range(100)]
    assert set(rates[20:51]) == {2.0}
    assert rates[51:] == pytest.approx([2.0 * (100 - step) / 50 for step in range(51, 100)])


@pytest.mark.parametrize("warmup", [0.6, 0.85])
def test_trapezoidal_rate_falls_from_the_end_of_a_longer_warm_up(warmup):
    config = OptimConfig(lr=2.0, warmup=warmup, schedule="trapezoidal")
    rates = [learning_rate(config, step, 20) for step in range(20)]
    top = round(20 * warmup)
    assert rates == pytest.approx(
        [2.0 * (k + 1) / (top + 1) for k in range(top)]
        + [2.0 * (20 - k) / (20 - top) for k in range(top, 20)]
    )


def test_constant_rate_is_constant_after_warm_up():
    config = OptimConfig(lr=0.3, warmup=0.0, schedule="constant")
    assert {learning_rate(config, step, 50) for step in range(50)} == {0.3}


@pytest.mark.parametrize("schedule", ["cosine", "trapezoidal"])
@pytest.mark.parametrize("warmup", [0.0, 1.0])
@pytest.mark.parametrize("steps", [1, 2, 7])
def test_rate_is_positive_at_extremes(schedule, warmup, steps):
    config = OptimConfig(lr=1.0, warmup=warmup, schedule=schedule)
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
