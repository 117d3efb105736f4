import numpy as np
import pandas as pd
import pytest

from interaction_probes.analysis.emergence import DYNAMICS_COLUMNS, emergence, most_arrived
from interaction_probes.analysis.schema import METRIC_COLUMNS


def metrics(accuracy, low, epochs, task="S", chance=0.5, pairs="biased"):
    rows = [(0, task, "exact", "chance", chance)]
    for epoch, value, end in zip(epochs, accuracy, low, strict=True):
        rows.append((epoch, task, "linear", "accuracy", value))
        rows.append((epoch, task, "linear", "accuracy_low", end))
    rows.append((epochs[-1], task, "shuffled", "accuracy", 0.9))
    return pd.DataFrame([("comm", "smoke", pairs, 0, *row) for row in rows], columns=METRIC_COLUMNS)


def test_a_task_leaves_chance_for_good_after_its_last_return():
    table = metrics([0.5, 0.6, 0.5, 0.7, 0.9], [0.5, 0.55, 0.49, 0.6, 0.8], [0, 3, 6, 9, 12])
    [found] = emergence(table).to_dict("records")
    assert found["left_chance"] == 9
    assert found["reached_90"] == 12
    # Trapezoids of width 3 under 0, .1, 0, .2, .4, over 12 epochs and the way from .5 to 1.
    area = 3 * (0.05 + 0.05 + 0.1 + 0.3) / 12 / 0.5
    assert found["area"] == pytest.approx(area)


def test_ninety_percent_is_of_the_way_from_chance():
    table = metrics([0.1, 0.88, 0.92, 1.0], [0.05, 0.8, 0.9, 1.0], [0, 1, 2, 3], "R", 0.1)
    [found] = emergence(table).to_dict("records")
    assert (found["left_chance"], found["reached_90"]) == (1, 2)


def test_ninety_percent_of_a_rise_never_come_before_leaving_chance():
    """Near its last value from the start, and not above chance by the interval until epoch 2."""
    table = metrics([0.6, 0.59, 0.6, 0.6], [0.48, 0.47, 0.55, 0.55], [0, 1, 2, 3])
    [found] = emergence(table).to_dict("records")
    assert (found["left_chance"], found["reached_90"]) == (2, 2)


@pytest.mark.parametrize(
    ("epochs", "expected"),
    [
        ([3], 3),
        ([3, 6], 6),  # by 3 only half have: and 4.5 is no epoch
        ([3, 3, np.nan], 3),
        ([3, np.nan], np.nan),
        ([0, 1], np.nan),  # half were above it from the start: .5 is no epoch either
        ([0, 3, 3], 3),
        ([0, 0, 3], np.nan),
        ([np.nan], np.nan),
        ([], np.nan),
    ],
)
def test_most_have_arrived_at_a_probed_epoch(epochs, expected):
    found = most_arrived(pd.Series(epochs, dtype=float), pd.Series(0.0, range(len(epochs))))
    assert found == pytest.approx(expected, nan_ok=True)


def test_what_starts_above_chance_is_judged_by_its_own_first_probing():
    """Of two runs that start above chance, one was probed from epoch 2 on."""
    found = most_arrived(pd.Series([0.0, 2.0]), pd.Series([0.0, 2.0]))
    assert np.isnan(found)


def test_what_never_leaves_chance_has_no_epochs():
    [found] = emergence(metrics([0.5, 0.52], [0.5, 0.49], [0, 4])).to_dict("records")
    assert np.isnan(found["left_chance"])
    assert np.isnan(found["reached_90"])


def test_one_probed_epoch_is_its_own_area():
    [found] = emergence(metrics([0.75], [0.7], [0])).to_dict("records")
    assert (found["left_chance"], found["area"]) == (0, 0.5)


def test_every_run_and_task_has_its_row():
    parts = [metrics([0.6], [0.55], [0], t, pairs=p) for t in ("R", "S") for p in ("a", "b")]
    found = emergence(pd.concat(parts))
    assert tuple(found.columns) == DYNAMICS_COLUMNS
    assert len(found) == 4


@pytest.mark.parametrize("metric", ["accuracy", "accuracy_low", "chance"])
def test_metrics_that_lack_what_is_needed_are_refused(metric):
    table = metrics([0.6], [0.55], [0])
    with pytest.raises(ValueError, match="task S lack"):
        emergence(table[table["metric"] != metric])
