"""Tables of runs joined: from which of them each run is taken."""

import pandas as pd

from interaction_probes.analysis.collected_tables import merge_tables


def runs(value, **half_done):
    """A row per run with one value; a run's ``half_done`` is its last epoch, or empty."""
    return pd.DataFrame(
        {"run": list(half_done), "value": value, "half_done": list(half_done.values())}
    )


def test_a_run_is_of_the_first_table_that_has_it_finished_else_of_the_first():
    tables = {
        "first": runs(0.1, whole="", early="3", half="3"),
        "empty": runs(0.0),
        "second": runs(0.2, whole="", early="", half="4", more=""),
        "third": runs(0.3, whole="", early="", more="5"),
    }
    found, left_out = merge_tables(tables)
    assert dict(zip(found["run"], found["value"], strict=True)) == {
        "whole": 0.1,
        "half": 0.1,
        "early": 0.2,
        "more": 0.2,
    }
    assert left_out == {
        "early of first": "it stands in second too",
        "whole of second": "it stands in first too",
        "half of second": "it stands in first too",
        "whole of third": "it stands in first too",
        "early of third": "it stands in second too",
        "more of third": "it stands in second too",
    }
