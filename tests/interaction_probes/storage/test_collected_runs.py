"""Columns of collected tables: ``format``, by which later ones are refused, and those lacking."""

from importlib.util import find_spec

import pandas as pd
import pytest
from some_runs import STATUS, write

import interaction_probes
from interaction_probes import collect as command
from interaction_probes.analysis.agreement import check_same_settings
from interaction_probes.analysis.collected_tables import read_collected
from interaction_probes.analysis.results_table import read_results
from interaction_probes.analysis.schema import FORMAT_VERSION, NewerFormat
from interaction_probes.settings.fields import with_fields
from interaction_probes.settings.method_settings import preset_for_method
from interaction_probes.settings.presets import find_preset
from interaction_probes.storage.collected_runs import collect_runs, gather

SUFFIXES = [".csv", *([".parquet"] if find_spec("pyarrow") else [])]


@pytest.fixture
def runs(tmp_path, smoke):
    """One run whose run.json has a format, and one of before."""
    root = tmp_path / "runs"
    write(root / "a", smoke, STATUS | {"format": FORMAT_VERSION})
    write(root / "b", with_fields(smoke, {"seed": "1"}))
    return root


def formats(table):
    return table.drop_duplicates("run").set_index("run")["format"]


def test_each_run_has_the_format_of_its_folder(runs):
    found = formats(collect_runs(runs)[0])
    assert found["a"] == FORMAT_VERSION
    assert pd.isna(found["b"])


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_collected_table_is_collected_again_with_the_same_values(runs, tmp_path, suffix):
    first, second = tmp_path / f"first{suffix}", tmp_path / f"second{suffix}"
    command.main([str(runs), "-o", str(first)])
    command.main([str(first), "-o", str(second)])
    found = formats(read_collected(second))
    assert found["a"] == FORMAT_VERSION
    assert pd.isna(found["b"])
    if suffix == ".csv":
        assert second.read_bytes() == first.read_bytes()
        assert read_results(second)["format"].unique().tolist() == [str(FORMAT_VERSION), ""]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("read", [read_results, read_collected])
def test_a_table_of_before_the_column_reads(runs, tmp_path, read, suffix):
    path = tmp_path / f"old{suffix}"
    table = collect_runs(runs)[0].drop(columns="format")
    path.write_bytes(command._WRITERS[suffix](table))
    assert "format" not in read(path)


def test_old_and_new_tables_are_joined(runs, tmp_path, smoke):
    old, out = tmp_path / "old.csv", tmp_path / "out.csv"
    collect_runs(runs)[0].drop(columns="format").to_csv(old, index=False)
    seed = with_fields(smoke, {"seed": "2"})
    write(tmp_path / "more" / "c", seed, STATUS | {"format": FORMAT_VERSION})
    command.main([str(old), str(tmp_path / "more"), "-o", str(out)])
    found = formats(pd.read_csv(out, dtype=str, keep_default_na=False))
    assert found.to_dict() == {"a": "", "b": "", "c": str(FORMAT_VERSION)}


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("read", [read_results, read_collected])
def test_a_table_of_a_later_version_is_refused(runs, tmp_path, read, suffix):
    path = tmp_path / f"new{suffix}"
    table = collect_runs(runs)[0].replace({"format": {FORMAT_VERSION: FORMAT_VERSION + 1}})
    path.write_bytes(command._WRITERS[suffix](table))
    with pytest.raises(NewerFormat) as caught:
        read(path)
    assert str(caught.value) == (
        f"{path} was written by a newer version: format {FORMAT_VERSION + 1}, this one reads up to "
        f"{FORMAT_VERSION}"
    )


@pytest.mark.parametrize("cell", ["two", "1.5", "0", "inf", "-1"])
def test_a_format_that_is_no_version_is_refused(runs, tmp_path, cell):
    path = tmp_path / "damaged.csv"
    collect_runs(runs)[0].assign(format=cell).to_csv(path, index=False)
    for read in (read_results, read_collected):
        with pytest.raises(ValueError, match="its format is no whole number"):
            read(path)


def test_runs_of_two_formats_have_a_common_mean(runs):
    table = collect_runs(runs)[0].assign(format=[1, 1, 2, 2])
    check_same_settings(table, ["method"])
    with pytest.raises(ValueError, match="differ in optim"):
        check_same_settings(table.assign(**{"optim.lr": [1, 1, 2, 2]}), ["method"])


def test_a_field_that_a_collected_table_lacks_is_what_the_preset_sets_for_each_method(tmp_path):
    """In version 3 of quick CLIP has a weight decay of its own."""
    comm, clip = (preset_for_method(find_preset("quick", 3), name) for name in ("comm", "clip"))
    assert comm.optim.weight_decay != clip.optim.weight_decay
    for config in (comm, clip):
        write(tmp_path / "old" / config.method, config)
    old, field = tmp_path / "old.csv", "optim.weight_decay"
    collect_runs(tmp_path / "old")[0].drop(columns=field).to_csv(old, index=False)
    write(tmp_path / "new" / "other", with_fields(comm, {"seed": "1", field: "0.5"}))
    found = gather([old, tmp_path / "new"])[0].drop_duplicates("run").set_index("run")[field]
    assert found.astype(float).to_dict() == {
        "comm": comm.optim.weight_decay,
        "clip": clip.optim.weight_decay,
        "other": 0.5,
    }


def test_collect_keeps_its_name_beside_collect_runs():
    assert command.collect is collect_runs is interaction_probes.collect_runs
