import itertools
import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from trifeature import (
    FactorCounts,
    ImageFactor,
    LatinRule,
    PairDesign,
    SampleDesign,
    SharedFactor,
    draw_latin_arrays,
)
from trifeature.samples.tasks import sample_tasks


def test_the_standard_design_of_three_images_is_the_default():
    assert SampleDesign.standard(3) == SampleDesign()
    biased = SampleDesign.standard(3, pair_strength=0.25, triple_strength=1.0)
    assert [rule.strength for rule in biased.rules] == [1.0, 1.0, 0.25, 1.0]
    assert biased.unbiased == SampleDesign()


@pytest.mark.parametrize("images", range(4, 10))
def test_more_images_share_the_shape_and_have_one_unique_attribute_each(images):
    design = SampleDesign.standard(images, triple_strength=0.5)
    assert design.shared[0].images == tuple(range(1, images + 1))
    assert [factor.image for factor in design.unique] == list(range(1, images + 1))
    assert design.latin[1].strength == 0.5


def test_pairs_are_the_case_of_two_images():
    pairs = PairDesign("colour", "shape", ("texture", "shape"), 0.5, 0.25)
    design = SampleDesign.of_pairs(pairs)
    assert design.images == 2
    assert design.shared == (SharedFactor("colour", (1, 2), 0.5),)
    assert design.unique == (("shape", 1), ("shape", 2))
    assert design.latin == (LatinRule((("texture", 1), ("shape", 2)), 0.25),)
    assert SampleDesign.of_pairs(pairs.unbiased) == design.unbiased
    assert design.as_pairs() == pairs
    assert SampleDesign().as_pairs() is None
    for other in (
        replace(design, unique=design.unique[:1]),
        replace(design, unique=(("shape", 1), ("texture", 2))),
        replace(design, latin=(LatinRule((("texture", 2), ("shape", 1))),)),
        replace(design, shared=()),
    ):
        assert other.as_pairs() is None
    assert SampleDesign.standard(2, 0.5) == SampleDesign.of_pairs(PairDesign(mapping_strength=0.5))


def test_plain_and_back():
    design = SampleDesign.standard(4, 0.25, 0.5)
    plain = json.loads(json.dumps(asdict(design)))
    assert SampleDesign.from_dict(plain) == design
    assert hash(SampleDesign.from_dict(plain)) == hash(design)
    for wrong in ({}, {**plain, "latin": [{"factors": [["texture", 1], ["colour", 2]], "n": 1}]}):
        with pytest.raises(ValueError, match="no design of samples"):
            SampleDesign.from_dict(wrong)


def test_rules_are_kept_however_they_are_given():
    design = SampleDesign.standard(3, 0.3)
    for listed in (list, iter):
        again = SampleDesign(3, listed(design.shared), listed(design.unique), listed(design.latin))
        assert again == design
        assert hash(again) == hash(design)
        assert [task.name for task in sample_tasks(again, COUNTS, ARRAYS)][-3:] == [
            "S123",
            "S123-10",
            "S12to3",
        ]
    of_numpy = SampleDesign.standard(np.int64(3), np.float32(0.3))
    assert of_numpy == design
    assert json.dumps(asdict(of_numpy)) == json.dumps(asdict(design))
    whole = SampleDesign.standard(3, 1)
    assert json.dumps(asdict(whole)) == json.dumps(asdict(SampleDesign.standard(3, 1.0)))


COUNTS = FactorCounts()
ARRAYS = draw_latin_arrays(SampleDesign(), COUNTS, 0)
TEXTURE = [ImageFactor("texture", k) for k in (1, 2, 3)]
LATIN = SampleDesign.latin
PAIR_RULES = [
    LatinRule((ImageFactor("texture", a), ImageFactor("colour", b)), 1.0)
    for a, b in itertools.combinations(range(1, 10), 2)
]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SampleDesign(1), "a sample has 2 to 9 images, not 1"),
        (lambda: SampleDesign(latin=LATIN[0]), "latin is a tuple of rules, LatinRule each, not La"),
        (lambda: SampleDesign(shared=LATIN), "shared is a tuple of rules, SharedFactor each, not"),
        (lambda: SampleDesign.standard(1), "a sample has 2 to 9 images, not 1"),
        (lambda: SampleDesign(10), "a sample has 2 to 9 images, not 10"),
        (lambda: SampleDesign(9, (), (), PAIR_RULES[:19]), "at most 18 rules, not 19"),
        (lambda: SampleDesign(2.5), "the number of images of a sample is a whole number"),
        (lambda: SampleDesign(2), "shape 3 is of no image: the samples have 2"),
        (lambda: SampleDesign.standard(2, 0, 0.5), "a triple rule needs 3 images or more, not 2"),
        (
            lambda: SampleDesign(unique=(("texture", 4),)),
            "texture 4 is of no image: the samples have 3",
        ),
        (
            lambda: SampleDesign(unique=(("texture", 1), ("colour", 1))),
            "colour 1 cannot be both shared and unique",
        ),
        (
            lambda: SampleDesign(shared=(), unique=(("texture", 1), ("colour", 1))),
            "image 1 has 2 unique attributes; name one",
        ),
        (
            lambda: SampleDesign(
                shared=(SharedFactor("shape", (1, 2)), SharedFactor("shape", (2, 3)))
            ),
            "shape 2 is in two rules of sharing; make one of them",
        ),
        (
            lambda: SampleDesign(
                shared=(SharedFactor("shape", (1, 2)), SharedFactor("colour", (2, 1)))
            ),
            "2 rules of one kind over images 1 and 2: their tasks would have the same name",
        ),
        (
            lambda: SampleDesign(latin=(LatinRule(TEXTURE), LatinRule(TEXTURE))),
            "2 rules of one kind over images 1, 2 and 3",
        ),
        (lambda: SampleDesign(unique=("texture",)), r"unique names \(attribute, image\)"),
        (lambda: SharedFactor("size", (1, 2)), "no factor 'size'"),
        (lambda: SharedFactor("shape", (1,)), r"ties 2 or more different images, not \[1\]"),
        (lambda: SharedFactor("shape", (1, 1)), r"ties 2 or more different images, not \[1, 1\]"),
        (lambda: SharedFactor("shape", (0, 1)), "images are numbered from 1, not 0"),
        (
            lambda: SharedFactor("shape", (1, 2), 1.5),
            r"the strength of the shape shared by images 1 and 2 lies in \[0, 1\], not 1.5",
        ),
        (
            lambda: LatinRule(TEXTURE[:1]),
            r"a Latin rule ties 2 or more different images, not \[1\]",
        ),
        (
            lambda: LatinRule((("texture", 1), ("colour", 1))),
            r"a Latin rule ties 2 or more different images, not \[1, 1\]",
        ),
        (lambda: LatinRule(TEXTURE, float("nan")), r"lies in \[0, 1\], not nan"),
        (lambda: LatinRule(TEXTURE, "1"), "is a number, not '1'"),
    ],
)
def test_bad_designs(make, message):
    with pytest.raises(ValueError, match=message) as error:
        make()
    assert "\n" not in str(error.value)
