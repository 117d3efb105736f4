import csv
import subprocess
import sys
import time
from dataclasses import replace

import pytest
import torch

from benchmarks.speed import bench
from benchmarks.speed.measure import count_flops, matmul_rate, median_seconds
from benchmarks.speed.ratios import Row, format_row, write_rows

ROW = Row("work", "fp32", 1, 2.0, 6.0, 5.8, 10**9, 0.25, "scaled")


def test_a_row_says_how_many_times_longer_the_plain_form_takes(tmp_path):
    assert ROW.ratio == 3
    shown = format_row(ROW)
    assert all(part in shown for part in ("3.0×", "5.8 s", "25 %", "\n    scaled"))
    assert "-" in format_row(Row("work", "fp32", 1, 2.0, 6.0))
    write_rows([ROW], tmp_path / "bench.csv")
    [row] = csv.DictReader((tmp_path / "bench.csv").read_text().splitlines())
    assert (row["ratio"], row["plain_seconds"]) == ("3.0", "6.0")
    assert torch.__version__ in row["versions"]


def test_the_first_time_is_not_counted():
    calls = []
    median_seconds(lambda: calls.append(1), 3)
    assert len(calls) == 4


def test_seconds_are_the_median(monkeypatch):
    clock = iter([0.0, 1.0, 10.0, 90.0, 100.0, 103.0])  # of 1, 80 and 3 seconds
    monkeypatch.setattr(time, "perf_counter", lambda: next(clock))
    assert median_seconds(lambda: None, 3) == 3.0


def test_nothing_is_a_number():
    row = replace(ROW, public_seconds=0.0, limit_share=0.0)
    assert "-" not in format_row(replace(row, note=""))
    assert "0 s" in format_row(row)


def test_operations_and_rates_are_of_products():
    a, b = torch.zeros(3, 4), torch.zeros(4, 5)
    assert count_flops(lambda: a @ b) == 2 * 3 * 4 * 5
    assert matmul_rate(torch.float32, 16) > 0


@pytest.mark.slow
def test_the_command_at_its_smallest(tmp_path, script):
    out = tmp_path / "new" / "bench.csv"
    said, _ = script(bench, "--small", "--inside", "--out", out)
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert len(rows) in (6, 7)  # a training step in bfloat16 too, where the processor has it
    assert all(float(row["ratio"]) > 0 and row["threads"] == "1" for row in rows)
    assert all(row["public_seconds"] == "" for row in rows)
    assert rows[-1]["what"].startswith("an epoch")
    assert f"python {sys.version.split()[0]}" in said


def test_the_command_measures_in_the_surroundings_that_runs_have(monkeypatch, script):
    started = []

    def start(command, env, check):
        started.append((command, env))
        return subprocess.CompletedProcess(command, 3)

    monkeypatch.delenv("MALLOC_TRIM_THRESHOLD_", raising=False)
    monkeypatch.setattr(subprocess, "run", start)
    with pytest.raises(SystemExit) as stop:
        script(bench, "--small", "--threads", "2")
    [(command, environment)] = started
    assert command == [sys.executable, bench.__file__, "--small", "--threads", "2", "--inside"]
    assert environment["MALLOC_TRIM_THRESHOLD_"]
    assert stop.value.code == 3
