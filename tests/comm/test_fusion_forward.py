"""A fusion called as a module: feature maps, sequences and vectors, masks, bad inputs."""

import itertools
import math

import numpy as np
import pytest
import torch

from interaction_probes.comm.fusion import Fusion
from interaction_probes.comm.positions import sequence_code

SHAPES = [(5, 2, 3), (4, 7), (6,)]
MASKS = [mask for size in (1, 2, 3) for mask in itertools.combinations(range(len(SHAPES)), size)]


def inputs(shapes=SHAPES, n=4, dtype=torch.float64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(n, *shape, generator=generator, dtype=dtype) for shape in shapes]


def as_maps(features):
    """Every modality in the form [n, c, t] that the twin forms its tokens of."""
    views = (lambda x: x, lambda x: x.mT, lambda x: x[:, :, None])
    return [None if x is None else view(x) for x, view in zip(features, views, strict=True)]


@pytest.fixture
def fusion(randomise):
    fusion = Fusion(SHAPES, 16, 4).double()
    randomise(fusion, 1.0)
    return fusion


@pytest.mark.parametrize("mask", MASKS)
def test_kinds_of_modalities_are_fused_by_pytorchs_transformer(PlainFusion, fusion, mask):
    plain = PlainFusion(fusion)
    ours = [x.requires_grad_() for x in inputs()]
    theirs = [x.detach().clone().requires_grad_() for x in ours]
    got = fusion(ours, mask=mask)
    expected = plain(as_maps([x if m in mask else None for m, x in enumerate(theirs)]))
    torch.testing.assert_close(got, expected, rtol=1e-10, atol=1e-11)
    upstream = torch.randn(4, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(9))
    (got * upstream).sum().backward()
    (expected * upstream).sum().backward()
    for m in range(len(SHAPES)):
        if m in mask:
            torch.testing.assert_close(ours[m].grad, theirs[m].grad, rtol=1e-9, atol=1e-10)
        else:
            assert ours[m].grad is None
    gradients = plain.gradients()
    for name, parameter in fusion.named_parameters():
        if gradients[name] is None:
            assert parameter.grad is None
        else:
            torch.testing.assert_close(parameter.grad, gradients[name], rtol=1e-9, atol=1e-10)


def test_the_positions_of_a_sequence_entry_by_entry(fusion):
    code = sequence_code(4, 16)
    for t, k in itertools.product(range(4), range(16)):
        angle = t / 10_000 ** ((k % 8) / 8)
        assert float(code[t, k]) == pytest.approx(math.sin(angle) if k < 8 else math.cos(angle))
    assert torch.equal(fusion.get_buffer("position_1"), code.double())
    assert not fusion.get_buffer("position_2").any()


def test_a_vector_is_a_feature_map_of_one_pixel_but_for_the_position(randomise):
    vector, pixel = Fusion([(6,)], 16, 4), Fusion([(6, 1, 1)], 16, 4)
    pixel.load_state_dict(vector.state_dict())
    pixel.get_buffer("position_0").zero_()
    (x,) = inputs([(6,)], dtype=torch.float32)
    assert torch.equal(vector([x]), pixel([x[:, :, None, None]]))


def test_a_sequence_may_be_shorter_or_longer(PlainFusion, fusion):
    plain = PlainFusion(fusion)
    for length in (1, 3, 9):
        plain.positions[1] = sequence_code(length, 16).double()
        features = inputs([SHAPES[0], (length, 7), SHAPES[2]])
        got, expected = fusion(features), plain(as_maps(features))
        torch.testing.assert_close(got, expected, rtol=1e-6, atol=1e-6)


def test_the_order_of_tokens_matters_in_a_sequence(fusion):
    features = inputs()
    features[1] = features[1].flip(1)
    assert (fusion(features) - fusion(inputs())).abs().max() > 1e-3


def test_absent_is_masked_and_the_default_is_all_that_is_present(fusion):
    features = inputs()
    assert torch.equal(fusion(features), fusion(features, mask=[2, 0, 1]))
    absent = [features[0], None, features[2]]
    assert torch.equal(fusion(absent), fusion(features, mask=[0, 2]))
    assert (fusion(absent) - fusion(features)).abs().max() > 1e-3


def test_it_is_the_steps_that_share_work(fusion):
    features = inputs()
    summaries = [fusion.summarise(m, x) for m, x in enumerate(features)]
    together = fusion.merge(summaries, MASKS)
    for mask, found in zip(MASKS, together, strict=True):
        torch.testing.assert_close(found, fusion(features, mask=mask), rtol=1e-12, atol=1e-13)


def test_maps_keep_their_parameters_and_draws():
    torch.manual_seed(0)
    fusion = Fusion(shapes=[(3, 2, 2), (5, 2, 2)], dim=8, heads=2)
    torch.manual_seed(0)
    first = torch.nn.Linear(3, 8)
    assert torch.equal(fusion.converters[0].weight, first.weight)
    assert not [name for name in fusion.state_dict() if "position" in name]


@pytest.mark.parametrize("kind", [np.array, torch.tensor, tuple, set])
def test_a_mask_is_of_whole_numbers_of_any_kind(fusion, kind):
    features = inputs()
    mask = kind([0, 2])
    assert torch.equal(fusion(features, mask), fusion(features, [0, 2]))
    summaries = [fusion.summarise(m, x) for m, x in enumerate(features)]
    assert torch.equal(fusion.merge(summaries, [mask])[0], fusion(features, [0, 2]))


def test_masks_may_be_rows_of_an_array(fusion):
    summaries = [fusion.summarise(m, x) for m, x in enumerate(inputs())]
    expected = fusion.merge(summaries, [[0, 1], [2, 0]])
    for kind in (np.array, torch.tensor):
        assert torch.equal(fusion.merge(summaries, kind([[0, 1], [2, 0]])), expected)


@pytest.mark.parametrize("masks", [0, [0, 1], np.array([0, 1]), [[True, False]], torch.tensor(0)])
def test_bad_masks_to_merge_are_refused(fusion, masks):
    summaries = [fusion.summarise(m, x) for m, x in enumerate(inputs())]
    with pytest.raises(ValueError, match=r"a mask lists|masks are a list of") as refused:
        fusion.merge(summaries, masks)
    assert len(str(refused.value).splitlines()) == 1


A, B, C = inputs()


@pytest.mark.parametrize(
    ("features", "mask", "message"),
    [
        ([A, B], None, "this fusion has 3 modalities, not 2: features are a list with None"),
        (A, None, "this fusion has 3 modalities, not one Tensor"),
        ([None] * 3, None, "a fused representation needs at least one modality"),
        ([A, B, C], [], "a fused representation needs at least one modality"),
        ([A, None, C], [0, 1], r"the mask \[0, 1\] has modality 1, which is absent"),
        ([A, B, C], [0, 3], r"the mask \[0, 3\] has modality 3, which is absent"),
        ([A, B, C], [True, False, True], "a mask lists the numbers of modalities"),
        ([A, B, C], np.array([True, False]), "a mask lists the numbers of modalities"),
        ([A, B, C], [np.True_, 0], "a mask lists the numbers of modalities"),
        ([A, B, C], torch.tensor([True, False]), r"\[0, 1\] say, not tensor\(\[ True, False\]\)"),
        ([A, B, C], 1, r"a mask lists the numbers of modalities, \[0, 1\] say, not 1$"),
        ([A, B, C], np.array(1), "a mask lists the numbers of modalities"),
        ([A, B, C], torch.tensor(1), "a mask lists the numbers of modalities"),
        ([A, B, C], [0.0, 1.0], "a mask lists the numbers of modalities"),
        ([A, B, C], "01", "a mask lists the numbers of modalities"),
        ([A, B, C], [[0], [1]], "a mask lists the numbers of modalities"),
        ([A, B, C], np.array([[0, 1], [0, 1]]), "a mask lists the numbers of modalities"),
        (
            [A[:, :4], B, C],
            None,
            r"modality 0 is a feature map \[n, 5, height, width\], not \[4, 4",
        ),
        ([C, B, C], None, r"modality 0 is a feature map \[n, 5, height, width\], not \[4, 6\]"),
        ([A, B[..., :6], C], None, r"modality 1 is a sequence of tokens \[n, tokens, 7\], not"),
        ([A, A, C], None, r"modality 1 is a sequence of tokens \[n, tokens, 7\], not \[4, 5, 2, 3"),
        ([A, B, B], None, r"modality 2 is a vector \[n, 6\], not \[4, 4, 7\]"),
        ([A[:0], B[:0], C[:0]], None, r"modality 0 is empty: \[0, 5, 2, 3\]"),
        ([A, B[:, :0], C], None, r"modality 1 is empty: \[4, 0, 7\]"),
        ([A, B[:3], C], None, "have equally many samples, not 3 and 4"),
        ([A, B, C.long()], None, r"modality 2 is floating point, not torch\.int64"),
        ([A.numpy(), B, C], None, "modality 0 is a dense tensor, not a ndarray"),
        ([A, B.to_sparse(), C], None, "modality 1 is a dense tensor, not a sparse one"),
        ([A.half(), B, C], None, r"modality 0 is torch\.float16 where this fusion is torch"),
        (None, None, "this fusion has 3 modalities, not one NoneType"),
        ((part for part in (A, B, C)), None, "this fusion has 3 modalities, not one generator"),
        ([A, B, C], 0, "a mask lists the numbers of modalities"),
        ([A, B, C], [0.0], "a mask lists the numbers of modalities"),
    ],
)
def test_bad_inputs_are_refused_in_a_line(fusion, features, mask, message):
    with pytest.raises(ValueError, match=message) as refused:
        fusion(features, mask)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize("shape", [(), (1, 2, 3, 4), 5, (0,), (2.5,), (4, -1)])
def test_bad_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"a modality is declared by \(channels, height, width\)"):
        Fusion([shape], 16, 4)


@pytest.mark.parametrize(
    ("shapes", "dim", "heads", "message"),
    [
        (4, 16, 4, "shapes are a list, one per modality, not a int"),
        ([(True,)], 16, 4, "a modality is declared by"),
        ([(2,)], 16.0, 4, "the width and the heads are whole numbers, not 16.0 and 4"),
        ([(2,)], 0, 4, "the width 0 is not a multiple"),
        ([(2,)], -4, 4, "the width -4 is not a multiple"),
    ],
)
def test_what_declares_no_fusion_is_refused(shapes, dim, heads, message):
    with pytest.raises(ValueError, match=message):
        Fusion(shapes, dim, heads)
