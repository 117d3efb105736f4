import itertools
import math

import pytest
import torch

from interaction_probes.comm.fusion import Fusion, Summary
from interaction_probes.comm.positions import position_code
from interaction_probes.comm.quick_gelu import QuickGELU

SHAPES = [(5, 2, 3), (9, 1, 4), (3, 3, 2)]
MASKS = [
    (n, mask)
    for n in (2, 3)
    for size in range(1, n + 1)
    for mask in itertools.combinations(range(n), size)
]


def feature_maps(shapes, n, dtype=torch.float64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(n, *shape, generator=generator, dtype=dtype) for shape in shapes]


def fuse(fusion, features):
    return fusion.merge([fusion.summarise(m, x) for m, x in enumerate(features) if x is not None])


def assert_same(got, expected, name=""):
    """Equal up to the rounding of float64."""
    assert (got - expected).abs().max() <= 1e-12 * (1 + expected.abs().max()), name


@pytest.mark.parametrize(("n", "mask"), MASKS)
@pytest.mark.parametrize(("dim", "heads", "scale"), [(16, 4, 1.0), (12, 3, 2.0), (8, 1, 0.1)])
def test_fusion_is_pytorchs_transformer(PlainFusion, randomise, n, mask, dim, heads, scale):
    fusion = Fusion(SHAPES[:n], dim, heads).double()
    randomise(fusion, scale)
    plain = PlainFusion(fusion)
    ours = [x if m in mask else None for m, x in enumerate(feature_maps(SHAPES[:n], 4))]
    theirs = [None if x is None else x.clone().requires_grad_() for x in ours]
    ours = [None if x is None else x.requires_grad_() for x in ours]
    got, expected = fuse(fusion, ours), plain(theirs)
    assert_same(got, expected)

    upstream = torch.randn(4, dim, dtype=torch.float64, generator=torch.Generator().manual_seed(9))
    (got * upstream).sum().backward()
    (expected * upstream).sum().backward()
    for m in mask:
        assert_same(ours[m].grad, theirs[m].grad)
    gradients = plain.gradients()
    key_bias = gradients.pop("key.bias")  # cancels in the softmax
    assert_same(key_bias, torch.zeros_like(key_bias))
    assert gradients.keys() == dict(fusion.named_parameters()).keys()
    for name, parameter in fusion.named_parameters():
        expected_gradient = gradients[name]
        if expected_gradient is None:  # a converter outside the mask
            assert parameter.grad is None
            assert int(name.split(".")[1]) not in mask
        else:
            assert_same(parameter.grad, expected_gradient, name)


def test_fusion_is_pytorchs_transformer_as_initialised_in_float32(PlainFusion):
    shapes = [(128, 8, 8), (256, 6, 6)]
    fusion = Fusion(shapes, 64, 8)
    features = feature_maps(shapes, 3, torch.float32)
    torch.testing.assert_close(
        fuse(fusion, features), PlainFusion(fusion)(features), rtol=1e-4, atol=2e-5
    )


def test_fusion_is_close_in_bfloat16(PlainFusion):
    shapes = [(32, 4, 4), (32, 4, 4)]
    fusion = Fusion(shapes, 32, 4)
    features = feature_maps(shapes, 8, torch.float32)
    expected = PlainFusion(fusion)(features)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        got = fuse(fusion, features)
    torch.testing.assert_close(got.float(), expected, rtol=0, atol=0.05)


def test_a_mask_reads_only_its_modalities_in_any_order():
    fusion = Fusion(SHAPES, 16, 4).double()
    summaries = [fusion.summarise(m, x) for m, x in enumerate(feature_maps(SHAPES, 3))]
    full = fusion.merge(summaries)
    torch.testing.assert_close(fusion.merge(summaries[::-1]), full, rtol=1e-12, atol=1e-13)
    for left_out in range(3):
        rest = [s for m, s in enumerate(summaries) if m != left_out]
        assert (fusion.merge(rest) - full).abs().max() > 1e-4


def test_samples_do_not_see_each_other():
    fusion = Fusion(SHAPES[:2], 16, 4).double()
    features = feature_maps(SHAPES[:2], 5)
    alone = [fuse(fusion, [x[k : k + 1] for x in features]) for k in range(5)]
    torch.testing.assert_close(fuse(fusion, features), torch.cat(alone), rtol=1e-12, atol=1e-13)


def test_memory_layout_does_not_matter():
    fusion = Fusion(SHAPES[:1], 16, 4).double()
    (features,) = feature_maps(SHAPES[:1], 5)
    last = features.contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(fuse(fusion, [last]), fuse(fusion, [features]))


def test_tokens_are_converted_positions():
    fusion = Fusion(SHAPES, 16, 4).double()
    for m, features in enumerate(feature_maps(SHAPES, 2)):
        _, height, width = SHAPES[m]
        converter = fusion.converters[m]
        tokens = fusion.tokens(m, features)
        assert tokens.shape == (2, height * width, 16)
        code = position_code((height, width), 16).double()
        for k, i, j in itertools.product(range(2), range(height), range(width)):
            expected = converter.weight @ features[k, :, i, j] + converter.bias
            expected = expected + code[i * width + j]
            torch.testing.assert_close(tokens[k, i * width + j], expected)


def test_a_summary_is_attention_over_the_tokens(randomise):
    fusion = Fusion(SHAPES[:1], 8, 2).double()
    randomise(fusion, 1.0)
    (features,) = feature_maps(SHAPES[:1], 3)
    summary = fusion.summarise(0, features)
    tokens = fusion.norm_attention(fusion.tokens(0, features))
    query = fusion.query(fusion.norm_attention(fusion.cls))
    for k, head in itertools.product(range(3), range(2)):
        part = slice(4 * head, 4 * head + 4)
        scores = fusion.key(tokens[k])[:, part] @ query[part] / math.sqrt(4)
        value = scores.softmax(0) @ fusion.value(tokens[k])[:, part]
        torch.testing.assert_close(summary.mass[k, head], scores.exp().sum().log())
        torch.testing.assert_close(summary.value[k, head], value)


def test_tokens_that_cancel_stay_finite_in_bfloat16():
    """W x = −u: the squared length of the token is 0, and bfloat16 rounds it to either side."""
    torch.manual_seed(0)
    dim, n = 64, 256
    fusion = Fusion([(dim, 1, 1)], dim, 4)
    with torch.no_grad():
        fusion.converters[0].weight.copy_(torch.linalg.qr(torch.randn(dim, dim)).Q)
        fixed = fusion.converters[0].bias + fusion.get_buffer("position_0")[0]
        features = -(fixed @ fusion.converters[0].weight) * (1 + 1e-3 * torch.randn(n, 1))
    features = features[:, :, None, None].requires_grad_()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        fused = fuse(fusion, [features])
    fused.float().square().sum().backward()
    assert fused.isfinite().all()
    assert features.grad.isfinite().all()


def test_summaries_are_stored():
    mass = torch.randn(6, 3)
    value = torch.randn(6, 3, 4)
    summary = Summary(mass, value)
    rows = summary.flatten()
    assert rows.shape == (6, 3 + 12)
    assert torch.equal(rows[:, :3], mass)
    back = Summary.unflatten(rows, 3)
    assert torch.equal(back.mass, mass)
    assert torch.equal(back.value, value)


def test_masks_together_are_masks_apart():
    torch.manual_seed(0)
    fusion = Fusion([(3, 2, 2)] * 3, 16, 4).double()
    summaries = [fusion.summarise(m, torch.randn(5, 3, 2, 2).double()) for m in range(3)]
    masks = [[0], [2, 1], range(3)]
    together = fusion.merge(summaries, masks)
    for mask, found in zip(masks, together, strict=True):
        torch.testing.assert_close(found, fusion.merge([summaries[m] for m in mask]))
    with pytest.raises(ValueError, match="at least one modality"):
        fusion.merge(summaries, [[0], []])
    for unknown in (3, -1):  # would be a fusion of no modality, the same for every sample
        with pytest.raises(ValueError, match=f"no modality {unknown} in a fusion of 0 to 2"):
            fusion.merge(summaries, [[0], [unknown]])


def test_attention_that_is_folded_once_is_that_of_each_modality(randomise):
    """Values and gradients, of plain tokens and of masked ones."""
    torch.manual_seed(0)
    fusion = Fusion(SHAPES, 16, 4).double()
    randomise(fusion, 1.0)
    features, replacement = feature_maps(SHAPES, 3), torch.randn(16).double()

    def fused(shared):
        attention = fusion.fold_attention() if shared else None
        read = [fusion.tokenise(m, x, None, attention) for m, x in enumerate(features)]
        assert all((tokens.attention is attention) == shared for tokens in read)
        keep = [torch.rand(2, *tokens.x.shape[:2]) < 0.5 for tokens in read]
        masked = [fusion.attend_masked(*each, replacement) for each in zip(read, keep, strict=True)]
        return torch.cat([fusion.merge([*map(fusion.attend, read)]), fusion.merge(masked)])

    found = []
    for shared in (True, False):
        torch.manual_seed(1)
        output = fused(shared)
        output.cos().sum().backward()
        found.append([output, *(each.grad.clone() for each in fusion.parameters())])
        fusion.zero_grad()
    for together, apart in zip(*found, strict=True):
        assert_same(together, apart)


def test_stored_summaries_are_merged_as_fresh_ones():
    torch.manual_seed(0)
    fusion = Fusion(SHAPES, 16, 4).double()
    fresh = [fusion.summarise(m, x) for m, x in enumerate(feature_maps(SHAPES, 3))]
    stored = [Summary.unflatten(each.flatten(), 4) for each in fresh]
    assert torch.equal(fusion.merge(stored), fusion.merge(fresh))


@pytest.mark.parametrize("scale", [0.3, 2.0])
@pytest.mark.parametrize("extreme", [None, True, False])
def test_masked_tokens_are_replaced_tokens(PlainFusion, randomise, scale, extreme):
    """Three masks in one pass, against replacing tokens and PyTorch's own layer, one by one."""
    k, n, dim = 3, 4, 12
    fusion = Fusion(SHAPES[:2], dim, 3).double()
    randomise(fusion, scale)
    plain = PlainFusion(fusion)
    generator = torch.Generator().manual_seed(5)
    replacement = torch.randn(dim, generator=generator, dtype=torch.float64).requires_grad_()
    theirs_replacement = replacement.detach().clone().requires_grad_()
    ours = [x.requires_grad_() for x in feature_maps(SHAPES[:2], n)]
    theirs = [x.detach().clone().requires_grad_() for x in ours]
    keep = [torch.rand(k, n, h * w, generator=generator) < 0.4 for _, h, w in SHAPES[:2]]
    if extreme is not None:  # one sample keeps all of its tokens, or none
        for masks in keep:
            masks[0, 0] = extreme

    read = [fusion.tokenise(m, x) for m, x in enumerate(ours)]
    got = fusion.merge(
        [fusion.attend_masked(t, kept, replacement) for t, kept in zip(read, keep, strict=True)]
    ).unflatten(0, (k, n))
    expected = torch.stack([replaced(plain, theirs, keep, i, theirs_replacement) for i in range(k)])
    assert_same(got, expected)

    upstream = torch.randn(k, n, dim, generator=generator, dtype=torch.float64)
    (got * upstream).sum().backward()
    (expected * upstream).sum().backward()
    assert_same(replacement.grad, theirs_replacement.grad)
    for own, other in zip(ours, theirs, strict=True):
        assert_same(own.grad, other.grad)
    gradients = plain.gradients()
    for name, parameter in fusion.named_parameters():
        assert_same(parameter.grad, gradients[name], name)


def replaced(plain, features, keep, i, replacement):
    tokens = [
        torch.where(keep[m][i][:, :, None], plain.tokens(m, x), replacement)
        for m, x in enumerate(features)
    ]
    cls = plain.cls.expand(len(tokens[0]), 1, -1)
    return plain.norm_out(plain.block(torch.cat([cls, *tokens], dim=1))[:, 0])


def test_masked_tokens_are_close_in_bfloat16():
    torch.manual_seed(0)
    fusion = Fusion([(32, 4, 4)], 32, 4)
    (features,) = feature_maps([(32, 4, 4)], 8, torch.float32)
    keep, replacement = torch.rand(3, 8, 16) < 0.3, torch.randn(32) / 6

    def fuse_masked():
        return fusion.merge([fusion.attend_masked(fusion.tokenise(0, features), keep, replacement)])

    expected = fuse_masked()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        torch.testing.assert_close(fuse_masked().float(), expected, rtol=0, atol=0.05)


def test_larger_maps_are_fused_by_the_plain_transformer(PlainFusion, randomise):
    fusion = Fusion(SHAPES, 16, 4).double()
    randomise(fusion, 1.0)
    larger = [(channels, 2 * height, 3 * width) for channels, height, width in SHAPES]
    plain = PlainFusion(fusion)
    plain.positions = [
        position_code(grid[1:], 16, shape[1:]).double()
        for grid, shape in zip(larger, SHAPES, strict=True)
    ]
    features = feature_maps(larger, 3)
    # The code's float32 is turned to float64 here and there.
    torch.testing.assert_close(fuse(fusion, features), plain(features), rtol=1e-10, atol=1e-10)


def test_positions_matter_and_are_not_saved():
    fusion = Fusion([(4, 2, 2)], 16, 4)
    features = torch.randn(1, 4, 2, 2)
    assert (fuse(fusion, [features]) - fuse(fusion, [features.flip(3)])).abs().max() > 1e-4
    assert not [name for name in fusion.state_dict() if "position" in name]


def test_quick_gelu():
    x = torch.linspace(-4, 4, 9, dtype=torch.float64)
    expected = [v / (1 + math.exp(-1.702 * v)) for v in x.tolist()]
    torch.testing.assert_close(QuickGELU()(x), torch.tensor(expected, dtype=torch.float64))


@pytest.mark.parametrize(("dim", "heads"), [(10, 5), (16, 3), (16, 0)])
def test_bad_widths_are_refused(dim, heads):
    message = f"the width {dim} is not a multiple of 4 and of the {heads} heads"
    with pytest.raises(ValueError, match=message):
        Fusion([(4, 2, 2)], dim, heads)


def test_fusing_nothing_is_refused():
    with pytest.raises(ValueError, match="a fusion needs at least one modality"):
        Fusion([], 16, 4)
    with pytest.raises(ValueError, match="a fused representation needs at least one modality"):
        Fusion([(4, 2, 2)], 16, 4).merge([])
