"""Rules that contradict each other, or give a label away to a part of the images."""

import pytest

from trifeature import FactorCounts, LatinRule, SampleDesign, SharedFactor, draw_latin_arrays
from trifeature.information.design_profiles import check_design


def rules(*latin, shared=((("colour"), (1, 2)),)):
    return SampleDesign(3, tuple(SharedFactor(*each) for each in shared), (), tuple(latin))


@pytest.mark.parametrize(
    ("design", "counts", "message"),
    [
        (
            rules(LatinRule((("texture", 1), ("colour", 2)))),
            (10, 10, 10),
            "the rule of texture 1 and colour 2 gives the label of S12 away: image 1 alone knows "
            "0.469 of its 0.469 bits",
        ),
        (
            rules(LatinRule((("shape", 1), ("colour", 2), ("texture", 3)))),
            (10, 10, 10),
            "gives the label of S123 away: images 1 and 3 alone know 0.469 of its 0.469 bits",
        ),
        (
            rules(LatinRule((("colour", 1), ("colour", 2)), 1.0)),
            (2, 2, 2),
            "the rules contradict each other: no sample obeys the colour shared by images 1 and 2 "
            "and the rule of colour 1 and colour 2",
        ),
        (
            rules(
                LatinRule((("texture", 1), ("texture", 2)), 1.0), shared=[("texture", (1, 2), 0.5)]
            ),
            (2, 2, 2),
            "the rules contradict each other",
        ),
    ],
)
def test_rules_that_contradict_each_other_or_give_a_label_away(design, counts, message):
    counts = FactorCounts(*counts)
    seeds = (draw_latin_arrays(design, counts, seed) for seed in range(20))
    # Whether a sharing and a bijection contradict each other depends on the bijection.
    arrays = next(a for a in seeds if a[0].table().flat[0] != 0)
    with pytest.raises(ValueError, match=message) as error:
        check_design(design, counts, arrays)
    assert "\n" not in str(error.value)


def test_the_standard_designs_give_nothing_away():
    for images in (2, 3, 5):
        design = SampleDesign.standard(images, 1.0)
        for seed in range(3):
            check_design(design, FactorCounts(), draw_latin_arrays(design, FactorCounts(), seed))
