"""What a training draws at random, and that going on draws the same."""

import itertools
import random
from dataclasses import replace

import numpy as np
import pytest
import torch
from small_training import OPTIM, WEIGHTS, data, losses, setup
from tiny_method import Curious

from interaction_probes.contrast.views.config import ViewConfig
from interaction_probes.runtime.global_random_state import seeded_global_state
from interaction_probes.runtime.torch_streams import torch_stream
from interaction_probes.training import loop, sources
from interaction_probes.training.loop import pretrain


def test_same_seed_gives_identical_losses():
    assert losses(*setup()) == losses(*setup())
    assert losses(*setup()) != losses(*setup(), seed=1)


def test_the_seed_draws_what_a_loss_draws():
    def drawn(seed):
        method, optimizer = setup(Curious)
        list(pretrain(method, optimizer, *data(), ViewConfig(), OPTIM, {"views": 1.0}, seed))
        return [values for _, values, _ in method.seen]

    assert drawn(0) == drawn(0)
    assert all(one != other for one, other in zip(drawn(0), drawn(1), strict=True))


def test_global_random_state_neither_matters_nor_changes():
    expected = losses(*setup())
    method, optimizer = setup()
    torch.manual_seed(99)
    before = torch.get_rng_state()
    assert losses(method, optimizer) == expected
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("k", [1, 2])
def test_resuming_equals_an_uninterrupted_run(k):
    whole, whole_optimizer = setup()
    expected = losses(whole, whole_optimizer)
    method, optimizer = setup()
    first = losses(method, optimizer, epochs=k)
    again, again_optimizer = setup()
    again.load_state_dict(method.state_dict())
    again_optimizer.load_state_dict(optimizer.state_dict())
    assert first + losses(again, again_optimizer, finished_epochs=k) == expected
    for name, value in whole.state_dict().items():
        assert torch.equal(again.state_dict()[name], value), name


def test_streams_are_independent_by_purpose_and_epoch():
    names = [("order", 0), ("order", 1), ("augmentation", 0), ("augmentation", 1), ("o", 0)]
    draws = [torch.rand(4, generator=torch_stream(0, *name)) for name in names]
    draws.append(torch.rand(4, generator=torch_stream(1, "order", 0)))
    assert len({tuple(draw.tolist()) for draw in draws}) == len(draws)
    assert torch.equal(torch.rand(4, generator=torch_stream(0, "order", 0)), draws[0])


def test_augmentation_does_not_disturb_the_order(monkeypatch):
    def order(views):
        seen = []
        images, pairs = data()
        images[:] = torch.arange(12, dtype=torch.uint8)[:, None, None, None]
        monkeypatch.setattr(
            sources, "augment", lambda x, *_: seen.append(x[:, 0, 0, 0].tolist()) or x / 255.0
        )
        list(pretrain(*setup(), images, pairs, views, OPTIM, WEIGHTS, 0))
        return seen

    first = order(ViewConfig())
    assert order(ViewConfig(blur_probability=0.0, crop_scale=(0.5, 1.0))) == first
    epochs = [first[k : k + 4] for k in (0, 4, 8)]
    assert epochs[0] != epochs[1] != epochs[2]


def test_every_pair_is_met_once_per_epoch(monkeypatch):
    images, _ = data()
    images[:] = torch.arange(12, dtype=torch.uint8)[:, None, None, None]
    pairs = torch.arange(12)[:, None].repeat(1, 2)
    seen = []
    monkeypatch.setattr(
        sources,
        "augment",
        lambda x, *_: seen.extend(x[: len(x) // 2, 0, 0, 0].tolist()) or x / 255.0,
    )
    optim = replace(OPTIM, epochs=1, batch=4)
    list(pretrain(*setup(), images, pairs, ViewConfig(), optim, WEIGHTS, 0))
    assert sorted(seen) == sorted([*range(12)] * 2)  # once per modality


def test_what_is_drawn_globally_depends_on_seed_epoch_and_process(monkeypatch):
    seeded = []

    def record(*names, device):
        seeded.append(names)
        return seeded_global_state(*names, device=device)

    monkeypatch.setattr(loop, "rank", lambda: 1)
    monkeypatch.setattr(loop, "seeded_global_state", record)
    list(pretrain(*setup(), *data(), ViewConfig(), replace(OPTIM, epochs=2), WEIGHTS, 3))
    assert seeded == [(3, "global", 0, 1), (3, "global", 1, 1)]


def test_global_states_are_seeded_by_name_and_restored():
    def drawn(*names):
        with seeded_global_state(*names, device=torch.device("cpu")):
            return torch.rand(()).item(), np.random.rand(), random.random()

    before = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
    places = list(itertools.product((0, 1), repeat=3))
    for values in zip(*(drawn(*place) for place in places), strict=True):
        assert len(set(values)) == len(places)
    assert drawn(0, 1, 1) == drawn(0, 1, 1)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (np.random.get_state()[1].tolist(), random.getstate()) == before[1:]
