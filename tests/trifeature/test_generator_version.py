"""Papers name their data by a seed and GENERATOR_VERSION: here is what a version means."""

import pytest

from trifeature import (
    GENERATOR_VERSION,
    PAPER,
    QUICK,
    FactorCounts,
    ImageDesign,
    PairDesign,
    SampleDesign,
    generate,
    generate_samples,
)
from trifeature.dataset.export import contents
from trifeature.images.image_sets import checksum, split_combinations

#: Version → geometry → sha256 of every array of seed 0 (all combinations, one render each).
#: A version's line stays; whoever changes what a seed gives raises the version and adds one.
_OF_TEN_VALUES = {
    QUICK: "d80b3256f54499cfa421fa9c36be88aaaad7e7b1c69ea7a3c3af818be1f1ab11",
    PAPER: "c21f31ad54791e7b88a5c6b0f5cce8e7a2e9bbacfb1a995efa5cd09857d4e44c",
}
OUTPUT = {
    1: _OF_TEN_VALUES,
    2: _OF_TEN_VALUES,  # splits of few values, some of which lacked one, are others
}
#: Version → sha256 of the split of three values a factor, seed 0.
SPLIT = {2: "a2126c2b16b6cd7f128d8f11c92c0ae4d3c82eb9b9cbc67bb18c6b17db081220"}
#: Version → sha256 of every array of samples of three images, seed 0.
SAMPLES = {2: "b1133ffb93b9509061eb5f616e5c8fe52c6c2dd905643eeda36cbe0b0f552b6f"}


def output(geometry, seed=0):
    data = generate(ImageDesign(geometry, renders=1), PairDesign(mapping_strength=0.5), seed, 1000)
    return checksum(*contents(data).values())


@pytest.mark.parametrize("geometry", [QUICK, PAPER], ids=["quick", "paper"])
def test_a_version_is_an_output(geometry):
    assert max(OUTPUT) == GENERATOR_VERSION, "a new version needs the hashes of its output here"
    assert output(geometry) == OUTPUT[GENERATOR_VERSION][geometry], (
        "the same seed gives other data: raise GENERATOR_VERSION and add its hashes here"
    )


def test_a_version_is_a_split_of_few_values_too():
    """The one of seed 0 lacked a value in version 1."""
    assert checksum(*split_combinations(FactorCounts(3, 3, 3), 0)) == SPLIT[GENERATOR_VERSION]


def test_a_version_is_samples_of_three_images_too():
    images = ImageDesign(QUICK, FactorCounts(4, 5, 5), renders=1)
    data = generate_samples(images, SampleDesign.standard(3, 0.25, 0.5), 0, 500)
    assert checksum(*contents(data).values()) == SAMPLES[GENERATOR_VERSION]


def test_the_hash_sees_the_seed():
    assert output(QUICK, seed=1) != OUTPUT[GENERATOR_VERSION][QUICK]
