"""S-10 of a finished run: a sum over ten classes, of which the mapping is one."""

import sys
from dataclasses import replace

import pandas as pd
import pytest
import torch
from torch import nn
from written_factors import read_off, written_in_pixels

from benchmarks.experiments.finished_runs import balanced_synergy as module
from benchmarks.experiments.finished_runs.balanced_synergy import balanced_synergy
from interaction_probes.experiment.runner import run
from interaction_probes.settings.config import RunConfig
from interaction_probes.settings.presets import PRESETS
from trifeature import FactorCounts, ImageDesign, PairDesign, with_latin_label
from trifeature.dataset.paired_images import pair_images

COUNTS = FactorCounts(3, 5, 5)


class Reader(nn.Module):
    """Each image's factors as indicators; `knows` the square, or leaves that to the probe."""

    modalities = 2

    def __init__(self, square, knows):
        super().__init__()
        self.encoders = nn.ModuleList()
        self.square, self.knows = square, knows

    def all_encoders(self):
        return []

    def encode(self, modality, images):
        return read_off(images)[:, 1:].float()

    def combine(self, encoded):
        texture, colour = (
            rows[:, m].long() if rows is not None else None for m, rows in enumerate(encoded)
        )
        if self.knows and texture is not None and colour is not None:
            return nn.functional.one_hot(self.square[texture, colour], 5).float()
        shown = [torch.zeros(0) if rows is None else rows for rows in (texture, colour)]
        n = max(len(rows) for rows in shown)
        codes = [nn.functional.one_hot(r, 5) if len(r) else torch.zeros(n, 5) for r in shown]
        return torch.cat(codes, dim=1).float()


@pytest.mark.parametrize("knows", [True, False])
def test_a_code_of_the_pair_reads_it_and_codes_of_images_do_not(knows):
    split = written_in_pixels(2, COUNTS)
    data = pair_images(split, split, COUNTS, PairDesign(), seed=0, size=3000)
    config = RunConfig(images=ImageDesign(counts=COUNTS))
    more = with_latin_label(data, config.design, COUNTS, config.seed)
    label = more.probe_test.labels["S-5"]
    square = torch.zeros(5, 5, dtype=torch.long)
    factors = split.factors[more.probe_test.index]
    square[factors[:, 0, 1], factors[:, 1, 2]] = torch.from_numpy(label)
    found = balanced_synergy(Reader(square, knows), data, config)
    assert found["accuracy_image_1"] == pytest.approx(0.2, abs=0.06)
    assert found["accuracy_image_2"] == pytest.approx(0.2, abs=0.06)
    if knows:
        assert found["accuracy"] == 1
        assert found["bits"] > 2.2  # of log2(5) = 2.32
    else:
        assert found["accuracy"] < 0.5
        assert found["bits"] < 0.7
    assert found["accuracy_low"] <= found["accuracy"] <= found["accuracy_high"]


def test_the_command_has_a_row_per_run(tmp_path, monkeypatch, capsys):
    smoke = replace(PRESETS["smoke"], probe=replace(PRESETS["smoke"].probe, controls=()))
    folders = [run(replace(smoke, seed=seed), tmp_path, "cpu").path for seed in (0, 1)]
    out = tmp_path / "s10.csv"
    monkeypatch.setattr(sys, "argv", ["balanced_synergy.py", *map(str, folders), "--out", str(out)])
    module.main()
    table = pd.read_csv(out)
    assert list(table["seed"]) == [0, 1]
    assert table["accuracy"].between(0, 1).all()
    assert folders[0].name in capsys.readouterr().out
