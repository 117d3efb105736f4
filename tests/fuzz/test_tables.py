"""Tables and stored files with bytes changed: read, or refused in one line."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from outcome import one_line, outcome, somewhere

from interaction_probes.analysis.published import SHIPPED, read_published
from interaction_probes.analysis.results_table import read_results
from interaction_probes.analysis.schema import Measurement, RunIdentity
from interaction_probes.collect import main as collect
from interaction_probes.common.writing import table_as_csv
from interaction_probes.figures.__main__ import FIGURES
from interaction_probes.figures.__main__ import main as figures
from interaction_probes.figures.embedding import read_features
from interaction_probes.report import main as report
from interaction_probes.settings.config import to_dict
from interaction_probes.settings.presets import PRESETS
from interaction_probes.storage.run_folder import RunFolder, state_of

FEW = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
OF_TABLES = [name for name in FIGURES if name not in ("confusion", "embedding")]
ROWS = [
    (epoch, task, probe, metric, 0.25)
    for epoch in (0, 1)
    for task in ("R", "S")
    for probe, metric in (("linear", "accuracy"), ("exact", "bits"), ("exact", "chance"))
]
PIECES = (
    *(b"", b",", b"\n", b"\r", b'"', b"\x00", b"\xff", b"nan", b"inf", b"-", b"1e999", b"9" * 30),
    *(
        b"0.5",
        b"-1",
        b"R",
        b"S",
        b"U1",
        b"linear",
        b"exact",
        b"bits",
        b"epoch",
        b"comm",
        b";",
        b"#",
    ),
)


def changed(content, edits):
    """Bytes with some stretches replaced by others."""
    found = bytearray(content)
    for share, length, piece in edits:
        at = int(share * len(found))
        found[at : at + length] = piece
    return bytes(found)


piece = st.one_of(st.sampled_from(PIECES), st.binary(max_size=4))
edits = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), piece), max_size=4)


@pytest.fixture(scope="module")
def good(results):
    """A table of a few runs, as bytes."""
    few = results[(results["seed"] == 0) & results["method"].isin(["comm", "clip"])]
    few = few[few["epoch"].isin([0, 14]) & few["probe"].isin(["linear", "exact"])]
    return table_as_csv(few)


@FEW
@given(edits)
@example([(0.0, 0, b"\xef\xbb\xbf")])
@example([(0.99, 99, b'"')])
def test_metrics_of_a_run(edits):
    with somewhere() as folder:
        run = RunFolder(folder)
        run.write_metrics(
            RunIdentity("comm", "smoke", "biased", 0), [Measurement(*row) for row in ROWS]
        )
        path = folder / "metrics.csv"
        path.write_bytes(changed(path.read_bytes(), edits))
        try:
            table = run.read_metrics()
        except ValueError as error:
            one_line(error)
            return
        assert len(table)
        assert np.isfinite(table["value"]).all()


@FEW
@given(edits)
@example([(0.0, 6, b"seed")])
def test_tables_of_results(good, edits):
    with somewhere() as folder:
        for read, content in ((read_results, good), (read_published, SHIPPED.read_bytes())):
            path = folder / "table.csv"
            path.write_bytes(changed(content, edits))
            try:
                table = read(path)
            except ValueError as error:
                one_line(error)
                continue
            assert len(table)


@settings(FEW, max_examples=5)
@given(st.sampled_from(OF_TABLES), edits)
def test_figures_of_damaged_tables(good, name, edits):
    with somewhere() as folder:
        Path("results.csv").write_bytes(changed(good, edits))
        code = outcome(figures, [name, "results.csv", "-o", "figure.svg"])
        assert Path("figure.svg").exists() == (code == 0)
        assert {path.name for path in folder.iterdir()} <= {"results.csv", "figure.svg"}


#: Changes that reach the drawing, which random ones rarely do: (column, value, where).
CELLS = st.tuples(
    st.sampled_from(["method", "pairs", "seed", "epoch", "task", "probe", "metric", "value"]),
    st.sampled_from(["", "0", "-1", "1e300", "-1e300", "0.5", "R", "S", "X", "linear", "auc"]),
    st.integers(0, 5),
)


@settings(FEW, max_examples=5)
@given(st.sampled_from(OF_TABLES), st.lists(CELLS, max_size=2))
@example("dynamics", [("epoch", "1e300", 1)])
@example("dynamics", [("epoch", "-1e300", 0)])
@example("interactions", [("value", "1e300", 0)])
@example("information", [("value", "1e300", 0)])
@example("information", [("value", "-1e300", 0)])
def test_figures_of_strange_cells(results, name, cells):
    few = results[(results["seed"] == 0) & results["method"].isin(["comm", "clip"])].astype(object)
    few = few[few["epoch"].isin([0, 14])].copy()
    for column, value, k in cells:
        few.loc[few.index[k::6], column] = value
    with somewhere():
        Path("results.csv").write_bytes(table_as_csv(few))
        code = outcome(figures, [name, "results.csv", "-o", "figure.svg"])
        assert Path("figure.svg").exists() == (code == 0)


@settings(FEW, max_examples=3)
@given(edits)
def test_reports_of_damaged_tables(good, edits):
    with somewhere():
        Path("results.csv").write_bytes(changed(good, edits))
        code = outcome(report, ["results.csv", "-o", "report.html"])
        assert Path("report.html").exists() == (code == 0)


odd = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=4), inner, max_size=2)
    ),
    max_leaves=4,
)
STATUS = {
    "status": "finished",
    "epoch": 2,
    "seconds": 1.5,
    "parameters": 3,
    "device": "cpu",
    "threads": 1,
    "commit": None,
    "versions": {"torch": "2"},
}


@FEW
@given(
    st.sampled_from(["run.json", "config.json", "failure.json"]),
    st.one_of(
        st.tuples(st.just("bytes"), edits),
        st.tuples(st.sampled_from([*STATUS, "weights", "design", "reason", "sha256"]), odd),
    ),
)
@example("run.json", ("versions", [1]))
@example("run.json", ("versions", "text"))
@example("run.json", ("sha256", None))
@example("config.json", ("weights", [1]))
@example("config.json", ("weights", "text"))
@example("failure.json", ("reason", ["a"]))
def test_folders_of_damaged_runs(name, change):
    kind, what = change
    with somewhere() as folder:
        for k in ("a", "b"):
            run = RunFolder(folder / "runs" / k)
            run.path.mkdir(parents=True)
            run.write_json("config.json", {**to_dict(PRESETS["smoke"]), "seed": len(k)})
            run.write_json("run.json", STATUS)
            run.write_metrics(
                RunIdentity("comm", "smoke", "biased", 0), [Measurement(*row) for row in ROWS]
            )
        if name == "failure.json":
            run.write_json("run.json", {"status": "running"})
            run.write_json("failure.json", {"reason": "x"})
        path = run.path / name
        if kind == "bytes":
            path.write_bytes(changed(path.read_bytes(), what))
        else:
            path.write_text(json.dumps({**json.loads(path.read_text()), kind: what}))
        found = state_of(run.path)
        assert found.epoch is None or isinstance(found.epoch, int)
        assert outcome(collect, ["runs", "-o", "t.csv"]) == 0  # the other run is there
        assert Path("t.csv").read_bytes().startswith(b"run,")
        shutil.rmtree(folder / "runs")


@FEW
@given(edits)
def test_files_of_features(edits):
    with somewhere():
        rng = np.random.default_rng(0)
        np.savez(
            "features.npz",
            features=rng.normal(size=(6, 3)),
            factors=np.zeros((6, 4), int),
            names=np.array(["a", "b", "c", "d"]),
            values=np.array([["x", "y"]] * 4),
            title="t",
        )
        path = Path("features.npz")
        path.write_bytes(changed(path.read_bytes(), edits))
        try:
            read_features(path)
        except ValueError as error:
            one_line(error)
