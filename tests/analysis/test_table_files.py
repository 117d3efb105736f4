"""Tables in files of every form: read, or refused in a line that names the file."""

import json
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
from score_rows import results

from interaction_probes.analysis.collected_tables import read_collected
from interaction_probes.analysis.conditions import filter_rows
from interaction_probes.analysis.results_table import read_results
from interaction_probes.analysis.table_files import MissingRows, with_python_strings

ROW = {"method": "comm", "preset": "p", "pairs": "biased", "seed": 0, "epoch": 0, "task": "R"}
ROW |= {"probe": "linear", "metric": "bits", "value": 0.5}
COMPRESSED = ["gz", "bz2", "xz", "zip", "zst"]


def refused(path):
    with pytest.raises(ValueError, match="is no table that can be read") as caught:
        read_results(path)
    assert str(caught.value).startswith(f"{path} ")
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("suffix", COMPRESSED)
def test_a_compressed_table_is_read_whole_or_refused(results, tmp_path, suffix):
    path = tmp_path / f"t.csv.{suffix}"
    if suffix == "zst" and find_spec("zstandard") is None:
        path.write_bytes(b"\x28\xb5\x2f\xfd")
        assert "zstandard" in refused(path)
        return
    results.to_csv(path, index=False)
    assert len(read_results(path)) == len(results)
    content = path.read_bytes()
    for damaged in (content[: len(content) // 2], content[:10], b"a,b\n1,2\n", b""):
        path.write_bytes(damaged)
        refused(path)


def test_a_table_that_was_cut_in_a_line_is_refused(results, tmp_path):
    """Else the numbers would be those of the epoch in which it was cut."""
    path = tmp_path / "t.csv"
    text = results.to_csv(index=False)
    lines = text.splitlines(keepends=True)
    whole = "".join(lines[:500])
    for sound in (whole, whole.removesuffix("\n")):
        path.write_text(sound)
        assert len(read_results(path)) == 499
    path.write_text(whole + lines[500].rpartition(",")[0])
    assert "(its last line ends before the last cell)" in refused(path)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_texts_are_pythons_own_whatever_is_installed(results, tmp_path, suffix):
    if suffix == "parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / f"t.{suffix}"
    getattr(results, f"to_{suffix}")(path, index=False)
    table = read_results(path)
    assert getattr(table["method"].dtype, "storage", "python") == "python"  # objects have none
    assert list(table["method"]) == list(results["method"])


def test_texts_in_arrays_of_pyarrow_become_pythons_own():
    pytest.importorskip("pyarrow")
    table = pd.DataFrame({"a": pd.array(["x", None], dtype="string[pyarrow]"), "b": [1, 2]})
    plain = with_python_strings(table)
    assert plain["a"].dtype.storage == "python"
    assert plain["a"].isna().tolist() == [False, True]
    assert plain["b"].dtype == table["b"].dtype
    assert table["a"].dtype.storage == "pyarrow"  # it is not changed in its place


@pytest.fixture
def parquet(tmp_path):
    """Writes a table as Parquet; where to."""
    pytest.importorskip("pyarrow")

    def write(table):
        table.to_parquet(tmp_path / "t.parquet", index=False)
        return tmp_path / "t.parquet"

    return write


def test_a_damaged_parquet_table_is_refused(parquet):
    path = parquet(pd.DataFrame([ROW] * 20))
    content = path.read_bytes()
    schema = content.index(b"/////")  # as base64
    for damaged in (
        content[: len(content) // 2],
        content[:schema] + b"!!!!!" + content[schema + 5 :],
        content[: schema + 5] + b"AAAA" + content[schema + 9 :],  # of which pyarrow says OSError
        content[:-60] + b"\xff" * 52 + content[-8:],  # likewise
        b"",
    ):
        path.write_bytes(damaged)
        refused(path)


def test_a_parquet_table_that_says_nonsense_of_its_columns_is_refused(tmp_path):
    pa = pytest.importorskip("pyarrow")
    from pyarrow.parquet import write_table

    table = pa.Table.from_pandas(pd.DataFrame([ROW]))
    described = {"index_columns": [], "column_indexes": [], "columns": [{"pandas_type": "object"}]}
    table = table.replace_schema_metadata({b"pandas": json.dumps(described).encode()})
    write_table(table, tmp_path / "t.parquet")
    refused(tmp_path / "t.parquet")  # a KeyError


def test_a_parquet_table_that_is_not_there_is_named(tmp_path):
    pytest.importorskip("pyarrow")
    with pytest.raises(FileNotFoundError) as caught:
        read_results(tmp_path / "no.parquet")
    assert str(caught.value.filename) == str(tmp_path / "no.parquet")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"value": ["0.5", "x"]}, "row 2: value is a number, not 'x'"),
        ({"seed": [True, False]}, "row 1: seed is a number, not 'True'"),
        ({"value": [0.5, np.inf]}, "row 2: value is a number, not 'inf'"),
    ],
)
def test_numbers_of_a_parquet_table_are_numbers(parquet, change, said):
    path = parquet(pd.DataFrame([ROW] * 2).assign(**change))
    with pytest.raises(ValueError, match="is a number") as caught:
        read_results(path)
    assert str(caught.value) == f"{path}, {said}"


def test_numbers_may_be_written_as_text(parquet):
    path = parquet(pd.DataFrame([ROW] * 2).assign(value=["0.5", "1e-3"]))
    assert read_results(path)["value"].tolist() == [0.5, 1e-3]


@pytest.mark.parametrize("name", ["null", "NA", "nan", "None", "007", "1e5", "1_0", "inf"])
def test_a_collected_table_keeps_names_that_look_like_something_else(tmp_path, name):
    table = results([0.5]).assign(method=name, preset=name, run=name, weights="")
    table = table.assign(**{"shared_strength": 1.0, "mapping_strength": 0.0, "seconds": 1.5})
    table = table.assign(**{"torch_version": "2.10", "optim.schedule": name, "commit": "1e100"})
    path = tmp_path / "t.csv"
    table.to_csv(path, index=False)
    found = read_collected(path).iloc[0]
    assert (found["method"], found["preset"], found["run"]) == (name, name, name)
    assert (found["torch_version"], found["commit"], found["seconds"]) == ("2.10", "1e100", 1.5)
    if name in ("null", "NA", "nan", "None"):
        assert found["optim.schedule"] == name
    assert len(filter_rows(read_results(path), [f"method={name}"])) == len(table)
    for other in ("10", "Infinity", "100000", "7"):
        with pytest.raises(MissingRows):
            filter_rows(read_results(path), [f"method={other}"])
