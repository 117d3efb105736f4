import pytest

from trifeature import PID, FactorCounts, PairDesign, draw_mapping, exact_truth
from trifeature.information.purity import is_pure, purity_notes


def notes(counts=None, **design):
    made, counts = PairDesign(**design), counts or FactorCounts()
    return purity_notes(exact_truth(made, counts, draw_mapping(made, counts, 0)))


@pytest.mark.parametrize(
    "counts", [FactorCounts(), FactorCounts(4, 4, 4), FactorCounts(texture=10, colour=5)]
)
def test_pure_designs_have_no_note(counts):
    assert notes(counts) == []


def test_textures_that_leave_colours_unused():
    assert notes(FactorCounts(texture=5)) == [
        "S is not pure: of its 0.469 bits, 0.361 are synergy, 0.108 lie in image 2 alone."
    ]


def test_unevenly_used_colours():
    [note] = notes(FactorCounts(texture=10, colour=3))
    assert "0.911 are synergy, 0.007 lie in image 2 alone" in note


def test_a_shared_attribute_that_is_mapped():
    [note] = notes(mapped=("colour", "shape"))
    assert "0.000 are synergy, 0.469 lie in image 1 alone" in note


def test_a_task_of_another_name_is_pure():
    assert is_pure("both odd", PID(1.0, 1.0, 1.0, 1.0))
