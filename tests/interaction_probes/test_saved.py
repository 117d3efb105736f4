import pytest
import torch

from interaction_probes.evaluation import pixels, probe_epoch
from interaction_probes.experiment import run
from interaction_probes.saved import load_run

CPU = torch.device("cpu")


def test_a_run_read_back_scores_as_it_did(smoke, tmp_path):
    folder = run(smoke, tmp_path, CPU)
    config, method, data = load_run(folder.path, CPU)
    assert config == smoke
    images = (pixels(part.images) for part in (data.train, data.test))
    rows = probe_epoch(method, data, *images, config, final=True)
    metrics = folder.read_metrics()
    last = metrics[(metrics["epoch"] == 2) & (metrics["probe"] != "exact")]
    assert rows == list(
        zip(last["task"], last["probe"], last["metric"], last["value"], strict=True)
    )


def test_another_folder_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no run's folder"):
        load_run(tmp_path, CPU)


def test_a_checkpoint_of_another_model_is_refused(smoke, tmp_path):
    folder = run(smoke, tmp_path, CPU)
    folder.save_checkpoint({"method": {}})
    with pytest.raises(ValueError, match="does not fit"):
        load_run(folder.path, CPU)
