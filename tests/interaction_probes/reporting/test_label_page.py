"""The report of runs on a dataset, and what it refuses as the printed table does."""

import pandas as pd
import pytest
from label_tables import label_table

from interaction_probes.analysis.published import read_published
from interaction_probes.analysis.scores.dataset_table import dataset_table
from interaction_probes.figures.datasets.label_curves import label_dynamics
from interaction_probes.figures.datasets.subset_profile import subset_profile
from interaction_probes.reporting.label_page import label_tables
from interaction_probes.reporting.page import default_title, page

BOTH = label_table(("comm", "clip"), (0, 1), labels=("digit",))


def beside(methods=("comm",), seeds=(2,), usual="", **columns):
    """The table with other runs, whose columns have other values than the usual one."""
    others = label_table(methods, seeds, labels=("digit",)).assign(run="another", **columns)
    tables = [BOTH.assign(**dict.fromkeys(columns, usual)) if usual else BOTH, others]
    return pd.concat(tables, ignore_index=True)


APART = {
    "a seed twice": (beside(seeds=(1,)), r"seed 1 of comm .* more than once"),
    "a setting": (beside(usual="1", **{"optim.lr": "2"}), r"runs of comm differ in optim\.lr"),
    "the probes": (
        beside(("decur",), usual="[1, 2]", **{"probe.strengths": "[1]"}),
        r"runs of .* differ in probe\.strengths",
    ),
    "the preset": (beside(preset="mine"), "mixes the presets mine and quick"),
    "the version": (beside(usual="2", preset_version="1"), "mixes the versions 1 and 2"),
}


@pytest.mark.parametrize(
    "show",
    [
        dataset_table,
        label_tables,
        label_dynamics,
        subset_profile,
        lambda table: page(table, read_published(), "title"),
    ],
    ids=["table", "report's table", "dynamics", "profile", "report"],
)
@pytest.mark.parametrize("what", APART)
def test_runs_without_a_common_mean_are_refused_alike(show, what):
    table, message = APART[what]
    with pytest.raises(ValueError, match=message):
        show(table)


def test_the_report_has_the_scores_at_the_chosen_epochs():
    [table] = label_tables(BOTH)
    assert [name for name, _ in table.rows] == ["comm", "clip"]
    assert table.headings == ["Method", "Loss weights", "n", "digit: accuracy (%)", "digit: bits"]
    shown = dataset_table(BOTH, numbers=True)["digit_accuracy"].tolist()
    assert [float(cells[3].sort) / 100 for _, cells in table.rows] == pytest.approx(shown)


def test_collapsed_runs_are_marked():
    """Each once, also where its labels have chosen different epochs."""
    every = label_table(("comm", "clip"), (0, 1), labels=("digit", "ink"))
    every.loc[(every["metric"] == "best_epoch") & (every["task"] == "ink"), "value"] = 4
    [found] = label_tables(every.assign(collapsed=(every["run"] == "clip-s1").astype(int)))
    assert [cells[2].text for _, cells in found.rows] == ["2", "2 (1 collapsed)"]


def test_the_report_says_of_which_epoch_the_profile_is():
    text = page(BOTH, read_published(), "title")
    assert "<dd>The same probe at the chosen epoch, with some modalities hidden" in text


def test_the_report_has_the_auc_that_the_table_prints():
    rows = BOTH[(BOTH["probe"] == "linear") & (BOTH["metric"] == "accuracy")]
    ranked = pd.concat([BOTH, rows.assign(metric="auc", value=0.8)], ignore_index=True)
    [table] = label_tables(ranked)
    assert table.headings[3:] == ["digit: accuracy (%)", "digit: AUC", "digit: bits"]
    assert [cells[4].mean for _, cells in table.rows] == ["0.800", "0.800"]
    assert [cells[4].share for _, cells in table.rows] == ["0.600", "0.600"]  # of .5 to 1


def test_the_head_of_the_report_names_the_file_of_the_data():
    assert default_title(BOTH) == "Linear-probe scores on data-0123abcd"  # no column of the file
    named = BOTH.assign(**{"data.path": "some/where/digits.npz"})
    moved = pd.concat([named, BOTH.assign(run="x", **{"data.path": "else/digits.npz"})])
    assert default_title(named) == default_title(moved) == "Linear-probe scores on digits.npz"
    other = pd.concat([named, BOTH.assign(**{"data.path": "copy.npz"})])
    assert default_title(other) == "Linear-probe scores on data-0123abcd"
    text = page(named, read_published(), default_title(named))
    assert "<h1>Linear-probe scores on digits.npz</h1>" in text
    assert "preset quick · digits.npz data-0123abcd</p>" in text
    assert "preset quick · data-0123abcd</p>" in page(BOTH, read_published(), "x")
    assert default_title(BOTH.assign(pairs="biased")) == "Redundancy, uniqueness and synergy"
