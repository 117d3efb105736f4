import pytest
import torch
from torch import nn

from interaction_probes.contrast.encoders import (
    EncoderConfig,
    InputConfig,
    InputEncoderConfig,
    build_encoder,
    feature_shape,
    join_valid,
    split_valid,
)

ENCODERS = {
    "transformer": InputEncoderConfig("transformer", width=12, layers=2, heads=3),
    "convolution": InputEncoderConfig("convolution", widths=(6, 12)),
    "strided": InputEncoderConfig("convolution", widths=(6, 12), kernel=4, stride=2),
    "recurrent": InputEncoderConfig("recurrent", width=12),
}
LENGTHS = torch.tensor([9, 1, 4, 6])


def build(name, steps=9, padded=True):
    torch.manual_seed(0)
    return build_encoder(EncoderConfig(), described(name, steps, padded)).double()


def described(name, steps=9, padded=True):
    return InputConfig("sequences", (steps, 5), padded, ENCODERS[name])


def sequences(steps=9, lengths=LENGTHS, seed=1):
    generator = torch.Generator().manual_seed(seed)
    values = torch.randn(len(lengths), 9, 5, generator=generator, dtype=torch.float64)
    values = nn.functional.pad(values, (0, 0, 0, steps - 9), value=3.0)
    return join_valid(values, torch.arange(steps) < lengths[:, None])


def test_valid_steps_are_a_channel():
    joined = sequences()
    values, valid = split_valid(joined)
    assert joined.shape == (4, 9, 6)
    assert valid.sum(1).tolist() == LENGTHS.tolist()
    assert not values[~valid].any()
    assert values[valid].all()
    assert join_valid(values, None) is values


@pytest.mark.parametrize("name", ENCODERS)
def test_a_feature_map_has_a_place_per_step(name):
    steps = 3 if name == "strided" else 9
    assert feature_shape(build(name).float(), described(name)) == (13, 1, steps)
    whole = build(name, padded=False).float()
    assert feature_shape(whole, described(name, padded=False)) == (12, 1, steps)
    features = build(name)(sequences())
    expected = {"strided": [3, 1, 1, 2]}.get(name, LENGTHS.tolist())
    assert features[:, -1, 0].sum(1).tolist() == expected
    _, valid = split_valid(features[:, :, 0].mT)
    assert not features[:, :, 0].mT[~valid].any()
    assert features[:, :-1, 0].mT[valid].any(1).all()


@pytest.mark.parametrize("name", ENCODERS)
def test_padded_steps_change_no_feature(name):
    encoder, given = build(name), sequences()
    expected = encoder(given)
    other = given.clone()
    other[..., :-1].masked_fill_(given[..., -1:] == 0, 7.0)
    assert torch.equal(encoder(other), expected)
    # A sequence alone, without the steps that were padded.
    for row, length in enumerate(LENGTHS.tolist()):
        alone = build(name, steps=length, padded=False)
        alone.load_state_dict(encoder.state_dict())
        features = alone(given[row : row + 1, :length, :-1])
        kept = features.shape[-1]
        torch.testing.assert_close(features[0], expected[row, :-1, :, :kept])


@pytest.mark.parametrize("name", ENCODERS)
def test_padding_more_or_less_gives_the_same_features(name):
    encoder = build(name)
    assert torch.equal(encoder(sequences(steps=14)), encoder(sequences()))
    short = LENGTHS.clamp(max=6)
    cut = sequences(lengths=short)[:, :6]
    torch.testing.assert_close(encoder(cut), encoder(sequences(lengths=short)))
    with pytest.raises(ValueError, match="reads sequences of 6 steps, not of 9"):
        build(name, steps=6)(sequences())
    with pytest.raises(ValueError, match="reads sequences of 6 steps, not of 9"):
        build(name, steps=6, padded=False)(sequences()[..., :-1])


@pytest.mark.parametrize("name", ENCODERS)
def test_gradients_are_finite_and_padded_steps_have_none(name):
    given = sequences().requires_grad_()
    encoder = build(name)
    encoder(given).square().sum().backward()
    assert given.grad.isfinite().all()
    values, valid = given.grad[..., :-1], given[..., -1] > 0.5
    assert not values[~valid].any()
    assert values[valid].any()
    for parameter in encoder.parameters():
        assert parameter.grad.isfinite().all()


def test_a_transformer_is_torchs_own():
    ours = build("transformer", padded=False)
    layer = nn.TransformerEncoderLayer(
        12, 3, 48, dropout=0.0, activation="gelu", norm_first=True, batch_first=True
    ).double()
    block = ours.blocks[0]
    names = {
        "self_attn.in_proj_weight": block.projections.weight,
        "self_attn.in_proj_bias": block.projections.bias,
        "self_attn.out_proj.weight": block.out.weight,
        "self_attn.out_proj.bias": block.out.bias,
        "linear1.weight": block.mlp[0].weight,
        "linear1.bias": block.mlp[0].bias,
        "linear2.weight": block.mlp[2].weight,
        "linear2.bias": block.mlp[2].bias,
        "norm1.weight": block.norm_attention.weight,
        "norm1.bias": block.norm_attention.bias,
        "norm2.weight": block.norm_mlp.weight,
        "norm2.bias": block.norm_mlp.bias,
    }
    layer.load_state_dict(names)
    tokens = torch.randn(4, 9, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    valid = torch.arange(9) < LENGTHS[:, None]
    for mask in (None, valid):
        found = block(tokens, None if mask is None else mask[:, None, None])
        expected = layer(tokens, src_key_padding_mask=None if mask is None else ~mask)
        rows = torch.ones_like(valid) if mask is None else mask
        torch.testing.assert_close(found[rows], expected[rows])


def test_the_order_of_the_steps_counts():
    for name in ENCODERS:
        encoder = build(name, padded=False)
        values = sequences()[:1, :, :-1]
        features = encoder(values).mean((2, 3))
        assert not torch.allclose(encoder(values.flip(1)).mean((2, 3)), features)
