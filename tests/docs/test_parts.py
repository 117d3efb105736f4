"""The page of parts: each script runs on its own, and does what the page says."""

import re
from pathlib import Path

import pytest
import torch

PAGE = (Path(__file__).parents[2] / "docs" / "parts.md").read_text()
LOSS, FUSION, TRIPLE, MODALITIES, PROBE = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.fixture(autouse=True)
def _own_random_numbers():
    with torch.random.fork_rng():
        yield


def run(script):
    names: dict = {}
    exec(compile(script, "script", "exec"), names)
    return names


def test_a_loss_in_a_loop(capsys):
    losses = run(LOSS)["losses"]
    assert losses[-1] < 0.7 * losses[0]
    assert re.fullmatch(r"\d\.\d\d nats at first, \d\.\d\d at last\n", capsys.readouterr().out)


def test_a_fusion_of_three_encoders():
    names = run(FUSION)
    assert names["losses"][-1] < 0.8 * names["losses"][0]
    features, without = names["features"], names["without_third"]
    assert features.shape == without.shape == (128, 32)
    assert (features - without).abs().max() > 1e-3
    fusion, encoders, data = names["fusion"], names["encoders"], names["data"]
    with torch.no_grad():
        summaries = [fusion.summarise(m, encoders[m](data[m])) for m in range(3)]
        together = fusion.merge(summaries, [[0, 1, 2], [0, 1]])
    torch.testing.assert_close(together[0], features)
    torch.testing.assert_close(together[1], without)


def test_a_loss_of_three_modalities(capsys):
    run(TRIPLE)
    found = re.findall(
        r"^(\w+): (\d\.\d\d) nats, at chance (\d\.\d\d)$", capsys.readouterr().out, re.M
    )
    values = {name: (float(value), float(chance)) for name, value, chance in found}
    value, chance = values["pairwise_clip_loss"]
    assert value == chance == 2.2
    value, chance = values["symile_loss"]
    assert value < chance - 1


def test_a_method_on_vectors_and_sequences(capsys):
    names = run(MODALITIES)
    assert names["losses"][-1] < names["losses"][0] - 0.2
    assert names["fused"].shape == names["series_alone"].shape == (256, 32)
    assert abs(names["fused"] - names["series_alone"]).max() > 1e-3
    assert re.fullmatch(
        r"\d\.\d\d nats at first, \d\.\d\d at last; \(256, 32\)\n", capsys.readouterr().out
    )


def test_the_probe_in_a_pipeline():
    pytest.importorskip("interaction_probes.probing.estimator")
    names = run(PROBE)
    assert names["accuracy"] > 0.9
    assert names["probabilities"].shape == (200, 3)
