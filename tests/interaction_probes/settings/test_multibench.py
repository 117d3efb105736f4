"""The models of the MultiBench rows have the tokens that the paper names."""

import pytest
import torch

from interaction_probes.comm.method import CoMM
from interaction_probes.contrast.encoders import InputConfig
from interaction_probes.settings.multibench import MULTIBENCH_OPTIM, MULTIBENCH_ROWS, multibench

SEQUENCES = {"affect": (50, 20), "mimic": (24, 12), "vision_touch": (32, 6)}
SHAPES = {
    "affect": [(50, 40), (8, 32)],
    "mimic": [(24, 512), (10, 1)],
    "vision_touch": [(1, 128), (8, 32)],
}


@pytest.mark.parametrize("row", MULTIBENCH_ROWS)
def test_tokens_are_the_papers(row):
    config = multibench(
        [InputConfig("sequences", SEQUENCES[row], padded=True), InputConfig("vectors", (5,))], row
    )
    assert (config.temperature, config.dim) == (0.1, MULTIBENCH_ROWS[row].dim)
    method = CoMM(config)
    assert method.fusion.shapes == SHAPES[row]
    blanks = [described.blank() for described in config.inputs]
    fused = method.combine([method.encode(m, x) for m, x in enumerate(blanks)])
    assert fused.shape == (1, config.dim)
    assert torch.isfinite(fused).all()


def test_the_perceptron_of_mimic_is_5_10_10():
    config = multibench([InputConfig("vectors", (5,))], "mimic")
    layers = CoMM(config, 1).encoders[0].layers
    assert [tuple(p.shape) for p in layers.parameters() if p.ndim == 2] == [(10, 5), (10, 10)]


def test_the_training_is_the_papers():
    optim = MULTIBENCH_OPTIM
    assert (optim.batch, optim.epochs, optim.lr, optim.weight_decay) == (64, 100, 1e-3, 1e-2)
    assert (optim.schedule, optim.warmup, optim.optimizer) == ("constant", 0.0, "adamw")


def test_an_unknown_row_is_refused_in_a_line():
    with pytest.raises(ValueError, match=r"no row 'mimik'; did you mean 'mimic'\?"):
        multibench([], "mimik")
