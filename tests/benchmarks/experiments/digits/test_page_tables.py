"""The page on the digits: its tables are those of the committed results, whole."""

from pathlib import Path

import pandas as pd
import pytest

from benchmarks.experiments.digits import study
from benchmarks.experiments.digits.page_tables import NAMES, fusing_table, views_table

PAGE = (Path(__file__).parents[4] / "docs" / "digits.md").read_text()
SCORES = pd.read_csv(study.TABLES / "digits.csv")
GAINS = pd.read_csv(study.TABLES / "digits_gains.csv")


@pytest.mark.parametrize("data", study.METHODS)
def test_the_tables_of_the_page_are_those_of_the_results(data):
    assert "\n".join(fusing_table(SCORES, GAINS, data)) in PAGE
    assert "\n".join(views_table(SCORES, GAINS, data)) in PAGE


def test_the_results_have_every_method_and_seed_of_the_command():
    found = SCORES[SCORES["method"] != study.REFERENCE].groupby(["data", "method"])["seed"]
    seeds = {key: tuple(sorted(set(values))) for key, values in found}
    assert seeds == {
        (data, method): (0,) if method == "pixels" else study.SEEDS
        for data, methods in study.METHODS.items()
        for method in methods
    }
    assert set(SCORES["method"]) == set(NAMES)


def test_a_table_shows_ranges_of_seeds_and_intervals_of_one():
    scores = pd.DataFrame(
        [
            ("d", "pixels", 0, "a + b", 0.9, 0.85, 0.95, 2.0, 1.9, 2.1),
            ("d", "comm", 0, "a + b", 0.8, 0.75, 0.85, 2.25, 2.0, 2.5),
            ("d", "comm", 1, "a + b", 0.9, 0.85, 0.95, 2.75, 2.5, 3.0),
            ("d", "comm", 1, "a", 0.1, 0.1, 0.1, 0.0, 0.0, 0.0),
        ],
        columns=[
            *("data", "method", "seed", "views", "accuracy", "accuracy_low", "accuracy_high"),
            *("bits", "bits_low", "bits_high"),
        ],
    )
    gains = pd.DataFrame(
        [
            ("d", "comm", 0, "a + b", "a + b", "bits", 0.25, -0.1, 0.5),
            ("d", "comm", 1, "a + b", "a + b", "bits", 0.75, 0.5, 1.0),
            ("d", "comm", 1, "a + b", "a + b", "accuracy", 0.0, 0.0, 0.0),
            ("d", "pixels", 0, "a + b", "b", "bits", 1.0, 0.5, 1.5),
        ],
        columns=[
            *("data", "method", "seed", "views", "than_views", "metric", "gain", "low", "high")
        ],
    )
    assert fusing_table(scores, gains, "d")[2:] == [
        "| raw features | 1 | 90.0 [85.0 to 95.0] | 2.000 [1.900 to 2.100] | – |",
        "| CoMM | 2 | 85.0 (80.0 to 90.0) | 2.500 (2.250 to 2.750) "
        "| +0.500 (+0.250 to +0.750); 1 of 2 |",
    ]
