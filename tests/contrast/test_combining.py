"""What combine returns is [n, d], wherever it is asked for."""

import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from interaction_probes.contrast.combining import combined
from interaction_probes.contrast.encoders import EncoderConfig
from interaction_probes.contrast.method import Method, ModelConfig
from interaction_probes.experiment.runner import run
from interaction_probes.training.encoding import combine_modalities

CONFIG = ModelConfig(EncoderConfig("compact", 4, (6,), ()), size=8, dim=8, heads=2, projection=4)
MAPS = """
import torch
from tiny_method import Tiny

class Maps(Tiny):
    def encode(self, modality, images):
        return self.encoders[modality](images)
"""


class Returning(Method):
    """It combines whatever it is given into one value."""

    terms = {}  # noqa: RUF012
    value = None

    def loss(self, batch, terms):
        return {}

    def encode(self, modality, images):
        return images

    def combine(self, encoded):
        return self.value


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (torch.zeros(5, 6, 2, 2), r"\[5, 6, 2, 2\]: .* is \[n, d\], not \[n, c, h, w\]$"),
        (torch.zeros(5, 7, 6), r"\[5, 7, 6\]: .* is \[n, d\], not \[n, t, d\]$"),
        (torch.zeros(5), r"\[5\]: .* is \[n, d\], not \[n\]$"),
        (torch.zeros(()), r"\[\]: .* is \[n, d\], not a number$"),
        (torch.zeros(5, 1, 2, 2, 2), r"is \[n, d\], not one of 5 axes$"),
        (torch.zeros(3, 5), r"\[3, 5\]: .* is \[n, d\], a row for each of 5 samples$"),
        (np.zeros((5, 3)), r"the representation, a tensor \[n, d\], not ndarray$"),
        (None, "not NoneType$"),
    ],
)
def test_what_is_no_representation_is_refused(value, said):
    method = Returning(CONFIG)
    method.value = value
    with pytest.raises(ValueError, match=rf"^Returning.combine\(\) returns .*{said}"):
        combined(method, [None, torch.zeros(5, 4)])
    with pytest.raises(ValueError, match=said):
        combine_modalities(method, [torch.zeros(5, 4), torch.zeros(5, 4)])


def test_a_representation_passes_as_it_is():
    method = Returning(CONFIG)
    method.value = torch.zeros(5, 3, dtype=torch.bfloat16)
    assert combined(method, [torch.zeros(5, 1, 2, 2), None]) is method.value


@pytest.mark.parametrize("controls", [(), ("masks",), ("public",)])
def test_a_run_ends_in_one_line_that_names_the_method(tiny_config, tmp_path, monkeypatch, controls):
    (tmp_path / "maps_method.py").write_text(MAPS)
    monkeypatch.syspath_prepend(tmp_path)
    probe = replace(tiny_config.probe, controls=controls)
    config = replace(tiny_config, method="maps_method:Maps", probe=probe)
    said = r"Maps.combine\(\) returns \[\d+, .*: the representation is \[n, d\], not \[n, c, h, w\]"
    with pytest.raises(ValueError, match=said):
        run(config, tmp_path / "runs", torch.device("cpu"))
    sys.modules.pop("maps_method", None)
