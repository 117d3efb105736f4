"""A hint's ``--where`` is pasted into a shell: its words are those that were meant."""

import shlex

import pandas as pd
import pytest
from score_rows import results

from interaction_probes.analysis.conditions import filter_rows, where_option
from interaction_probes.analysis.scores.table import scores_table


@pytest.mark.parametrize(
    ("column", "values", "negated", "option"),
    [
        ("n_pairs", "10", False, "--where n_pairs=10"),
        ("run", "b0,b4", True, "--where run!=b0,b4"),
        ("run", "my run", True, "--where 'run!=my run'"),
        ("data.noise.drop", "[0.0, 0.2]", False, "--where 'data.noise.drop=[0.0, 0.2]'"),
    ],
)
def test_a_shell_gives_the_condition_on_whole(column, values, negated, option):
    found = where_option(column, values, negated=negated)
    assert found == option
    assert shlex.split(found)[1:] == [f"{column}{'!=' if negated else '='}{values}"]


def test_the_hint_for_a_range_keeps_its_rows():
    name = "data.noise.drop"
    table = pd.concat(
        [
            results([0.7], seeds=(seed,)).assign(**{name: value})
            for seed, value in enumerate(("[0.0, 0.2]", "[0.0, 0.9]"))
        ]
    )
    with pytest.raises(ValueError, match="keep one") as caught:
        scores_table(table)
    hint = str(caught.value).partition("keep one (")[2].partition("), or")[0]
    option, *conditions = shlex.split(hint)
    assert option == "--where"
    kept = filter_rows(table, conditions)
    assert set(kept[name]) == {"[0.0, 0.2]"}
