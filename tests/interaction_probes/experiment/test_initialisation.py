"""The parameters that a run begins with."""

from dataclasses import replace

import pytest
import torch
from tiny_method import Tiny

from interaction_probes.experiment.initialisation import check_method, initialise
from interaction_probes.settings.registry import find_method


def test_the_seed_of_a_run_draws_its_first_parameters(smoke):
    one, again, other = (
        torch.cat([p.detach().flatten() for p in initialise(Tiny, config).parameters()])
        for config in (smoke, smoke, replace(smoke, seed=1))
    )
    assert torch.equal(one, again)
    assert (one != other).float().mean() > 0.5


def test_runs_that_train_nothing_have_no_batch_that_is_too_large(smoke):
    untrained = replace(smoke, optim=replace(smoke.optim, epochs=0, batch=smoke.n_pairs + 1))
    check_method(find_method("comm"), untrained)
    once = replace(untrained, optim=replace(untrained.optim, epochs=1))
    check_method(find_method("pixels"), replace(once, method="pixels"))
    with pytest.raises(ValueError, match="a batch of 101 is more than the 100 pairs"):
        check_method(find_method("comm"), once)
