"""Mathematical properties of a loss, one assert each; a method's test names those that it claims.

A loss is a function of tensors, one per modality: [2, N, d], the views of N samples.
"""

import torch

SAME = {"rtol": 1e-10, "atol": 1e-12}


def some_views(modalities=2, n=6, d=5, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [
        torch.randn(2, n, d, generator=generator, dtype=torch.float64) for _ in range(modalities)
    ]


def assert_symmetric_in_views(loss, given, dim=0):
    """Exchanging the first views with the second changes nothing."""
    torch.testing.assert_close(loss([z.flip(dim) for z in given]), loss(given), **SAME)


def assert_symmetric_in_modalities(loss, given):
    """Exchanging the modalities changes nothing."""
    torch.testing.assert_close(loss(given[::-1]), loss(given), **SAME)


def assert_invariant_under_batch_permutation(loss, given):
    """Another order of the samples changes nothing, and permutes the gradient alike."""
    order = torch.randperm(given[0].shape[1], generator=torch.Generator().manual_seed(3))
    leaves = [z.clone().requires_grad_() for z in given]
    moved = [z[:, order].clone().requires_grad_() for z in given]
    values = loss(leaves), loss(moved)
    torch.testing.assert_close(values[1], values[0], **SAME)
    gradients = [torch.autograd.grad(v, x) for v, x in zip(values, (leaves, moved), strict=True)]
    for own, other in zip(*gradients, strict=True):
        torch.testing.assert_close(other, own[:, order], **SAME)


def assert_depends_on_pairing(loss, given):
    """Samples of one modality that meet others' of the rest give another value."""
    torn = [given[0], *(z.roll(1, dims=1) for z in given[1:])]
    assert abs(loss(torn) - loss(given)) > 1e-4


def assert_invariant_to_scale_of_rows(loss, given):
    """Every row may be of a length of its own."""
    generator = torch.Generator().manual_seed(4)
    scaled = [
        z * (0.5 + torch.rand(*z.shape[:2], 1, generator=generator, dtype=z.dtype)) for z in given
    ]
    torch.testing.assert_close(loss(scaled), loss(given), **SAME)


def assert_invariant_to_common_scale(loss, given, tolerance=1e-10):
    """All rows may be longer by one factor."""
    torch.testing.assert_close(loss([3 * z for z in given]), loss(given), rtol=tolerance, atol=1e-9)


def assert_invariant_to_common_rotation(loss, given):
    """All rows may be turned by one rotation."""
    width = given[0].shape[-1]
    generator = torch.Generator().manual_seed(5)
    turn = torch.linalg.qr(torch.randn(width, width, generator=generator, dtype=torch.float64)).Q
    torch.testing.assert_close(loss([z @ turn for z in given]), loss(given), **SAME)


def assert_invariant_to_shift(loss, given):
    """All rows of a view may be moved by one vector."""
    torch.testing.assert_close(loss([z + 2.5 for z in given]), loss(given), rtol=1e-9, atol=1e-9)


def assert_gradients(loss, given):
    """Analytic gradients are those of finite differences."""
    leaves = [z.clone().requires_grad_() for z in given]
    assert torch.autograd.gradcheck(lambda *z: loss(list(z)), leaves)


def assert_term_of_weight_zero_is_absent(build, batch, term):
    """What the others give, values and gradients, is what all give with this one at weight 0.

    Args:
        build: makes the method, always the same.
        batch: makes a batch for it, always the same.
        term: the name of the term.
    """
    method, other = build(), build()
    rest = [name for name in method.terms if name != term]
    without = method.loss(batch(method), rest)
    assert set(without) == set(rest)
    together = other.loss(batch(other), list(other.terms))
    sum(without.values()).backward()
    sum((name != term) * value for name, value in together.items()).backward()
    for (name, p), q in zip(method.named_parameters(), other.parameters(), strict=True):
        own = torch.zeros_like(p) if p.grad is None else p.grad
        full = torch.zeros_like(q) if q.grad is None else q.grad
        torch.testing.assert_close(own, full, rtol=1e-9, atol=1e-11, msg=name)
