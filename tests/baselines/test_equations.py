"""What is each method's own: its equation, its widths, its views."""

import math
from dataclasses import replace

import pytest
import torch
from small_methods import CLASSES, CONFIG, TOWER, batch, build
from torch import nn
from torch.nn import functional as F

from interaction_probes.baselines.clip import CLIP, clip_loss
from interaction_probes.baselines.cross_self import CrossSelf
from interaction_probes.baselines.factorcl import FactorCL
from interaction_probes.baselines.infmasking import InfMasking, infinite_masking
from interaction_probes.baselines.pixels import Pixels
from interaction_probes.baselines.random_init import RandomInit
from interaction_probes.baselines.simclr import SimCLR
from interaction_probes.baselines.supervised import Supervised
from interaction_probes.comm.method import CoMM
from interaction_probes.contrast.encoders import EncoderConfig
from interaction_probes.contrast.losses import club_upper_bound, infonce_lower_bound, nce
from interaction_probes.contrast.method import Batch, ModelConfig
from interaction_probes.contrast.views.config import ViewConfig

PAPER = ModelConfig(EncoderConfig("alexnet"), size=224, dim=512, heads=8, projection=256)


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
    expected = clip_loss(a, b, torch.tensor(1 / 0.07, dtype=torch.float64))
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
        "shared_nce": -infonce_lower_bound(f["shared_nce"](h[0](x1[0]), h[1](x2[0]))),
        "shared_club": club_upper_bound(f["shared_club"](g[0](x1[0]), g[1](x2[0]))),
        "unique1_nce": -infonce_lower_bound(f["unique1_nce"](u[0](x1[0]), u[0](x1[1]))),
        "unique2_nce": -infonce_lower_bound(f["unique2_nce"](u[1](x2[0]), u[1](x2[1]))),
        "conditional_nce": -infonce_lower_bound(
            f["conditional_nce"](both(k, 0, x1), both(k, 1, x2))
        ),
        "conditional_club": club_upper_bound(f["conditional_club"](both(d, 0, x1), both(d, 1, x2))),
        "critics": -infonce_lower_bound(f["shared_club"](g[0](x1[0]), g[1](x2[0])))
        - infonce_lower_bound(f["conditional_club"](both(d, 0, x1), both(d, 1, x2))),
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
    tokens = method.tokenise_views(batch(method))
    fused = method.fusion.merge([method.fusion.attend(read) for read in tokens])
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
    pool = method.fusion.attend_masked

    def record(tokens, keep, replacement):
        kept.append(keep)
        return pool(tokens, keep, replacement)

    monkeypatch.setattr(method.fusion, "attend_masked", record)
    given = batch(method, n=200)
    first = method.loss(given, ["mask"])["mask"]
    share = torch.stack(kept).double().mean()
    assert float(share) == pytest.approx(0.3, abs=4 * math.sqrt(0.21 / torch.stack(kept).numel()))
    assert not torch.equal(kept[0], kept[1])  # modalities are masked apart
    assert not torch.equal(method.loss(given, ["mask"])["mask"], first)  # the stream goes on
    again = replace(given, generator=torch.Generator().manual_seed(9))
    assert torch.equal(method.loss(again, ["mask"])["mask"], first)


def test_a_synergy_bit_weighs_four_and_every_other_task_one():
    classes = {"R123": 10, "U3": 10, "S13": 2, "S13-10": 10, "S123": 2, "S12→3": 10}
    method = Supervised.build(CONFIG, classes, 3)
    assert method.terms == {task: 4.0 if task in ("S13", "S123") else 1.0 for task in classes}
    assert Supervised.build(CONFIG, {"R": 2, "U1": 2, "U2": 2, "S": 2}).terms == Supervised.terms
    views = [torch.randn(2, 4, 3, 16, 16) for _ in range(3)]
    labels = {task: torch.zeros(4, dtype=torch.int64) for task in classes}
    assert set(method.loss(Batch(views, labels), list(classes))) == set(classes)


def test_supervised_is_cross_entropy_of_each_task():
    method = build(Supervised)
    given = batch(method)
    both = [method.encoders[m](views.flatten(0, 1)) for m, views in enumerate(given.views)]
    fused = []
    for maps in zip(*(x.unflatten(0, (2, -1)) for x in both), strict=True):  # of one view
        parts = [method.fusion.summarise(m, x) for m, x in enumerate(maps)]
        fused.append(method.fusion.merge(parts))
    values = method.loss(given, ["U1", "S"])
    assert set(values) == {"U1", "S"}
    for task, value in values.items():
        layer = method.classifiers[task]
        assert layer.out_features == CLASSES[task]
        losses = [F.cross_entropy(layer(part), given.labels[task]) for part in fused]
        expected = (losses[0] + losses[1]) / 2
        torch.testing.assert_close(value, expected, rtol=1e-10, atol=0)
    assert method.terms == {"R": 1, "U1": 1, "U2": 1, "S": 4}
    assert Supervised(CONFIG, classes={"S": 2, "U9": 3}).terms == {"S": 4, "U9": 1}
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
