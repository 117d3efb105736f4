import numpy as np
from dataset_runs import dataset_config, digits_file

from interaction_probes.experiment.own_dataset import with_dataset
from interaction_probes.experiment.supervised_reference import supervised_reference


def test_every_label_has_a_row_per_subset_and_metric(tmp_path):
    config = with_dataset(dataset_config(digits_file(tmp_path)))
    found = supervised_reference(config)
    values = found.set_index(["label", "subset", "metric"])["value"]
    assert {(name, subset) for name, subset, _ in values.index} == {
        (name, subset) for name in ("digit", "ink") for subset in ("1", "2", "12")
    }
    assert values["digit", "12", "bits"] > values["digit", "1", "bits"] > 1
    assert values["ink", "12", "r2"] > 0.9
    with_ends = found[found["metric"] != "cross_entropy"]
    assert (with_ends["low"] <= with_ends["value"]).all()
    assert (with_ends["value"] <= with_ends["high"]).all()
    assert np.isfinite(found["value"]).all()
    assert found.equals(supervised_reference(config))
