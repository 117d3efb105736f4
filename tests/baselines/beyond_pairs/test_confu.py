"""ConFu's loss against a slow twin; symmetries, closed forms, gradients; the method's own."""

import itertools
import math

import pytest
import torch
from plain_vectors import dot, unit
from small_methods import CONFIG, batch, build
from torch import nn
from torch.nn import functional as F

from interaction_probes.baselines.beyond_pairs.confu import ConFu, confu_loss, fused_term
from interaction_probes.baselines.clip import pairwise_clip_loss


def rows(n, d, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, d, generator=generator, dtype=torch.float64)


def example(modalities, n=5, d=4):
    pairs = list(itertools.combinations(range(modalities), 2))
    vectors = [rows(n, d, m) for m in range(modalities)]
    return vectors, {pair: rows(n, d, 10 + k) for k, pair in enumerate(pairs)}


def slow_ce_nce(a, b, temperature):
    a, b = ([unit(row) for row in side.tolist()] for side in (a, b))
    n, total = len(a), 0.0
    for anchors, others in ((a, b), (b, a)):
        for i in range(n):
            terms = [math.exp(dot(anchors[i], others[j]) / temperature) for j in range(n)]
            total -= math.log(terms[i] / sum(terms))
    return total / (2 * n)


@pytest.mark.parametrize("temperature", [0.07, 0.5])
def test_slow_twin_of_three(temperature):
    z, f = example(3)
    expected = 0.0
    for i, j, k in ((0, 1, 2), (0, 2, 1), (1, 2, 0)):
        expected += slow_ce_nce(f[i, j], z[k], temperature) / 2
        expected += slow_ce_nce(z[i], z[j], temperature) / 2
    found = confu_loss(z, f, temperature)
    assert float(found) == pytest.approx(expected / 6, rel=1e-10)


def test_slow_twin_of_four():
    z, f = example(4)
    compared = [slow_ce_nce(a, b, 0.07) for a, b in itertools.combinations(z, 2)]
    for pair, fused in f.items():
        compared += [slow_ce_nce(fused, z[k], 0.07) for k in range(4) if k not in pair]
    assert len(compared) == 6 + 12
    assert float(confu_loss(z, f)) == pytest.approx(sum(compared) / 2 / 18, rel=1e-10)


def test_closed_forms():
    pairs = list(itertools.combinations(range(3), 2))
    same = torch.ones(5, 3, dtype=torch.float64)
    assert float(confu_loss([same] * 3, dict.fromkeys(pairs, same))) == pytest.approx(
        math.log(5) / 2
    )
    apart = torch.eye(4, dtype=torch.float64)
    expected = math.log1p(3 * math.exp(-1 / 0.5)) / 2
    found = confu_loss([apart] * 3, dict.fromkeys(pairs, apart), 0.5)
    assert float(found) == pytest.approx(expected)


def test_symmetries():
    z, f = example(3)
    value, same = confu_loss(z, f), {"rtol": 1e-12, "atol": 0}
    order = torch.tensor([3, 0, 4, 1, 2])
    permuted = confu_loss([a[order] for a in z], {pair: a[order] for pair, a in f.items()})
    torch.testing.assert_close(permuted, value, **same)
    rotation = torch.linalg.qr(rows(4, 4, 99)).Q
    turned = confu_loss([a @ rotation for a in z], {pair: a @ rotation for pair, a in f.items()})
    torch.testing.assert_close(turned, value, **same)
    scaled = confu_loss([3 * a for a in z], {pair: 0.1 * a for pair, a in f.items()})
    torch.testing.assert_close(scaled, value, **same)
    # Modalities 1 and 3 change places.
    swapped = confu_loss(z[::-1], {(0, 1): f[1, 2], (0, 2): f[0, 2], (1, 2): f[0, 1]})
    torch.testing.assert_close(swapped, value, **same)
    torn = {**f, (0, 1): f[0, 1][order]}
    assert abs(confu_loss(z, torn) - value) > 1e-3


def test_gradients():
    z, f = example(3, n=3, d=3)
    given = [a.requires_grad_() for a in (*z, *f.values())]
    assert torch.autograd.gradcheck(
        lambda *x: confu_loss(x[:3], dict(zip(f, x[3:], strict=True)), 0.5), given
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda z, f: confu_loss(z[:2], f), "a fused pair with a third modality: not 2"),
        (lambda z, f: confu_loss(z, {(0, 1): f[0, 1]}), r"fuses the pairs \(0, 1\), \(0, 2\), \(1"),
        (lambda z, f: confu_loss(z, f, 0.0), "a temperature is one positive number, not 0.0"),
        (
            lambda z, f: confu_loss([a[:1] for a in z], {p: a[:1] for p, a in f.items()}),
            "CLIP needs a batch of at least 2",
        ),
    ],
)
def test_bad_inputs_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(*example(3))


@pytest.mark.parametrize("modalities", [3, 4])
def test_the_method_minimises_this_function(modalities):
    method = build(ConFu, modalities=modalities)
    given = batch(method)
    embedded = [
        method.linears[m](method.encoders[m](views[0]).flatten(1))
        for m, views in enumerate(given.views)
    ]
    z = [F.linear(e, p.weight) for e, p in zip(embedded, method.projections, strict=True)]
    fused = {}
    for (i, j), mlp in zip(
        itertools.combinations(range(modalities), 2), method.fusions, strict=True
    ):
        first, _, _, last = mlp
        hidden = F.linear(torch.cat([embedded[i], embedded[j]], 1), first.weight, first.bias)
        fused[i, j] = F.linear(hidden.clamp(min=0), last.weight, last.bias)
    values = method.loss(given, ["pair", "fused"])
    same = {"rtol": 1e-9, "atol": 0}
    torch.testing.assert_close(values["pair"], pairwise_clip_loss(z, 1 / 0.07), **same)
    torch.testing.assert_close(values["fused"], fused_term(z, fused), **same)
    whole = sum(method.terms[term] * value for term, value in values.items())
    torch.testing.assert_close(whole, confu_loss(z, fused), **same)


def test_the_terms_of_three_weigh_a_quarter():
    assert ConFu.terms == build(ConFu).terms == {"pair": 0.25, "fused": 0.25}


def test_its_fusions_have_two_layers_and_drop_a_tenth():
    method = ConFu(CONFIG)
    assert len(method.fusions) == 3
    for mlp in method.fusions:
        kinds = [type(layer) for layer in mlp]
        assert kinds == [nn.Linear, nn.ReLU, nn.Dropout, nn.Linear]
        assert mlp[2].p == 0.1


def test_the_fused_place_is_every_image_and_every_pair():
    method = build(ConFu).eval()
    method.place = method.find_place("fused")
    images = [views[0] for views in batch(method).views]
    encoded = [method.encode(m, x) for m, x in enumerate(images)]
    z = [p(e) for p, e in zip(method.projections, encoded, strict=True)]
    f = [
        mlp(torch.cat([encoded[i], encoded[j]], 1))
        for (i, j), mlp in zip(((0, 1), (0, 2), (1, 2)), method.fusions, strict=True)
    ]
    torch.testing.assert_close(method.combine(encoded), torch.cat([*z, *f], 1))
    without = method.combine([encoded[0], None, encoded[2]])
    torch.testing.assert_close(without, torch.cat([z[0], z[2], f[1]], 1))
