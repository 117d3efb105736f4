"""TRIANGLE's area and loss against slow twins; symmetries, closed forms, gradients."""

import math

import pytest
import torch
from plain_vectors import dot, unit
from small_methods import batch, build

from interaction_probes.baselines.beyond_pairs.triangle import (
    TRIANGLE,
    triangle_area,
    triangle_loss,
)


def vectors(n, d, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(n, d, generator=generator, dtype=dtype) for _ in range(3)]


def slow_area(x, y, z):
    x, y, z = ([unit(row) for row in rows.tolist()] for rows in (x, y, z))
    found = []
    for corner in x:
        line = []
        for j in range(len(x)):
            u = [a - b for a, b in zip(corner, y[j], strict=True)]
            v = [a - b for a, b in zip(corner, z[j], strict=True)]
            line.append(0.5 * math.sqrt(max(0.0, dot(u, u) * dot(v, v) - dot(u, v) ** 2)))
        found.append(line)
    return found


def slow_loss(x, y, z, temperature):
    area, n, total = slow_area(x, y, z), len(x), 0.0
    for rows in (area, [list(column) for column in zip(*area, strict=True)]):
        for i, row in enumerate(rows):
            terms = [math.exp(-entry / temperature) for entry in row]
            total -= math.log(terms[i] / sum(terms))
    return total / (2 * n)


@pytest.mark.parametrize(("n", "d"), [(2, 2), (3, 3), (6, 4)])
@pytest.mark.parametrize("temperature", [0.07, 1.0])
def test_slow_twin(n, d, temperature):
    x, y, z = vectors(n, d, seed=1)
    area = torch.tensor(slow_area(x, y, z), dtype=torch.float64)
    torch.testing.assert_close(triangle_area(x, y, z), area, rtol=1e-8, atol=1e-9)
    expected = slow_loss(x, y, z, temperature)
    assert float(triangle_loss(x, y, z, temperature)) == pytest.approx(expected, rel=1e-8)
    single = triangle_loss(x.float(), y.float(), z.float(), temperature)
    assert float(single) == pytest.approx(expected, rel=1e-2, abs=1e-2)


def test_closed_forms():
    axes = torch.eye(3, dtype=torch.float64)
    x, y, z = (axis.repeat(4, 1) for axis in axes)
    # Equilateral, with sides √2: √3 / 4 · 2.
    expected = torch.full((4, 4), math.sqrt(3) / 2, dtype=torch.float64)
    torch.testing.assert_close(triangle_area(x, y, z), expected)
    assert float(triangle_loss(x, y, z)) == pytest.approx(math.log(4))
    # Opposite corners and one at a right angle: base 2, height 1.
    torch.testing.assert_close(triangle_area(x, -x, y), torch.ones(4, 4, dtype=torch.float64))
    assert triangle_area(x, x, y).max() < 1e-12


def test_it_is_herons_area():
    x, y, z = (torch.nn.functional.normalize(rows, dim=1) for rows in vectors(5, 4))
    a, b = torch.cdist(x, y), torch.cdist(x, z)
    c = (y - z).norm(dim=1)
    s = (a + b + c) / 2
    expected = (s * (s - a) * (s - b) * (s - c)).sqrt()
    torch.testing.assert_close(triangle_area(x, y, z), expected, rtol=1e-8, atol=1e-9)


def test_symmetries():
    x, y, z = vectors(6, 4)
    value, same = triangle_loss(x, y, z), {"rtol": 1e-10, "atol": 0}
    torch.testing.assert_close(triangle_loss(x, z, y), value, **same)
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    torch.testing.assert_close(triangle_loss(x[order], y[order], z[order]), value, **same)
    rotation = torch.linalg.qr(vectors(4, 4, seed=3)[0]).Q
    turned = (rows @ rotation for rows in (x, y, z))
    torch.testing.assert_close(triangle_loss(*turned), value, **same)
    torch.testing.assert_close(triangle_loss(2 * x, 0.1 * y, 7 * z), value, **same)
    assert abs(triangle_loss(-x, y, z) - value) > 1e-3
    assert abs(triangle_loss(y, x, z) - value) > 1e-3  # the anchor is one of them
    assert abs(triangle_loss(x, y, z[order]) - value) > 1e-3


def test_gradients():
    given = [rows.requires_grad_() for rows in vectors(4, 5)]
    assert torch.autograd.gradcheck(lambda x, y, z: triangle_loss(x, y, z, 0.5), given)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_where_corners_coincide_the_gradient_is_finite(dtype):
    x = vectors(6, 4, dtype=dtype)[0].requires_grad_()
    loss = triangle_loss(x, x.clone(), x * 2)
    loss.backward()
    assert loss.isfinite()
    assert x.grad.isfinite().all()
    assert x.grad.abs().max() < 100


def test_autocast_is_float32():
    given = vectors(8, 16, dtype=torch.float32)
    expected = triangle_loss(*given)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(triangle_loss(*given), expected)


@pytest.mark.parametrize(
    ("shapes", "temperature", "message"),
    [
        (((4, 3), (4, 3), (4, 2)), 0.07, r"\[N, d\] batches, not \[4, 3\] and \[4, 2\]"),
        (((1, 3), (1, 3), (1, 3)), 0.07, "TRIANGLE needs a batch of at least 2"),
        (((4, 3), (4, 3), (4, 3)), -1.0, "a temperature is one positive number, not -1.0"),
    ],
)
def test_bad_inputs_are_refused(shapes, temperature, message):
    with pytest.raises(ValueError, match=message):
        triangle_loss(*(torch.ones(shape) for shape in shapes), temperature)


def test_the_method_minimises_this_function():
    method = build(TRIANGLE)
    given = batch(method)
    expected = triangle_loss(*method.project(given), 0.07)
    torch.testing.assert_close(method.loss(given, ["area"])["area"], expected, rtol=1e-10, atol=0)
