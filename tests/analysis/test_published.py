"""Published values stand beside runs on images alone."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from interaction_probes.analysis.published import (
    _PRESETS_OF_VECTORS,
    comparable_published,
    read_published,
)
from interaction_probes.analysis.results_table import read_results
from interaction_probes.analysis.scores.table import scores_table
from interaction_probes.settings.presets import EARLIER_PRESETS, PRESETS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("columns", "left"),
    [
        ({"preset": "vectors"}, set()),
        ({"preset": "vectors", "kind": ""}, set()),
        ({"preset": "vectors", "kind": None}, set()),
        ({"preset": "vectors", "kind": "images"}, {"comm", "clip"}),
        ({"preset": "quick", "kind": "vectors"}, set()),
        ({"preset": "quick", "kind": None}, {"comm", "clip"}),
        ({"preset": "quick"}, {"comm", "clip"}),
    ],
)
def test_published_values_are_of_images(results, columns, left):
    published = pd.DataFrame({"method": ["comm", "clip"], "task": "R", "accuracy": 90.0})
    found = comparable_published(published, results.assign(**columns))
    assert set(found["method"]) == left


def test_a_method_on_vectors_takes_nothing_from_another_on_images(results):
    kind = np.where(results["method"] == "comm", "vectors", "")
    found = comparable_published(read_published(), results.assign(kind=kind))
    assert set(read_published()["method"]) - set(found["method"]) == {"comm"}


def test_the_presets_of_vectors_are_known_to_tables():
    every = [*PRESETS.values(), *EARLIER_PRESETS.values()]
    assert {config.preset for config in every if config.kind == "vectors"} == {*_PRESETS_OF_VECTORS}


def test_the_table_of_vectors_has_nothing_published():
    table = read_results(ROOT / "results" / "vectors" / "methods.csv")
    table = table[table["method"] != "supervised"]
    lines = scores_table(table, published=True)
    assert set(lines["published R, U, S"]) == {"–"}
