"""The parameters that a run begins with."""

from dataclasses import replace

import torch
from tiny_method import Tiny

from interaction_probes.experiment.initialisation import initialise


def test_the_seed_of_a_run_draws_its_first_parameters(smoke):
    one, again, other = (
        torch.cat([p.detach().flatten() for p in initialise(Tiny, config).parameters()])
        for config in (smoke, smoke, replace(smoke, seed=1))
    )
    assert torch.equal(one, again)
    assert (one != other).float().mean() > 0.5
