"""A sweep read back: its table, its scores, what was left out, as text and in a notebook."""

import pandas as pd
import pytest
from label_tables import label_table

from interaction_probes import SweepResults, read_sweep, sweep_results

SCORES = [
    *((task, "accuracy") for task in ("R", "U1", "U2", "S")),
    ("S", "auc"),
]


@pytest.fixture
def table():
    identity = {"method": "comm", "preset": "smoke", "epoch": 2, "probe": "linear"}
    return pd.DataFrame(
        {"run": f"run{seed}{pairs}", **identity, "pairs": pairs, "seed": seed}
        | {"task": task, "metric": metric, "value": 0.5 + seed / 10}
        for seed in (0, 1)
        for pairs in ("unbiased", "biased")
        for task, metric in SCORES
    )


def test_scores_are_the_table_of_a_paper(table, monkeypatch, tmp_path):
    left_out = {"run<9>": "it is half done"}
    monkeypatch.setattr(sweep_results, "collect_runs", lambda path: (table, left_out))
    found = read_sweep(tmp_path)
    assert found.table is table
    assert found.left_out == left_out
    assert found.scores()["S"].tolist() == ["55.0 ± 7.1"]
    assert repr(found) == f"SweepResults({str(tmp_path)!r}: 4 finished runs, 1 left out)"
    html = found._repr_html_()
    assert "55.0 ± 7.1" in html
    assert "run&lt;9&gt;: it is half done" in html


@pytest.mark.parametrize("of", ["images", "a dataset"])
def test_what_must_be_known_of_the_runs_stands_with_the_scores(table, of, tmp_path):
    if of == "a dataset":
        table = label_table(("comm",), (0, 1))
    mixed = table.assign(precision=table["seed"].map({0: "bfloat16", 1: "float32"}))
    found = SweepResults(tmp_path, mixed, {})
    note = "Some runs trained in bfloat16, others in float32."
    assert note in found.scores().attrs["notes"]
    assert note in found._repr_html_()
    assert note not in SweepResults(tmp_path, table, {})._repr_html_()


def test_nothing_finished_is_said_in_words(tmp_path):
    found = SweepResults(tmp_path, pd.DataFrame(), {"run": "it is new"})
    assert "No scores to show" in found._repr_html_()
    assert "0 finished runs, 1 left out" in repr(found)
    with pytest.raises(ValueError, match="holds no finished run"):
        found.scores()


def test_a_folder_without_runs_is_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no runs"):
        read_sweep(tmp_path)
