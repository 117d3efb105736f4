import itertools

import numpy as np
import pytest

from trifeature import (
    FactorCounts,
    Geometry,
    ImageDesign,
    PairDesign,
    decompose,
    draw_mapping,
    draw_pairs,
    empirical_truth,
    exact_truth,
    generate_images,
)
from trifeature.information.truth import single_image_auc

LOG10 = np.log2(10)


def entropy_of_a_bit(p):
    return -p * np.log2(p) - (1 - p) * np.log2(1 - p)


def parts(pid):
    return [pid.redundancy, pid.unique_1, pid.unique_2, pid.synergy]


def truth(design, counts=None):
    counts = counts or FactorCounts()
    return exact_truth(design, counts, draw_mapping(design, counts, 0))


def slow_truth(design, counts, mapping):
    """Every pair of combinations weighed one by one; whole images as X1 and X2."""
    table = list(itertools.product(*(range(counts[f]) for f in ("shape", "texture", "colour"))))
    index = {"shape": 0, "texture": 1, "colour": 2}
    shared, unique = index[design.shared], index[design.unique]
    first, second = (index[f] for f in design.mapped)
    n = len(table)
    joints = {task: np.zeros((n, n, 10)) for task in ("R", "U1", "U2", "S")}
    for shares, maps in itertools.product((True, False), repeat=2):
        weight = (design.shared_strength if shares else 1 - design.shared_strength) * (
            design.mapping_strength if maps else 1 - design.mapping_strength
        )
        if weight == 0:
            continue
        pool = [
            (i, j)
            for i, j in itertools.product(range(n), repeat=2)
            if (not shares or table[i][shared] == table[j][shared])
            and (not maps or table[j][second] == mapping[table[i][first]])
        ]
        for i, j in pool:
            one, other = table[i], table[j]
            labels = {
                "R": one[shared],
                "U1": one[unique],
                "U2": other[unique],
                "S": int(other[second] == mapping[one[first]]),
            }
            for task, label in labels.items():
                joints[task][i, j, label] += weight / len(pool)
    return {task: parts(decompose(joint)) for task, joint in joints.items()}


def test_the_unbiased_benchmark():
    found = truth(PairDesign())
    np.testing.assert_allclose(parts(found["R"]), [LOG10, 0, 0, 0], atol=1e-9)
    np.testing.assert_allclose(parts(found["U1"]), [0, LOG10, 0, 0], atol=1e-9)
    np.testing.assert_allclose(parts(found["U2"]), [0, 0, LOG10, 0], atol=1e-9)
    np.testing.assert_allclose(parts(found["S"]), [0, 0, 0, entropy_of_a_bit(0.1)], atol=1e-9)


def test_the_biased_benchmark():
    """Where every pair obeys the mapping its bit is constant, and texture 1 shows in colour 2."""
    found = truth(PairDesign(mapping_strength=1.0))
    np.testing.assert_allclose(parts(found["S"]), [0, 0, 0, 0], atol=1e-9)
    np.testing.assert_allclose(parts(found["U1"]), [LOG10, 0, 0, 0], atol=1e-9)
    np.testing.assert_allclose(parts(found["U2"]), [0, 0, LOG10, 0], atol=1e-9)


@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0])
def test_strength_of_sharing_by_hand(strength):
    """Image 2 shows the label with probability ρ + (1 − ρ)/10: a symmetric channel."""
    found = truth(PairDesign(shared_strength=strength))["R"]
    hit = strength + (1 - strength) / 10
    noise = 0 if hit == 1 else entropy_of_a_bit(hit) + (1 - hit) * np.log2(9)
    np.testing.assert_allclose(parts(found), [LOG10 - noise, noise, 0, 0], atol=1e-9)


@pytest.mark.parametrize("strength", [0.0, 0.4])
def test_strength_of_the_mapping_by_hand(strength):
    found = truth(PairDesign(mapping_strength=strength))["S"]
    hit = strength + (1 - strength) / 10
    np.testing.assert_allclose(parts(found), [0, 0, 0, entropy_of_a_bit(hit)], atol=1e-9)


@pytest.mark.parametrize(
    "design",
    [
        PairDesign(),
        PairDesign(shared_strength=0.5, mapping_strength=0.25),
        PairDesign("texture", "shape", ("texture", "colour"), 0.5, 0.5),
        PairDesign("colour", "texture", ("texture", "colour"), 0.75, 0.5),
        PairDesign("colour", "shape", ("shape", "shape"), 1.0, 0.5),
        PairDesign("shape", "colour", ("colour", "shape"), 0.0, 1.0),
    ],
    ids=str,
)
def test_slow_twin(design):
    """Only the factors that bear on a task are looked at; the whole images say the same."""
    counts = FactorCounts(2, 3, 2)
    mapping = draw_mapping(design, counts, 1)
    fast = {task: parts(pid) for task, pid in exact_truth(design, counts, mapping).items()}
    for task, expected in slow_truth(design, counts, mapping).items():
        np.testing.assert_allclose(fast[task], expected, atol=1e-7, err_msg=task)


@pytest.mark.parametrize("noise", [0.0, 0.05, 0.5, 1.0])
def test_label_noise_by_hand(noise):
    """A label through a symmetric channel: H(Y') − H(noise), of the same kind as without it."""
    design, counts = PairDesign(), FactorCounts()
    found = exact_truth(design, counts, draw_mapping(design, counts, 0), noise)
    flip = entropy_of_a_bit(noise) if 0 < noise < 1 else 0
    ten = LOG10 - flip - noise * np.log2(9)
    positive = 0.1 * (1 - noise) + 0.9 * noise
    np.testing.assert_allclose(parts(found["R"]), [ten, 0, 0, 0], atol=1e-7)
    np.testing.assert_allclose(parts(found["U2"]), [0, 0, ten, 0], atol=1e-7)
    expected = entropy_of_a_bit(positive) - flip
    np.testing.assert_allclose(parts(found["S"]), [0, 0, 0, expected], atol=1e-7)


@pytest.mark.parametrize("noise", [-0.1, 1.1])
def test_label_noise_is_a_probability(noise):
    with pytest.raises(ValueError, match="probability"):
        exact_truth(PairDesign(), FactorCounts(2, 2, 2), np.array([0, 1]), noise)


def test_contradicting_constraints_are_an_error():
    design = PairDesign("shape", "texture", ("shape", "shape"), 1.0, 1.0)
    with pytest.raises(ValueError, match="allows no pair"):
        exact_truth(design, FactorCounts(2, 2, 2), np.array([1, 0]))


def test_empirical_truth_is_the_ideal_where_everything_is_drawn():
    design = PairDesign()
    images = generate_images(ImageDesign(Geometry(24, 16, 5), FactorCounts(3, 4, 4)), 0)[0]
    mapping = draw_mapping(design, FactorCounts(3, 4, 4), 0)
    pairs = draw_pairs(images, design, mapping, 10**9, np.random.default_rng(0))
    found = empirical_truth(images, pairs, design, FactorCounts(3, 4, 4), mapping)
    sizes = np.bincount(images.factors[:, 0]).astype(float) ** 2
    sizes /= sizes.sum()
    expected = -(sizes * np.log2(sizes)).sum()  # shapes as frequent as their pairs
    np.testing.assert_allclose(parts(found["R"]), [expected, 0, 0, 0], atol=1e-9)


def test_empirical_truth_nears_the_ideal():
    counts = FactorCounts(4, 4, 4)
    design = PairDesign(shared_strength=0.6, mapping_strength=0.5)
    mapping = draw_mapping(design, counts, 0)
    images = generate_images(ImageDesign(Geometry(24, 16, 5), counts, renders=20), 0)[0]
    pairs = draw_pairs(images, design, mapping, 4_000, np.random.default_rng(0))
    drawn = empirical_truth(images, pairs, design, counts, mapping)
    ideal = exact_truth(design, counts, mapping)
    for task in ideal:
        np.testing.assert_allclose(parts(drawn[task]), parts(ideal[task]), atol=0.06)


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ([0, 1, 2, 9], r"whole and lie in 0\.\.3"),
        ([0, 1, 2, -1], r"whole and lie in 0\.\.3"),
        ([0, 1, 2, 0.5], r"whole and lie in 0\.\.3"),
        ([0, 1, 2, np.nan], r"whole and lie in 0\.\.3"),
        (np.ma.array([0, 1, 2, 3], mask=[1, 0, 0, 0]), r"whole and lie in 0\.\.3"),
        ([0, 1], "the mapping has 2 values; these images need 4"),
        (np.zeros((4, 1)), r"the mapping is \[n\], not \[4, 1\]"),
        ("0123", "the mapping is an array or nested lists of numbers, not '0123'"),
    ],
)
def test_what_maps_to_no_value_is_refused(mapping, message):
    """Values that no image has, or a mask that is dropped, would read as another truth."""
    counts, design = FactorCounts(4, 4, 4), PairDesign(mapping_strength=1.0)
    images, _ = generate_images(ImageDesign(Geometry(13, 8, 5), counts, 1), 0)
    pairs = draw_pairs(images, design, np.arange(4), 50, np.random.default_rng(0))
    with pytest.raises(ValueError, match=message):
        exact_truth(design, counts, mapping)
    with pytest.raises(ValueError, match=message):
        empirical_truth(images, pairs, design, counts, mapping)
    assert exact_truth(design, counts, [3, 2, 1, 0]) == exact_truth(
        design, counts, np.arange(4)[::-1]
    )


def test_pairs_of_other_images_are_refused():
    counts, design = FactorCounts(4, 4, 4), PairDesign()
    train, test = generate_images(ImageDesign(Geometry(13, 8, 5), counts, 1), 0)
    pairs = draw_pairs(train, design, np.arange(4), 500, np.random.default_rng(0))
    with pytest.raises(ValueError, match="the pairs are of rows outside"):
        empirical_truth(test, pairs, design, counts, np.arange(4))


def image_auc(counts, design=None):
    design = design or PairDesign()
    return single_image_auc(design, counts, draw_mapping(design, counts, 0))


def test_an_image_alone_is_at_chance_on_pure_synergy():
    assert image_auc(FactorCounts()) == (0.5, 0.5)
    assert image_auc(FactorCounts(texture=5, colour=5)) == (0.5, 0.5)
    assert image_auc(FactorCounts(texture=10, colour=5)) == (0.5, 0.5)


def test_a_colour_that_is_never_mapped_to_answers_no():
    # All 1 of image 2's colours in the mapping's image, and 4/9 of the pairs that do not obey it.
    assert image_auc(FactorCounts(texture=5)) == (0.5, pytest.approx(1 - 4 / 9 / 2))


def test_with_the_shared_attribute_one_image_alone_knows_s():
    design = PairDesign(mapped=("shape", "colour"))
    assert image_auc(FactorCounts(), design) == (0.5, 1.0)
    design = PairDesign(mapped=("colour", "shape"))
    assert image_auc(FactorCounts(), design) == (1.0, 0.5)
