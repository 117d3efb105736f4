"""What benchmarks/README.md says of the cost of each method is what its table says."""

from pathlib import Path

import pandas as pd

from interaction_probes.analysis.names import method_label

ROOT = Path(__file__).parents[2]


def test_the_cost_of_each_method_is_the_tables():
    table = pd.read_csv(ROOT / "results" / "quick" / "methods.csv").set_index("method")
    page = (ROOT / "benchmarks" / "README.md").read_text()
    part = page.partition("| method | seconds per step |")[2].partition("\n\n")[0]
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines()]
    told = lines[2:]

    def short(value):
        return f"{value:.2f}".removeprefix("0")

    expected = []
    for name, row in table.iterrows():
        first = name == "comm"
        memory = f"1 ({row['peak_memory_mib']:.0f} MiB)"
        expected.append(
            [
                method_label(name),
                f"{row['seconds_per_step']:.3f}",
                f"{row['seconds_per_epoch']:.1f}",
                "1" if first else short(row["time_relative_to_comm"]),
                memory if first else short(row["memory_relative_to_comm"]),
            ]
        )
    assert told == expected
    assert set(table["preset"]) == {"quick"}
