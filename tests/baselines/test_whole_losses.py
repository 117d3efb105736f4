"""Whole losses of papers: against their parts, and against what the methods minimise."""

import math

import pytest
import torch
from small_methods import batch, build

from interaction_probes.baselines.cross_self import CrossSelf, cross_self_loss
from interaction_probes.baselines.factorcl import FactorCL, factorcl_loss
from interaction_probes.baselines.infmasking import (
    InfMasking,
    infinite_masking,
    infmasking_loss,
)
from interaction_probes.baselines.simclr import SimCLR, simclr_loss
from interaction_probes.comm.loss import comm_loss
from interaction_probes.comm.method import CoMM
from interaction_probes.contrast.losses import nce

TERMS = (
    *("shared_nce", "shared_club", "unique1_nce", "unique2_nce"),
    *("conditional_nce", "conditional_club"),
)


def rows(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def slow_infonce(scores):
    n, table = len(scores), scores.tolist()
    terms = [table[i][i] - math.log(sum(map(math.exp, table[i]))) + math.log(n) for i in range(n)]
    return sum(terms) / n


def slow_club(scores):
    n, table = len(scores), scores.tolist()
    return sum(table[i][i] for i in range(n)) / n - sum(map(sum, table)) / n**2


def test_factorcl_slow_twin():
    scores = {term: rows(4, 4, seed=k) for k, term in enumerate(TERMS)}
    expected = sum(
        slow_club(s) if term.endswith("club") else -slow_infonce(s) for term, s in scores.items()
    )
    assert float(factorcl_loss(scores)) == pytest.approx(expected, rel=1e-11)


def test_factorcl_of_critics_that_see_nothing_is_nothing():
    flat = dict.fromkeys(TERMS, torch.ones(6, 6, dtype=torch.float64))
    assert float(factorcl_loss(flat)) == pytest.approx(0, abs=1e-12)


def test_factorcl_of_perfect_critics():
    """Scores 1000 · I: I_NCE is log N, four times, and I_CLUB 1000 (1 − 1/N), twice."""
    n = 5
    scores = dict.fromkeys(TERMS, 1000 * torch.eye(n, dtype=torch.float64))
    expected = -4 * math.log(n) + 2 * 1000 * (1 - 1 / n)
    assert float(factorcl_loss(scores)) == pytest.approx(expected)


def test_other_terms_of_factorcl_are_refused():
    with pytest.raises(ValueError, match=r"FactorCL's terms are shared_nce, .*, not shared"):
        factorcl_loss({"shared": rows(3, 3)})
    with pytest.raises(ValueError, match=r"\[N, N\] scores with N >= 2, not \[3, 4\]"):
        factorcl_loss(dict.fromkeys(TERMS, rows(3, 4)))


@pytest.mark.parametrize("modalities", [1, 2, 3])
def test_infmasking_is_the_mean_of_its_terms(modalities):
    joint, masked = rows(2, 5, 4, seed=1), rows(modalities, 2, 5, 4, seed=2)
    tokens = rows(2, 6, 5, 4, seed=3)
    value = infmasking_loss(masked, joint, tokens, 0.3, 0.2)
    masks = [infinite_masking(joint[v], tokens[v], 0.3, 0.2) for v in range(2)]
    expected = (modalities + 1) * comm_loss(masked, joint, 0.3) + sum(masks)
    torch.testing.assert_close(value, expected / (modalities + 3), rtol=1e-12, atol=0)
    swapped = infmasking_loss(masked.flip(1), joint.flip(0), tokens.flip(0), 0.3, 0.2)
    torch.testing.assert_close(swapped, value, rtol=1e-12, atol=0)


def test_cross_self_slow_twin():
    z = rows(2, 2, 5, 4, seed=1)
    expected = (nce(z[0, 0], z[1, 0], 0.3) + nce(z[0, 1], z[1, 1], 0.3)) / 2
    expected = expected + (nce(z[0, 0], z[0, 1], 0.3) + nce(z[1, 0], z[1, 1], 0.3)) / 2
    pairs = [(part[0], part[1]) for part in z]
    torch.testing.assert_close(cross_self_loss(pairs, 0.3), expected, rtol=1e-12, atol=0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: simclr_loss([]), "at least one modality"),
        (lambda: simclr_loss([rows(3, 4, 2)]), "two views of a modality, not 3"),
        (lambda: cross_self_loss([rows(2, 4, 2)]), "needs 2 or more, not 1"),
        (
            lambda: infmasking_loss(rows(2, 2, 3, 4), rows(2, 3, 4), rows(6, 3, 4)),
            "tokens of two views, not of 6",
        ),
        (lambda: infinite_masking(torch.ones(3, 2).long(), rows(2, 3, 2)), "floating point"),
    ],
)
def test_bad_inputs_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def weighted(method, given):
    values = method.loss(given, list(method.terms))
    return sum(method.terms[term] * value for term, value in values.items())


def test_the_methods_minimise_these_functions():
    simclr, cross_self, comm = build(SimCLR), build(CrossSelf), build(CoMM)
    given = batch(simclr)
    z = simclr.project(given)
    torch.testing.assert_close(weighted(simclr, given), simclr_loss(z, 0.3), rtol=1e-9, atol=0)
    z = cross_self.project(given)
    expected = cross_self_loss(z, 0.3)
    torch.testing.assert_close(weighted(cross_self, given), expected, rtol=1e-9, atol=0)
    joint, *alone = comm.project_masks(comm.tokenise_views(given), list(comm.terms))
    expected = comm_loss(alone, joint, 0.3)
    torch.testing.assert_close(weighted(comm, given), expected, rtol=1e-9, atol=0)


def test_infmasking_minimises_its_function():
    method = build(InfMasking)
    given = batch(method, progress=0.5)
    found = weighted(method, given)
    tokens = method.tokenise_views(given)
    joint, *alone = method.project_masks(tokens, list(method.terms))
    masked = method.project(method.fuse_masked(tokens, torch.Generator().manual_seed(9)))
    expected = infmasking_loss(alone, joint, masked.transpose(0, 1), 0.3, 0.5 * 0.5)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=0)


def test_factorcl_minimises_its_function():
    method = build(FactorCL)
    given = batch(method)
    embedded = method.embed_views(given)
    scores = {term: method.critics[term](*method._compared(term, embedded)) for term in TERMS}
    values = method.loss(given, TERMS)
    torch.testing.assert_close(sum(values.values()), factorcl_loss(scores), rtol=1e-9, atol=0)
