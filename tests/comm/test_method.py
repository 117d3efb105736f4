import itertools

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from interaction_probes.comm.loss import comm_loss
from interaction_probes.comm.method import CoMM
from interaction_probes.contrast.encoders import EncoderConfig
from interaction_probes.contrast.method import Batch, ModelConfig
from interaction_probes.training.loss_terms import term_weights

TERMS = ("joint", "unimodal")
TOWER = EncoderConfig("compact", 4, (6, 8), (2,))
CONFIG = ModelConfig(TOWER, size=16, dim=16, heads=4, projection=5, temperature=0.3)
CLOSE = {"rtol": 1e-8, "atol": 1e-10}


@pytest.fixture
def comm(randomise):
    def build(modalities=2, dtype=torch.float64):
        torch.manual_seed(0)
        model = CoMM(CONFIG, modalities).to(dtype)
        randomise(model.fusion, 1.0)
        return model.train()

    return build


def batch(modalities=2, n=5, dtype=torch.float64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return Batch(
        [torch.randn(2, n, 3, 16, 16, generator=generator, dtype=dtype) for _ in range(modalities)]
    )


def batch_norm(x, norm):
    mean, variance = x.mean(0), (x - x.mean(0)).square().mean(0)
    return (x - mean) / torch.sqrt(variance + norm.eps) * norm.weight + norm.bias


def slow_head(head, z):
    """512-512-512-256, written out, with the statistics of this batch."""
    first, norm_1, _, second, norm_2, _, last = head
    hidden = batch_norm(F.linear(z, first.weight, first.bias), norm_1).clamp(min=0)
    hidden = batch_norm(F.linear(hidden, second.weight, second.bias), norm_2).clamp(min=0)
    return F.linear(hidden, last.weight, last.bias)


def slow_loss(model, plain, views, slow_nce):
    """Every term from the equations; `plain` is the fusion in PyTorch's own parts."""
    n, tau = len(views), model.config.temperature
    maps = []  # maps[v][m]
    if model.encoders.training:  # BatchNorm of a tower sees both views
        together = [model.encoders[m](torch.cat([x[0], x[1]])) for m, x in enumerate(views)]
        maps = [[x[: len(x) // 2] for x in together], [x[len(x) // 2 :] for x in together]]
    else:
        maps = [[model.encoders[m](x[v]) for m, x in enumerate(views)] for v in range(2)]
    projected = {}
    masks = [tuple(m for m in range(n) if mask[m]) for mask in masks_of(n)]
    for mask in masks:
        for v in range(2):
            kept = [x if m in mask else None for m, x in enumerate(maps[v])]
            projected[mask, v] = slow_head(model.head, plain(kept))
    everything = tuple(range(n))

    def term(mask):
        first = slow_nce(projected[mask, 0], projected[everything, 1], tau)
        return (first + slow_nce(projected[mask, 1], projected[everything, 0], tau)) / 2

    return {
        "joint": term(everything),
        "unimodal": sum(term((m,)) for m in range(n)),
        "partial": sum(term(mask) for mask in masks if 1 < len(mask) < n),
    }


@pytest.mark.parametrize(
    ("modalities", "term"),
    [*itertools.product((2, 3), TERMS), (3, "partial"), (4, "partial")],
)
@pytest.mark.parametrize("towers_train", [True, False])
def test_slow_twin(comm, PlainFusion, slow_nce, modalities, towers_train, term):
    model = comm(modalities)
    model.encoders.train(towers_train)
    plain = PlainFusion(model.fusion)
    views = [x.requires_grad_() for x in batch(modalities).views]
    shared = [*views, *model.encoders.parameters(), *model.head.parameters()]

    value = model.loss(Batch(views), [term])[term]
    fusion_parameters = dict(model.fusion.named_parameters())
    gradients = torch.autograd.grad(value, [*shared, *fusion_parameters.values()])
    expected = slow_loss(model, plain, views, slow_nce)[term]
    torch.testing.assert_close(value, expected, rtol=1e-10, atol=0)
    assert value.dtype == torch.float64

    expected.backward()
    for got, tensor in zip(gradients, shared, strict=False):
        torch.testing.assert_close(got, tensor.grad, **CLOSE)
    expected_gradients = plain.gradients()
    for got, name in zip(gradients[len(shared) :], fusion_parameters, strict=True):
        torch.testing.assert_close(got, expected_gradients[name], **CLOSE, msg=name)


@pytest.mark.parametrize("modalities", [1, 2, 3])
def test_the_default_weights_are_the_mean_over_the_masks(comm, PlainFusion, slow_nce, modalities):
    model = comm(modalities)
    further = {"partial": 0.0} if modalities > 2 else {}
    assert model.terms == dict.fromkeys(TERMS, 1 / (modalities + 1)) | further
    assert CoMM.terms == dict.fromkeys(TERMS, 1 / 3) | {"partial": 0.0}
    values = model.loss(batch(modalities), TERMS)
    total = sum(model.terms[term] * value for term, value in values.items())
    twin = slow_loss(model, PlainFusion(model.fusion), batch(modalities).views, slow_nce)
    expected = (twin["joint"] + twin["unimodal"]) / (modalities + 1)
    torch.testing.assert_close(total, expected, rtol=1e-10, atol=0)


@pytest.mark.parametrize("modalities", [3, 4])
def test_all_masks_can_weigh_alike(comm, modalities):
    """`partial` at the weight of the others: the mean over all masks, up to a factor."""
    model = comm(modalities)
    values = model.loss(batch(modalities), list(model.terms))
    weight, masks = model.terms["joint"], 2**modalities - 1
    joint, *others = model.project_masks(model.tokenise_views(batch(modalities)), list(model.terms))
    assert len(others) == masks - 1
    expected = comm_loss(others, joint, model.config.temperature)
    found = weight * sum(values.values()) * (modalities + 1) / masks
    torch.testing.assert_close(found, expected, rtol=1e-11, atol=0)


def test_two_modalities_have_no_mask_between(comm):
    model = comm()
    assert "partial" not in model.terms
    with pytest.raises(ValueError, match=r"no loss term 'partial'.*terms: joint, unimodal"):
        term_weights(model, {"partial": 1.0})


@pytest.mark.parametrize(
    ("terms", "masks"),
    [
        (("joint",), 1),
        (("unimodal",), 4),
        (TERMS, 4),
        (("partial",), 4),
        ((*TERMS, "partial"), 7),
    ],
)
def test_only_the_masks_of_the_terms_are_fused(comm, terms, masks):
    model = comm(3)
    fused, projected = [], []
    model.fusion.out.register_forward_hook(lambda _, inputs, __: fused.append(inputs[0].shape))
    model.head[0].register_forward_hook(lambda _, inputs, __: projected.append(inputs[0].shape))
    assert set(model.loss(batch(3), terms)) == set(terms)
    (fused_shape,), (projected_shape,) = fused, projected
    assert fused_shape[0] == masks
    assert projected_shape[0] == 2 * masks  # a group of rows per mask and view


def test_every_image_goes_through_its_tower_once(comm):
    model = comm()
    seen = []
    for tower in model.encoders:
        tower.register_forward_hook(lambda module, inputs, output: seen.append(len(inputs[0])))
    model.loss(batch(n=5), TERMS)
    assert seen == [10, 10]


def test_the_joint_term_does_not_depend_on_the_other(comm):
    model = comm()
    parameters = list(model.parameters())
    alone = model.loss(batch(), ["joint"])["joint"]
    beside = model.loss(batch(), TERMS)["joint"]
    torch.testing.assert_close(alone, beside, rtol=1e-13, atol=0)
    first = torch.autograd.grad(alone, parameters)
    second = torch.autograd.grad(beside, parameters)
    for a, b in zip(first, second, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-13)


def test_swapping_the_views_changes_nothing(comm):
    model, views = comm(), batch().views
    values = model.loss(Batch(views), TERMS)
    swapped = model.loss(Batch([x.flip(0) for x in views]), TERMS)
    one_only = model.loss(Batch([views[0].flip(0), views[1]]), TERMS)
    for term in TERMS:
        torch.testing.assert_close(swapped[term], values[term], rtol=1e-11, atol=0)
        assert abs(one_only[term] - values[term]) > 1e-4


def test_the_order_of_the_batch_does_not_matter_but_the_pairing_does(comm):
    model, views = comm(), batch().views
    order = torch.tensor([3, 0, 4, 1, 2])
    values = model.loss(Batch(views), TERMS)
    permuted = model.loss(Batch([x[:, order] for x in views]), TERMS)
    torn = model.loss(Batch([views[0], views[1][:, order]]), TERMS)
    for term in TERMS:
        torch.testing.assert_close(permuted[term], values[term], rtol=1e-11, atol=0)
        assert abs(torn[term] - values[term]) > 1e-4


def masks_of(n):
    return [mask for mask in itertools.product((False, True), repeat=n) if any(mask)]


@pytest.mark.parametrize(("n", "mask"), [(n, mask) for n in (2, 3) for mask in masks_of(n)])
def test_encoding_and_combining_is_the_fused_representation(comm, PlainFusion, n, mask):
    model = comm(n)
    model.loss(batch(n), TERMS)  # moves the running statistics off their start
    model.eval()
    images = [x[0] for x in batch(n, seed=1).views]
    encoded = [model.encode(m, x) for m, x in enumerate(images)]
    assert all(rows.shape == (5, 4 + 16) for rows in encoded)
    kept = [rows if inside else None for rows, inside in zip(encoded, mask, strict=True)]
    features = [
        model.encoders[m](x) if inside else None
        for (m, x), inside in zip(enumerate(images), mask, strict=True)
    ]
    expected = PlainFusion(model.fusion)(features)
    torch.testing.assert_close(model.combine(kept), expected, rtol=1e-10, atol=1e-11)


def test_encoded_images_are_shared_by_pairs(comm):
    model = comm().eval()
    images = [x[0] for x in batch().views]
    rows = torch.tensor([[0, 3], [2, 2], [0, 1], [4, 3]])
    encoded = [model.encode(m, x)[rows[:, m]] for m, x in enumerate(images)]
    pairs = [model.encode(m, x[rows[:, m]]) for m, x in enumerate(images)]
    torch.testing.assert_close(model.combine(encoded), model.combine(pairs))


def test_combining_nothing_is_refused(comm):
    with pytest.raises(ValueError, match="a fused representation needs at least one modality"):
        comm().combine([None, None])


@pytest.mark.parametrize("given", [1, 3])
def test_another_number_of_modalities_is_refused(comm, given):
    with pytest.raises(ValueError, match=r"zip\(\) argument 2 is (shorter|longer)"):
        comm().loss(batch(given), TERMS)


def test_a_width_that_the_heads_do_not_divide_is_refused():
    with pytest.raises(ValueError, match="the width 18 is not a multiple of 4 and of the 4 heads"):
        CoMM(ModelConfig(TOWER, size=16, dim=18, heads=4))


def test_autocast_is_close_to_float32(comm):
    model, sample = comm(dtype=torch.float32), batch(n=32, dtype=torch.float32)
    values = model.loss(sample, TERMS)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = model.loss(sample, TERMS)
    for term in TERMS:
        assert rough[term].dtype == torch.float32
        torch.testing.assert_close(rough[term], values[term], rtol=0.03, atol=0)
    sum(rough.values()).backward()
    assert all(p.grad.isfinite().all() for p in model.parameters())

    model.eval()
    images = [x[0] for x in sample.views]
    expected = model.combine([model.encode(m, x) for m, x in enumerate(images)])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        got = model.combine([model.encode(m, x) for m, x in enumerate(images)])
    assert F.cosine_similarity(got.float(), expected).min() > 0.99


def test_channels_last(comm):
    model, views = comm(), batch().views
    values = model.loss(Batch(views), TERMS)
    model.to(memory_format=torch.channels_last)
    last = [
        x.flatten(0, 1).contiguous(memory_format=torch.channels_last).unflatten(0, (2, -1))
        for x in views
    ]
    for term, value in model.loss(Batch(last), TERMS).items():
        torch.testing.assert_close(value, values[term], rtol=1e-11, atol=0)


def test_it_learns(comm):
    """A few steps on one batch lower the loss by far."""
    model, sample = comm(dtype=torch.float32), batch(n=16, dtype=torch.float32)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    losses = []
    for _ in range(20):
        loss = sum(model.terms[t] * value for t, value in model.loss(sample, TERMS).items())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]


def test_its_parts_are_the_papers():
    config = ModelConfig(EncoderConfig("alexnet"), size=224, dim=512, heads=8, projection=256)
    model = CoMM(config)
    widths = [layer.out_features for layer in model.head if isinstance(layer, nn.Linear)]
    assert widths == [512, 512, 256]
    assert [c.weight.shape for c in model.fusion.converters] == [(512, 256)] * 2
    assert model.fusion.get_buffer("position_1").shape == (36, 512)
    assert model.fusion.mlp[0].out_features == 2048
