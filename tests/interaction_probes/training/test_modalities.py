"""Training on vectors, sequences and images as arrays, of every method."""

import math
from dataclasses import replace

import numpy as np
import pytest
import small_modalities
import torch
from small_modalities import (
    KINDS,
    OPTIM,
    STEPS,
    build,
    fewest,
    modalities,
    modality,
    step_of_several,
    trained,
)

from interaction_probes.contrast.views.config import ViewConfig
from interaction_probes.datasets.schema import Modality
from interaction_probes.settings.registry import METHODS, find_method
from interaction_probes.training.encoding import combine_modalities, encode_modalities
from interaction_probes.training.modalities import ModalitySource, describe, gather

LEARNING = [name for name in METHODS if find_method(name).terms]
EVERY = [name for name in METHODS if set(find_method(name).kinds) > {"images"}]


def arrays_for(name, kinds):
    return modalities(KINDS[kinds][: fewest(name)])


@pytest.mark.parametrize("kinds", KINDS)
@pytest.mark.parametrize("name", [name for name in LEARNING if name in EVERY])
def test_every_method_trains_on_every_kind(name, kinds):
    arrays = arrays_for(name, kinds)
    losses, method = trained(name, arrays)
    assert len(losses) == 2
    assert all(math.isfinite(value) for epoch in losses for value in epoch.values())
    assert losses[0] != losses[1]
    for encoder, fresh in zip(method.encoders, build(name, arrays).encoders, strict=True):
        pairs = zip(encoder.parameters(), fresh.parameters(), strict=True)
        assert any(not torch.equal(now, before) for now, before in pairs)


@pytest.mark.parametrize("kinds", KINDS)
@pytest.mark.parametrize("name", EVERY)
def test_what_every_method_encodes_ignores_padding(name, kinds):
    arrays = arrays_for(name, kinds)
    method = build(name, arrays)
    encoded = encode_modalities(method, arrays, OPTIM)
    features = combine_modalities(method, encoded)
    assert features.shape[0] == small_modalities.N
    assert np.isfinite(features).all()
    assert (features.std(0) > 0).any()
    rows = np.array([3, 1, 17])
    part = encode_modalities(method, arrays, OPTIM, rows)
    for few, all_of_them in zip(part, encoded, strict=True):
        torch.testing.assert_close(few, all_of_them[rows], rtol=1e-4, atol=1e-5)
    for array in arrays:
        if array.lengths is not None:
            array.values[np.arange(STEPS) >= array.lengths[:, None]] = 100.0
    other = combine_modalities(method, encode_modalities(method, arrays, OPTIM))
    np.testing.assert_array_equal(other, features)


@pytest.mark.parametrize("name", ["comm", "infmasking", "coral", "simclr"])
def test_values_at_padded_steps_change_no_loss(name):
    arrays = modalities(KINDS["sequences"][:2])
    losses, _ = trained(name, arrays)
    for array in arrays:
        array.values[np.arange(STEPS) >= array.lengths[:, None]] = 100.0
    assert trained(name, arrays)[0] == losses


@pytest.mark.parametrize("kinds", KINDS)
def test_a_method_of_images_refuses_others_in_a_line(kinds):
    with pytest.raises(ValueError, match=r"MAE learns from images, and modality 1 is of") as caught:
        build("mae", arrays_for("mae", kinds))
    assert "\n" not in str(caught.value)


def test_two_processes_do_the_step_of_one(in_two_processes, tmp_path):
    in_two_processes(small_modalities.__file__, tmp_path)
    [whole], gradients = step_of_several()
    for rank in range(2):
        [losses], found = torch.load(tmp_path / f"{rank}.pt")
        assert losses == pytest.approx(whole, rel=1e-8)
        for name, gradient in gradients.items():
            torch.testing.assert_close(found[name], gradient, rtol=1e-8, atol=1e-8, msg=name)


def test_memory_maps_train_like_arrays(tmp_path):
    arrays = modalities(KINDS["a mix"])
    expected, _ = trained("comm", arrays)
    mapped = []
    for k, array in enumerate(arrays):
        np.save(tmp_path / f"{k}.npy", array.values)
        values = np.load(tmp_path / f"{k}.npy", mmap_mode="r")
        mapped.append(replace(array, values=values))
    assert trained("comm", mapped)[0] == expected
    encoded = encode_modalities(build("comm", arrays), mapped, OPTIM)
    assert [len(rows) for rows in encoded] == [small_modalities.N] * 3


def test_a_resumed_training_is_the_uninterrupted_one():
    arrays = modalities(KINDS["vectors"][:2])
    whole, _ = trained("comm", arrays)
    method = build("comm", arrays)
    optimizer = small_modalities.optimizer_for(method, OPTIM)
    found = []
    for done in range(2):
        epochs = small_modalities.pretrain_modalities(
            method, optimizer, arrays, OPTIM, method.terms, 0, finished_epochs=done
        )
        found.append(next(epochs).terms)
    assert found == whole


def test_only_the_rows_of_the_training_are_read():
    arrays = modalities(KINDS["vectors"][:2])
    rows = np.arange(0, 30, 2)
    losses, _ = trained("comm", arrays, rows=rows)
    for array in arrays:
        array.values[1::2] = np.nan
    assert trained("comm", arrays, rows=rows)[0] == losses
    with pytest.raises(ValueError, match="rows are 0 to 29, not 0 to 30"):
        trained("comm", arrays, rows=np.arange(31))
    with pytest.raises(ValueError, match="at least 2 samples, but there are 1"):
        trained("comm", arrays, rows=rows[:1])


def test_rows_come_in_the_order_that_was_asked_for():
    array = np.arange(20).reshape(10, 2)
    rows = np.array([7, 0, 7, 3])
    assert torch.equal(gather(array, rows), torch.from_numpy(array[rows]))


def test_every_modality_has_streams_of_its_own():
    array = modality("vectors")
    method = build("comm", [array, array])
    source = ModalitySource(method, [array, array], None, ViewConfig())
    first, second = source.views(torch.arange(10), source.streams(0, 0), torch.float32)
    assert first.shape == (2, 10, 7)
    assert not torch.equal(first, second)
    again = source.views(torch.arange(10), source.streams(0, 0), torch.float32)
    assert torch.equal(again[0], first)
    assert not torch.equal(
        source.views(torch.arange(10), source.streams(0, 1), torch.float32)[0], first
    )
    given = torch.from_numpy(array.values[:10])
    assert torch.equal(given, torch.from_numpy(modality("vectors").values[:10]))  # not changed
    changed = (first != given).any(2).float().mean()
    assert 0.3 < changed <= 1


def test_rows_that_were_read_ahead_are_those_of_the_batch():
    arrays = modalities(KINDS["a mix"])
    source = ModalitySource(build("comm", arrays), arrays, np.arange(5, 30), ViewConfig())
    batch = torch.tensor([3, 0, 21, 7])

    def views():
        return source.views(batch, source.streams(0, 0), torch.float32)

    expected = views()
    for ahead in (batch, batch.flip(0), batch[:2]):  # and where others were asked for
        source.prepare(ahead)
        for found, whole in zip(views(), expected, strict=True):
            assert torch.equal(found, whole)


def test_objectives_of_one_view_drop_no_steps():
    arrays = modalities(KINDS["vectors"][:2])
    source = ModalitySource(build("clip", arrays), arrays, None, ViewConfig())
    [views, _] = source.views(torch.arange(30), source.streams(0, 0), torch.float32)
    assert views.shape == (1, 30, 7)
    assert (views != 0).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: [a[0]], "the method has 2 modalities, not 1"),
        (lambda a: [a[0], modality("vectors")], r"vectors 0 is vectors \[7\], and the method was"),
        (
            lambda a: [a[0], replace(a[1], lengths=None)],
            r"is sequences \[6, 4\], and the method was built for sequences of several lengths",
        ),
        (lambda a: [a[0], modality("sequences", 1, 20)], "vectors 0 30, sequences 1 20"),
        (
            lambda a: [a[0], replace(a[1], lengths=np.zeros(30, int))],
            "lengths are 1 to 6, and row 0 has 0",
        ),
        (
            lambda a: [a[0], replace(a[1], lengths=np.ones(29, int))],
            r"lengths are whole numbers \[30\], not int64 \[29\]",
        ),
    ],
)
def test_other_modalities_than_the_methods_are_refused(change, message):
    arrays = modalities(KINDS["a mix"][:2])
    with pytest.raises(ValueError, match=message):
        trained("comm", change(arrays), method=build("comm", arrays))


def test_a_description_follows_the_arrays():
    described = describe(modality("sequences"))
    assert (described.kind, described.shape, described.padded) == ("sequences", (6, 4), True)
    with pytest.raises(ValueError, match=r"modality odd: the shape of vectors is \(features,\)"):
        describe(Modality("odd", "vectors", np.zeros((3, 4, 5))))


def test_a_mask_hides_modalities():
    arrays = modalities(KINDS["a mix"])
    method = build("comm", arrays)
    encoded = encode_modalities(method, arrays, OPTIM)
    alone = combine_modalities(method, encoded, {1})
    encoded[0] = encoded[0] + 1
    assert np.array_equal(combine_modalities(method, encoded, {1}), alone)
    assert not np.array_equal(combine_modalities(method, encoded, {0, 1}), alone)
    for wrong in (set(), {3}):
        with pytest.raises(ValueError, match="a mask is a set of modalities 0 to 2"):
            combine_modalities(method, encoded, wrong)
