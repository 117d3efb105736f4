"""Symile's loss against a slow twin; symmetries, closed forms, gradients; the method's own."""

import itertools
import math

import pytest
import torch
from plain_vectors import unit
from small_methods import batch, build

from interaction_probes.baselines.beyond_pairs import symile as module
from interaction_probes.baselines.beyond_pairs.symile import Symile, symile_loss
from interaction_probes.baselines.clip import clip_loss
from interaction_probes.contrast import row_blocks


def vectors(modalities, n, d, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(n, d, generator=generator, dtype=dtype) for _ in range(modalities)]


def shuffles(modalities, n, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.stack([torch.randperm(n, generator=generator) for _ in range(modalities)])


def product(rows):
    return sum(math.prod(entries) for entries in zip(*rows, strict=True))


def slow_symile(given, scale, orders=None):
    """Anchor by anchor, candidate by candidate."""
    z = [[unit(row) for row in rows.tolist()] for rows in given]
    count, n, total = len(z), len(z[0]), 0.0
    for m in range(count):
        others = [k for k in range(count) if k != m]
        for i in range(n):
            positive = scale * product([z[k][i] for k in range(count)])
            denominator = math.exp(positive)
            if orders is None:
                for js in itertools.product(range(n), repeat=count - 1):
                    if any(j != i for j in js):
                        rows = [z[k][j] for k, j in zip(others, js, strict=True)]
                        denominator += math.exp(scale * product([z[m][i], *rows]))
            else:
                for j in range(n):
                    if j != i:
                        rows = [z[k][int(orders[k][j])] for k in others]
                        denominator += math.exp(scale * product([z[m][i], *rows]))
            total += math.log(denominator) - positive
    return total / (n * count)


@pytest.mark.parametrize(("modalities", "n", "d"), [(2, 4, 3), (3, 2, 1), (3, 5, 4), (4, 3, 2)])
@pytest.mark.parametrize("scale", [0.5, 1 / 0.07, 100.0])
@pytest.mark.parametrize("all_negatives", [True, False])
def test_slow_twin(modalities, n, d, scale, all_negatives):
    given = vectors(modalities, n, d, seed=1)
    orders = None if all_negatives else shuffles(modalities, n, seed=2)
    expected = slow_symile(given, scale, orders)
    found = symile_loss(given, torch.tensor(scale, dtype=torch.float64), orders)
    assert float(found) == pytest.approx(expected, rel=1e-10, abs=1e-12)
    single = symile_loss([rows.float() for rows in given], scale, orders)
    assert float(single) == pytest.approx(expected, rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("all_negatives", [True, False])
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_blocks_of_any_size_give_the_same_loss_and_gradient(monkeypatch, all_negatives, size):
    given = [rows.requires_grad_() for rows in vectors(3, 6, 4, seed=1)]
    scale = torch.tensor(5.0, dtype=torch.float64, requires_grad=True)
    orders = None if all_negatives else shuffles(3, 6)
    whole = symile_loss(given, scale, orders)
    slopes = torch.autograd.grad(whole, [*given, scale])
    monkeypatch.setattr(row_blocks, "ENTRIES", size)
    blocks = symile_loss(given, scale, orders)
    torch.testing.assert_close(blocks, whole, rtol=1e-12, atol=0)
    for a, b in zip(torch.autograd.grad(blocks, [*given, scale]), slopes, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-12)


def test_of_two_modalities_it_is_clip():
    a, b = vectors(2, 5, 4)
    torch.testing.assert_close(symile_loss([a, b], 3.0), clip_loss(a, b, 3.0), rtol=1e-12, atol=0)


def test_closed_forms():
    """Equal rows leave chance; orthonormal ones have the product 1 with themselves, else 0."""
    same = torch.ones(5, 3, dtype=torch.float64)
    assert float(symile_loss([same] * 3)) == pytest.approx(math.log(25))
    identity = torch.arange(5).expand(3, 5)
    assert float(symile_loss([same] * 3, 2.0, identity)) == pytest.approx(math.log(5))
    apart = torch.eye(4, dtype=torch.float64)
    expected = math.log1p(15 * math.exp(-3))
    assert float(symile_loss([apart] * 3, 3.0)) == pytest.approx(expected)
    expected = math.log1p(3 * math.exp(-3))
    found = symile_loss([apart] * 3, 3.0, torch.arange(4).expand(3, 4))
    assert float(found) == pytest.approx(expected)


def test_a_product_of_signs_is_learnt_where_every_pair_is_independent():
    """z = x y: pairs of modalities share nothing, and a table of the loss is far below chance."""
    signs = torch.tensor(list(itertools.product((1.0, -1.0), repeat=2)), dtype=torch.float64)
    x, y = signs[:, :1], signs[:, 1:]
    n, scale = 4, 10.0
    # Every anchor has 16 candidates, half of them of the product 1, like its own.
    expected = math.log(8 + 8 * math.exp(-2 * scale))
    assert float(symile_loss([x, y, x * y], scale)) == pytest.approx(expected)
    assert expected < math.log(n * n)
    assert float(clip_loss(x, x * y, 1e-9)) == pytest.approx(math.log(n))


def test_symmetries():
    given, order = vectors(3, 6, 4), torch.tensor([3, 0, 5, 1, 4, 2])
    value = symile_loss(given, 5.0)
    same = {"rtol": 1e-12, "atol": 0}
    for again in itertools.permutations(given):
        torch.testing.assert_close(symile_loss(again, 5.0), value, **same)
    torch.testing.assert_close(symile_loss([z[order] for z in given], 5.0), value, **same)
    scaled = [z * factor for z, factor in zip(given, (0.1, 3.0, 70.0), strict=True)]
    torch.testing.assert_close(symile_loss(scaled, 5.0), value, **same)
    # Coordinates may change places and two modalities their signs; a rotation is no symmetry.
    columns = torch.tensor([2, 0, 3, 1])
    torch.testing.assert_close(symile_loss([z[:, columns] for z in given], 5.0), value, **same)
    flipped = [-given[0], -given[1], given[2]]
    torch.testing.assert_close(symile_loss(flipped, 5.0), value, **same)
    rotation = torch.linalg.qr(vectors(1, 4, 4, seed=3)[0]).Q
    assert abs(symile_loss([z @ rotation for z in given], 5.0) - value) > 1e-3
    assert abs(symile_loss([given[0], given[1], given[2][order]], 5.0) - value) > 1e-3
    orders = shuffles(3, 6)
    turned = symile_loss(given[::-1], 5.0, orders.flip(0))
    torch.testing.assert_close(turned, symile_loss(given, 5.0, orders), **same)


@pytest.mark.parametrize("all_negatives", [True, False])
def test_gradients(all_negatives):
    given = [rows.requires_grad_() for rows in vectors(3, 4, 3)]
    scale = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    orders = None if all_negatives else shuffles(3, 4)
    check = torch.autograd.gradcheck
    assert check(lambda *x: symile_loss(x[:3], x[3], orders), (*given, scale))


def test_autocast_and_short_types_are_computed_in_float32():
    given = vectors(3, 8, 16, dtype=torch.float32)
    expected = symile_loss(given)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(symile_loss(given), expected)
        assert torch.equal(
            symile_loss(given, shuffles=shuffles(3, 8)),
            symile_loss(given, 1 / 0.07, shuffles(3, 8)),
        )
    short = [rows.bfloat16() for rows in given]
    assert torch.equal(symile_loss(short), symile_loss([rows.float() for rows in short]))


@pytest.mark.parametrize(
    ("given", "orders", "message"),
    [
        (vectors(1, 4, 3), None, "compares 2 modalities or more, not 1"),
        (vectors(3, 1, 3), None, "needs a batch of at least 2"),
        ([*vectors(2, 4, 3), torch.ones(4, 2)], None, r"\[N, d\] batches, not \[4, 3\] and \[4, 2"),
        (vectors(3, 4, 3), torch.zeros(3, 4, dtype=torch.int64), "permutations of the rows 0 to 3"),
        (vectors(3, 4, 3), shuffles(2, 4), r"\[modalities, N\], \[3, 4\] here, not \[2, 4\]"),
    ],
)
def test_bad_inputs_are_refused(given, orders, message):
    with pytest.raises(ValueError, match=message):
        symile_loss(given, 1.0, orders)


def test_the_method_minimises_these_functions():
    method = build(Symile)
    given = batch(method)
    values = method.loss(given, ["shuffled", "all"])
    projected, scale = method.project(given), torch.tensor(1 / 0.07, dtype=torch.float64)
    drawing = torch.Generator().manual_seed(9)
    orders = torch.stack([torch.randperm(6, generator=drawing) for _ in range(3)])
    for term, drawn in (("shuffled", orders), ("all", None)):
        expected = symile_loss(projected, scale, drawn)
        torch.testing.assert_close(values[term], expected, rtol=1e-6, atol=0)
    again = method.loss(given, ["shuffled"])["shuffled"]  # the stream goes on
    assert again != values["shuffled"]


def test_all_negatives_exist_for_three_modalities_only():
    assert list(build(Symile, modalities=3).terms) == ["shuffled", "all"]
    assert build(Symile, modalities=4).terms == {"shuffled": 1.0}


def test_the_scale_is_learnt_and_not_held():
    method = build(Symile)
    assert float(method.log_scale.detach()) == pytest.approx(2.659, abs=1e-3)
    with torch.no_grad():
        method.log_scale.fill_(6.0)
    method.loss(batch(method), ["shuffled"])["shuffled"].backward()
    assert float(method.log_scale.detach()) == 6.0
    assert method.log_scale.grad.abs() > 0


def test_all_products_are_made_once(monkeypatch):
    calls, products = [], module._products
    monkeypatch.setattr(module, "_products", lambda unit: (calls.append(1), products(unit))[1])
    symile_loss(vectors(3, 6, 4))
    assert len(calls) == 1
