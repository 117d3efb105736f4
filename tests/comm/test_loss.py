import pytest
import torch

from interaction_probes.comm.loss import masked_term


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


def test_swapping_the_views_changes_nothing():
    masked, joint = (rows(5, 4, 0), rows(5, 4, 1)), (rows(5, 4, 2), rows(5, 4, 3))
    value = masked_term(masked, joint, 0.2)
    torch.testing.assert_close(masked_term(masked[::-1], joint[::-1], 0.2), value)
    assert abs(masked_term(masked, joint[::-1], 0.2) - value) > 1e-3


def test_a_batch_of_one_is_refused():
    one = (rows(1, 4, 0), rows(1, 4, 1))
    with pytest.raises(ValueError, match="NCE needs a batch of at least 2"):
        masked_term(one, one, 0.1)
