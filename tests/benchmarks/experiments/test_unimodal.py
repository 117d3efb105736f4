"""What docs/unimodal-synergy.md says of each arm is what its committed runs read."""

import shlex
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.experiments.unimodal import ARMS, sweep_of
from interaction_probes.analysis.results_table import read_results
from interaction_probes.analysis.row_filters import last_epoch_rows
from interaction_probes.experiment.runner import folder_name
from interaction_probes.sweep import read

ROOT = Path(__file__).parents[3]
QUICK = ROOT / "results" / "quick"
PAGE = (ROOT / "docs" / "unimodal-synergy.md").read_text()


@pytest.fixture(scope="module")
def scores():
    """S, its AUC, R and U of each run at its last epoch."""
    table = read_results(QUICK / "unimodal.csv")
    rows = last_epoch_rows(table[table["probe"] == "linear"])
    wide = rows.pivot_table(index="run", columns=["task", "metric"], values="value")
    uniqueness = (wide["U1", "accuracy"] + wide["U2", "accuracy"]) / 2
    accuracies = {"S": wide["S", "accuracy"], "R": wide["R", "accuracy"], "U": uniqueness}
    return pd.DataFrame(
        {name: 100 * values for name, values in accuracies.items()} | {"AUC": wide["S", "auc"]}
    )


def line(arm, scores):
    """An arm's row of the page's table; none where no run of it is committed."""
    configs = read(shlex.split(sweep_of(arm))).configs
    chosen = scores[scores.index.isin([folder_name(config) for config in configs])]
    if chosen.empty:
        return None
    mean, n = chosen.mean(), len(chosen)
    spread = f" ± {chosen['S'].std():.1f}" if n > 1 else ""
    auc = f"{mean['AUC']:.3f}".removeprefix("0")
    cells = [arm, str(n), f"{mean['S']:.1f}{spread}", auc, f"{mean['R']:.1f}", f"{mean['U']:.1f}"]
    return f"| {' | '.join(cells)} |"


def test_every_arm_reads_what_the_page_says(scores):
    said = [row.replace("**", "") for row in PAGE.splitlines() if row.startswith("| ")]
    lines = {arm: line(arm, scores) for arm in ARMS}
    assert any(lines.values())
    for arm, expected in lines.items():
        found = [row for row in said if row.startswith(f"| {arm} |")]
        assert [row.startswith(expected) for row in found] == [True] if expected else not found


def test_mapped_colours_are_those_of_the_table():
    table = pd.read_csv(QUICK / "shared_code.csv").set_index("run")
    found = (100 * table["mapped_of_image_2"]).map("{:.1f}".format)
    compared = 0
    for arm in ARMS:
        runs = [folder_name(config) for config in read(shlex.split(sweep_of(arm))).configs]
        shares = [found[run] for run in runs if run in found]
        for row in PAGE.splitlines():
            if row.startswith(f"| {arm} |"):
                said = row.removesuffix(" |").rpartition(" | ")[2].replace("**", "")
                assert said.split(", ") == shares
                compared += len(shares)
    assert compared >= len(ARMS)
