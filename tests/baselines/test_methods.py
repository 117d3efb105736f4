"""What every method keeps to."""

import itertools
from dataclasses import replace

import pytest
import torch
from small_methods import CLASSES, CONFIG, batch, build

from interaction_probes.baselines.beyond_pairs.confu import ConFu
from interaction_probes.baselines.beyond_pairs.gram import GRAM
from interaction_probes.baselines.beyond_pairs.symile import Symile
from interaction_probes.baselines.beyond_pairs.triangle import TRIANGLE
from interaction_probes.baselines.clip import CLIP
from interaction_probes.baselines.cross_self import CrossSelf
from interaction_probes.baselines.factorcl import FactorCL
from interaction_probes.baselines.simclr import SimCLR
from interaction_probes.contrast.method import Method
from interaction_probes.runtime.precision import autocast_towers
from interaction_probes.settings.registry import METHODS, find_method, methods_for

LEARNING = [name for name in METHODS if find_method(name).terms]
#: (name, images per sample) of every method that is stated for so many.
EACH = [(name, n) for n in (2, 3, 4) for name in methods_for(n)]
TRAINED = [(name, n) for name, n in EACH if name in LEARNING]
#: Method → its terms that draw at random.
DRAWN = {
    "infmasking": {"mask"},
    "symile": {"shuffled"},
    "coral": {"shared", "orthogonal"},
    "disentangled": {"shared"},
    "mae": {"reconstruction"},
}
#: Methods whose terms that do not draw see single images alone.
UNPAIRED = {"simclr", "coral"}
#: How far a training is in which a method learns: one of two steps has two.
PROGRESS = (0.5, 1.0)
#: Method → how often an image of a step goes through its tower, other than once.
PASSES = {"mae": 2}  # masked, and whole


def steady_terms(name):
    """The terms of a method that draw nothing."""
    return [term for term in find_method(name).terms if term not in DRAWN.get(name, ())]


@pytest.mark.parametrize(("name", "n"), EACH)
def test_the_terms_are_known_before_a_method_is_built(name, n):
    told = find_method(name).terms_for(n, CLASSES)
    assert [*told.items()] == [*build(name, modalities=n).terms.items()]


def rows_of(given, order):
    """The same batch in another order, with masks drawn alike."""
    return replace(
        given,
        views=[views[:, order] for views in given.views],
        labels={task: values[order] for task, values in given.labels.items()},
        generator=seeded(),
    )


def seeded():
    return torch.Generator().manual_seed(9)


@pytest.mark.parametrize(("name", "modalities"), TRAINED)
def test_terms_alone_are_terms_together(name, modalities):
    method = build(name, modalities=modalities)
    together = method.loss(batch(method), list(method.terms))
    lacking = {("comm", 2): ["partial"], ("symile", 4): ["all"]}.get((name, modalities), [])
    assert [*method.terms, *lacking] == list(find_method(name).terms)
    for term in method.terms:
        alone = method.loss(batch(method), [term])
        assert set(alone) == {term}
        torch.testing.assert_close(alone[term], together[term], rtol=1e-11, atol=1e-12)
        assert together[term].shape == ()


@pytest.mark.parametrize(("name", "modalities"), TRAINED)
def test_every_parameter_learns_from_the_whole_loss(name, modalities):
    method = build(name, modalities=modalities)
    for progress in PROGRESS:
        values = method.loss(batch(method, progress=progress), list(method.terms))
        sum(values.values()).backward()
    for parameter_name, parameter in method.named_parameters():
        assert parameter.grad is not None, parameter_name
        assert parameter.grad.isfinite().all(), parameter_name


@pytest.mark.parametrize(
    ("name", "modalities"),
    [(name, n) for name, n in TRAINED if steady_terms(name) and n < 4],
)
def test_the_order_of_the_batch_does_not_matter_but_the_pairing_does(name, modalities):
    method, order = build(name, modalities=modalities), torch.tensor([3, 0, 5, 1, 4, 2])
    terms = [term for term in method.terms if term in steady_terms(name)]
    given = batch(method)
    values = method.loss(given, terms)
    permuted = method.loss(rows_of(given, order), terms)
    first, second, *rest = given.views
    torn = replace(given, views=[first, second[:, order], *rest])
    torn_values = method.loss(torn, terms)
    for term, value in values.items():
        torch.testing.assert_close(permuted[term], value, rtol=1e-10, atol=1e-11)
    if name not in UNPAIRED:  # modalities never meet there
        assert any(abs(torn_values[term] - value) > 1e-6 for term, value in values.items())


@pytest.mark.parametrize("name", ["simclr", "cross_self"])
def test_swapping_the_views_changes_nothing(name):
    method = build(name)
    given = batch(method)
    swapped = replace(given, views=[views.flip(0) for views in given.views])
    values = method.loss(given, list(method.terms))
    for term, value in method.loss(swapped, list(method.terms)).items():
        torch.testing.assert_close(value, values[term], rtol=1e-11, atol=0)


@pytest.mark.parametrize(("name", "modalities"), EACH)
def test_every_place_can_be_probed_under_every_mask(name, modalities):
    method = build(name, modalities=modalities).eval()
    images = [views[0] for views in batch(method).views]
    found = {}
    for place in method.places:
        method.place = method.find_place(place)
        encoded = [method.encode(m, views) for m, views in enumerate(images)]
        whole = method.combine(encoded)
        for mask in itertools.product((False, True), repeat=modalities):
            if not any(mask):
                continue
            kept = [rows if inside else None for rows, inside in zip(encoded, mask, strict=True)]
            part = method.combine(kept)
            assert part.shape[0] == 6
            assert part.isfinite().all()
            widths = {whole.shape[1], whole.shape[1] * sum(mask) // modalities}
            if (name, place) == ("confu", "fused"):  # each image, and each pair of them
                widths = {16 * sum(mask) * (sum(mask) + 1) // 2}
            if (name, place) == ("coral", "paths"):  # the fusion, and each image
                widths = {16 * (1 + sum(mask))}
            assert part.shape[1] in widths
        # A masked modality leaves no trace: what was encoded for it does not matter.
        other = method.encode(1, images[1].flip(0))
        moved = method.combine([encoded[0], other, *encoded[2:]])
        assert (moved - whole).abs().max() > 1e-9
        with pytest.raises(ValueError, match="at least one modality"):
            method.combine([None] * modalities)
        found[place] = whole
    assert len({tuple(rows.flatten().tolist()) for rows in found.values()}) == len(method.places)
    assert method.find_place("default") == next(iter(method.places))


@pytest.mark.parametrize("name", LEARNING)
def test_autocast_is_close_to_float32(name):
    method = build(name, torch.float32)
    for progress in PROGRESS:
        given = batch(method, 32, torch.float32, progress=progress)
        values = method.loss(replace(given, generator=seeded()), list(method.terms))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            rough = method.loss(replace(given, generator=seeded()), list(method.terms))
        for term, value in rough.items():
            assert value.dtype == torch.float32, term
            torch.testing.assert_close(value, values[term], rtol=0.05, atol=0.02)
        sum(rough.values()).backward()
    assert all(p.grad.isfinite().all() for p in method.parameters())


@pytest.mark.parametrize(
    "name",
    [
        *("clip", "cross_self", "simclr", "factorcl", "symile", "gram", "triangle", "confu"),
        *("decur", "hril", "coral"),
    ],
)
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
        (CLIP, 1, "CLIP is stated for 2 or more modalities, not for 1"),
        (CrossSelf, 1, "CrossSelf is stated for 2 or more modalities, not for 1"),
        (FactorCL, 3, "FactorCL is stated for 2 modalities, not for 3"),
        (Symile, 2, "Symile is stated for 3 or more modalities, not for 2; with 2 it is CLIP"),
        (GRAM, 2, "not for 2; with 2 the volume is a function of the cosine, as in CLIP"),
        (TRIANGLE, 2, "TRIANGLE is stated for 3 modalities, not for 2; with 2 there is no tri"),
        (TRIANGLE, 4, "TRIANGLE is stated for 3 modalities, not for 4$"),
        (ConFu, 2, "not for 2; with 2 it is CLIP at a fixed temperature"),
        (SimCLR, 0, "a method learns from 1 modality or more, not 0"),
    ],
)
def test_impossible_numbers_of_modalities_are_refused(kind, modalities, message):
    with pytest.raises(ValueError, match=message):
        kind(CONFIG, modalities)
    with pytest.raises(ValueError, match=message):
        kind.build(CONFIG, CLASSES, modalities)


def test_the_methods_for_a_number_of_images():
    of_three = {"symile", "gram", "triangle", "confu"}
    assert set(methods_for(2)) == set(METHODS) - of_three
    of_two = {"factorcl", "coral", "decur", "disentangled"}
    assert set(methods_for(3)) == set(METHODS) - of_two
    assert set(methods_for(4)) == set(METHODS) - {*of_two, "triangle"}
    several = {"clip", "cross_self", "hril", "mae"}
    assert not set(methods_for(1)) & {*several, *of_two, *of_three}


@pytest.mark.parametrize(("name", "modalities"), TRAINED)
def test_every_image_goes_through_its_tower_once(name, modalities):
    """Time grows linearly with the images: masks and pairs are merges of what was encoded."""
    method, seen = build(name, modalities=modalities), []
    for tower in method.encoders:
        tower.register_forward_hook(lambda module, inputs, output: seen.append(len(inputs[0])))
    method.loss(batch(method), list(method.terms))
    assert seen == [6 * method.n_views * PASSES.get(name, 1)] * modalities


@pytest.mark.parametrize(("name", "modalities"), EACH)
def test_every_tower_is_probed_in_the_precision_of_training(name, modalities, monkeypatch):
    """COrAL's and DisentangledSSL's further towers were probed in float32."""
    made, new_encoder = [], Method.new_encoder
    monkeypatch.setattr(
        Method, "new_encoder", lambda *given: made.append(new_encoder(*given)) or made[-1]
    )
    method = build(name, modalities=modalities).float()
    towers = [] if name == "pixels" else made
    assert {id(tower) for tower in method.all_encoders()} == {id(tower) for tower in towers}
    types = []
    for tower in towers:
        tower[0].register_forward_hook(lambda module, inputs, output: types.append(output.dtype))
    with torch.no_grad(), autocast_towers(torch.bfloat16, method):
        for m in range(modalities):
            method.eval().encode(m, torch.zeros(2, 3, method.config.size, method.config.size))
    assert len(types) >= len(towers)
    assert set(types) <= {torch.bfloat16}


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
