"""Padded tokens: what a fusion makes of the valid ones alone, values and gradients."""

import pytest
import torch

from interaction_probes.comm.features import fused_features, fused_shape
from interaction_probes.comm.fusion import Fusion
from interaction_probes.contrast.encoders import InputConfig, join_valid

LENGTHS = torch.tensor([5, 1, 3])
VALID = torch.arange(5) < LENGTHS[:, None]


def fusion():
    torch.manual_seed(0)
    return Fusion([(5, 6), (4,)], dim=8, heads=2).double()


def features(seed=0):
    generator = torch.Generator().manual_seed(seed)
    sequence = torch.randn(3, 5, 6, generator=generator, dtype=torch.float64)
    return sequence, torch.randn(3, 4, generator=generator, dtype=torch.float64)


def merged(model, sequence, vector, valid=None):
    return model.merge([model.summarise(0, sequence, valid), model.summarise(1, vector)])


def test_a_padded_token_is_as_if_it_were_not_there():
    model, (sequence, vector) = fusion(), features()
    found = merged(model, sequence, vector, VALID)
    found.square().sum().backward()
    gradients = [p.grad.clone() for p in model.parameters() if p.grad is not None]
    model.zero_grad()
    alone = [
        merged(model, sequence[k : k + 1, :length], vector[k : k + 1])
        for k, length in enumerate(LENGTHS.tolist())
    ]
    torch.testing.assert_close(found, torch.cat(alone))
    torch.cat(alone).square().sum().backward()
    expected = [p.grad for p in model.parameters() if p.grad is not None]
    for first, second in zip(gradients, expected, strict=True):
        torch.testing.assert_close(first, second)


def test_values_at_padded_tokens_change_nothing():
    model, (sequence, vector) = fusion(), features()
    other = sequence.masked_fill(~VALID[..., None], 9.0)
    found, expected = (merged(model, x, vector, VALID) for x in (other, sequence))
    assert torch.equal(found, expected)
    assert not torch.allclose(merged(model, other, vector), expected)


def test_masks_over_tokens_replace_valid_tokens_only():
    model, (sequence, _) = fusion(), features()
    keep = torch.rand(2, 3, 5, generator=torch.Generator().manual_seed(1)) > 0.5
    replacement = torch.randn(8, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    found = model.attend_masked(model.tokenise(0, sequence, VALID), keep, replacement)
    for k, length in enumerate(LENGTHS.tolist()):
        tokens = model.tokenise(0, sequence[k : k + 1, :length])
        alone = model.attend_masked(tokens, keep[:, k : k + 1, :length], replacement)
        torch.testing.assert_close(found.mass[k::3], alone.mass)
        torch.testing.assert_close(found.value[k::3], alone.value)


@pytest.mark.parametrize("valid", [VALID.float(), VALID[:, :4], VALID[:2]])
def test_other_flags_are_refused(valid):
    with pytest.raises(ValueError, match=r"valid tokens of modality 0 are bool \[3, 5\], not"):
        fusion().tokenise(0, features()[0], valid)


def test_what_a_fusion_takes_of_feature_maps():
    image, sequence = InputConfig("images", (8, 8, 3)), InputConfig("sequences", (5, 2))
    padded = InputConfig("sequences", (5, 2), padded=True)
    assert fused_shape((6, 2, 2), image) == (6, 2, 2)
    assert fused_shape((6, 1, 5), sequence) == (5, 6)
    assert fused_shape((7, 1, 5), padded) == (5, 6)
    maps = torch.randn(3, 6, 1, 5)
    assert fused_features(maps, image) == (maps, None)
    tokens, valid = fused_features(maps, sequence)
    assert valid is None
    assert torch.equal(tokens, maps[:, :, 0].mT)
    joined = join_valid(tokens, VALID).mT[:, :, None]
    found, valid = fused_features(joined, padded)
    assert torch.equal(valid, VALID)
    assert torch.equal(found[VALID], tokens[VALID])
