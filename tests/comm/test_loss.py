import math

import pytest
import torch

from interaction_probes.comm.loss import comm_loss, masked_term, masked_terms


def rows(n, d, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, d, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("n", [2, 5])
@pytest.mark.parametrize("temperature", [0.1, 0.7])
def test_slow_twin(slow_nce, n, temperature):
    first, second, joint_first, joint_second = (rows(n, 4, seed) for seed in range(4))
    expected = 0.5 * (
        slow_nce(first, joint_second, temperature) + slow_nce(second, joint_first, temperature)
    )
    value = masked_term((first, second), (joint_first, joint_second), temperature)
    torch.testing.assert_close(value, expected, rtol=1e-11, atol=1e-12)


def test_the_mask_of_everything_compares_the_two_views(slow_nce):
    joint = rows(5, 4, 0), rows(5, 4, 1)
    expected = slow_nce(*joint, 0.2)
    torch.testing.assert_close(masked_term(joint, joint, 0.2), expected, rtol=1e-11, atol=1e-12)


def test_masks_together_are_masks_apart():
    masked = torch.stack([rows(5, 4, seed) for seed in range(6)]).view(3, 2, 5, 4)
    joint = torch.stack([rows(5, 4, 6), rows(5, 4, 7)])
    expected = torch.stack([masked_term(views, joint, 0.3) for views in masked])
    torch.testing.assert_close(masked_terms(masked, joint, 0.3), expected, rtol=1e-13, atol=0)


def test_swapping_the_views_changes_nothing():
    masked, joint = (rows(5, 4, 0), rows(5, 4, 1)), (rows(5, 4, 2), rows(5, 4, 3))
    value = masked_term(masked, joint, 0.2)
    torch.testing.assert_close(masked_term(masked[::-1], joint[::-1], 0.2), value)
    assert abs(masked_term(masked, joint[::-1], 0.2) - value) > 1e-3


def test_a_batch_of_one_is_refused():
    one = (rows(1, 4, 0), rows(1, 4, 1))
    with pytest.raises(ValueError, match="NCE needs a batch of at least 2"):
        masked_term(one, one, 0.1)


@pytest.mark.parametrize("modalities", [1, 2, 3])
def test_the_loss_is_the_mean_over_the_masks(slow_nce, modalities):
    joint = rows(5, 4, 90), rows(5, 4, 91)
    masked = [(rows(5, 4, 2 * m), rows(5, 4, 2 * m + 1)) for m in range(modalities)]
    expected = [slow_nce(*joint, 0.2)]
    expected += [
        (slow_nce(z[0], joint[1], 0.2) + slow_nce(z[1], joint[0], 0.2)) / 2 for z in masked
    ]
    value = comm_loss(masked, joint, 0.2)
    torch.testing.assert_close(value, sum(expected) / (modalities + 1), rtol=1e-11, atol=0)
    stacked = comm_loss(torch.stack([torch.stack(z) for z in masked]), torch.stack(joint), 0.2)
    assert torch.equal(stacked, value)


def test_the_loss_of_orthonormal_rows():
    z = torch.eye(4, dtype=torch.float64)
    expected = math.log1p(6 * math.exp(-1 / 0.1))
    assert float(comm_loss([(z, z), (z, z)], (z, z))) == pytest.approx(expected, rel=1e-9)


def test_swapping_views_or_modalities_leaves_the_loss():
    joint = rows(5, 4, 90), rows(5, 4, 91)
    masked = [(rows(5, 4, 2 * m), rows(5, 4, 2 * m + 1)) for m in range(2)]
    value = comm_loss(masked, joint)
    torch.testing.assert_close(comm_loss([z[::-1] for z in masked], joint[::-1]), value)
    torch.testing.assert_close(comm_loss(masked[::-1], joint), value)


def test_masks_that_are_no_pairs_of_views_are_refused():
    joint = rows(5, 4, 0), rows(5, 4, 1)
    with pytest.raises(ValueError, match="each modality alone, not of none"):
        comm_loss([], joint)
    with pytest.raises(ValueError, match="two views of each mask, not 3"):
        comm_loss([(joint[0],) * 3], joint)
    with pytest.raises(ValueError, match="two views of each mask, not 5"):
        comm_loss([joint[0]], joint)
