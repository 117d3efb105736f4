"""The ceiling on labels of a user's own: any name, any number of classes, and none of them."""

import pytest
import torch
from small_modalities import MODEL

from interaction_probes.baselines.supervised import Supervised
from interaction_probes.contrast.method import Batch


def test_labels_may_have_the_names_of_attributes():
    classes = {"type": 3, "keys": 2, "training": 2, "kind": 4}
    method = Supervised(MODEL, 2, classes)
    views = [torch.rand(2, 6, 3, MODEL.size, MODEL.size) for _ in range(2)]
    labels = {name: torch.arange(6) % number for name, number in classes.items()}
    losses = method.loss(Batch(views, labels), list(classes))
    assert set(losses) == set(classes)
    assert all(torch.isfinite(loss) for loss in losses.values())


def test_only_synergy_of_trifeature_has_another_weight():
    classes = {"Sarcasm": 2, "S": 2, "S13": 2, "S123-10": 2, "S12to3": 10, "Side": 2}
    weights = Supervised(MODEL, 2, classes).terms
    assert weights == {"Sarcasm": 1, "S": 4, "S13": 4, "S123-10": 4, "S12to3": 1, "Side": 1}


def test_without_classes_there_is_nothing_to_learn():
    with pytest.raises(ValueError, match="learns labels that are one of several classes"):
        Supervised.build(MODEL, {})
