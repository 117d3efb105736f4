"""The report, the summary and the learning curves of runs on three images."""

import pandas as pd
import pytest
from sample_scores import sample_scores

from interaction_probes.analysis.conclusions.emergence import emergence
from interaction_probes.analysis.published import read_published
from interaction_probes.figures.curves import curves
from interaction_probes.reporting.page import page
from interaction_probes.reporting.page_tables import accuracy_columns, bits_columns
from interaction_probes.reporting.sample_summary import corrected_low, summary_of_samples
from interaction_probes.reporting.summary import Lookup


@pytest.fixture(scope="module")
def table():
    return sample_scores(["comm"])


def test_the_report_has_the_tasks_the_profile_and_no_published_number(table):
    text = page(table, read_published(), "Three")
    for task in ("R123", "S12to3", "AUC of S123", "S123-10 untrained"):
        assert f'<button type="button">{task}</button>' in text
    assert 'id="profile"' in text
    assert 'id="dynamics"' in text
    assert "interactions, synergy, information: these" in " ".join(text.split())
    assert "these runs are of three images or more" in text
    assert "pair-biased" in text
    assert 'class="published"' not in text
    assert [column.task for column in bits_columns(table)][:2] == ["R123", "R12"]
    assert [c.heading for c in accuracy_columns(table)][-2:] == ["AUC of S13", "AUC of S123"]


@pytest.mark.filterwarnings("error")
def test_learning_curves_have_a_panel_per_task(table):
    one = table[table["seed"] == 0]
    figure = curves(one, emergence=emergence(one))
    figure.draw_without_rendering()
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert [title for title in titles if title] == [*one["task"].unique()]
    above = dict(zip(titles, figure.axes, strict=True))["S123"]
    line = next(line for line in above.lines if line.get_label() == "triple-biased pairs")
    assert list(line.get_ydata()) == [50, 90]
    said = " ".join(text.get_text() for text in above.texts)
    assert "from triple-biased" in said
    assert "additive limit" in said
    assert "Linear probe on unbiased samples." in figure.get_supxlabel().replace("\n", " ")


def test_the_summary_shows_what_is_captured_beside_what_is_available(table):
    runs = [rows for _, rows in table[table["seed"] == 0].groupby("pairs", sort=False)]
    lines = summary_of_samples(runs).splitlines()
    [words] = [line.split() for line in lines if line.startswith("S123 ") and "%" in line][:1]
    exact = table[(table["probe"] == "exact") & (table["metric"] == "bits")]
    available = exact[exact["task"] == "S123"]["value"].iloc[0]
    assert words == ["S123", "triple-biased", "90.0", "%", "50", "%", "0.450", f"{available:.3f}"]


def values(**lows):
    """The values of a run with an accuracy of .5 + .02 and the lower ends that are given."""
    found = {("S123", "exact", "chance"): 0.5, ("S123", "linear", "accuracy"): 0.52}
    for probe, low in lows.items():
        found |= {("S123", probe, "accuracy"): 0.52, ("S123", probe, "accuracy_low"): low}
    return Lookup(found)


def test_the_lower_end_is_stretched_by_bonferroni():
    look = values(mask1=0.502)
    assert corrected_low(look, "S123", "mask1", 1) == pytest.approx(0.502)
    # z of 1 − .025 / 7 is 2.690, against 1.960.
    assert corrected_low(look, "S123", "mask1", 7) == pytest.approx(
        0.52 - 0.018 * 2.690 / 1.960, abs=1e-5
    )


def controls(table, low):
    """Metrics of the triple-biased run with six masks and shuffled labels, one a little high."""
    run = table[(table["pairs"] == "triple-biased") & (table["seed"] == 0)]
    rows = []
    for probe in ("mask1", "mask2", "mask3", "mask12", "mask13", "mask23", "shuffled"):
        lower = low if probe == "mask12" else 0.47
        for metric, value in (("accuracy", 0.52), ("accuracy_low", lower)):
            rows.append(
                run.iloc[0].to_dict()
                | {"epoch": 2, "task": "S123", "probe": probe, "metric": metric, "value": value}
            )
    return pd.concat([run, pd.DataFrame(rows)], ignore_index=True)


@pytest.mark.parametrize(("low", "judged"), [(0.502, True), (0.512, False)])
def test_one_of_many_masks_a_little_above_chance_is_no_leak(table, low, judged):
    """At 95 % both are above chance; of seven probes that is nothing for the first."""
    [line] = [
        line
        for line in summary_of_samples([controls(table, low)]).splitlines()
        if line.startswith("S123 ") and ("cannot be judged" in line or "exposed" in line)
    ]
    if judged:
        assert "is linearly exposed" in line
    else:
        assert "above chance without information are images 12 (Bonferroni over 7 probes)" in line
