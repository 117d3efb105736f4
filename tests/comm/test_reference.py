"""The model that the benchmark compares with computes the same loss."""

import runpy
from pathlib import Path

import torch

from interaction_probes.comm.method import CoMM
from interaction_probes.contrast.method import Batch
from interaction_probes.settings.presets import PRESETS

REFERENCE = Path(__file__).parents[2] / "benchmarks" / "reference"
ReferenceCoMM = runpy.run_path(str(REFERENCE / "comm.py"))["ReferenceCoMM"]


def test_the_benchmarks_reference_model_computes_the_same_loss(PlainFusion):
    torch.manual_seed(0)
    config = PRESETS["smoke"].model
    method, reference = CoMM(config), ReferenceCoMM(config)
    reference.encoders.load_state_dict(method.encoders.state_dict())
    reference.head.load_state_dict(method.head.state_dict())
    reference.fusion.load_state_dict(PlainFusion(method.fusion).state_dict())
    views = [torch.randn(2, 6, 3, config.size, config.size) for _ in range(2)]
    # Statistics of BatchNorm are a batch's in training: those of a tower over both views here.
    method.encoders.eval()
    reference.encoders.eval()
    terms = method.loss(Batch(views), list(method.terms))
    expected = sum(method.terms[term] * value for term, value in terms.items())
    torch.testing.assert_close(reference.loss(views), expected, rtol=1e-4, atol=1e-5)
