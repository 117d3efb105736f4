import pytest

from interaction_probes.analysis.verdict import (
    ABSENT,
    EXPOSED,
    PRESENT,
    UNDECIDED,
    UNRESOLVED,
    synergy_in_words,
)


@pytest.mark.parametrize(
    ("low", "sentence"),
    [
        ({"linear": 0.51}, EXPOSED),
        ({"linear": 0.51, "bilinear": 0.4, "mlp": 0.4, "mask1": 0.45, "mask2": 0.5}, EXPOSED),
        ({"linear": 0.5, "bilinear": 0.51, "mlp": 0.4}, PRESENT),
        ({"linear": 0.4, "mlp": 0.51}, PRESENT),
        ({"linear": 0.5, "bilinear": 0.5, "mlp": 0.5}, ABSENT),
        ({"linear": 0.5, "bilinear": 0.5}, UNDECIDED),
        ({"linear": 0.5}, UNDECIDED),
    ],
)
def test_the_rule(low, sentence):
    assert synergy_in_words(low) == sentence


@pytest.mark.parametrize(
    ("high", "sentence"),
    [
        ({"linear": 0.59, "bilinear": 0.55, "mlp": 0.52}, ABSENT),
        ({"linear": 0.55, "bilinear": 0.6, "mlp": 0.52}, UNRESOLVED),
        ({"linear": 0.7, "bilinear": 0.55, "mlp": 0.52}, UNRESOLVED),
        ({"linear": 0.55, "bilinear": 0.55, "mlp": 0.8, "shuffled": 0.5}, UNRESOLVED),
        ({"linear": 0.55, "bilinear": 0.55, "mlp": 0.55, "shuffled": 0.8}, ABSENT),
    ],
)
def test_absence_needs_narrow_intervals(high, sentence):
    low = dict.fromkeys(("linear", "bilinear", "mlp"), 0.45)
    assert synergy_in_words(low, high) == sentence
    assert synergy_in_words(low | {"mlp": 0.51}, high) == PRESENT
    assert synergy_in_words({"linear": 0.45}, high) == UNDECIDED


def test_shuffled_labels_above_chance_forbid_a_verdict():
    found = synergy_in_words({"linear": 0.6, "mask1": 0.4, "mask2": 0.4, "shuffled": 0.55})
    assert found == "S cannot be judged: a probe of shuffled labels ranks above chance"


def test_a_single_image_above_chance_forbids_a_verdict():
    found = synergy_in_words({"linear": 0.9, "mask1": 0.6, "mask2": 0.6})
    assert found == "S cannot be judged: image 1 alone and image 2 alone rank above chance"
    found = synergy_in_words({"linear": 0.9, "mask1": 0.4, "mask2": 0.6})
    assert found == "S cannot be judged: image 2 alone ranks above chance"
