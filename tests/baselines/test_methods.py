"""What every method keeps to, and what is each one's own."""

import math
from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from interaction_probes.baselines.clip import CLIP, cross_entropy_of_pairs
from interaction_probes.baselines.cross_self import CrossSelf
from interaction_probes.baselines.factorcl import FactorCL
from interaction_probes.baselines.infmasking import InfMasking, infinite_masking
from interaction_probes.baselines.pixels import Pixels
from interaction_probes.baselines.random_init import RandomInit
from interaction_probes.baselines.simclr import SimCLR
from interaction_probes.baselines.supervised import Supervised
from interaction_probes.comm.method import CoMM
from interaction_probes.contrast.bounds import information_club, information_nce, nce
from interaction_probes.contrast.encoders import EncoderConfig
from interaction_probes.contrast.method import Batch, ModelConfig
from interaction_probes.contrast.views import ViewConfig
from interaction_probes.registry import METHODS, find_method

TOWER = EncoderConfig("compact", 4, (6, 8), (2,))
CONFIG = ModelConfig(TOWER, size=16, dim=16, heads=4, projection=5, temperature=0.3)
PAPER = ModelConfig(EncoderConfig("alexnet"), size=224, dim=512, heads=8, projection=256)
CLASSES = {"R": 4, "U1": 3, "U2": 3, "S": 2}
LEARNING = [name for name in METHODS if find_method(name).terms]


def build(kind, dtype=torch.float64, config=CONFIG):
    torch.manual_seed(0)
    kind = find_method(kind) if isinstance(kind, str) else kind
    return kind.build(config, CLASSES).to(dtype).train()


def batch(method, n=6, dtype=torch.float64, seed=0, progress=0.5):
    generator = torch.Generator().manual_seed(seed)
    shape = (method.n_views, n, 3, 16, 16)
    views = [torch.randn(shape, generator=generator, dtype=dtype) for _ in range(2)]
    labels = {
        task: torch.randint(0, classes, (n,), generator=generator)
        for task, classes in CLASSES.items()
    }
    return Batch(views, labels, progress, torch.Generator().manual_seed(9))


def rows_of(given, order):
    """The same batch in another order, with masks drawn alike."""
    return replace(
        given,
        views=[views[:, order] for views in given.views],
        labels={task: values[order] for task, values in given.labels.items()},
        generator=torch.Generator().manual_seed(9),
    )


@pytest.mark.parametrize("name", LEARNING)
def test_terms_alone_are_terms_together(name):
    method = build(name)
    together = method.loss(batch(method), list(method.terms))
    assert list(method.terms) == list(find_method(name).terms)
    for term in method.terms:
        alone = method.loss(batch(method), [term])
        assert set(alone) == {term}
        torch.testing.assert_close(alone[term], together[term], rtol=1e-11, atol=1e-12)
        assert together[term].shape == ()


@pytest.mark.parametrize("name", LEARNING)
def test_every_parameter_learns_from_the_whole_loss(name):
    method = build(name)
    values = method.loss(batch(method), list(method.terms))
    sum(values.values()).backward()
    for parameter_name, parameter in method.named_parameters():
        assert parameter.grad is not None, parameter_name
        assert parameter.grad.isfinite().all(), parameter_name


@pytest.mark.parametrize("name", [name for name in LEARNING if name != "infmasking"])
def test_the_order_of_the_batch_does_not_matter_but_the_pairing_does(name):
    method, order = build(name), torch.tensor([3, 0, 5, 1, 4, 2])
    given = batch(method)
    values = method.loss(given, list(method.terms))
    permuted = method.loss(rows_of(given, order), list(method.terms))
    torn = replace(given, views=[given.views[0], given.views[1][:, order]])
    torn_values = method.loss(torn, list(method.terms))
    for term, value in values.items():
        torch.testing.assert_close(permuted[term], value, rtol=1e-10, atol=1e-11)
    if name != "simclr":  # modalities never meet there
        assert any(abs(torn_values[term] - value) > 1e-6 for term, value in values.items())


@pytest.mark.parametrize("name", ["simclr", "cross_self"])
def test_swapping_the_views_changes_nothing(name):
    method = build(name)
    given = batch(method)
    swapped = replace(given, views=[views.flip(0) for views in given.views])
    values = method.loss(given, list(method.terms))
    for term, value in method.loss(swapped, list(method.terms)).items():
        torch.testing.assert_close(value, values[term], rtol=1e-11, atol=0)


@pytest.mark.parametrize("name", METHODS)
def test_every_place_can_be_probed_under_every_mask(name):
    method = build(name).eval()
    first, second = (views[0] for views in batch(method).views)
    found = {}
    for place in method.places:
        method.place = method.find_place(place)
        encoded = method.encode(0, first), method.encode(1, second)
        whole = method.combine(encoded)
        for kept in ((encoded[0], None), (None, encoded[1])):
            part = method.combine(kept)
            assert part.shape[0] == 6
            assert part.isfinite().all()
            assert part.shape[1] in (whole.shape[1], whole.shape[1] // 2)
        # A masked modality leaves no trace: what was encoded for it does not matter.
        other = method.encode(1, second.flip(0))
        assert (method.combine((encoded[0], other)) - whole).abs().max() > 1e-9
        with pytest.raises(ValueError, match="at least one modality"):
            method.combine([None, None])
        found[place] = whole
    assert len({tuple(rows.flatten().tolist()) for rows in found.values()}) == len(method.places)
    assert method.find_place("default") == next(iter(method.places))


@pytest.mark.parametrize("name", LEARNING)
def test_autocast_is_close_to_float32(name):
    method = build(name, torch.float32)
    values = method.loss(batch(method, 32, torch.float32), list(method.terms))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = method.loss(batch(method, 32, torch.float32), list(method.terms))
    for term, value in rough.items():
        assert value.dtype == torch.float32, term
        torch.testing.assert_close(value, values[term], rtol=0.05, atol=0.02)
    sum(rough.values()).backward()
    assert all(p.grad.isfinite().all() for p in method.parameters())


@pytest.mark.parametrize("name", ["clip", "cross_self", "simclr", "factorcl"])
def test_a_few_steps_lower_the_loss(name):
    method = build(name, torch.float32)
    sample = batch(method, 16, torch.float32)
    optimizer = torch.optim.AdamW(method.parameters(), lr=3e-3)
    losses = []
    for _ in range(25):
        values = method.loss(sample, list(method.terms))
        loss = sum(method.terms[term] * value for term, value in values.items())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] - 0.3


def widths(module):
    linear = [layer for layer in module if isinstance(layer, nn.Linear)]
    return [(layer.in_features, layer.out_features) for layer in linear]


def test_separate_encoders_are_the_papers():
    method = CrossSelf(PAPER)
    assert [widths([layer]) for layer in method.linears] == [[(9216, 256)]] * 2
    assert widths(method.heads[0]) == [(256, 1024), (1024, 1024), (1024, 256)]


def test_clips_projection_is_the_papers():
    method = CLIP(PAPER)
    assert [layer.out_features for layer in method.linears] == [256, 256]
    assert [widths([layer]) for layer in method.projections] == [[(256, 512)]] * 2
    assert all(layer.bias is None for layer in method.projections)


def test_factorcls_encoder_is_the_papers():
    method = FactorCL(replace(PAPER, encoder=TOWER, size=32))
    assert [layer.out_features for layer in method.linears] == [512, 512]
    assert len(method.heads) == 5
    assert all(widths(head) == [(512, 512), (512, 256)] for head in method.heads["h"])


def test_clip_is_its_equation():
    method = build(CLIP)
    given = batch(method)
    a, b = (
        method.projections[m](method.linears[m](method.encoders[m](x[0]).flatten(1)))
        for m, x in enumerate(given.views)
    )
    expected = cross_entropy_of_pairs(a, b, torch.tensor(1 / 0.07, dtype=torch.float64))
    torch.testing.assert_close(method.loss(given, ["cross"])["cross"], expected, rtol=1e-6, atol=0)


def test_clips_scale_is_held_to_a_hundred_and_can_come_back():
    method = build(CLIP)
    assert float(method.log_scale.detach().exp()) == pytest.approx(1 / 0.07)
    with torch.no_grad():
        method.log_scale.fill_(9.0)
    method.loss(batch(method), ["cross"])["cross"].backward()
    assert float(method.log_scale.detach().exp()) == pytest.approx(100)
    assert method.log_scale.grad.abs() > 0


def test_clip_sees_one_mild_crop():
    config = ViewConfig(crop_scale=(0.1, 0.9), crop_ratio=(0.5, 2.0))
    found = build(CLIP).views(config)
    assert (found.crop_scale, found.crop_ratio) == ((0.5, 1.0), (0.5, 2.0))
    for name in ("jitter", "grayscale", "blur", "flip"):
        assert getattr(found, f"{name}_probability") == 0
    assert CLIP.n_views == 1
    assert build(SimCLR).views(config) is config


def test_cross_self_is_its_equation():
    method = build(CrossSelf)
    given = batch(method)
    z = {}
    for m, views in enumerate(given.views):
        embedded = method.linears[m](method.encoders[m](views.flatten(0, 1)).flatten(1))
        for v, part in enumerate(embedded.chunk(2)):
            z[m, v] = method.heads[m](part)
    values = method.loss(given, ["cross", "self"])
    selves = (nce(z[0, 0], z[0, 1], 0.3) + nce(z[1, 0], z[1, 1], 0.3)) / 2
    crosses = (nce(z[0, 0], z[1, 0], 0.3) + nce(z[0, 1], z[1, 1], 0.3)) / 2
    torch.testing.assert_close(values["self"], selves, rtol=1e-10, atol=0)
    torch.testing.assert_close(values["cross"], crosses, rtol=1e-10, atol=0)
    alone = build(SimCLR).loss(given, ["self"])["self"]
    torch.testing.assert_close(alone, selves, rtol=1e-10, atol=0)


def test_factorcl_is_its_equation():
    method = build(FactorCL)
    given = batch(method)
    x1, x2 = (
        method.linears[m](method.encoders[m](views.flatten(0, 1)).flatten(1)).chunk(2)
        for m, views in enumerate(given.views)
    )
    h, g, u, k, d = (method.heads[letter] for letter in "hgukd")
    f = method.critics

    def both(heads, m, views):
        return torch.cat([heads[m](views[0]), heads[m](views[1])], dim=1)

    expected = {
        "shared_nce": -information_nce(f["shared_nce"](h[0](x1[0]), h[1](x2[0]))),
        "shared_club": information_club(f["shared_club"](g[0](x1[0]), g[1](x2[0]))),
        "unique1_nce": -information_nce(f["unique1_nce"](u[0](x1[0]), u[0](x1[1]))),
        "unique2_nce": -information_nce(f["unique2_nce"](u[1](x2[0]), u[1](x2[1]))),
        "conditional_nce": -information_nce(f["conditional_nce"](both(k, 0, x1), both(k, 1, x2))),
        "conditional_club": information_club(f["conditional_club"](both(d, 0, x1), both(d, 1, x2))),
        "critics": -information_nce(f["shared_club"](g[0](x1[0]), g[1](x2[0])))
        - information_nce(f["conditional_club"](both(d, 0, x1), both(d, 1, x2))),
    }
    values = method.loss(given, list(method.terms))
    assert values.keys() == expected.keys()
    for term, value in values.items():
        torch.testing.assert_close(value, expected[term], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("term", FactorCL.terms)
def test_factorcls_clubs_and_their_critics_learn_apart(term):
    method = build(FactorCL)
    method.loss(batch(method), [term])[term].backward()
    reached = {name for name, p in method.named_parameters() if p.grad is not None and p.grad.any()}
    critics = {name.split(".")[1] for name in reached if name.startswith("critics.")}
    towers = {name for name in reached if name.startswith("encoders.")}
    if term == "critics":
        assert critics == {"shared_club", "conditional_club"}
        assert all(name.startswith("critics.") for name in reached)
    else:
        assert critics == (set() if term.endswith("club") else {term})
        assert towers


def test_infmasking_shares_comms_terms():
    ours, comm = build(InfMasking), build(CoMM)
    given = batch(ours)
    values = ours.loss(given, ["joint", "unimodal"])
    for term, value in comm.loss(given, ["joint", "unimodal"]).items():
        torch.testing.assert_close(values[term], value, rtol=1e-12, atol=0)
    assert ours.terms == dict.fromkeys(("joint", "unimodal", "mask"), 1 / 5)
    assert InfMasking(CONFIG, 3).terms["mask"] == 1 / 6


def test_infmaskings_mask_term_is_its_equation():
    method = build(InfMasking)
    value = method.loss(batch(method, progress=0.25), ["mask"])["mask"]
    tokens = method.read_views(batch(method))
    fused = method.fusion.merge([method.fusion.pool(read) for read in tokens])
    masked = method.fuse_masked(tokens, torch.Generator().manual_seed(9))
    assert masked.shape == (6, 12, 16)
    expected = 0
    for view in (slice(0, 6), slice(6, 12)):
        z = torch.stack([method.head(part[view]) for part in masked])
        expected += infinite_masking(method.head(fused[view]), z, 0.3, 0.5 * 0.25)
    torch.testing.assert_close(value, expected, rtol=1e-10, atol=0)
    later = method.loss(batch(method, progress=1.0), ["mask"])["mask"]
    assert abs(later - value) > 1e-6


def test_infmaskings_masks_are_drawn_at_their_ratio_from_the_generator(monkeypatch):
    method, kept = build(InfMasking), []
    pool = method.fusion.pool_masked

    def record(tokens, keep, replacement):
        kept.append(keep)
        return pool(tokens, keep, replacement)

    monkeypatch.setattr(method.fusion, "pool_masked", record)
    given = batch(method, n=200)
    first = method.loss(given, ["mask"])["mask"]
    share = torch.stack(kept).double().mean()
    assert float(share) == pytest.approx(0.3, abs=4 * math.sqrt(0.21 / torch.stack(kept).numel()))
    assert not torch.equal(kept[0], kept[1])  # modalities are masked apart
    assert not torch.equal(method.loss(given, ["mask"])["mask"], first)  # the stream goes on
    again = replace(given, generator=torch.Generator().manual_seed(9))
    assert torch.equal(method.loss(again, ["mask"])["mask"], first)


def test_supervised_is_cross_entropy_of_each_task():
    method = build(Supervised)
    given = batch(method)
    maps = [method.encoders[m](views[0]) for m, views in enumerate(given.views)]
    fused = method.fusion.merge([method.fusion.summarise(m, x) for m, x in enumerate(maps)])
    values = method.loss(given, ["U1", "S"])
    assert set(values) == {"U1", "S"}
    for task, value in values.items():
        layer = method.classifiers[task]
        assert layer.out_features == CLASSES[task]
        expected = F.cross_entropy(layer(fused), given.labels[task])
        torch.testing.assert_close(value, expected, rtol=1e-10, atol=0)
    assert method.terms == dict.fromkeys(CLASSES, 1.0)
    with pytest.raises(ValueError, match="task S came without"):
        method.loss(replace(given, labels={"R": given.labels["R"]}), ["R", "S"])
    with pytest.raises(ValueError, match="task R came without"):
        method.loss(replace(given, labels=None), ["R"])


def test_random_init_is_where_comm_starts():
    floor, comm = build(RandomInit).state_dict(), build(CoMM).state_dict()
    assert floor.keys() == {name for name in comm if not name.startswith("head.")}
    assert all(torch.equal(value, comm[name]) for name, value in floor.items())


def test_pixels_are_means_of_cells_and_nothing_else():
    method = build(Pixels)
    assert list(method.parameters()) == []
    image = batch(method).views[0][0]
    encoded = method.encode(0, image)
    cells = image.unfold(2, 2, 2).unfold(3, 2, 2).mean((4, 5))
    torch.testing.assert_close(encoded, cells.flatten(1))
    assert float(encoded[0, 9]) == pytest.approx(float(image[0, 0, 2:4, 2:4].mean()))


@pytest.mark.parametrize("name", ["supervised", "random_init", "pixels"])
def test_ceilings_and_floors_learn_from_unbiased_pairs_alone(name):
    assert find_method(name).pairs == ("unbiased",)


@pytest.mark.parametrize(
    ("kind", "modalities", "message"),
    [
        (CLIP, 1, "needs 2 or more, not 1"),
        (CrossSelf, 1, "needs 2 or more, not 1"),
        (FactorCL, 3, "stated for 2 modalities, not for 3"),
    ],
)
def test_impossible_numbers_of_modalities_are_refused(kind, modalities, message):
    with pytest.raises(ValueError, match=message):
        kind(CONFIG, modalities)


@pytest.mark.parametrize("kind", [CLIP, CrossSelf, SimCLR, InfMasking])
def test_three_modalities_work(kind):
    torch.manual_seed(0)
    method = kind(CONFIG, 3)
    views = [torch.randn(method.n_views, 4, 3, 16, 16) for _ in range(3)]
    values = method.loss(Batch(views), list(method.terms))
    assert all(value.isfinite() for value in values.values())
