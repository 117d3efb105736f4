"""The small print on designs says no more than the runs need."""

import itertools

import pandas as pd
import pytest

from interaction_probes.figures.drawing.design_styles import designs_note
from interaction_probes.figures.drawing.task_panels import curve_tasks

PAIRS = "R and U learnt from unbiased pairs, S from biased ones"
BOTH = ("unbiased", "biased")


def rows(weights=None, **designs):
    found = [(name, each) for name, pairs in designs.items() for each in pairs]
    table = pd.DataFrame(found, columns=["method", "pairs"])
    return table if weights is None else table.assign(weights=weights)


@pytest.mark.parametrize(
    ("table", "alone"),
    [
        (rows(comm=BOTH, clip=BOTH), False),
        (rows(comm=BOTH, pixels=("unbiased",)), True),
        (rows(comm=("biased",)), True),
        (rows(comm=(*BOTH, "mapping0.5")), False),
        (rows(comm=("unbiased", "mapping0.5")), True),
        (rows(comm=BOTH, weights=["", None]), False),
        (rows(comm=BOTH, weights=["", "joint=1"]), True),
    ],
)
def test_a_method_of_one_design_is_told_where_there_is_one(table, alone):
    end = "; a method with runs on one of the two is shown from that one." if alone else "."
    assert designs_note(table) == PAIRS + end


def test_so_it_is_of_three_images():
    every = ("unbiased", "pair-biased", "triple-biased")
    assert designs_note(rows(comm=every), of_samples=True).endswith("from triple-biased ones.")
    for some in itertools.combinations(every, 2):
        assert "is shown from that one." in designs_note(rows(comm=some), of_samples=True)


def test_curves_on_vectors_name_no_images(results):
    comm = results[results["method"] == "comm"]
    assert curve_tasks(comm).titles["U1"] == "U1  unique to image 1"
    vectors = curve_tasks(comm.assign(kind="vectors")).titles
    assert [vectors[task] for task in ("R", "U1", "U2")] == [
        "R  redundancy",
        "U1  unique to vector 1",
        "U2  unique to vector 2",
    ]
