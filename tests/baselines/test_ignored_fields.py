"""What methods say of the fields of a config that they ignore."""

from dataclasses import fields, replace

import pytest
import torch
from small_methods import build

from interaction_probes.contrast.views.config import ViewConfig
from interaction_probes.contrast.views.draws import draw
from interaction_probes.contrast.views.noise import NoiseConfig, NoiseStreams, augment_values
from interaction_probes.settings.registry import METHODS, find_method

LEARNING = [name for name in METHODS if find_method(name).terms]


@pytest.mark.parametrize("name", LEARNING)
@pytest.mark.parametrize("field", [field.name for field in fields(ViewConfig)])
def test_a_method_ignores_what_it_says_of_the_views(name, field):
    usual = ViewConfig()
    value = getattr(usual, field)
    if field == "jitter":
        other = "torchvision"
    else:
        other = tuple(0.9 * end for end in value) if isinstance(value, tuple) else value / 2
    drawn = []
    for config in (usual, replace(usual, **{field: other})):
        chosen = build(name).views(config)
        drawn.append(draw(chosen, 50, 24, 24, torch.Generator().manual_seed(0)).tensors())
    same = drawn[0].keys() == drawn[1].keys()
    same = same and all(torch.equal(drawn[0][k], drawn[1][k]) for k in drawn[0])
    assert same == (f"views.{field}" in find_method(name).ignores)


@pytest.mark.parametrize("name", LEARNING)
@pytest.mark.parametrize("field", [field.name for field in fields(NoiseConfig)])
def test_a_method_ignores_what_it_says_of_the_noise(name, field):
    usual = NoiseConfig()
    other = {"drop": (0.0, 0.2)}.get(field, 0.9)
    drawn = []
    for config in (usual, replace(usual, **{field: other})):
        chosen = build(name).noise_views(config)
        streams = NoiseStreams(*(torch.Generator().manual_seed(seed) for seed in (0, 1)))
        drawn.append(augment_values(torch.ones(50, 20), chosen, streams))
    assert torch.equal(*drawn) == (f"data.noise.{field}" in find_method(name).ignores)
