import numpy as np
import pytest

from interaction_probes.common.values.scalars import check_number, check_whole, whole
from trifeature import FactorCounts, Geometry, ImageDesign, PairDesign


def test_whole_numbers_and_numbers():
    check_whole(np.int64(3), "n")
    check_number(np.float32(0.5), "n")
    assert whole(1e4, "n") == 10_000
    for wrong in (True, "3", None, 1.5, float("nan")):
        with pytest.raises(ValueError, match="n is a whole number, not"):
            whole(wrong, "n")
    for wrong in (True, "3", None, 1j):
        with pytest.raises(ValueError, match="n is a number, not"):
            check_number(wrong, "n")


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: FactorCounts(4.0, 4, 4), "the number of shape values is a whole number, not 4.0"),
        (lambda: FactorCounts("4", 4, 4), "the number of shape values is a whole number, not '4'"),
        (lambda: Geometry(32, 20, float("nan")), "the period length in pixels is a whole number"),
        (lambda: ImageDesign(renders=1.5), "the number of renders is a whole number, not 1.5"),
        (lambda: PairDesign(mapping_strength="1"), "mapping_strength is a number, not '1'"),
        (lambda: PairDesign(mapped=None), "a mapping links 2 attributes, as"),
    ],
)
def test_designs_take_no_other_kinds_of_numbers(build, message):
    with pytest.raises(ValueError, match=message):
        build()
