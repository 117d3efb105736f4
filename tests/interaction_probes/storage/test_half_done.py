"""Half-done runs, which a table takes where it is asked to: never unmarked, never damaged."""

import math

import pandas as pd
import pytest
from some_runs import STATUS, some_runs, write

from interaction_probes.analysis.footnotes import unfinished_note
from interaction_probes.analysis.results_table import read_results
from interaction_probes.collect import gather, main
from interaction_probes.storage.checksums import with_checksums
from interaction_probes.storage.run_folder import RunFolder


@pytest.fixture
def runs(tmp_path, smoke):
    return some_runs(tmp_path, smoke)


def test_half_done_runs_are_taken_where_they_are_asked_for(runs, tmp_path, capsys):
    path = tmp_path / "results.csv"
    main([str(runs), "-o", str(path), "--half-done"])
    shown = capsys.readouterr()
    assert shown.out == f"4 runs, 8 rows in {path}; 3 left out\n"
    assert "half:" not in shown.err
    assert unfinished_note(read_results(path)) == "1 of 4 runs are half done, shown to epoch 1."
    done = pd.read_csv(path).groupby("run")["half_done"].first()
    assert done.to_dict() == pytest.approx(
        {"a": math.nan, "b": math.nan, "deeper/c": math.nan, "half": 1}, nan_ok=True
    )


def test_half_done_runs_that_failed_or_are_damaged_are_left_out_all_the_same(runs, smoke, capsys):
    write(runs / "diverged", smoke, {"status": "running", "epoch": 1})
    (runs / "diverged" / "failure.json").write_text('{"reason": "the loss is nan"}')
    folder = RunFolder(runs / "altered")
    write(folder.path, smoke)
    for name in ("losses.csv", "dynamics.csv"):
        (folder.path / name).write_text("")
    folder.write_json("run.json", with_checksums(STATUS, folder.path))
    metrics = folder.path / "metrics.csv"
    metrics.write_text(metrics.read_text().replace("0.3", "0.9"))
    _, left_out = gather([runs], half_done=True)
    assert "the loss is nan" in left_out["diverged"]
    assert "metrics.csv is damaged" in left_out["altered"]


def test_a_finished_run_counts_before_a_half_done_copy(runs, tmp_path):
    early, late = tmp_path / "early.csv", runs / "half"
    main([str(late), "-o", str(early), "--half-done"])
    status = RunFolder(late).read_json("run.json")
    RunFolder(late).write_json("run.json", {**status, "status": "finished", "epoch": 2})
    table, left_out = gather([early, late])
    assert table["half_done"].isna().all()
    assert left_out == {f"half of {early}": f"it stands in {late} too"}


def test_where_all_are_half_done_the_option_is_named(runs, tmp_path, capsys):
    only = tmp_path / "only"
    (runs / "half").rename(only)
    with pytest.raises(SystemExit):
        main([str(only), "-o", str(tmp_path / "results.csv")])
    assert capsys.readouterr().err.endswith(
        f"error: {only} holds no finished run; --half-done takes those that have begun\n"
    )
