import os
import stat

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interaction_probes.analysis.schema import (
    FORMAT_VERSION,
    LOSS_COLUMNS,
    METRIC_COLUMNS,
    Measurement,
    NewerFormat,
    RunIdentity,
)
from interaction_probes.common.writing import as_csv, made_folder, write_atomically
from interaction_probes.storage.run_folder import RunFolder, State, state_of

IDENTITY = RunIdentity("comm", "smoke", "biased", 3)


def test_a_write_replaces_the_whole_file(tmp_path):
    path = tmp_path / "file"
    write_atomically(path, b"long content")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("call", ["fsync", "replace", "chmod"])
def test_a_failing_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, call):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_takes_no_file_is_told_by_the_files_name(tmp_path):
    path = tmp_path / "none" / "file"
    with pytest.raises(FileNotFoundError) as caught:
        write_atomically(path, b"")
    assert caught.value.filename == str(path)


def test_an_interrupted_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_files_have_the_permissions_of_any_new_file(tmp_path):
    write_atomically(tmp_path / "ours", b"")
    (tmp_path / "theirs").write_bytes(b"")
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("ours", "theirs")}
    assert len(modes) == 1


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_floats_read_back_exactly(tmp_path_factory, values):
    folder = RunFolder(tmp_path_factory.mktemp("run"))
    folder.write_metrics(
        IDENTITY, [Measurement(0, "R", "linear", "bits", value) for value in values]
    )
    assert folder.read_metrics()["value"].tolist() == values


def test_a_float_that_a_fast_parser_reads_wrongly_reads_back_exactly(tmp_path):
    folder = RunFolder(tmp_path)
    values = np.random.default_rng(0).random(5000).tolist()
    folder.write_metrics(
        IDENTITY, [Measurement(0, "R", "linear", "bits", value) for value in values]
    )
    assert folder.read_metrics()["value"].tolist() == values


def test_metrics_have_the_identity_before_each_row(tmp_path):
    folder = RunFolder(tmp_path)
    measured = [
        Measurement(0, "R", "exact", "bits", 2.0),
        Measurement(1, "S", "linear", "auc", 0.5),
    ]
    folder.write_metrics(IDENTITY, measured)
    lines = (tmp_path / "metrics.csv").read_text().splitlines()
    assert lines == [
        ",".join(METRIC_COLUMNS),
        "comm,smoke,biased,3,0,R,exact,bits,2.0",
        "comm,smoke,biased,3,1,S,linear,auc,0.5",
    ]


def test_losses_have_their_columns(tmp_path):
    RunFolder(tmp_path).write_losses([(1, "joint", 0.1)])
    assert (tmp_path / "losses.csv").read_text() == ",".join(LOSS_COLUMNS) + "\n1,joint,0.1\n"


def test_names_with_commas_and_quotes_survive():
    assert as_csv(["a", "b"], [('x,"y"', 1)]) == b'a,b\n"x,""y""",1\n'


GOOD = ",".join(METRIC_COLUMNS) + "\ncomm,smoke,biased,3,0,R,exact,bits,2.0\n"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00garbage",
        GOOD.splitlines()[0].encode(),
        GOOD.replace("probe", "prob").encode(),
        GOOD.replace("2.0", "two").encode(),
        GOOD.replace("2.0", "2_0").encode(),
        GOOD.replace("2.0", "").encode(),
        GOOD.replace("bits,2.0", "").encode(),
        GOOD.replace(",0,R", ",zero,R").encode(),
        GOOD.replace(",3,", ",3.5,").encode(),
        (GOOD + "a,b,c,d,e,f,g,h,i,j,k,l\n").encode(),
    ],
)
def test_damaged_metrics_are_refused(tmp_path, content):
    (tmp_path / "metrics.csv").write_bytes(content)
    with pytest.raises(ValueError, match=r"metrics\.csv .*the run's own command"):
        RunFolder(tmp_path).read_metrics()


def test_a_table_with_a_further_column_is_read_by_name(tmp_path):
    *names, last = METRIC_COLUMNS
    head = ",".join(["unit", last, *names])  # and in another order
    (tmp_path / "metrics.csv").write_text(f"{head}\nbits,2.0,comm,smoke,biased,3,0,R,exact,bits\n")
    table = RunFolder(tmp_path).read_metrics()
    assert table["unit"].tolist() == ["bits"]
    assert table[list(METRIC_COLUMNS)].values.tolist() == [
        ["comm", "smoke", "biased", 3, 0, "R", "exact", "bits", 2.0]
    ]


@pytest.mark.parametrize("column", METRIC_COLUMNS)
def test_a_table_that_lacks_a_column_is_refused_by_its_name(tmp_path, column):
    (tmp_path / "metrics.csv").write_text(GOOD.replace(column, "other", 1))
    with pytest.raises(ValueError, match=rf"lacks the column {column}; the run's own command"):
        RunFolder(tmp_path).read_metrics()


def test_a_later_format_is_refused_and_none_is_the_first(tmp_path):
    folder = RunFolder(tmp_path)
    folder.write_json("run.json", {"status": "finished"})
    assert folder.read_status() == {"status": "finished"}
    folder.write_json("run.json", {"status": "finished", "format": FORMAT_VERSION + 1})
    message = f"newer version: format {FORMAT_VERSION + 1}, this one reads up to {FORMAT_VERSION}"
    for read in (folder.read_status, lambda: state_of(tmp_path)):
        with pytest.raises(NewerFormat, match=message):
            read()
    folder.write_json("run.json", {"status": "finished", "format": "two"})
    with pytest.raises(ValueError, match="its format is no whole number"):
        folder.read_status()


def test_missing_metrics_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"metrics\.csv cannot be read"):
        RunFolder(tmp_path).read_metrics()


def test_json_survives(tmp_path):
    folder = RunFolder(tmp_path)
    content = {"a": [1, 2.5, None], "é": {"b": "ρ"}}
    folder.write_json("x.json", content)
    assert folder.read_json("x.json") == content
    assert folder.read_json("other.json") is None


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'"x"', b"\xff\xff"])
def test_damaged_json_is_refused(tmp_path, content):
    (tmp_path / "run.json").write_bytes(content)
    with pytest.raises(ValueError, match=r"run\.json is damaged"):
        RunFolder(tmp_path).read_json("run.json")


def fail_in(path, make=None):
    """Fail in the block of a made folder, perhaps after making a file."""
    with made_folder(path):
        assert path.is_dir()
        if make:
            make.touch()
        raise RuntimeError


def test_a_folder_left_empty_by_a_failure_is_gone(tmp_path):
    with pytest.raises(RuntimeError):
        fail_in(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_content_survives_a_failure(tmp_path):
    with pytest.raises(RuntimeError):
        fail_in(tmp_path / "a" / "b", tmp_path / "a" / "file")
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["file"]


def test_a_folder_that_was_there_survives_a_failure(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(RuntimeError):
        fail_in(tmp_path / "a")
    assert (tmp_path / "a").is_dir()


def test_a_file_in_the_folders_place_is_refused(tmp_path):
    (tmp_path / "a").touch()
    with pytest.raises(OSError, match="a"), made_folder(tmp_path / "a" / "b"):
        pytest.fail("the block must not run")


@pytest.mark.parametrize(
    ("files", "state"),
    [
        ({}, State("new")),
        ({"failure.json": '{"reason": "bad"}'}, State("new", None, "bad")),
        ({"run.json": '{"status": "running", "epoch": 3}'}, State("half done", 3)),
        (
            {"run.json": '{"status": "running", "epoch": 3}', "failure.json": '{"reason": "bad"}'},
            State("half done", 3, "bad"),
        ),
        ({"run.json": '{"status": "finished"}'}, State("finished")),  # as an earlier version wrote
    ],
)
def test_how_far_a_run_is(tmp_path, files, state):
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    assert state_of(tmp_path) == state


@pytest.mark.parametrize("name", ["run.json", "failure.json"])
def test_a_damaged_state_is_no_end(tmp_path, name):
    (tmp_path / name).write_text("{")
    state = state_of(tmp_path)
    assert state.name in ("new", "half done")
    assert name in state.failure


def test_what_a_killed_write_left_is_taken_away(tmp_path, monkeypatch):
    folder = RunFolder(tmp_path)
    folder.write_json("run.json", {})
    monkeypatch.setattr(os, "replace", lambda *_: None)  # as if it had been killed just before
    folder.write_json("run.json", {"status": "finished"})
    assert len(list(tmp_path.iterdir())) == 2
    (tmp_path / "notes-12345678").write_text("mine")
    folder.remove_leftovers()
    assert {path.name for path in tmp_path.iterdir()} == {"run.json", "notes-12345678"}


@pytest.mark.parametrize("name", ["null", "NA", "nan", "None", "007", "1e5"])
def test_names_that_look_like_no_value_or_a_number_are_names(tmp_path, name):
    folder = RunFolder(tmp_path)
    row = Measurement(0, name, name, name, 0.25)
    folder.write_metrics(RunIdentity(name, name, name, 3), [row])
    [found] = folder.read_metrics().to_dict("records")
    texts = dict.fromkeys(("method", "preset", "pairs", "task", "probe", "metric"), name)
    assert found == texts | {"seed": 3, "epoch": 0, "value": 0.25}
