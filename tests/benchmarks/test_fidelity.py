import pandas as pd
import pytest

from benchmarks.fidelity import METHODS, Cell, as_lines, compare, fidelity, main
from interaction_probes.analysis.published import PUBLISHED

ROW = {
    "preset": "quick",
    "epoch": 5,
    "probe": "linear",
    "metric": "accuracy",
    "shared_strength": 1.0,
    "weights": "",
}


def rows(method, values, weights="", seeds=(0, 1)):
    """Final accuracies of runs on both designs; those that do not count mislead."""
    for seed in seeds:
        for pairs, strength in (("unbiased", 0.0), ("biased", 1.0)):
            for task, value in zip(("R", "U1", "U2", "S"), values, strict=True):
                learnt = (task == "S") == (pairs == "biased")
                yield {
                    **ROW,
                    "run": f"{method}-{pairs}-{weights}-{seed}",
                    "method": method,
                    "pairs": pairs,
                    "seed": seed,
                    "task": task,
                    "value": value if learnt else 0.01,
                    "mapping_strength": strength,
                    "weights": weights,
                }


@pytest.fixture
def table():
    """Every accuracy as published, but for three: each of them is wrong by a known amount."""
    found = []
    for method in METHODS:
        known = PUBLISHED[method].accuracy
        values = [known[task] / 100 for task in ("R", "U1", "U2", "S")]
        if method == "factorcl":
            values[3] = 0.5
        if method == "clip":
            values[1] += 0.1  # U1 alone, so U is 5 points off
        found += rows(method, values)
    found += rows("comm", (0.849, 0.817, 0.817, 0.544), "unimodal=0.0")  # R 10 points off
    found += rows("comm", (0.998, 0.86, 0.86, 0.7), "joint=0.0")  # S 20 points off, counted apart
    return pd.DataFrame(found)


def test_the_number_is_the_mean_distance_of_the_cells_that_count(table):
    cells = compare(table)
    assert len(cells) == 21
    assert sum(not cell.apart for cell in cells) == 20
    assert fidelity(cells) == pytest.approx((5 + 10) / 20)
    far = {(c.row, c.task): round(c.difference, 6) for c in cells if abs(c.difference) > 1e-9}
    assert far == {("CLIP", "U"): 5, ("L alone", "R"): -10, ("ΣLᵢ alone", "S"): 20}


def test_the_number_is_printed_last(table, tmp_path, capsys):
    path = tmp_path / "study.csv"
    table.to_csv(path, index=False)
    main([str(path)])
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "0.75"
    assert "worst: R of L alone, -10.0" in lines
    assert len([line for line in lines if "apart:" in line]) == 1


@pytest.mark.parametrize(
    ("dropped", "message"),
    [
        ({"method": "clip"}, "no runs of CLIP"),
        ({"weights": "unimodal=0.0"}, "no runs of L alone"),
        ({"method": "factorcl", "task": "R"}, "no R of FactorCL"),
    ],
)
def test_what_is_missing_is_named(table, dropped, message):
    which = pd.concat([table[name] == value for name, value in dropped.items()], axis=1).all(axis=1)
    with pytest.raises(ValueError, match=message):
        compare(table[~which])


def test_a_later_epoch_counts_and_runs_of_two_presets_do_not_mix(table):
    first = table.assign(epoch=0, value=0.0)
    assert fidelity(compare(pd.concat([first, table]))) == pytest.approx(0.75)
    other = table[table["seed"] == 1].assign(preset="paper")
    with pytest.raises(ValueError, match="preset"):
        compare(pd.concat([table[table["seed"] == 0], other]))


def test_no_cell_that_counts_is_no_number():
    with pytest.raises(ValueError, match="no accuracy"):
        fidelity([Cell("CoMM", "S", 60.0, 1, 50.0, "known to be wrong")])


def test_lines_have_all_cells(table):
    assert len(list(as_lines(compare(table)))) == 1 + 21 + 3
