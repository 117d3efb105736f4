import math
from collections.abc import Mapping

import pytest
import torch

from interaction_probes.contrast.encoders import EncoderConfig
from interaction_probes.contrast.method import Batch, Method, ModelConfig

CONFIG = ModelConfig(EncoderConfig("compact", 4, (6,), ()), size=8, dim=8, heads=2, projection=4)


class Distance(Method):
    """The least that a method is."""

    terms: Mapping[str, float] = {"distance": 1.0}

    def loss(self, batch, terms):
        maps = [self.encoders[m](views.flatten(0, 1)) for m, views in enumerate(batch.views)]
        return {"distance": (maps[0] - maps[1]).square().mean()} if "distance" in terms else {}

    def encode(self, modality, images):
        return self.encoders[modality](images).flatten(1)

    def combine(self, encoded):
        return torch.cat([rows for rows in encoded if rows is not None], dim=1)


def test_a_minimal_method_works():
    method = Distance(CONFIG)
    assert method.feature_shape == (6, 2, 2)
    assert method.n_views == 2
    values = method.loss(Batch([torch.randn(2, 5, 3, 8, 8)] * 2), ["distance"])
    values["distance"].backward()
    assert all(p.grad is not None for p in method.encoders.parameters())
    method.eval()
    encoded = [method.encode(m, torch.randn(5, 3, 8, 8)) for m in range(2)]
    assert method.combine(encoded).shape == (5, 48)
    assert method.combine([None, encoded[1]]).shape == (5, 24)


@pytest.mark.parametrize("modalities", [1, 2, 3])
def test_every_modality_has_its_own_tower(modalities):
    towers = Distance(CONFIG, modalities).encoders
    assert len(towers) == modalities
    starts = {tuple(tower[0].weight.flatten().tolist()) for tower in towers}
    assert len(starts) == modalities


@pytest.mark.parametrize("part", ["loss", "encode", "combine"])
def test_a_method_without_one_of_its_parts_refuses(part):
    parts = {name: getattr(Distance, name) for name in ("loss", "encode", "combine")}
    del parts[part]
    incomplete = type("Incomplete", (Method,), {"terms": {}, **parts})
    with pytest.raises(TypeError, match=f"abstract method '?{part}'?"):
        incomplete(CONFIG)


def test_impossible_methods_are_refused():
    with pytest.raises(ValueError, match="a method learns from 1 modality or more, not 0"):
        Distance(CONFIG, 0)
    small = ModelConfig(EncoderConfig("compact", 16, (6,), ()), size=8)
    with pytest.raises(ValueError, match="images of 8 pixels are too small for this tower"):
        Distance(small)


@pytest.mark.parametrize("temperature", [0.0, -1.0, math.nan, math.inf])
def test_bad_temperatures_are_refused(temperature):
    with pytest.raises(
        ValueError, match=f"a temperature is one positive number, not {temperature}"
    ):
        ModelConfig(temperature=temperature)


@pytest.mark.parametrize("name", ["size", "dim", "heads", "projection"])
def test_bad_sizes_are_refused(name):
    with pytest.raises(ValueError, match=f"{name} is 1 or more, not 0"):
        ModelConfig(**{name: 0})
