"""The incomplete last batch of an epoch, left out or trained on."""

import contextlib
from dataclasses import replace

import pytest
import torch
from small_training import OPTIM, data, losses, setup
from tiny_method import Curious

from interaction_probes.contrast.views.config import ViewConfig
from interaction_probes.training import loop as train
from interaction_probes.training.loop import pretrain
from interaction_probes.training.optim import learning_rate


def test_an_incomplete_last_batch_is_trained_on_if_asked_for():
    """Of 20 pairs 8, 8 and 4: every pair once in an epoch, and three steps of the schedule."""
    optim = replace(OPTIM, drop_last=False)
    method, optimizer = setup(Curious, optim)
    rates, sizes, own_loss = [], [], method.loss
    optimizer.register_step_pre_hook(lambda *_: rates.append(optimizer.param_groups[0]["lr"]))

    def record(batch, terms):
        sizes.append(batch.views[0].shape[1])
        return own_loss(batch, terms)

    method.loss = record
    images, pairs = data()
    steps, numbers = [], {"number": torch.arange(20)}
    views = ViewConfig()
    weights = {"views": 1.0}
    loop = pretrain(
        method, optimizer, images, pairs, views, optim, weights, 0, 0,
        lambda *at: steps.append(at[1:]), numbers,
    )  # fmt: skip
    for _ in loop:
        seen = torch.cat([known["number"] for *_, known in method.seen[-3:]])
        assert sorted(seen.tolist()) == [*range(20)]
    assert sizes == [8, 8, 4] * 3
    assert rates == [learning_rate(optim, k, 9) for k in range(9)]
    assert steps == [(1, 3), (2, 3), (3, 3)] * 3


def test_whole_batches_are_the_same_beside_an_incomplete_one():
    """The first steps of an epoch see the same pairs and views, whatever is done with the rest."""
    optim = replace(OPTIM, schedule="constant", warmup=0.0)
    ends = []
    for drop_last in (True, False):
        method, optimizer = setup(optim=optim)
        states = []
        optimizer.register_step_post_hook(
            lambda *_, states=states, method=method: states.append(
                {name: value.clone() for name, value in method.state_dict().items()}
            )
        )
        losses(method, optimizer, optim=replace(optim, drop_last=drop_last), epochs=1)
        ends.append(states[1])
    for name, value in ends[0].items():
        assert torch.equal(value, ends[1][name]), name


@pytest.mark.parametrize(("n", "sizes"), [(16, [8, 8]), (17, [8, 8]), (18, [8, 8, 2]), (5, [5])])
def test_a_last_batch_has_two_pairs_or_more(n, sizes):
    assert replace(OPTIM, drop_last=False).batch_sizes(n) == sizes
    assert OPTIM.batch_sizes(n) == [size for size in sizes if size == sizes[0]]


@pytest.mark.parametrize(("n", "captured"), [(16, True), (20, False)])
def test_a_graph_is_captured_only_where_all_batches_have_one_size(n, captured, monkeypatch):
    class Captured(Exception):
        pass

    def capture(*_):
        raise Captured

    monkeypatch.setattr(train, "can_capture", lambda *_: True)
    monkeypatch.setattr(train, "CapturedStep", capture)
    optim = replace(OPTIM, drop_last=False)
    expected = pytest.raises(Captured) if captured else contextlib.nullcontext()
    with expected:
        losses(*setup(optim=optim), optim=optim, n=n)


def test_a_watched_term_is_of_a_whole_batch():
    method, optimizer = setup()
    sizes, own_loss = [], method.loss

    def record(batch, terms):
        sizes.append((batch.views[0].shape[1], *terms))
        return own_loss(batch, terms)

    method.loss = record
    optim = replace(OPTIM, drop_last=False)
    losses(method, optimizer, optim, {"views": 1.0, "pairs": 0.0}, epochs=1)
    assert sizes == [(8, "views"), (8, "views"), (4, "views"), (8, "pairs")]
