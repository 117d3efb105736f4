import pytest

from interaction_probes.analysis.conclusions.verdict import (
    ABSENT,
    EXPOSED,
    NO_SYNERGY,
    NOT_BEYOND,
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


@pytest.mark.parametrize(
    ("low", "sentence"),
    [
        ({"linear": 0.8, "mask1": 0.4, "mask2": 0.77}, EXPOSED),
        ({"linear": 0.77, "mask1": 0.4, "mask2": 0.77}, UNDECIDED),
        ({"linear": 0.77, "bilinear": 0.8, "mlp": 0.4}, PRESENT),
        ({"linear": 0.77, "bilinear": 0.77, "mlp": 0.4}, NOT_BEYOND),
        ({"linear": 0.5, "bilinear": 0.5, "mlp": 0.5}, ABSENT),
    ],
)
def test_an_image_that_can_answer_alone_is_expected_to(low, sentence):
    assert synergy_in_words(low, single_image_auc={"mask1": 0.5, "mask2": 0.778}) == sentence


def test_an_image_that_knows_more_than_it_can_forbids_a_verdict():
    limits = {"mask1": 0.5, "mask2": 0.778}
    found = synergy_in_words({"linear": 0.9, "mask1": 0.5, "mask2": 0.8}, single_image_auc=limits)
    assert found == "S cannot be judged: image 2 alone ranks better than it can"
    found = synergy_in_words({"linear": 0.9, "mask1": 0.51, "mask2": 0.7}, single_image_auc=limits)
    assert found == "S cannot be judged: image 1 alone ranks above chance"


def test_an_image_that_determines_s_leaves_no_synergy():
    assert (
        synergy_in_words({"linear": 0.99, "mask2": 0.99}, single_image_auc={"mask2": 1.0})
        == NO_SYNERGY
    )
