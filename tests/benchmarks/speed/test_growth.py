import csv
import sys

import pytest

from benchmarks.speed import growth, measure
from benchmarks.speed.growth_curves import CURVES, WORKLOADS, many_runs, measure_point, sweep_words
from interaction_probes.collect import collect
from interaction_probes.sweep import read

SMOKE = WORKLOADS["smoke"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    root = tmp_path_factory.mktemp("growth") / "runs"
    many_runs(root, 10)
    return root


@pytest.mark.slow
def test_the_runs_that_are_made_are_finished_and_differ(runs):
    table, left_out = collect(runs)
    assert not left_out
    assert table["run"].nunique() == table["optim.lr"].nunique() == 10


@pytest.mark.parametrize("size", [10, 1_000])
def test_a_sweep_has_as_many_runs_as_its_size_says(size, tmp_path):
    assert len(read(sweep_words(size, tmp_path)).configs) == size


def test_every_scale_measures_every_curve_at_ascending_sizes():
    for scale in WORKLOADS.values():
        assert set(scale.sizes) == set(CURVES)
        assert all(list(sizes) == sorted(set(sizes)) for sizes in scale.sizes.values())


@pytest.mark.slow
@pytest.mark.parametrize("what", CURVES)
def test_a_point_of_every_curve(runs, what, capsys):
    found = measure_point(what, SMOKE, SMOKE.sizes[what][0], runs)
    assert found["seconds"] > 0
    assert found["peak_mb"] >= 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("later", "growth_in_bytes"), [(1_300, 300), (1_000, 0), (920, 0)])
def test_memory_grows_by_zero_or_more(monkeypatch, later, growth_in_bytes):
    """Linux can report a lower peak later, as it counts pages approximately."""
    monkeypatch.setattr(measure, "peak_memory", lambda: later)
    assert measure.memory_growth(1_000) == growth_in_bytes


@pytest.mark.slow
def test_the_command_at_its_smallest(tmp_path, script):
    """Its points are measured by the script itself, in processes of their own."""
    out = tmp_path / "new" / "growth.csv"
    said, _ = script(growth, "--scale", "smoke", "--out", out, "--only", "loss by batch")
    assert "exponent" in said
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert [(row["what"], row["value"]) for row in rows] == [
        ("loss by batch", str(value)) for value in SMOKE.sizes["loss by batch"]
    ]
    assert all(float(row["seconds"]) > 0 and row["threads"] == "1" for row in rows)
    assert f"python {sys.version.split()[0]}" in rows[0]["version"]
