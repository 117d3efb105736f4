from dataclasses import replace

import pytest
import torch
from small_training import OPTIM, WEIGHTS, data, losses, setup
from tiny_method import Blind, Broken, Curious, Detached, Disobedient, Listed, Normed, Tiny, Vector

from interaction_probes.contrast.views.config import ViewConfig
from interaction_probes.training import loop as train
from interaction_probes.training import sources
from interaction_probes.training.loop import pretrain
from interaction_probes.training.optim import learning_rate


def test_steps_use_the_schedules_rates():
    method, optimizer = setup()
    seen = []
    optimizer.register_step_pre_hook(
        lambda *_: seen.append({group["lr"] for group in optimizer.param_groups})
    )
    losses(method, optimizer)
    assert seen == [{learning_rate(OPTIM, step, 6)} for step in range(6)]


def test_rates_begin_anew_in_each_phase():
    class InTwo(Tiny):
        phases = 2

    method, optimizer = setup(InTwo)
    seen = []
    optimizer.register_step_pre_hook(lambda *_: seen.append(optimizer.param_groups[0]["lr"]))
    losses(method, optimizer)  # 3 epochs of 2 steps
    rates = [*(learning_rate(OPTIM, k, 2) for k in range(2))]
    assert seen == rates + [learning_rate(OPTIM, k, 4) for k in range(4)]


def test_training_learns():
    optim = replace(OPTIM, epochs=15, lr=1e-2, warmup=0.0)
    found = losses(*setup(optim=optim), optim=optim)
    assert found[-1]["pairs"] < 0.5 * found[0]["pairs"]


def test_a_term_of_weight_zero_is_left_out_of_learning():
    method, optimizer = setup()
    found = losses(method, optimizer, weights={"views": 1.0, "pairs": 0.0})
    assert [set(terms) for terms in found] == [{"views", "pairs"}] * 3
    # Only the pairs term reaches the second modality.
    fresh, _ = setup()
    assert torch.equal(method.heads[1].weight, fresh.heads[1].weight)
    assert not torch.equal(method.heads[0].weight, fresh.heads[0].weight)


@pytest.mark.parametrize("kind", [Tiny, Normed])
def test_watching_a_term_leaves_no_trace(kind, monkeypatch):
    """Losses, weights and running statistics are those of training without the term."""
    weights = {"pairs": 0.0, "views": 1.0}
    torch.manual_seed(5)
    watched, optimizer = setup(kind)
    state = torch.get_rng_state()
    found = losses(watched, optimizer, weights=weights)
    after = torch.get_rng_state()
    plain, optimizer = setup(kind)
    torch.set_rng_state(state)
    expected = losses(plain, optimizer, weights={"views": 1.0})
    assert torch.equal(torch.get_rng_state(), after)
    assert [terms["views"] for terms in found] == [terms["views"] for terms in expected]
    assert all(list(terms) == ["pairs", "views"] for terms in found)
    statistics = [name for name in plain.state_dict() if "running" in name]
    assert statistics
    for name, value in plain.state_dict().items():
        assert torch.equal(watched.state_dict()[name], value), name


def test_a_watched_term_is_its_value_for_the_last_batch():
    method, optimizer = setup()
    given, own_loss = [], method.loss

    def record(batch, terms):
        given.append((batch, list(terms)))
        return own_loss(batch, terms)

    method.loss = record
    [found] = losses(method, optimizer, weights={"views": 1.0, "pairs": 0.0}, epochs=1)
    assert [terms for _, terms in given] == [["views"], ["views"], ["pairs"]]
    (last, _), (watched, _) = given[-2:]
    assert all(torch.equal(a, b) for a, b in zip(last.views, watched.views, strict=True))
    with torch.no_grad():
        assert float(own_loss(watched, ["pairs"])["pairs"]) == found["pairs"]


def test_a_batch_brings_labels_progress_and_randomness():
    images, pairs = data()
    labels = {"first": pairs[:, 0].clone(), "second": pairs[:, 1].clone()}
    images[:] = torch.arange(12, dtype=torch.uint8)[:, None, None, None]

    def seen(finished_epochs=0):
        method, optimizer = setup(Curious)
        loop = pretrain(
            method,
            optimizer,
            images,
            pairs,
            ViewConfig(),
            OPTIM,
            {"views": 1.0},
            0,
            finished_epochs,
            None,
            labels,
        )
        list(loop)
        return method.seen

    whole = seen()
    assert [progress for progress, _, _ in whole] == [1 / 3] * 2 + [2 / 3] * 2 + [1.0] * 2
    assert len({tuple(drawn) for _, drawn, _ in whole}) == 6
    resumed = seen(finished_epochs=2)
    assert [drawn for _, drawn, _ in resumed] == [drawn for _, drawn, _ in whole[4:]]
    joined = {task: torch.cat([known[task] for *_, known in whole[:2]]) for task in labels}
    rows = {tuple(row) for row in pairs.tolist()}
    assert {*zip(joined["first"].tolist(), joined["second"].tolist(), strict=True)} <= rows


def test_labels_are_those_of_the_images(monkeypatch):
    images, pairs = data()
    images[:] = torch.arange(12, dtype=torch.uint8)[:, None, None, None]
    monkeypatch.setattr(sources, "augment", lambda x, *_: x.float())
    method, optimizer = setup()
    own_loss = method.loss

    def check(batch, terms):
        for m, views in enumerate(batch.views):
            assert torch.equal(views[0, :, 0, 0, 0].long(), batch.labels[f"image {m}"])
        return own_loss(batch, terms)

    method.loss = check
    labels = {f"image {m}": pairs[:, m] for m in range(2)}
    arguments = (images, pairs, ViewConfig(), OPTIM, WEIGHTS, 0)
    assert len(list(pretrain(method, optimizer, *arguments, labels=labels))) == 3


def test_a_method_chooses_its_views(monkeypatch):
    seen, mild = [], ViewConfig(crop_scale=(0.9, 1.0))
    monkeypatch.setattr(sources, "augment", lambda x, views, *_: seen.append(views) or x / 255.0)
    method, optimizer = setup()
    monkeypatch.setattr(method, "views", lambda config: mild)
    losses(method, optimizer, epochs=1)
    assert set(seen) == {mild}


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (Vector, r"the loss term views is a scalar tensor, not \[1\]"),
        (Listed, "a method's loss is a dict of terms, not list"),
        (Blind, "the method's views are a ViewConfig, not NoneType"),
    ],
)
def test_what_breaks_the_protocol_is_calls(kind, message):
    with pytest.raises(ValueError, match=message):
        losses(*setup(kind))


def test_weights_scale_the_gradient_not_the_log():
    method, _ = setup()
    images, pairs = data()
    optim = replace(OPTIM, epochs=1, batch=20, lr=1e-3, warmup=0.0)
    found = []
    for weight in (1.0, 3.0):
        method, _ = setup()
        plain = torch.optim.SGD(method.parameters(), lr=1.0)
        before = method.heads[0].weight.detach().clone()
        weights = {"views": weight, "pairs": 0.0}
        [epoch] = pretrain(method, plain, images, pairs, ViewConfig(), optim, weights, 0)
        found.append((epoch.terms["views"], method.heads[0].weight.detach() - before))
    assert found[0][0] == found[1][0]
    torch.testing.assert_close(3 * found[0][1], found[1][1])


def test_a_batch_larger_than_the_pairs_takes_all():
    assert len(losses(*setup(), optim=replace(OPTIM, batch=64), n=5)) == 3


def test_on_step_is_called_after_every_step():
    calls = []
    images, pairs = data()
    optim = replace(OPTIM, epochs=2)
    list(
        pretrain(
            *setup(),
            images,
            pairs,
            ViewConfig(),
            optim,
            WEIGHTS,
            0,
            on_step=lambda *at: calls.append(at),
        )
    )
    assert calls == [(0, 1, 2), (0, 2, 2), (1, 1, 2), (1, 2, 2)]


def test_a_loss_that_is_no_number_stops_with_its_place():
    with pytest.raises(FloatingPointError, match="views is nan at step 1 of epoch 2"):
        losses(*setup(Broken))


def test_a_loss_that_is_no_number_from_the_start_is_not_blamed_on_the_rate():
    method, optimizer = setup(Broken)
    method.steps = 5
    with pytest.raises(FloatingPointError, match=r"step 1 of epoch 1; nothing has been learnt yet"):
        losses(method, optimizer)


def test_a_loss_without_a_gradient_is_refused_in_a_line():
    with pytest.raises(ValueError, match=r"no loss term has a gradient \(views.*\): each was det"):
        losses(*setup(Detached))


def test_terms_that_were_not_asked_for_are_refused():
    with pytest.raises(ValueError, match="asked for the terms views and returned pairs, views"):
        losses(*setup(Disobedient), weights={"views": 1.0, "pairs": 0.0})


def test_a_single_pair_is_refused():
    with pytest.raises(ValueError, match="at least 2 pairs"):
        losses(*setup(), n=1)


def test_parameters_stay_float32_in_bfloat16_training():
    optim = replace(OPTIM, precision="bf16", epochs=1)
    method, optimizer = setup(optim=optim)
    losses(method, optimizer, optim=optim)
    assert {parameter.dtype for parameter in method.parameters()} == {torch.float32}


def test_nothing_to_train_asks_nothing_of_the_batch(monkeypatch):
    """A floor has no batch for processes to share."""
    monkeypatch.setattr(train, "local_shard", lambda *_: pytest.fail("there is no batch"))
    none = replace(OPTIM, epochs=0)
    assert losses(*setup(optim=none), optim=none) == []
