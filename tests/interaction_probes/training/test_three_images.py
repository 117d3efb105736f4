"""Every method of three and of four images per sample goes through the training loop."""

import math

import pytest
from shared_training import LEARNING, trained

from interaction_probes.settings.registry import methods_for

EACH = [(name, n) for n in (3, 4) for name in methods_for(n) if name in LEARNING]


@pytest.mark.parametrize(("name", "modalities"), EACH)
def test_it_trains_on_random_images(name, modalities):
    found = trained(name, batch=6, epochs=3, modalities=modalities)
    assert len(found["losses"]) == 3
    assert all(math.isfinite(v) for epoch in found["losses"] for v in epoch.values())
    assert found["losses"][0] != found["losses"][2]
    for m in range(modalities):
        towers = [g for part, g in found["gradients"].items() if part.startswith(f"encoders.{m}.")]
        assert towers
        assert any(bool(gradient.any()) for gradient in towers)
