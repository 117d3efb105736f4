import math

import pytest
import torch

from interaction_probes.comm.fusion import Fusion
from interaction_probes.comm.initialisation import released_initialisation
from interaction_probes.comm.method import CoMM
from interaction_probes.contrast.encoders import EncoderConfig
from interaction_probes.contrast.method import ModelConfig

WIDTH = 256


@pytest.fixture
def fusion():
    torch.manual_seed(0)
    return Fusion([(8, 4, 4)] * 2, WIDTH, 8)


def test_weights_have_the_released_deviations(fusion):
    biases = {name: p.clone() for name, p in fusion.named_parameters() if name.endswith("bias")}
    released_initialisation(fusion)
    expected = {
        "cls": 1.0,
        **dict.fromkeys(("query.weight", "key.weight", "value.weight"), WIDTH**-0.5),
        **dict.fromkeys(("out.weight", "mlp.0.weight", "mlp.2.weight"), (2 * WIDTH) ** -0.5),
    }
    found = dict(fusion.named_parameters())
    for name, deviation in expected.items():
        values = found[name].detach()
        error = 4 / math.sqrt(2 * values.numel())  # four standard errors of a deviation
        assert values.std().item() == pytest.approx(deviation, rel=error), name
        assert abs(values.mean().item()) < 4 * deviation / math.sqrt(values.numel()), name
        # Normal, not uniform: a uniform variable ends at 1.73 deviations.
        assert values.abs().max() > 2.3 * deviation, name
    for name, before in biases.items():
        assert torch.equal(found[name], before), name


def test_the_setting_draws_the_fusion_anew_and_nothing_else():
    tower = EncoderConfig("compact", 4, (8,), ())

    def built(**setting):
        torch.manual_seed(3)
        return dict(CoMM(ModelConfig(tower, 16, 32, 4, 8, **setting)).named_parameters())

    default, again, released = (
        built(),
        built(initialisation="default"),
        built(initialisation="released"),
    )
    assert all(torch.equal(default[name], again[name]) for name in default)
    assert torch.equal(default["encoders.0.0.weight"], released["encoders.0.0.weight"])
    assert not torch.equal(default["fusion.cls"], released["fusion.cls"])


def test_an_unknown_initialisation_is_refused():
    with pytest.raises(ValueError, match="default or released, not 'clip'"):
        ModelConfig(initialisation="clip")
