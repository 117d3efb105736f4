import csv
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from ratios import Row, matrix_rate, operations_of, seconds_of, show, write

BENCH = Path(__file__).parents[2] / "benchmarks" / "bench.py"
ROW = Row("work", "fp32", 1, 2.0, 6.0, 5.8, 10**9, 0.25, "scaled")


def test_a_row_says_how_many_times_longer_the_plain_form_takes(tmp_path):
    assert ROW.ratio == 3
    shown = show(ROW)
    assert all(part in shown for part in ("3.0×", "5.8 s", "25 %", "\n    scaled"))
    assert "-" in show(Row("work", "fp32", 1, 2.0, 6.0))
    write([ROW], tmp_path / "bench.csv")
    [row] = csv.DictReader((tmp_path / "bench.csv").read_text().splitlines())
    assert (row["ratio"], row["plain_seconds"]) == ("3.0", "6.0")
    assert torch.__version__ in row["versions"]


def test_the_first_time_is_not_counted():
    calls = []
    assert seconds_of(lambda: calls.append(1), 3) >= 0
    assert len(calls) == 4


def test_operations_and_rates_are_of_products():
    a, b = torch.zeros(3, 4), torch.zeros(4, 5)
    assert operations_of(lambda: a @ b) == 2 * 3 * 4 * 5
    assert matrix_rate(torch.float32, 16) > 0


@pytest.mark.slow
def test_the_command_at_its_smallest(tmp_path):
    out = tmp_path / "new" / "bench.csv"
    command = [sys.executable, str(BENCH), "--small", "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert len(rows) in (6, 7)  # a training step in bfloat16 too, where the processor has it
    assert all(float(row["ratio"]) > 0 and row["threads"] == "1" for row in rows)
    assert all(row["public_seconds"] == "" for row in rows)
    assert rows[-1]["what"].startswith("an epoch")
    assert f"python {sys.version.split()[0]}" in done.stdout
