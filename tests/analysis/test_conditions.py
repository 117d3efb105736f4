import pandas as pd
import pytest

from interaction_probes.analysis.conditions import filter_rows
from interaction_probes.analysis.table_files import MissingRows


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        ("crop=[0.4, 1.0]", [0]),
        ("crop=[0.4, 1.0],[0.2, 1.0]", [0, 1]),
        ("crop!=[0.4, 1.0]", [1, 2]),
        ("weights=joint=0.5,unimodal=2", [0]),  # of one run, though it has a comma
        ("weights=joint=0,unimodal=1", [1, 2]),
        ("weights=", []),
        ("seed=1000000", [0]),
        ("seed=1234567", [1]),
        ("seed=1e6,1234568", [0, 2]),
        ("lr=5e-4", [0]),
        ("lr=0.0005,1", [0, 2]),
    ],
)
def test_values_are_kept_by_what_they_are_not_by_how_they_are_written(condition, kept):
    table = pd.DataFrame(
        {
            "crop": ["[0.4, 1.0]", "[0.2, 1.0]", ""],
            "weights": ["joint=0.5,unimodal=2.0", "joint=0.0", "unimodal=1.0"],
            "seed": [1_000_000, 1_234_567, 1_234_568],
            "lr": ["0.0005", "0.006", "1.0"],
        }
    )
    if kept:
        assert filter_rows(table, [condition]).index.tolist() == kept
    else:
        with pytest.raises(MissingRows, match="it has joint=0, "):
            filter_rows(table, [condition])


def test_a_misspelt_value_to_leave_out_is_refused():
    table = pd.DataFrame({"method": ["comm", "clip"]})
    assert len(filter_rows(table, ["method!=pixels"])) == 2  # which is not there anyway
    for listed in ("comn", "comn,clip", "clip,comn"):
        with pytest.raises(MissingRows, match="has method=comn; did you mean comm"):
            filter_rows(table, [f"method!={listed}"])


@pytest.mark.parametrize("condition", ["seed!=10", "pairs!=biased", "strength!=0.25"])
def test_what_a_table_does_not_hold_can_be_left_out_of_it(condition):
    table = pd.DataFrame({"seed": [0, 1], "pairs": ["unbiased"] * 2, "strength": [0.5, 0.2]})
    assert len(filter_rows(table, [condition])) == 2


@pytest.mark.parametrize(
    ("condition", "method", "weights"),
    [
        ("method=CoMM", {"comm"}, {"", "unimodal=0.0", "joint=0.0"}),
        ("method=COMM", {"comm"}, {"", "unimodal=0.0", "joint=0.0"}),
        ("method=Random init", {"random_init"}, {""}),
        ("method=Own", {"my.module:Own"}, {""}),
        ("weights=L alone", {"comm"}, {"unimodal=0.0"}),
        ("weights=unimodal=0", {"comm"}, {"unimodal=0.0"}),
        ("loss=unimodal=0.0", {"comm"}, {"unimodal=0.0"}),
        ("loss=L alone,ΣLᵢ alone", {"comm"}, {"unimodal=0.0", "joint=0.0"}),
        ("loss!=whole", {"comm"}, {"unimodal=0.0", "joint=0.0"}),
        ("weights=both, L + ΣLᵢ", {"comm"}, {""}),
    ],
)
def test_what_is_printed_is_found(results, condition, method, weights):
    found = filter_rows(results, [condition])
    assert set(found["method"]) == method
    assert set(found["weights"]) == weights


def test_two_classes_of_one_name_are_found_by_their_printed_names(results):
    own = results["method"].replace({"my.module:Own": "a:Own", "clip": "b:Own"})
    table = results.assign(method=own)
    assert set(filter_rows(table, ["method=Own (b)"])["method"]) == {"b:Own"}
    with pytest.raises(ValueError, match="method=Own is a:Own or b:Own: write which"):
        filter_rows(table, ["method=Own"])


def test_the_whole_loss_is_found_in_a_column_of_that_name(results):
    table = results.rename(columns={"weights": "loss"})
    with pytest.raises(MissingRows, match="no row of the table has loss=whole"):
        filter_rows(table, ["loss=whole"])  # another table's own column
