"""Confusion matrices beside a table of runs that several folders hold."""

import pytest
from some_runs import write

from interaction_probes.analysis.schema import ConfusionCell, RunIdentity
from interaction_probes.collect import gather
from interaction_probes.settings.fields import with_fields
from interaction_probes.storage.collect_confusion import confusion_table
from interaction_probes.storage.run_folder import RunFolder


@pytest.fixture
def roots(tmp_path, smoke):
    """Two folders: run a stands in both with other counts, b in the second, c without matrices."""
    for root, name, count in (("x", "a", 1), ("y", "a", 2), ("y", "b", 3), ("y", "c", None)):
        config = with_fields(smoke, {"seed": str("abc".index(name)), "optim.lr": "0.5"})
        write(tmp_path / root / name, config)
        if count is not None:
            identity = RunIdentity(config.method, config.preset, config.pairs, config.seed)
            cells = [ConfusionCell(1, "S", "linear", "match", "no match", count)]
            RunFolder(tmp_path / root / name).write_confusion(identity, cells)
    return [tmp_path / "x", tmp_path / "y"]


@pytest.mark.parametrize(("order", "count_of_a"), [(1, 1), (-1, 2)])
def test_a_run_that_two_folders_hold_has_the_matrices_of_the_first(roots, order, count_of_a):
    table, _ = gather(roots[::order])
    found, missing = confusion_table(table, roots[::order])
    assert found.set_index("run")["count"].to_dict() == {"a": count_of_a, "b": 3}
    assert missing == ["c"]
    assert found["optim.lr"].tolist() == [0.5, 0.5]
    assert found.set_index("run")["seed"].to_dict() == {"a": 0, "b": 1}
    assert not {"value", "metric", "effective_rank"} & set(found)
