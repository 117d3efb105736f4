import numpy as np
import pandas as pd
import pytest
from dataset_runs import dataset_config, digits_file

from interaction_probes.experiment import supervised_reference as module
from interaction_probes.experiment.own_dataset import with_dataset
from interaction_probes.experiment.supervised_reference import (
    REFERENCE_COLUMNS,
    reference_of_run,
    supervised_reference,
)
from interaction_probes.storage.run_folder import RunFolder


def test_every_label_has_a_row_per_subset_and_metric(tmp_path):
    config = with_dataset(dataset_config(digits_file(tmp_path)))
    found = supervised_reference(config)
    values = found.set_index(["label", "subset", "metric"])["value"]
    assert {(name, subset) for name, subset, _ in values.index} == {
        (name, subset) for name in ("digit", "ink") for subset in ("1", "2", "12")
    }
    assert values["digit", "12", "bits"] > values["digit", "1", "bits"] > 1
    assert values["ink", "12", "r2"] > 0.9
    assert set(found["value"][found["metric"] == "bits_strength"]) <= {0.1, 0.001}
    penalties = found["metric"].str.endswith("_strength")
    with_ends = found[(found["metric"] != "cross_entropy") & ~penalties]
    assert (with_ends["low"] <= with_ends["value"]).all()
    assert (with_ends["value"] <= with_ends["high"]).all()
    assert np.isfinite(found["value"]).all()
    assert found.equals(supervised_reference(config))


TABLE = pd.DataFrame(
    [("null", "1", "bits", 1 / 3, 0.1, 0.5), ("null", "12", "cross_entropy", 0.25, None, None)],
    columns=list(REFERENCE_COLUMNS),
)


@pytest.mark.parametrize("damaged", [None, b"", b"label,subset\n", b"\xff\xfe\x00", b"a,b\n1,2\n"])
def test_a_run_that_is_looked_at_again_learns_no_reference_again(tmp_path, monkeypatch, damaged):
    learnt = []
    monkeypatch.setattr(module, "supervised_reference", lambda config: learnt.append(1) or TABLE)
    folder = RunFolder(tmp_path)
    first = reference_of_run(None, folder)
    pd.testing.assert_frame_equal(first, reference_of_run(None, folder))
    pd.testing.assert_frame_equal(
        first.astype({"value": float}), TABLE.astype({"low": float, "high": float})
    )
    assert len(learnt) == 1
    if damaged is not None:
        (tmp_path / "reference.csv").write_bytes(damaged)
        pd.testing.assert_frame_equal(reference_of_run(None, folder), first)
        assert len(learnt) == 2
