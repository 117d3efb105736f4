from dataclasses import replace

import numpy as np
import pytest
import torch

from interaction_probes import embed
from interaction_probes.contrast.views.augment import eval_transform
from interaction_probes.embed import run_title
from interaction_probes.experiment.loading import load_run
from interaction_probes.experiment.runner import run
from interaction_probes.figures.embedding import embedding, read_features

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def folder(smoke_config, tmp_path_factory):
    return run(smoke_config, tmp_path_factory.mktemp("runs"), CPU).path


def test_features_are_those_that_the_probes_score(folder, tmp_path, capsys):
    out = tmp_path / "features.npz"
    embed.main([str(folder), "-o", str(out), "--device", "cpu"])
    found = read_features(out)
    config, method, data = load_run(folder, CPU)
    method.eval()
    # The plain form: every pair encoded on its own.
    rows = torch.from_numpy(data.test.images).permute(0, 3, 1, 2)
    with torch.no_grad():
        for k in (0, 7, len(data.probe_test) - 1):
            first, second = data.probe_test.index[k]
            codes = [
                method.encode(m, eval_transform(rows[i : i + 1], config.model.size))
                for m, i in enumerate((first, second))
            ]
            expected = method.combine(codes)[0].numpy()
            np.testing.assert_allclose(found.features[k], expected, rtol=1e-4, atol=1e-5)
    for j, task in enumerate(("R", "U1", "U2", "S")):
        np.testing.assert_array_equal(found.factors[:, j], data.probe_test.labels[task])
        assert found.names[j].startswith(task)
    assert found.title.endswith(" preset, biased pairs, seed 0: test pairs")
    with np.load(out) as arrays:
        assert arrays["epoch"] == config.optim.epochs
    assert f"{len(data.probe_test)} pairs" in capsys.readouterr().out
    assert len(embedding(found).axes) == 4


def test_a_title_calls_three_images_samples_and_a_dataset_by_its_name(smoke_config):
    three = replace(smoke_config, modalities=3, pair_rule_strength=1.0)
    assert run_title(three).endswith(" preset, pair-biased samples, seed 0")
    data = replace(smoke_config.data, path="x.npz", sha256="0123456789" + 54 * "a")
    dataset = replace(smoke_config, data=data)
    assert run_title(dataset).endswith(" preset, data-01234567, seed 0")


def test_a_mistake_is_one_line(folder, tmp_path, capsys):
    for words, message in (
        ([str(tmp_path), "-o", str(tmp_path / "x.npz")], "is not a run folder"),
        ([str(folder), "-o", str(tmp_path / "x.csv")], "written to an .npz file"),
        ([str(folder), "-o", str(tmp_path / "no" / "x.npz")], "no folder"),
        ([str(folder), "-o", str(tmp_path / "x.npz"), "--device", "gpu"], "no device"),
    ):
        with pytest.raises(SystemExit) as stop:
            embed.main(words)
        assert stop.value.code == 2
        [line] = capsys.readouterr().err.splitlines()
        assert message in line
    assert list(tmp_path.iterdir()) == []
