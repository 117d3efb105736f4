"""DisentangledSSL's losses against slow twins; closed forms, symmetries, gradients; its steps."""

import math

import pytest
import torch
from plain_vectors import dot, unit
from small_methods import CONFIG, batch, build

from interaction_probes.baselines.since_comm.disentangled import DisentangledSSL
from interaction_probes.baselines.since_comm.disentangled_losses import (
    agreement,
    disentangled_shared_loss,
    disentangled_specific_loss,
    mean_distance,
    overlap,
)
from interaction_probes.contrast.views.config import ViewConfig
from interaction_probes.settings.config import OptimConfig
from interaction_probes.training.loop import pretrain
from interaction_probes.training.optim import load_optimizer, optimizer_for

STEP_1, STEP_2 = ["shared", "compression"], ["specific", "orthogonality"]
FROZEN = ("encoders.", "linears.", "shared_heads.")
SAME = {"rtol": 1e-10, "atol": 0}


def rows(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def slow_supcon(first, second, temperature):
    """SupCon without labels: every row against all others, its other view the positive."""
    z, n, total = [unit(row) for row in (*first, *second)], len(first), 0.0
    for i, anchor in enumerate(z):
        logits = {j: dot(anchor, z[j]) / temperature for j in range(2 * n) if j != i}
        total += math.log(sum(map(math.exp, logits.values()))) - logits[(i + n) % (2 * n)]
    return total / (2 * n)


def slow_overlap(specific, shared):
    z, s = ([unit(row) for row in side] for side in (specific, shared))
    total = 0.0
    for a in range(len(z[0])):
        for b in range(len(s[0])):
            total += sum(z[i][a] * s[i][b] for i in range(len(z))) ** 2
    return math.sqrt(total)


@pytest.mark.parametrize(("beta", "temperature"), [(1.0, 0.07), (0.3, 0.5), (0.0, 0.07)])
def test_slow_twin_of_step_1(beta, temperature):
    samples, means = rows(2, 5, 4, seed=1), rows(2, 5, 4, seed=2)
    distances = [
        sum((p - q) ** 2 for p, q in zip(x, y, strict=True))
        for x, y in zip(*means.tolist(), strict=True)
    ]
    expected = slow_supcon(*samples.tolist(), temperature) + beta * sum(distances) / 5
    found = disentangled_shared_loss([*samples], [*means], beta, temperature)
    assert float(found) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(("weight", "temperature"), [(1.0, 0.07), (0.2, 0.5), (0.0, 0.07)])
def test_slow_twin_of_step_2(weight, temperature):
    shared, specific = rows(2, 2, 5, 4, seed=1), rows(2, 2, 5, 3, seed=2)
    expected = 0.0
    for z_s, z in zip(shared.tolist(), specific.tolist(), strict=True):
        joined = [
            [unit(a) + unit(b) for a, b in zip(of_z, of_s, strict=True)]
            for of_z, of_s in zip(z, z_s, strict=True)
        ]
        expected += slow_supcon(*joined, temperature)
        expected += weight * 0.5 * sum(map(slow_overlap, z, z_s)) / 2
    found = disentangled_specific_loss(shared, specific, weight, temperature)
    assert float(found) == pytest.approx(expected, rel=1e-10)


def test_closed_forms():
    axes = torch.eye(4, dtype=torch.float64)
    # Equal means and equal samples at right angles to all others.
    expected = math.log1p(6 * math.exp(-1 / 0.5))
    assert float(disentangled_shared_loss([axes, axes], [axes, axes], 1.0, 0.5)) == pytest.approx(
        expected
    )
    assert float(mean_distance(axes, -axes)) == pytest.approx(4)
    # All codes alike: chance, and an overlap of N.
    same = torch.ones(4, 3, dtype=torch.float64)
    assert float(agreement([same] * 2, [same] * 2)) == pytest.approx(math.log(7))
    assert float(overlap(same, same)) == pytest.approx(4)
    # The overlap of orthonormal rows with themselves is √N.
    assert float(overlap(axes, axes)) == pytest.approx(2)
    # Features that do not vary together do not overlap: signs of a 2 × 2 design.
    first = torch.tensor([[1.0], [1.0], [-1.0], [-1.0]], dtype=torch.float64)
    second = torch.tensor([[1.0], [-1.0], [1.0], [-1.0]], dtype=torch.float64)
    assert float(overlap(first, second)) == pytest.approx(0, abs=1e-12)


def test_symmetries():
    shared, specific = rows(2, 2, 5, 4, seed=1), rows(2, 2, 5, 4, seed=2)
    value = disentangled_specific_loss(shared, specific)
    first = disentangled_shared_loss([*shared[:, 0]], [*shared[:, 1]])
    order = torch.tensor([3, 0, 4, 1, 2])
    rotation = torch.linalg.qr(rows(4, 4, seed=9)).Q
    for change in (
        lambda z: z.flip(1),  # views
        lambda z: z.flip(0),  # modalities
        lambda z: z[:, :, order],
        lambda z: 3 * z,
        lambda z: z @ rotation,
    ):
        changed = disentangled_specific_loss(change(shared), change(specific))
        torch.testing.assert_close(changed, value, **SAME)
    for change in (lambda z: z[::-1], lambda z: [a[order] for a in z]):
        pair = change([*shared[:, 0]]), change([*shared[:, 1]])
        torch.testing.assert_close(disentangled_shared_loss(*pair), first, **SAME)
    torn = disentangled_specific_loss(shared, specific[:, :, order])
    assert abs(torn - value) > 1e-3


def test_gradients():
    given = [rows(3, 3, seed=k).requires_grad_() for k in range(4)]
    assert torch.autograd.gradcheck(
        lambda a, b, c, d: disentangled_shared_loss([a, b], [c, d], 0.7, 0.5), given
    )
    assert torch.autograd.gradcheck(
        lambda a, b, c, d: disentangled_specific_loss([[a, b]], [[c, d]], 0.7, 0.5), given
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mean_distance(rows(3, 2), rows(3, 4)), r"batches, not \[3, 2\] and \[3, 4\]"),
        (lambda: mean_distance(rows(1, 2), rows(1, 2)), "needs a batch of at least 2"),
        (
            lambda: disentangled_shared_loss([rows(3, 2)] * 2, [rows(3, 2)]),
            "samples and means of two images, not 2 and 1",
        ),
        (
            lambda: disentangled_shared_loss([rows(3, 2)], [rows(3, 2)] * 2),
            "samples and means of two images, not 1 and 2",
        ),
        (
            lambda: disentangled_specific_loss([[rows(3, 2)] * 2], [[rows(3, 2)] * 2] * 2),
            "codes of each modality, not of 1 and of 2",
        ),
        (lambda: disentangled_specific_loss([], []), "not of 0 and of 0"),
        (lambda: overlap(rows(3, 2), rows(4, 2)), r"codes, not \[3, 2\] and \[4, 2\]"),
        (lambda: agreement([rows(3, 2)], [rows(3, 2)]), "two views agree, not 1 and 1"),
        (lambda: DisentangledSSL(CONFIG, 3), "stated for 2 modalities, not for 3"),
    ],
)
def test_bad_inputs_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_step_1_minimises_its_function():
    method = build(DisentangledSSL)
    method.concentration = math.inf  # a sample is then its mean
    given = batch(method, progress=0.5)
    means = [[*of_modality] for of_modality in method._shared_views(given)]
    views = [disentangled_shared_loss(z, z) for z in zip(*means, strict=True)]
    values = method.loss(given, list(method.terms))
    torch.testing.assert_close(sum(values.values()).double(), sum(views) / 2, rtol=1e-9, atol=0)


def test_step_2_minimises_its_function():
    method = build(DisentangledSSL)
    given = batch(method, progress=0.51)
    with method._frozen_step_1():
        shared = method._shared_views(given)
    specific = [method._specific_views(m, views, shared[m]) for m, views in enumerate(given.views)]
    expected = disentangled_specific_loss(shared, specific)
    values = method.loss(given, list(method.terms))
    torch.testing.assert_close(sum(values.values()), expected, rtol=1e-9, atol=0)


def test_samples_lie_around_their_means():
    method = build(DisentangledSSL)
    means = torch.nn.functional.normalize(rows(1, 2000, 8), dim=2)
    samples = method._sample(means, torch.Generator().manual_seed(0))
    torch.testing.assert_close(samples.norm(dim=2), torch.ones(1, 2000, dtype=torch.float64))
    # Of d − 1 tangent directions, each of variance 1 / κ.
    assert float((samples - means).square().sum(2).mean()) == pytest.approx(7 / 1000, rel=0.05)


@pytest.mark.parametrize(
    ("progress", "on", "off"), [(0.1, STEP_1, STEP_2), (0.5, STEP_1, STEP_2), (0.6, STEP_2, STEP_1)]
)
def test_terms_of_the_other_step_are_absent(progress, on, off):
    method = build(DisentangledSSL)
    values = method.loss(batch(method, progress=progress), list(method.terms))
    assert all(float(values[term].detach()) > 0 for term in on)
    assert [float(values[term].detach()) for term in off] == [0.0, 0.0]
    sum(values.values()).backward()
    learns = {name for name, p in method.named_parameters() if p.grad is not None}
    first = {name for name, _ in method.named_parameters() if name.startswith(FROZEN)}
    assert learns == (first if on == STEP_1 else {*dict(method.named_parameters())} - first)


def train(method, optimizer, epochs, finished=0, weights=None, last=None):
    """Some epochs of a training of 4; the method's state after each."""
    generator = torch.Generator().manual_seed(1)
    images = torch.randint(256, (9, 3, 16, 16), generator=generator, dtype=torch.uint8)
    pairs = torch.randint(9, (12, 2), generator=generator)
    optim = OptimConfig(epochs=epochs, batch=4, lr=1e-2, weight_decay=0.1, precision="fp32")
    states = []
    for epoch in pretrain(
        *(method, optimizer, images, pairs, ViewConfig(), optim),
        {**method.terms, **(weights or {})},
        seed=0,
        finished_epochs=finished,
    ):
        states.append({name: value.clone() for name, value in method.state_dict().items()})
        if epoch.number == last:
            break
    return states


def fresh(optimizer="adamw"):
    method = build(DisentangledSSL, torch.float32)
    optim = OptimConfig(lr=1e-2, weight_decay=0.1, optimizer=optimizer)
    return method, optimizer_for(method, optim)


@pytest.mark.parametrize("kind", ["adamw", "muon"])
def test_step_2_leaves_step_1_to_the_bit(kind):
    """Neither momentum, weight decay nor the statistics of batches move its parts."""
    states = train(*fresh(kind), 4)
    for name, value in states[1].items():
        moved = not torch.equal(states[3][name], value)
        assert moved != name.startswith(FROZEN), name


@pytest.mark.parametrize("kind", ["adamw", "muon"])
@pytest.mark.parametrize("stop", [1, 2, 3])
def test_a_training_goes_on_in_either_step_to_the_bit(kind, stop):
    whole = train(*fresh(kind), 4)[-1]
    method, optimizer = fresh(kind)
    train(method, optimizer, 4, last=stop)
    resumed, its_optimizer = fresh(kind)
    resumed.load_state_dict(method.state_dict())
    load_optimizer(its_optimizer, optimizer.state_dict())
    for name, value in train(resumed, its_optimizer, 4, finished=stop)[-1].items():
        assert torch.equal(value, whole[name]), name


def test_a_training_without_an_epoch_of_step_1_is_refused():
    """It would learn codes unlike those of parts that never learnt."""
    with pytest.raises(ValueError, match="in at least 2 epochs, not 1"):
        train(*fresh(), 1)


def test_without_the_terms_of_step_2_the_codes_are_those_of_step_1():
    states = train(*fresh(), 4, weights={"specific": 0.0, "orthogonality": 0.0})
    whole = train(*fresh(), 4)
    for name, value in states[3].items():
        assert torch.equal(value, states[1][name]), name
        assert torch.equal(states[1][name], whole[1][name]), name


def test_the_representation_is_shared_codes_then_specific_ones():
    method = build(DisentangledSSL).eval()
    images = [views[0] for views in batch(method).views]
    found = {}
    for place in method.places:
        method.place = place
        found[place] = method.combine([method.encode(m, x) for m, x in enumerate(images)])
    torch.testing.assert_close(
        found["codes"], torch.cat([found["shared"], found["specific"]], 1), rtol=0, atol=0
    )
    alone = method.combine([method.encode(0, images[0]), None])
    assert torch.equal(alone, found["specific"][:, :5])
    method.place = "codes"
    alone = method.combine([None, method.encode(1, images[1])])
    expected = torch.cat([found["shared"][:, 5:], found["specific"][:, 5:]], 1)
    assert torch.equal(alone, expected)
    torch.testing.assert_close(
        found["codes"].view(6, 4, 5).norm(dim=2), torch.ones(6, 4, dtype=torch.float64)
    )
