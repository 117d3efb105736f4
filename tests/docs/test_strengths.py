"""What pages say of the strengths of the mapping and of the sharing is what the tables say."""

import re
from pathlib import Path

import pytest

from interaction_probes.analysis.results_table import read_results
from interaction_probes.analysis.row_filters import default_loss_rows, last_epoch_rows

ROOT = Path(__file__).parents[2]
#: Table of a study → the page that has its strengths.
PAGES = {
    "study.csv": ROOT / "RESULTS.md",
    "study_version_1.csv": ROOT / "docs" / "study-version-1.md",
}


@pytest.fixture(scope="module", params=PAGES)
def of(request):
    """A study and the text of its page."""
    study = read_results(ROOT / "results" / "quick" / request.param)
    return study, PAGES[request.param].read_text()


@pytest.mark.parametrize("strength", [0, 0.25, 0.5, 0.75, 1])
def test_what_is_said_of_a_strength_is_what_it_reads(of, strength):
    study, text = of
    rows = last_epoch_rows(default_loss_rows(study[study["probe"] == "linear"]))
    rows = rows[(rows["mapping_strength"] == strength) & (rows["shared_strength"] == 1)]
    means = rows.groupby(["method", "task", "metric"])["value"].mean()
    n = rows[rows["method"] == "comm"]["seed"].nunique()
    accuracy, auc, bits = (means["comm", "S", name] for name in ("accuracy", "auc", "bits"))
    u1, u2 = (100 * means["clip", task, "accuracy"] for task in ("U1", "U2"))
    numbers = f"{auc:.3f} | {bits:.3f}".replace("0.", ".").replace("-", "−")
    obeyed = f"{100 * (strength + (1 - strength) / 10):g} %"
    row = re.search(rf"^\| {strength:g} \| {obeyed} \| {n} \| .*$", text, re.MULTILINE)[0]
    assert row.endswith(f"| {100 * accuracy:.1f}, {numbers} | {u1:.1f}, {u2:.1f} |")


@pytest.mark.parametrize("strength", [0, 0.25, 0.5, 0.75, 1])
def test_what_is_said_of_sharing_is_what_it_reads(of, strength):
    study, text = of
    rows = last_epoch_rows(default_loss_rows(study[study["probe"] == "linear"]))
    rows = rows[(rows["shared_strength"] == strength) & (rows["mapping_strength"] == 0)]
    rows = rows[(rows["task"] == "R") & (rows["metric"] == "accuracy")]
    comm, clip = (rows[rows["method"] == name]["value"] for name in ("comm", "clip"))
    shared = f"{100 * (strength + (1 - strength) / 10):g} %"
    assert len(clip) == len(comm)
    start = rf"^\| {strength:g} \| {shared} \| {len(comm)} \| "
    found = [row for row in re.findall(rf"{start}.*$", text, re.MULTILINE) if row.count("|") == 7]
    assert [row.rpartition(" | ")[0].rpartition(" | ")[2] for row in found] == [
        f"{100 * comm.mean():.1f}"
    ]
    assert found[0].endswith(f" | {100 * clip.mean():.1f} |")


def test_what_the_page_concludes_of_the_strengths_is_in_its_tables():
    """Sentences repeat cells, which a new study changes."""
    text = " ".join(PAGES["study.csv"].read_text().split())
    cell = {
        (kind, strength): re.findall(r"[\d.]+", row)
        for strength in ("0", "0.25", "0.5", "1")
        for kind, columns in (("mapping", 8), ("sharing", 7))
        for row in re.findall(
            rf"^\| {strength} \| [\d.]+ % \| .*$", PAGES["study.csv"].read_text(), re.MULTILINE
        )
        if row.count("|") == columns
    }
    first, last = (cell["mapping", strength][-2:] for strength in ("0", "1"))
    assert f"rises from {first[0]} at ρ = 0 to {last[0]} at 1" in text
    assert f"and U2 falls from {first[1]} to {last[1]}." in text
    half, quarter = (cell["sharing", strength][-1] for strength in ("0.5", "0.25"))
    assert f"With .27 bits shared CLIP's R is {quarter}, with .90 bits {half};" in text
    assert f"brings CLIP to R {half} %, a quarter to {quarter} % (untrained" in text
