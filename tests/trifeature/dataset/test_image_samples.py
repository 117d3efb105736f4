from dataclasses import replace

import numpy as np
import pytest

from trifeature import (
    FactorCounts,
    Geometry,
    ImageDesign,
    ImageSet,
    LatinRule,
    PairDesign,
    SampleDesign,
    SharedFactor,
    draw_latin_arrays,
    exact_profile,
    generate,
    generate_samples,
    sample_images,
    shared_information,
)

IMAGES = ImageDesign(Geometry(13, 8, 5), FactorCounts(3, 4, 4), renders=2)
DESIGN = SampleDesign.standard(3, 0.25, 0.5)


@pytest.fixture(scope="module")
def data():
    return generate_samples(IMAGES, DESIGN, 4, 200)


def test_parts(data):
    assert data.modalities == 3
    assert len(data.pretrain) == len(data.probe_train) == 200
    for samples, images in (
        (data.pretrain, data.train),
        (data.probe_train, data.train),
        (data.probe_test, data.test),
    ):
        factors = images.factors[samples.index]
        assert (factors[:, :, 0] == factors[:, :1, 0]).all()
        assert list(samples.labels) == [task.name for task in data.tasks]
    assert data.pretrain.labels["S123"].mean() > 0.5
    assert data.probe_train.labels["S123"].mean() < 0.4
    combinations = [set(map(tuple, s.factors.tolist())) for s in (data.train, data.test)]
    assert not combinations[0] & combinations[1]


def test_truth_is_of_the_probes_and_what_is_shared_of_pretraining(data):
    assert data.truth == exact_profile(DESIGN.unbiased, IMAGES.counts, data.arrays)
    assert data.truth["S123"][1, 2, 3] > 0
    assert data.shared == shared_information(DESIGN, IMAGES.counts, data.arrays)
    assert set(data.limits) == {"S13", "S123"}


def test_images_are_those_of_pairs_and_a_seed_is_a_dataset(data):
    pairs = generate(IMAGES, PairDesign(), 4, 50)
    np.testing.assert_array_equal(pairs.train.images, data.train.images)
    again, other = (generate_samples(IMAGES, DESIGN, seed, 200) for seed in (4, 5))
    np.testing.assert_array_equal(again.pretrain.index, data.pretrain.index)
    assert not np.array_equal(other.pretrain.index, data.pretrain.index)


def test_strengths_do_not_change_what_the_probes_see(data):
    unbiased = generate_samples(IMAGES, DESIGN.unbiased, 4, 200)
    for name in ("probe_train", "probe_test"):
        ours, theirs = getattr(unbiased, name), getattr(data, name)
        np.testing.assert_array_equal(ours.index, theirs.index)
        for task, labels in ours.labels.items():
            np.testing.assert_array_equal(labels, theirs.labels[task])


@pytest.mark.parametrize(
    "pairs",
    [
        PairDesign(),
        PairDesign(shared_strength=0.5, mapping_strength=0.25),
        PairDesign("texture", "shape", ("colour", "colour"), 1.0, 1.0),
    ],
)
def test_pairs_are_the_case_of_two_images(pairs):
    """Same seed, same bytes."""
    ours = generate_samples(IMAGES, SampleDesign.of_pairs(pairs), 4, 100)
    theirs = generate(IMAGES, pairs, 4, 100)
    for name in ("pretrain", "probe_train", "probe_test"):
        found, expected = getattr(ours, name), getattr(theirs, name)
        np.testing.assert_array_equal(found.index, expected.index)
        assert list(found.labels) == [*expected.labels, "S-4"]
        for task, labels in expected.labels.items():
            np.testing.assert_array_equal(found.labels[task], labels)
    [square] = ours.arrays
    np.testing.assert_array_equal(square.answer(np.arange(4)), theirs.mapping)
    assert ours.limits == {"S": {"additive": theirs.additive_limit}}
    assert {task: profile.total for task, profile in ours.truth.items()} == pytest.approx(
        {task: pid.total for task, pid in theirs.truth.items()} | {"S-4": 2}
    )


@pytest.mark.parametrize("images", [2, 4, 6])
def test_any_number_of_images(images):
    found = generate_samples(IMAGES, SampleDesign.standard(images, 0.5), 0, 100)
    assert found.pretrain.index.shape == (100, images)


@pytest.mark.parametrize(
    ("images", "design", "message"),
    [
        (
            IMAGES,
            SampleDesign(latin=(LatinRule((("texture", 1), ("colour", 2))),)),
            "gives the label of S12 away: image 1 alone knows 0.811 of its 0.811 bits",
        ),
        (
            replace(IMAGES, counts=FactorCounts(3, 2, 4)),
            SampleDesign(),
            "needs as many values of each: there are 2 textures where it needs 4",
        ),
    ],
)
def test_what_cannot_be_drawn(images, design, message):
    with pytest.raises(ValueError, match=message):
        generate_samples(images, design, 0, 100)
    with pytest.raises(ValueError, match="at least 1 sample is needed, not 0"):
        generate_samples(IMAGES, SampleDesign(), 0, 0)


def test_images_that_cannot_fill_the_design(data):
    """A folder may hold few images; one line names the rules that none of them obeys."""
    tied = LatinRule((("texture", 1), ("colour", 2)), 1.0)
    design = SampleDesign(2, (SharedFactor("shape", (1, 2)),), (), (tied,))
    [square] = draw_latin_arrays(design, IMAGES.counts, 0)
    colour = int(np.flatnonzero(square.table()[0])[0])  # which texture 0 does not map to
    few = ImageSet(data.test.images[:1], np.array([[0, 0, colour]]))
    with pytest.raises(ValueError, match="no sample of 2 of these 1 images obeys the shape shared"):
        sample_images(few, data.test, IMAGES.counts, design, 0, 100)


def test_samples_of_other_numbers_of_images(data):
    with pytest.raises(ValueError, match="samples of this design have 2 images, not 3"):
        replace(data, design=SampleDesign.standard(2))
