"""A representation that collapses is a result: chance, marked, and the run goes on."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from stopping import Interrupted, content, stop_after

from interaction_probes.collect import collect
from interaction_probes.experiment.runner import run
from interaction_probes.storage.checkpoint_file import checkpoint_bytes
from interaction_probes.storage.collect_confusion import confusion_table
from interaction_probes.storage.run_folder import RunFolder

CPU = torch.device("cpu")
ALL = ("masks", "shuffled", "bilinear", "mlp", "public", "sklearn")


@pytest.fixture
def collapsing(smoke):
    """A run that is collapsed after its second epoch of three."""
    return replace(smoke, method="tiny_method:Collapsing", optim=replace(smoke.optim, epochs=3))


def of(table, **cells):
    for name, value in cells.items():
        table = table[table[name] == value]
    return table


def test_a_run_that_collapses_goes_on(collapsing, tmp_path):
    lines = []
    folder = run(collapsing, tmp_path, CPU, lambda p: lines.append(p.line) if p.line else None)
    assert [
        line.endswith("collapsed: every feature is constant, so that scores are chance")
        for line in lines
    ] == [False, False, True, False]
    rows = of(folder.read_representations(), probe="linear")
    assert rows["epoch"].tolist() == [0, 1, 2, 3]
    assert rows["collapsed"].tolist() == [0, 0, 1, 0]
    assert (rows["features"] == 16).all()
    assert rows["effective_rank"].iloc[2] == 1
    assert (rows["effective_rank"].drop(rows.index[2]) > 1).all()
    table, _ = collect(tmp_path)
    assert of(table, epoch=2)["collapsed"].unique().tolist() == [1]
    assert of(table, epoch=1)["effective_rank"].unique() == rows["effective_rank"].iloc[1]


def test_its_scores_are_chance(collapsing, tmp_path):
    metrics = run(collapsing, tmp_path, CPU).read_metrics()
    values = of(metrics, epoch=2, probe="linear").set_index(["task", "metric"])["value"]
    before = of(metrics, epoch=1, probe="linear").set_index(["task", "metric"])["value"]
    exact = of(metrics, probe="exact").set_index(["task", "metric"])["value"]
    for task in ("R", "U1", "U2", "S"):
        for end in ("", "_low", "_high"):
            assert values[task, f"accuracy{end}"] == exact[task, "chance"]
            assert values[task, f"bits{end}"] == 0
        # H(Y) of the scored labels, which captured bits and cross-entropy always add up to.
        entropy = before[task, "bits"] + before[task, "cross_entropy"]
        assert values[task, "cross_entropy"] == pytest.approx(entropy)
        assert (task, "accuracy_strength") not in values
    assert values["S", "auc"] == values["S", "auc_low"] == values["S", "auc_high"] == 0.5


@pytest.mark.parametrize("epoch", [1, 2])
def test_a_run_goes_on_through_its_collapse_bit_for_bit(collapsing, tmp_path, epoch):
    whole = run(collapsing, tmp_path / "whole", CPU)
    with pytest.raises(Interrupted):
        run(collapsing, tmp_path / "parts", CPU, stop_after(epoch))
    parts = run(collapsing, tmp_path / "parts", CPU)
    assert content(parts) == content(whole)
    name = "representation.csv"
    assert (parts.path / name).read_bytes() == (whole.path / name).read_bytes()


def test_every_control_of_a_collapsed_representation_is_chance(smoke, tmp_path):
    config = replace(
        smoke,
        method="tiny_method:Collapsed",
        probe=replace(smoke.probe, controls=ALL),
        optim=replace(smoke.optim, epochs=1),
    )
    folder = run(config, tmp_path, CPU)
    metrics = of(folder.read_metrics(), epoch=1, metric="accuracy", task="S")
    assert set(metrics["probe"]) == {
        *("linear", "mask1", "mask2", "shuffled", "bilinear", "mlp", "public", "sklearn")
    }
    assert (metrics["value"] == 0.5).all()
    assert of(folder.read_representations(), epoch=1)["collapsed"].all()
    cells = of(folder.read_confusion(), task="R")
    assert len(of(cells, predicted=cells.loc[cells["count"] > 0, "predicted"].iloc[0])) == 4
    assert (cells.groupby("predicted")["count"].sum() > 0).sum() == 1


def test_one_modality_that_is_ignored_does_not_end_the_run(smoke, tmp_path):
    """Its mask shows a constant; the bilinear probe sees the other image's code alone."""
    config = replace(
        smoke,
        method="tiny_method:Onesided",
        probe=replace(smoke.probe, controls=("masks", "bilinear")),
        optim=replace(smoke.optim, epochs=1),
    )
    folder = run(config, tmp_path, CPU)
    rows = folder.read_representations()
    last = of(rows, epoch=1).set_index("probe")["collapsed"]
    assert last.to_dict() == {"linear": 0, "mask1": 1, "mask2": 0}
    metrics = of(folder.read_metrics(), metric="accuracy", epoch=1)
    assert of(metrics, probe="mask1")["value"].tolist() == [0.5]
    assert np.isfinite(of(metrics, probe="bilinear")["value"]).all()


def test_a_run_of_an_earlier_version_has_no_ranks(smoke, copied, whole):
    """Its checkpoint has none, and its tables are mended without them."""
    folder = RunFolder(copied / whole.path.name)
    state = folder.load_checkpoint()
    del state["representations"]
    folder.write_checkpoint(checkpoint_bytes(state))
    for name in ("representation.csv", "metrics.csv"):
        (folder.path / name).unlink()
    run(smoke, copied, CPU)
    assert (folder.path / "metrics.csv").read_bytes() == (whole.path / "metrics.csv").read_bytes()
    assert folder.read_representations() is None
    table, left_out = collect(copied)
    assert "effective_rank" not in table
    assert not left_out


def test_confusion_tables_have_no_column_of_ranks(copied):
    table, _ = collect(copied)
    assert {"effective_rank", "collapsed"} <= set(table)
    cells, missing = confusion_table(table, [copied])
    assert not {"effective_rank", "collapsed"} & set(cells)
    assert not missing
