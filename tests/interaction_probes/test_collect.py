import itertools
import json
import os
from dataclasses import replace
from importlib.util import find_spec

import pandas as pd
import pytest
from some_runs import STATUS, some_runs, write

from interaction_probes.analysis import table_files
from interaction_probes.analysis.collected_tables import read_collected
from interaction_probes.analysis.schema import METRIC_COLUMNS
from interaction_probes.analysis.scores.table import scores_table
from interaction_probes.collect import collect, main
from interaction_probes.settings.fields import with_fields
from interaction_probes.storage.run_folder import RunFolder


@pytest.fixture
def runs(tmp_path, smoke):
    return some_runs(tmp_path, smoke)


def test_a_row_says_what_it_is_and_what_made_it(runs):
    table, left_out = collect(runs)
    assert table["run"].unique().tolist() == ["a", "b", "deeper/c"]
    assert list(table.columns) == [
        "run",
        *METRIC_COLUMNS,
        *("shared_strength", "mapping_strength", "weights", "preset_version"),
        # What differs between them, or from the preset.
        *("n_pairs", "images.renders", "optim.lr", "optim.precision", "probe.strengths"),
        "probe.controls",
        *("seconds", "parameters", "device", "processor", "precision", "threads", "commit"),
        "format",
        *("torch_version", "generator_version"),
    ]
    row = table[(table["run"] == "b") & (table["metric"] == "auc")].iloc[0]
    assert (row["value"], row["mapping_strength"], row["optim.lr"]) == (0.1 + 0.2, 0.25, 0.5)
    assert (row["seconds"], row["commit"], row["torch_version"]) == (12.5, "abc", "2.6")
    assert table.set_index("run")["weights"].to_dict() == {
        "a": "",
        "b": "",
        "deeper/c": "views=0.0",
    }
    assert json.loads(table.iloc[-1]["probe.controls"]) == ["mlp"]
    assert set(left_out) == {"half", "damaged", "failed", "headless"}
    assert left_out["half"] == "half done after epoch 1"
    assert left_out["failed"] == "not begun; it failed: out of memory"
    assert "damaged" in left_out["damaged"]
    assert "config.json is missing" in left_out["headless"]


def test_the_table_is_written_whole_and_reads_back(runs, tmp_path, capsys, monkeypatch):
    path = tmp_path / "results.csv"
    main([str(runs), "-o", str(path)])
    shown = capsys.readouterr()
    assert shown.out == f"3 runs, 6 rows in {path}; 4 left out\n"
    assert "left out half: half done after epoch 1\n" in shown.err
    assert shown.err.count("\n") == 4
    read = pd.read_csv(path, converters={"value": float})
    assert read["value"].tolist() == [2.0, 0.1 + 0.2] * 3

    def fail(*_):
        raise OSError(28, "No space left on device")

    before = path.read_bytes()
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(SystemExit):
        main([str(runs), "-o", str(path)])
    assert path.read_bytes() == before
    assert {p.name for p in tmp_path.iterdir()} == {"runs", "results.csv"}


def test_runs_of_another_version_have_empty_cells(runs, smoke, tmp_path, capsys):
    path = runs / "a"
    config = RunFolder(path).read_json("config.json")
    del config["probe"]["controls"]
    RunFolder(path).write_json("config.json", config)
    RunFolder(path).write_json("run.json", {"status": "finished", "seconds": 1})
    main([str(runs), "-o", str(tmp_path / "t.csv")])
    row = pd.read_csv(tmp_path / "t.csv", keep_default_na=False).iloc[0]
    assert (row["commit"], row["torch_version"], row["probe.controls"]) == ("", "", "")


@pytest.mark.skipif(find_spec("pyarrow") is None, reason="pyarrow writes Parquet")
@pytest.mark.parametrize("order", [1, -1])
def test_parquet_holds_numbers_and_text_of_one_column(runs, tmp_path, order):
    """As of threads, where a run went on with others."""
    values = [1, "1, then 2"][::order]
    for folder, threads in zip(sorted(runs.iterdir()), itertools.cycle(values), strict=False):
        if (folder / "run.json").exists():
            status = json.loads((folder / "run.json").read_text())
            (folder / "run.json").write_text(json.dumps({**status, "threads": threads}))
    main([str(runs), "-o", str(tmp_path / "t.parquet")])
    assert set(pd.read_parquet(tmp_path / "t.parquet")["threads"]) == {"1", "1, then 2"}


def test_parquet_holds_the_same(runs, tmp_path):
    main([str(runs), "-o", str(tmp_path / "t.parquet")])
    pd.testing.assert_frame_equal(
        pd.read_parquet(tmp_path / "t.parquet"), collect(runs)[0].reset_index(drop=True)
    )


def test_numbers_of_a_parquet_table_are_checked_as_those_of_a_csv_table(runs, tmp_path, capsys):
    pytest.importorskip("pyarrow")
    path, out = tmp_path / "t.parquet", tmp_path / "out.csv"
    table, _ = collect(runs)
    for wrong, said in (
        (table.assign(value="high"), f"{path}, row 1: value is a number, not 'high'"),
        (table.iloc[:0], f"{path} has no rows"),
    ):
        wrong.to_parquet(path, index=False)
        assert error_of([path, "-o", out], capsys) == f"error: {said}"
        assert not out.exists()
    table.assign(value=table["value"].map(repr)).to_parquet(path, index=False)
    assert read_collected(path)["value"].tolist() == table["value"].tolist()


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_tables_of_other_machines_are_joined(runs, smoke, tmp_path, capsys, suffix):
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    earlier, both = tmp_path / f"earlier{suffix}", tmp_path / f"both{suffix}"
    main([str(runs), "-o", str(earlier)])
    write(tmp_path / "more" / "a", smoke)  # a run that the earlier table has too
    write(
        tmp_path / "more" / "d", with_fields(smoke, {"seed": "7"}), STATUS | {"seconds": 0.1 + 0.2}
    )
    capsys.readouterr()
    main([str(tmp_path / "more"), str(earlier), "-o", str(both)])
    shown = capsys.readouterr()
    assert shown.out == f"4 runs, 8 rows in {both}; 1 left out\n"
    assert shown.err.splitlines() == [
        f"left out a of {earlier}: it stands in {tmp_path / 'more'} too"
    ]
    table = read_collected(both)
    assert table["run"].unique().tolist() == ["a", "d", "b", "deeper/c"]
    assert table["value"].tolist() == [2.0, 0.1 + 0.2] * 4
    assert table[table["run"] == "d"]["seconds"].tolist() == [0.1 + 0.2] * 2
    ours = read_collected(earlier).set_index(["run", "metric"])
    theirs = table.set_index(["run", "metric"])[ours.columns]
    for run in ("b", "deeper/c"):
        pd.testing.assert_frame_equal(
            theirs.loc[[run]].astype(object), ours.loc[[run]].astype(object)
        )
    # Once more, onto itself: nothing changes.
    before = both.read_bytes()
    main([str(tmp_path / "more"), str(both), "-o", str(both)])
    assert both.read_bytes() == before


def test_a_field_that_differs_in_one_folder_is_told_of_all(runs, smoke, tmp_path, capsys):
    """Of the runs of another folder by their configs; what a table lacks is its preset's."""
    tried = with_fields(smoke, {"model.temperature": "0.3"})
    write(tmp_path / "more" / "tried", tried, STATUS)
    main([str(runs), "-o", str(tmp_path / "earlier.csv")])
    capsys.readouterr()
    main([str(tmp_path / "more"), str(runs), "-o", str(tmp_path / "both.csv")])
    assert "stays empty" not in capsys.readouterr().err
    table = read_collected(tmp_path / "both.csv").drop_duplicates("run").set_index("run")
    found = table["model.temperature"].to_dict()
    assert found.pop("tried") == 0.3
    assert set(found.values()) == {smoke.model.temperature}
    main([str(tmp_path / "more"), str(tmp_path / "earlier.csv"), "-o", str(tmp_path / "both.csv")])
    assert "stays empty" not in capsys.readouterr().err
    joined = read_collected(tmp_path / "both.csv").drop_duplicates("run").set_index("run")
    assert joined["model.temperature"].to_dict() == table["model.temperature"].to_dict()
    with pytest.raises(ValueError, match=r"\(0\.1: a, b; 0\.3: tried\)"):
        scores_table(joined.reset_index().assign(probe="linear", pairs="biased"))


def test_a_field_that_no_preset_tells_stays_empty(runs, smoke, tmp_path, capsys):
    write(tmp_path / "more" / "tried", with_fields(smoke, {"model.temperature": "0.3"}), STATUS)
    main([str(runs), "-o", str(tmp_path / "earlier.csv")])
    earlier = pd.read_csv(tmp_path / "earlier.csv").assign(preset="of another version")
    earlier.to_csv(tmp_path / "earlier.csv", index=False)
    capsys.readouterr()
    main([str(tmp_path / "more"), str(tmp_path / "earlier.csv"), "-o", str(tmp_path / "both.csv")])
    told = "model.temperature stays empty for 3 runs: their table does not tell it"
    assert told in capsys.readouterr().err


def test_versions_of_a_users_own_method_have_no_common_mean(runs, smoke, tmp_path):
    """A run that an earlier version collected, or of a method of the project, does not tell any."""
    sums = ["7" * 64, "8" * 64, f"{'7' * 64}, then {'8' * 64}"]
    told = ["sha256:777777777777", "sha256:888888888888"]
    for seed, file in enumerate(sums):
        status = STATUS | {"method_file": file}
        write(tmp_path / "own" / f"s{seed}", with_fields(smoke, {"seed": str(seed)}), status)
    assert "method_file" not in collect(runs)[0]
    main([str(tmp_path / "own"), str(runs), "-o", str(tmp_path / "both.csv")])
    table = read_collected(tmp_path / "both.csv").assign(probe="linear", pairs="biased")
    found = table.drop_duplicates("run").set_index("run")["method_file"]
    assert found.tolist() == [*told, ", then ".join(told), "", "", ""]
    own = table[table["method_file"] != ""]
    with pytest.raises(ValueError, match=rf"method_file \({told[0]}: s0; {told[0]}, then "):
        scores_table(own)
    assert scores_table(own[own["seed"] < 2], by=["method_file"])["n"].tolist() == ["1", "1"]
    assert scores_table(own.drop(columns="method_file"))["n"].tolist() == ["3"]


def test_a_ceiling_of_a_users_own_stays_one_in_a_table_without_its_code(runs, smoke, tmp_path):
    own = replace(smoke, method="some_module:OwnCeiling")
    write(tmp_path / "own" / "s0", own, STATUS | {"sees_labels": True})
    assert "sees_labels" not in collect(runs)[0]
    main([str(tmp_path / "own"), str(runs), "-o", str(tmp_path / "both.csv")])
    table = read_collected(tmp_path / "both.csv")
    assert set(table.loc[table["method"] == own.method, "sees_labels"].astype(str)) == {"True"}
    assert set(table.loc[table["method"] != own.method, "sees_labels"].astype(str)) == {""}


def error_of(words, capsys):
    with pytest.raises(SystemExit) as stop:
        main([str(word) for word in words])
    shown = capsys.readouterr()
    assert stop.value.code == 2
    assert shown.err.splitlines()[-1].startswith("error: ")
    return shown.err.splitlines()[-1]


def test_mistakes_are_one_line(runs, tmp_path, capsys, monkeypatch):
    (tmp_path / "empty").mkdir()
    assert "no folder" in error_of([tmp_path / "nowhere"], capsys)
    assert "holds no runs" in error_of([tmp_path / "empty"], capsys)
    assert "holds no finished run" in error_of([runs / "half"], capsys)
    assert "name a folder of runs" in error_of([], capsys)
    (runs / "bad.csv").write_text("run,value\na,1\n")
    assert "lacks the columns method" in error_of([runs, runs / "bad.csv"], capsys)
    assert "no such file" in error_of([runs / "nothing.csv"], capsys).lower()
    table, _ = collect(runs)
    table.drop(columns="weights").to_csv(runs / "old.csv", index=False)
    assert "lacks the column weights" in error_of([runs, runs / "old.csv"], capsys)
    assert "neither a folder of runs nor" in error_of([__file__], capsys)
    (runs / "bad.parquet").write_text("nothing")
    assert "is no table" in error_of([runs / "bad.parquet"], capsys)
    assert "ends in .csv or .parquet" in error_of([runs, "-o", tmp_path / "t.xlsx"], capsys)
    assert "no such file" in error_of([runs, "-o", tmp_path / "no" / "t.csv"], capsys)
    monkeypatch.setattr(table_files, "find_spec", lambda name: None)
    assert "needs pyarrow" in error_of([runs, "-o", tmp_path / "t.parquet"], capsys)
    assert {p.name for p in tmp_path.iterdir()} == {"runs", "empty"}


@pytest.mark.parametrize(
    ("name", "content"), [("config.json", {"weights": [1]}), ("run.json", {"versions": "2"})]
)
def test_stored_values_of_a_wrong_type_leave_one_run_out(runs, name, content):
    folder = RunFolder(runs / "a")
    folder.write_json(name, {**folder.read_json(name), **content})
    table, left_out = collect(runs)
    assert "a" not in set(table["run"])
    assert name in left_out["a"]
    assert "damaged" in left_out["a"]


def test_confusion_matrices_are_a_second_table(smoke, copied, whole, tmp_path, capsys):
    results, matrices = tmp_path / "results.csv", tmp_path / "confusion.csv"
    write(copied / "old", with_fields(smoke, {"optim.lr": "0.5"}))  # of an earlier version
    main([str(copied), "-o", str(results), "--confusion", str(matrices)])
    printed = capsys.readouterr()
    assert f"confusion matrices of 1 run in {matrices}; 1 without: old\n" in printed.out
    assert "no figure" not in printed.err  # as of three images and more
    table, own = pd.read_csv(matrices), whole.read_confusion()
    assert set(table["run"]) == {whole.path.name}
    assert table["count"].tolist() == own["count"].tolist()
    assert {"weights", "mapping_strength", "commit"} < set(table.columns)
    main([str(copied / whole.path.name), "-o", str(results), "--confusion", str(matrices)])
    assert len(pd.read_csv(matrices)) == len(own)


def test_runs_without_confusion_matrices_are_named_in_a_line(runs, tmp_path, capsys):
    out = tmp_path / "confusion.csv"
    with pytest.raises(SystemExit):
        main([str(runs), "-o", str(tmp_path / "results.csv"), "--confusion", str(out)])
    assert "no run has a confusion.csv" in capsys.readouterr().err
    assert not out.exists()
