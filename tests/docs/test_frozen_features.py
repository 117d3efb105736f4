"""The tutorial on a user's own features: its blocks run, and its numbers are what it says."""

import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "frozen-features.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.fixture(scope="module")
def names():
    """What the blocks leave behind, run one after the other as a reader would."""
    left_behind: dict = {}
    for block in BLOCKS:
        exec(block, left_behind)
    return left_behind


def test_halves_of_digits(names):
    table = names["scores"].set_index(["features", "task"])
    accuracy, bits = table["accuracy"], table["bits"]
    assert (table["accuracy_low"] < accuracy).all()
    assert (accuracy < table["accuracy_high"]).all()
    assert table["auc"].notna().tolist() == [task == "parity" for _, task in table.index]
    assert accuracy["both", "digit"] > 0.93
    for half in ("left", "right"):
        assert 0.6 < accuracy[half, "digit"] < accuracy["both", "digit"]
        assert accuracy[half, "parity"] > 0.7
        for task in ("digit", "parity"):
            added = table.loc[f"both - {half}", task]
            assert added["accuracy"] == accuracy["both", task] - accuracy[half, task]
            assert added["bits"] == bits["both", task] - bits[half, task]
            assert added["accuracy_low"] > 0
    scored = table.loc[["left", "right", "both"]]
    assert len(scored) == 6
    assert len(table) == 10
    assert scored["chance"].unstack().loc["both"].to_dict() == {"digit": 0.1, "parity": 0.5}
    assert (scored["bits"] < scored["bits_of_label"]).all()
    assert scored["bits_of_label"]["both", "digit"] == pytest.approx(3.32, abs=0.02)


def test_exclusive_or_of_parities(names):
    table = names["synergy"].set_index("features")
    for alone in ("image 1", "image 2", "concatenated"):
        assert table["accuracy"][alone] == pytest.approx(0.5, abs=0.06)
        assert table["accuracy_low"][alone] <= 0.5 <= table["accuracy_high"][alone]
        assert table["bits"][alone] < 0.02
    assert table["accuracy"]["with their product"] > 0.75
    assert table["accuracy_low"]["with their product"] > 0.6


def test_bits_of_clusters_and_parities(names):
    parities, digits = names["about_parities"], names["about_digits"]
    shuffled = names["with_floor"].shuffled
    assert parities.synergy == pytest.approx(1, abs=0.02)
    assert parities.redundancy + parities.unique_1 + parities.unique_2 < 0.02
    assert 0.5 < digits.redundancy < digits.total < 3.33
    assert shuffled.total < 0.6 * digits.total
    assert shuffled.synergy > shuffled.redundancy
