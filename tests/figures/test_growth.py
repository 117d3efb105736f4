import numpy as np
import pandas as pd
import pytest

from interaction_probes.figures.__main__ import main
from interaction_probes.figures.growth import exponent, growth

SIZES = np.array([1.0, 10.0, 100.0, 1000.0])


def points(what, seconds, peak_mb):
    rows = {"what": what, "value": SIZES, "seconds": seconds, "peak_mb": peak_mb}
    return pd.DataFrame(rows | {"threads": "1", "version": "0.1.0"})


@pytest.fixture
def table():
    """A linear curve above a fixed cost, and a quadratic one whose memory fits at first."""
    return pd.concat(
        [
            points("step by batch", 5 + 0.1 * SIZES, 2 * SIZES),
            points("loss by batch", SIZES**2, np.array([0, 0, 3, 300.0])),
        ]
    )


@pytest.mark.parametrize("power", [0.0, 1.0, 2.5])
def test_the_exponent_of_a_power_is_found_in_the_upper_half(power):
    cost = 3 * SIZES**power
    assert exponent(SIZES, cost) == pytest.approx(power, abs=1e-12)
    cost[:2] = 1e6
    assert exponent(SIZES, cost) == pytest.approx(power, abs=1e-12)
    assert exponent(SIZES[:3], 3 * SIZES[:3] ** power) == pytest.approx(power, abs=1e-12)


def test_costs_of_nothing_have_no_exponent():
    assert np.isnan(exponent(SIZES, np.array([1, 1, 0, 1.0])))
    assert np.isnan(exponent(SIZES[:1], SIZES[:1]))


def test_every_curve_has_a_panel_with_its_points_and_slopes(table):
    first, second, *right = growth(table).axes
    titles = [axes.get_title("left") for axes in (first, second)]
    assert titles == ["step by batch", "loss by batch"]
    assert {(a.get_xscale(), a.get_yscale()) for a in (first, second, *right)} == {("log", "log")}
    assert first.get_xlabel() == "batch"
    np.testing.assert_allclose(
        first.lines[0].get_xydata(), np.stack([SIZES, 5 + 0.1 * SIZES], axis=1)
    )
    np.testing.assert_allclose(right[0].lines[0].get_xydata()[:, 1], 2 * SIZES)
    np.testing.assert_allclose(right[1].lines[0].get_xydata(), [[100, 3], [1000, 300]])
    legends = [[t.get_text() for t in axes.get_legend().get_texts()] for axes in (first, second)]
    assert legends == [
        ["seconds, slope 0.85", "MB, slope 1.00"],
        ["seconds, slope 2.00", "MB, slope 2.00"],
    ]


@pytest.mark.parametrize("ratio", [1.05, 1.3, 3.0, 40.0, 1e4])
def test_every_axis_names_two_values_or_more(ratio):
    cost = 0.13 * np.geomspace(1, ratio, 4)
    narrow = points("step by batch", cost, 1000 * cost).assign(value=10 * cost)
    for axes in growth(narrow).axes:
        low, high = axes.get_ylim()
        ticks = [tick for tick in axes.get_yticks() if low <= tick <= high]
        assert sum(map(bool, axes.yaxis.get_major_formatter().format_ticks(ticks))) >= 2


def test_sizes_come_in_order(table):
    line = growth(table.iloc[::-1]).axes[0].lines[0]
    assert (np.diff(line.get_xdata()) > 0).all()


def test_unlike_measurements_are_refused(table):
    with pytest.raises(ValueError, match="mixes threads 1 and 2"):
        growth(pd.concat([table, table.assign(threads="2")]))
    with pytest.raises(ValueError, match="no seconds of 0 or less"):
        growth(table.assign(seconds=0.0))
    with pytest.raises(ValueError, match="lacks the column peak_mb"):
        growth(table.drop(columns="peak_mb"))


def test_the_command_draws_it_in_a_column_too(table, tmp_path):
    table.to_csv(tmp_path / "growth.csv", index=False)
    words = ["growth", str(tmp_path / "growth.csv"), "-o", str(tmp_path / "growth.png")]
    main([*words, "--width", "column"])
    assert (tmp_path / "growth.png").read_bytes().startswith(b"\x89PNG")
