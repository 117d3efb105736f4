"""What docs/measurement.md says of trained models is what the committed tables say."""

import math
import re
from pathlib import Path

import pytest

from interaction_probes.analysis.results_table import read_results
from interaction_probes.analysis.row_filters import last_epoch_rows

ROOT = Path(__file__).parents[2]
QUICK = ROOT / "results" / "quick"
TEXT = (ROOT / "docs" / "measurement.md").read_text()
PAGE = " ".join(TEXT.split())

#: Model and how often pairs share the shape, as printed → method, loss weights, strength.
NEVER_MET_THE_MAPPING = {
    "CoMM | all": ("comm", "", 1.0),
    "ΣLᵢ alone | all": ("comm", "joint=0.0", 1.0),
    "L alone | all": ("comm", "unimodal=0.0", 1.0),
    "InfMasking | all": ("infmasking", "", 1.0),
    "CoMM | three quarters, by design": ("comm", "", 0.75),
    "CoMM | half": ("comm", "", 0.5),
    "CoMM | a quarter": ("comm", "", 0.25),
    "CoMM | none": ("comm", "", 0.0),
}


def final_rows(name, task):
    """Rows of the linear probe at the last epochs of a study, by seed."""
    rows = last_epoch_rows(read_results(QUICK / name))
    return rows[(rows["probe"] == "linear") & (rows["task"] == task)].sort_values("seed")


def printed(values, digits):
    """Numbers as pages print them: no zero before the point, a true minus."""
    return [re.sub(r"^(-?)0\.", r"\1.", f"{v:.{digits}f}").replace("-", "−") for v in values]


@pytest.fixture(scope="module")
def unmapped():
    """Rows of S of fused models whose pairs obeyed the mapping by chance alone."""
    rows = final_rows("study.csv", "S")
    return rows[(rows["mapping_strength"] == 0) & rows["method"].isin(["comm", "infmasking"])]


def test_the_table_of_models_that_never_met_the_mapping_is_the_studys(unmapped):
    auc = unmapped[unmapped["metric"] == "auc"]
    groups = auc.groupby(["method", "weights", "shared_strength"])["value"]
    lines = [
        f"| {model} | {', '.join(printed(groups.get_group(key), 3))} |"
        for model, key in NEVER_MET_THE_MAPPING.items()
    ]
    assert "\n".join(lines) + "\n\n" in TEXT
    assert set(groups.groups) == set(NEVER_MET_THE_MAPPING.values())
    assert set(auc[auc["shared_strength"] == 1]["seed"]) == {35, 36, 37, 38, 39}
    assert set(auc[auc["shared_strength"] < 1]["seed"]) == {35, 36}


def test_what_is_said_of_them_is_by_the_rule_of_the_report(unmapped):
    lows = unmapped[unmapped["metric"] == "auc_low"]["value"]
    assert f"{(lows > 0.5).sum()} of these {len(lows)} models" in PAGE


def test_what_is_said_of_negative_bits_is_what_runs_read():
    pixels, factorcl = (
        rows[(rows["metric"] == "bits") & (rows["method"] == method)]
        for method, rows in (
            ("pixels", final_rows("study.csv", "R")),
            ("factorcl", final_rows("study_version_1.csv", "R")),
        )
    )
    of_pixels = printed(pixels["value"], 1)
    assert f"R of Pixels {', '.join(of_pixels[:-1])} and {of_pixels[-1]} bits in that" in PAGE
    for pairs, said in (("unbiased", ""), ("biased", "from biased pairs, ")):
        values = printed(factorcl[factorcl["pairs"] == pairs]["value"], 1)
        assert f"{said}{', '.join(values[:-1])} and {values[-1]}" in PAGE


def test_the_bits_of_the_readmes_run_are_set_beside_what_its_pairs_hold():
    rows = final_rows("run_seed_0.csv", "R")
    found = rows[rows["pairs"] == "unbiased"].set_index("metric")["value"].astype(float)
    drawn = found["bits"] + found["cross_entropy"]
    told = f"so the {found['bits']:.3f} bits of R of the README's run are"
    told += f" {100 * found['bits'] / drawn:.0f} % of what its pairs hold, "
    assert f"{told}and not {100 * found['bits'] / math.log2(10):.0f} %" in PAGE
    assert f"would score R {drawn:.3f}, " in PAGE
