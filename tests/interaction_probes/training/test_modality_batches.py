"""What batches of arrays hold: each row's own label and views, by the strengths that were asked."""

import numpy as np
import torch
from small_modalities import KINDS, OPTIM, N, build, modalities, modality
from small_training import MODEL
from small_views import STILL
from tiny_method import Tiny

from interaction_probes.contrast.views.config import ViewConfig
from interaction_probes.datasets.schema import Modality
from interaction_probes.training import encoding
from interaction_probes.training.encoding import combine_modalities, encode_modalities
from interaction_probes.training.loop import pretrain_modalities
from interaction_probes.training.modalities import ModalitySource, plain_inputs
from interaction_probes.training.optim import optimizer_for


def views_of(arrays, strengths=STILL):
    source = ModalitySource(build("comm", arrays), arrays, None, strengths)
    return source.views(torch.arange(N), source.streams(0, 0), torch.float32)


def test_each_modality_of_vectors_drops_steps_of_its_own():
    first, second = (views == 0 for views in views_of([modality("vectors")] * 2))
    assert first.any()
    assert not torch.equal(first, second)


def test_each_modality_of_images_has_crops_of_its_own():
    first, second = views_of([modality("images")] * 2, ViewConfig())
    assert not torch.equal(first, second)


def test_images_are_augmented_by_the_strengths_that_are_given():
    pictures = np.random.default_rng(0).integers(256, size=(N, 16, 16, 3), dtype=np.uint8)
    [(one, other), _] = views_of([Modality("pictures", "images", pictures)] * 2)
    assert torch.equal(one, other)


def test_images_are_encoded_at_the_size_of_the_model():
    arrays = modalities(KINDS["a mix"])
    found = plain_inputs(build("comm", arrays), 2, arrays[2], np.arange(4))
    assert found.shape == (4, 3, MODEL.size, MODEL.size)


def test_labels_are_those_of_the_rows_of_a_batch():
    arrays = [modality("vectors", seed) for seed in range(2)]
    for array in arrays:
        array.values[:] = 10 * np.arange(N)[:, None]  # noise is far smaller
    method = build("comm", arrays)
    own_loss, seen = method.loss, []

    def check(batch, terms):
        shown = (batch.views[0][0].amax(1) / 10).round().long()
        assert torch.equal(shown, batch.labels["row"])
        seen.extend(shown.tolist())
        return own_loss(batch, terms)

    method.loss = check
    rows = np.arange(N)[:9:-1]
    epochs = pretrain_modalities(
        *(method, optimizer_for(method, OPTIM), arrays, OPTIM, method.terms, 0, rows),
        labels={"row": np.arange(N)},
    )
    next(epochs)
    assert sorted(seen) == [*range(10, N)]


def test_rows_in_portions_are_encoded_as_together(monkeypatch):
    arrays = modalities(KINDS["a mix"])
    method = build("comm", arrays)
    together = encode_modalities(method, arrays, OPTIM)
    for name in ("_IMAGES", "_OTHERS"):
        monkeypatch.setattr(encoding, name, 7)
    for found, whole in zip(encode_modalities(method, arrays, OPTIM), together, strict=True):
        torch.testing.assert_close(found, whole, rtol=1e-4, atol=1e-5)


def test_more_rows_than_are_combined_at_a_time_keep_their_order():
    first, second = torch.arange(40_002.0).reshape(2, 20_001, 1)
    found = combine_modalities(Tiny(MODEL), [first, second])
    np.testing.assert_array_equal(found, torch.cat([first, second], dim=1))
