"""What the pages say of the study is what its committed table says."""

from pathlib import Path

import pytest

from interaction_probes.figures.table import read_results
from interaction_probes.tables import WRITERS, scores_table

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def study():
    return read_results(ROOT / "results" / "quick" / "study.csv")


def test_the_readmes_table_is_the_studys(study):
    assert WRITERS[".md"](scores_table(study, published=True)) in (ROOT / "README.md").read_text()
