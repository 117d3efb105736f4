"""What every method keeps to."""

from dataclasses import fields, replace

import pytest
import torch
from small_methods import CONFIG, batch, build

from interaction_probes.baselines.clip import CLIP
from interaction_probes.baselines.cross_self import CrossSelf
from interaction_probes.baselines.factorcl import FactorCL
from interaction_probes.baselines.infmasking import InfMasking
from interaction_probes.baselines.simclr import SimCLR
from interaction_probes.contrast.method import Batch
from interaction_probes.contrast.views.config import ViewConfig
from interaction_probes.contrast.views.draws import draw
from interaction_probes.settings.registry import METHODS, find_method

LEARNING = [name for name in METHODS if find_method(name).terms]


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


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("zoom", [1.5, 2])
def test_images_larger_than_the_training_views_can_be_probed(name, zoom):
    method = build(name).eval()
    trained = method.config.size
    encoded = [
        method.encode(0, torch.zeros(2, 3, s, s).double()) for s in (trained, int(zoom * trained))
    ]
    assert encoded[0].shape == encoded[1].shape
    assert encoded[1].isfinite().all()


def test_every_window_of_a_larger_map_is_read_and_the_results_averaged():
    method = SimCLR(CONFIG).double().eval()
    method.encoders = torch.nn.ModuleList([torch.nn.Identity(), torch.nn.Identity()])
    channels, height, width = method.feature_shape
    larger = torch.randn(2, channels, height + 2, width + 1, dtype=torch.float64)
    windows = [
        method.embed(1, larger[:, :, i : i + height, j : j + width])
        for i in range(3)
        for j in range(2)
    ]
    torch.testing.assert_close(
        method.embed(1, larger), torch.stack(windows).mean(0), rtol=1e-12, atol=1e-12
    )


@pytest.mark.parametrize("name", LEARNING)
@pytest.mark.parametrize(
    ("field", "value"), [("heads", 2), ("projection", 7), ("temperature", 0.7)]
)
def test_a_method_ignores_what_it_says_of_the_model(name, field, value):
    losses = []
    for config in (CONFIG, replace(CONFIG, **{field: value})):
        method = build(name, config=config)
        losses.append(list(method.loss(batch(method), list(method.terms)).values()))
    assert (losses[0] == losses[1]) == (f"model.{field}" in find_method(name).ignores)


@pytest.mark.parametrize("name", LEARNING)
@pytest.mark.parametrize("field", [field.name for field in fields(ViewConfig)])
def test_a_method_ignores_what_it_says_of_the_views(name, field):
    usual = ViewConfig()
    value = getattr(usual, field)
    other = tuple(0.9 * end for end in value) if isinstance(value, tuple) else value / 2
    drawn = []
    for config in (usual, replace(usual, **{field: other})):
        chosen = build(name).views(config)
        drawn.append(vars(draw(chosen, 50, 24, 24, torch.Generator().manual_seed(0))))
    same = all(torch.equal(drawn[0][k], drawn[1][k]) for k in drawn[0])
    assert same == (f"views.{field}" in find_method(name).ignores)
