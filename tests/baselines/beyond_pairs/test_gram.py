"""GRAM's volume and loss against slow twins; symmetries, closed forms, gradients."""

import itertools
import math

import pytest
import torch
from plain_vectors import dot, unit
from small_methods import batch, build

from interaction_probes.baselines.beyond_pairs.gram import (
    GRAM,
    _bordered,
    _expanded,
    gram_loss,
    gram_volume,
)


def vectors(modalities, n, d, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(n, d, generator=generator, dtype=dtype) for _ in range(modalities)]


def determinant(matrix):
    """Leibniz's sum over permutations."""
    size, total = len(matrix), 0.0
    for order in itertools.permutations(range(size)):
        turns = sum(order[a] > order[b] for a in range(size) for b in range(a + 1, size))
        total += (-1) ** turns * math.prod(matrix[k][order[k]] for k in range(size))
    return total


def slow_volume(anchor, others):
    x = [unit(row) for row in anchor.tolist()]
    rest = [[unit(row) for row in rows.tolist()] for rows in others]
    n, found = len(x), []
    for i in range(n):
        line = []
        for j in range(n):
            spanning = [x[i], *(rows[j] for rows in rest)]
            gram = [[dot(a, b) for b in spanning] for a in spanning]
            line.append(math.sqrt(abs(determinant(gram))))
        found.append(line)
    return found


def slow_loss(anchor, others, temperature, smoothing):
    """Row by row and column by column, with the smoothed target written out."""
    volume, n, total = slow_volume(anchor, others), len(anchor), 0.0
    for rows in (volume, [list(column) for column in zip(*volume, strict=True)]):
        for i, row in enumerate(rows):
            logits = [-entry / temperature for entry in row]
            log_sum = math.log(sum(map(math.exp, logits)))
            for j, logit in enumerate(logits):
                target = (1 - smoothing) * (i == j) + smoothing / n
                total += target * (log_sum - logit)
    return total / (2 * n)


@pytest.mark.parametrize(
    ("modalities", "n", "d"), [(2, 3, 4), (3, 2, 3), (3, 5, 4), (4, 4, 6), (6, 2, 8)]
)
@pytest.mark.parametrize(("temperature", "smoothing"), [(0.07, 0.1), (0.07, 0.0), (1.0, 0.3)])
def test_slow_twin(modalities, n, d, temperature, smoothing):
    anchor, *others = vectors(modalities, n, d, seed=1)
    volume = torch.tensor(slow_volume(anchor, others), dtype=torch.float64)
    torch.testing.assert_close(gram_volume(anchor, others), volume, rtol=1e-9, atol=1e-9)
    expected = slow_loss(anchor, others, temperature, smoothing)
    found = gram_loss(anchor, others, temperature, smoothing)
    assert float(found) == pytest.approx(expected, rel=1e-8)
    single = gram_loss(anchor.float(), [rows.float() for rows in others], temperature, smoothing)
    assert float(single) == pytest.approx(expected, rel=1e-2, abs=1e-2)


@pytest.mark.parametrize("modalities", [2, 3, 4, 6, 9])
def test_it_is_the_volume_that_torch_finds(modalities):
    given = vectors(modalities, 5, modalities + 2)
    z = [torch.nn.functional.normalize(rows, dim=1) for rows in given]
    expected = torch.empty(5, 5, dtype=torch.float64)
    for i, j in itertools.product(range(5), repeat=2):
        spanning = torch.stack([z[0][i], *(rows[j] for rows in z[1:])])
        expected[i, j] = torch.linalg.svdvals(spanning).prod()
    torch.testing.assert_close(gram_volume(given[0], given[1:]), expected, rtol=1e-9, atol=1e-9)


def test_closed_forms():
    axes = torch.eye(3, dtype=torch.float64)
    x, y, z = (axis.repeat(4, 1) for axis in axes)
    torch.testing.assert_close(gram_volume(x, [y, z]), torch.ones(4, 4, dtype=torch.float64))
    assert gram_volume(x, [x, z]).max() < 1e-12  # two that are equal span a plane
    # Of two vectors it is the sine of their angle.
    angle = torch.tensor([0.3, 1.2], dtype=torch.float64)
    pair = torch.stack([angle.cos(), angle.sin()], dim=1)
    first = axes[:2, :2][:1].repeat(2, 1)
    torch.testing.assert_close(gram_volume(first, [pair]), angle.sin().expand(2, 2))
    # All volumes alike leave chance, whatever the smoothing.
    assert float(gram_loss(x, [y, z])) == pytest.approx(math.log(4))
    # Samples of orthonormal axes, each three times the same: volume 0 at home. Elsewhere the two
    # others are equal too, so that the volume is 0 everywhere, and chance is left again.
    basis = torch.eye(3, dtype=torch.float64)
    assert float(gram_loss(basis, [basis, basis])) == pytest.approx(math.log(3))


def test_a_sample_in_one_plane_is_found_among_others():
    """x lies in the plane of its own y and z, and at a right angle to the other sample's."""
    axes = torch.eye(4, dtype=torch.float64)
    y, z = axes[[0, 2]], axes[[1, 3]]
    x = y + z
    expected = torch.tensor([[0.0, 1.0], [1.0, 0.0]], dtype=torch.float64)
    torch.testing.assert_close(gram_volume(x, [y, z]), expected, rtol=0, atol=1e-7)
    found = gram_loss(x, [y, z], 0.5, 0.0)
    assert float(found) == pytest.approx(math.log1p(math.exp(-2)), abs=1e-6)
    smoothed = gram_loss(x, [y, z], 0.5, 0.1)
    assert float(smoothed) == pytest.approx(math.log1p(math.exp(-2)) + 0.05 * 2, abs=1e-6)


def test_symmetries():
    x, y, z = vectors(3, 6, 4)
    value, same = gram_loss(x, [y, z]), {"rtol": 1e-10, "atol": 0}
    torch.testing.assert_close(gram_loss(x, [z, y]), value, **same)
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    torch.testing.assert_close(gram_loss(x[order], [y[order], z[order]]), value, **same)
    rotation = torch.linalg.qr(vectors(1, 4, 4, seed=3)[0]).Q
    torch.testing.assert_close(gram_loss(x @ rotation, [y @ rotation, z @ rotation]), value, **same)
    torch.testing.assert_close(gram_loss(2 * x, [-0.1 * y, 7 * z]), value, **same)
    assert abs(gram_loss(y, [x, z]) - value) > 1e-3  # the anchor is one of them
    assert abs(gram_loss(x, [y, z[order]]) - value) > 1e-3


@pytest.mark.parametrize("modalities", [2, 3, 4, 6])
def test_gradients(modalities):
    given = [rows.requires_grad_() for rows in vectors(modalities, 4, 7)]
    assert torch.autograd.gradcheck(lambda x, *rest: gram_loss(x, rest, 0.5), given)


@pytest.mark.parametrize("apart", [1.0, 1e-3, 0.0])
@pytest.mark.parametrize("modalities", [3, 4, 6])
def test_many_vectors_have_the_determinant_and_the_gradient_of_the_expansion(modalities, apart):
    """Also where two of them coincide, and a factorisation would divide by 0."""
    x, y, *rest = vectors(modalities, 3, 8)
    rest[-1] = y + apart * rest[-1]
    given = [(rows / rows.norm(dim=1, keepdim=True)).requires_grad_() for rows in (x, y, *rest)]
    found = [
        of([given[0] @ rows.T for rows in given[1:]], given[1:]) for of in (_bordered, _expanded)
    ]
    torch.testing.assert_close(*found, rtol=0, atol=1e-14)
    gradients = [torch.autograd.grad(values.sin().sum(), given) for values in found]
    torch.testing.assert_close(*gradients, rtol=0, atol=1e-13)


def test_nine_images_take_a_small_graph():
    """The expansion of nine has 986,409 products, all of which autograd would keep."""
    anchor, *others = (rows.requires_grad_() for rows in vectors(9, 4, 12, dtype=torch.float32))
    seen, waiting = set(), [gram_loss(anchor, others).grad_fn]
    while waiting:
        node = waiting.pop()
        if node is not None and node not in seen:
            seen.add(node)
            waiting += [following for following, _ in node.next_functions]
    assert len(seen) < 500
    single = gram_loss(anchor, others).detach()
    exact = gram_loss(anchor.double(), [rows.double() for rows in others]).detach()
    assert float(single) == pytest.approx(float(exact), rel=1e-4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_where_vectors_coincide_the_gradient_is_finite(dtype):
    x = vectors(1, 6, 4, dtype=dtype)[0].requires_grad_()
    loss = gram_loss(x, [x.clone(), x * 2])
    loss.backward()
    assert loss.isfinite()
    assert x.grad.isfinite().all()
    assert x.grad.abs().max() < 100


def test_autocast_is_float32():
    x, y, z = vectors(3, 8, 16, dtype=torch.float32)
    expected = gram_loss(x, [y, z])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(gram_loss(x, [y, z]), expected)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x, y, z: gram_loss(x, []), "one other modality or more, not with none"),
        (lambda x, y, z: gram_loss(x, [y, z[:, :2]]), r"\[N, d\] batches, not \[4, 3\] and \[4, 2"),
        (lambda x, y, z: gram_loss(x[:1], [y[:1]]), "needs a batch of at least 2"),
        (
            lambda x, y, z: gram_loss(x, [y, z], 0.0),
            "a temperature is one positive number, not 0.0",
        ),
        (lambda x, y, z: gram_loss(x, [y, z], 1.0, 1.0), r"lies in \[0, 1\), not 1.0"),
    ],
)
def test_bad_inputs_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(*vectors(3, 4, 3))


@pytest.mark.parametrize("modalities", [3, 4, 6])
def test_the_method_minimises_this_function(modalities):
    method = build(GRAM, modalities=modalities)
    given = batch(method)
    x, *rest = method.project(given)
    expected = gram_loss(x, rest, 0.07, 0.1)
    torch.testing.assert_close(
        method.loss(given, ["volume"])["volume"], expected, rtol=1e-10, atol=0
    )
