"""Model PID: the truth of a true label, and no synergy where a prediction has none."""

import numpy as np
import pytest

from interaction_probes.probing.information.model_pid import ImageValues, model_pid
from interaction_probes.probing.intervals import draw_resample_counts
from trifeature import FactorCounts, ImageSet, PairDesign, draw_mapping, exact_truth
from trifeature.images.factors import combinations
from trifeature.pairs.draw import draw_pairs

COUNTS = FactorCounts(4, 4, 4)
DESIGN = PairDesign()
MAPPING = draw_mapping(DESIGN, COUNTS, 0)


def scored(factors):
    """The pairs of such images that share their shape, and their labels."""
    images = ImageSet(np.zeros((len(factors), 1, 1, 3), np.uint8), factors)
    return draw_pairs(images, DESIGN, MAPPING, 10**6, np.random.default_rng(0))


#: Every combination once, of which nothing is associated by chance, and 200 images at random.
WHOLE = combinations(COUNTS)
SOME = np.random.default_rng(5).integers(4, size=(200, 3))
PAIRS = scored(SOME)
FIRST, SECOND = PAIRS.index.T


def of(factors, *columns):
    """Image 1's and image 2's values of a factor each; images of a shape meet."""
    shape = factors[:, 0]
    strata = {0: np.zeros_like(shape), 1: shape, 2: shape}
    first, second = (ImageValues(factors[:, k], strata[k]) for k in columns)
    return first, second


def decomposed(images, predicted, classes, pairs=PAIRS, n_images=200, seed=0):
    counts = draw_resample_counts(pairs.index, n_images, np.random.default_rng(seed), 40)
    rng = np.random.default_rng(seed)
    return model_pid(images, pairs.index, predicted, predicted, classes, counts, rng)


@pytest.mark.parametrize(
    ("task", "columns", "classes"),
    [("R", (0, 0), 4), ("U1", (1, 1), 4), ("U2", (1, 1), 4), ("S", (1, 2), 2)],
)
def test_the_true_label_reads_the_truth(task, columns, classes):
    pairs = scored(WHOLE)
    found = decomposed(of(WHOLE, *columns), pairs.labels[task], classes, pairs, len(WHOLE))
    truth = vars(exact_truth(DESIGN, COUNTS, MAPPING)[task])
    assert found.corrected == pytest.approx(truth, abs=1e-9)
    assert vars(found.truth) == pytest.approx(truth, abs=1e-9)
    assert set(vars(found.floor).values()) == {0.0}


def noise(rng, size):
    return rng.random(size) < 0.3


#: What no synergy is in: pure noise, and one image alone, with noise of pairs or of images, which
#: is the same in all pairs of an image.
WITHOUT_SYNERGY = {
    "noise of pairs": lambda rng: noise(rng, len(FIRST)),
    "noise of image 1": lambda rng: noise(rng, 200)[FIRST],
    "noise of both images": lambda rng: rng.normal(size=200)[FIRST] > rng.normal(size=200)[SECOND],
    "image 1": lambda rng: SOME[FIRST, 1] > 1,
    "image 1, noise of pairs": lambda rng: (SOME[FIRST, 1] > 1) ^ noise(rng, len(FIRST)),
    "image 1, noise of images": lambda rng: (SOME[FIRST, 1] > 1) ^ noise(rng, 200)[FIRST],
    "image 2, noise of pairs": lambda rng: (SOME[SECOND, 2] > 1) ^ noise(rng, len(FIRST)),
}


@pytest.mark.parametrize("kind", WITHOUT_SYNERGY)
@pytest.mark.parametrize("seed", range(3))
def test_no_synergy_of_noise_nor_of_one_image(kind, seed):
    predicted = WITHOUT_SYNERGY[kind](np.random.default_rng(seed)).astype(np.int64)
    found = decomposed(of(SOME, 1, 2), predicted, 2, seed=seed)
    synergy = found.intervals["synergy"]
    assert synergy.low <= 0 <= synergy.high
    assert abs(found.corrected["synergy"]) < 0.006
    used = {"image 1": "unique_1", "image 2": "unique_2"}.get(kind[:7])
    if used:
        assert found.intervals[used].low > 0.02
        assert found.corrected["unique_2" if used == "unique_1" else "unique_1"] < 0.01


def test_noise_of_images_fakes_synergy_that_shuffled_pairs_do_not_show():
    """Ten classes at random per image: the floor takes off what a shuffle of pairs misses."""
    factors = np.random.default_rng(1).integers(10, size=(200, 3))
    images = ImageSet(np.zeros((200, 1, 1, 3), np.uint8), factors)
    mapping = draw_mapping(DESIGN, FactorCounts(), 0)
    pairs = draw_pairs(images, DESIGN, mapping, 10**6, np.random.default_rng(0))
    classes = np.random.default_rng(2).integers(10, size=200)
    found = decomposed(of(factors, 1, 1), classes[pairs.index[:, 0]], 10, pairs)
    assert found.plug_in.unique_1 > 0.25
    assert abs(found.corrected["unique_1"]) < 0.1
    assert found.intervals["unique_1"].low <= 0 <= found.intervals["unique_1"].high


@pytest.mark.parametrize("seed", range(3))
def test_half_of_a_rule_is_synergy(seed):
    """Half of the answers are right, the others a coin: .19 bits, by a closed form."""
    rng = np.random.default_rng(seed)
    rule = (SOME[FIRST, 1] + SOME[SECOND, 2]) % 2  # values of either say nothing alone
    guess = rng.integers(2, size=len(FIRST))
    predicted = np.where(rng.random(len(FIRST)) < 0.5, rule, guess)
    found = decomposed(of(SOME, 1, 2), predicted, 2, seed=seed)
    exact = 1 + 0.25 * np.log2(0.25) + 0.75 * np.log2(0.75)
    assert found.corrected["synergy"] == pytest.approx(exact, abs=0.04)
    assert found.intervals["synergy"].low > 0.1


@pytest.mark.filterwarnings("error")
def test_few_pairs_are_read_without_a_warning():
    """Pairs per combination of values are then 0, 1, 2, …, as labels of samples are."""
    every = np.stack([np.repeat(np.arange(10), 10), np.tile(np.arange(10, 20), 10)], axis=1)
    index = every.repeat(np.arange(100) % 3, axis=0)
    values = np.tile(np.arange(10), 2)
    images = ImageValues(values, values * 0), ImageValues(values, values * 0)
    predicted = np.arange(len(index)) % 2
    counts, rng = np.ones((3, len(index))), np.random.default_rng(0)
    found = model_pid(images, index, predicted, predicted, 2, counts, rng)
    assert 0 < found.plug_in.total < 1
    assert found.floor.synergy > 0  # as both images leave something open of the prediction


def test_values_are_exchanged_within_strata():
    values = ImageValues(
        np.arange(12), np.repeat([2, 0, 1], 4)[np.random.default_rng(0).permutation(12)]
    )
    drawn = values.shuffled(np.random.default_rng(1))
    assert sorted(drawn) == list(range(12))
    np.testing.assert_array_equal(values.strata[drawn], values.strata)
    assert (drawn != np.arange(12)).any()


def test_one_line_for_arrays_that_do_not_fit():
    images, counts = of(SOME, 1, 2), np.ones((3, len(FIRST)))
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="with m predictions and m labels"):
        model_pid(images, PAIRS.index, FIRST[:-1], FIRST, 2, counts, rng)
    with pytest.raises(ValueError, match="b of 2 or more"):
        model_pid(images, PAIRS.index, FIRST * 0, FIRST * 0, 2, counts[:1], rng)


@pytest.mark.parametrize("still", [0, 1])
def test_the_floor_of_synergy_is_the_larger_of_both_images(still):
    """That of an image whose values cannot be exchanged is all that there is."""
    rng = np.random.default_rng(0)
    predicted = (SOME[FIRST, 1] + SOME[SECOND, 2] + noise(rng, len(FIRST))) % 2
    images = [*of(SOME, 1, 2)]
    images[still] = ImageValues(images[still].values, np.arange(200))
    found = decomposed(images, predicted, 2)
    assert found.plug_in.synergy > 0.05
    assert found.floor.synergy == pytest.approx(found.plug_in.synergy)
