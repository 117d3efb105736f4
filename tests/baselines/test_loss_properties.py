"""The mathematical properties that each loss of a paper claims, and that their asserts can fail."""

import loss_properties as properties
import pytest
from small_methods import batch, build

from interaction_probes.baselines.beyond_pairs.gram import gram_loss
from interaction_probes.baselines.beyond_pairs.symile import symile_loss
from interaction_probes.baselines.beyond_pairs.triangle import triangle_loss
from interaction_probes.baselines.clip import pairwise_clip_loss
from interaction_probes.baselines.cross_self import cross_self_loss
from interaction_probes.baselines.infmasking import infmasking_loss
from interaction_probes.baselines.simclr import simclr_loss
from interaction_probes.comm.loss import comm_loss

VIEWS = properties.assert_symmetric_in_views
MODALITIES = properties.assert_symmetric_in_modalities
ROWS = properties.assert_invariant_to_scale_of_rows
ROTATION = properties.assert_invariant_to_common_rotation
#: What every loss of normalised rows keeps to.
OF_COSINES = (
    properties.assert_invariant_under_batch_permutation,
    ROWS,
    ROTATION,
    properties.assert_gradients,
)


def first_views(loss):
    """A loss of one view of each modality, of the first."""
    return lambda z: loss([x[0] for x in z])


def comm(z):
    *alone, joint = z
    return comm_loss(alone, joint, 0.3)


def infmasking(z):
    *alone, joint = z
    return infmasking_loss(alone, joint, [x[None] for x in alone[0]], 0.3)


def simclr(z):
    return simclr_loss(z, 0.3)


def cross_self(z):
    return cross_self_loss(z, 0.3)


clip = first_views(lambda z: pairwise_clip_loss(z, 3.0))
symile = first_views(lambda z: symile_loss(z, 3.0))
gram = first_views(lambda z: gram_loss(z[0], z[1:], 0.5))
triangle = first_views(lambda z: triangle_loss(*z, 0.5))
PAIRED = properties.assert_depends_on_pairing
CLAIMS = {
    comm: (*OF_COSINES, VIEWS, PAIRED),
    infmasking: (*OF_COSINES, VIEWS, PAIRED),
    simclr: (*OF_COSINES, VIEWS, MODALITIES),
    cross_self: (*OF_COSINES, VIEWS, MODALITIES, PAIRED),
    clip: (*OF_COSINES, MODALITIES, PAIRED),
    # a product of coordinates depends on the axes
    symile: (*(p for p in OF_COSINES if p is not ROTATION), MODALITIES, PAIRED),
    gram: (*OF_COSINES, PAIRED),
    triangle: (*OF_COSINES, PAIRED),
}
NAMES = {loss: name for name, loss in list(globals().items()) if callable(loss) and loss in CLAIMS}


@pytest.mark.parametrize(
    ("loss", "claimed"),
    [(loss, claim) for loss, claims in CLAIMS.items() for claim in claims],
    ids=lambda value: NAMES.get(value) or value.__name__,
)
def test_properties(loss, claimed):
    claimed(loss, properties.some_views(3))


@pytest.mark.parametrize(("name", "term"), [("comm", "unimodal"), ("cross_self", "cross")])
def test_a_term_of_weight_zero_is_absent(name, term):
    properties.assert_term_of_weight_zero_is_absent(lambda: build(name), batch, term)


@pytest.mark.parametrize(
    ("claimed", "loss"),
    [
        (VIEWS, clip),
        (MODALITIES, gram),
        (properties.assert_invariant_under_batch_permutation, lambda z: z[0][0, 0].sum()),
        (PAIRED, simclr),
        (ROWS, lambda z: z[0].square().mean()),
        (ROTATION, symile),
        (properties.assert_invariant_to_common_scale, lambda z: z[0].square().mean()),
        (properties.assert_invariant_to_shift, lambda z: z[0].square().mean()),
        (properties.assert_gradients, lambda z: (z[0] * z[0].detach()).sum()),
    ],
)
def test_each_assert_can_fail(claimed, loss):
    with pytest.raises((AssertionError, RuntimeError)):
        claimed(loss, properties.some_views(3))
