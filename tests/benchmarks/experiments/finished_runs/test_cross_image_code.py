"""A probe of one image read on the other: codes that are shared, and codes that are not."""

from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from written_factors import read_off, written_in_pixels

from benchmarks.experiments.finished_runs import cross_image_code as module
from benchmarks.experiments.finished_runs.cross_image_code import COLUMNS, cross_image_code
from interaction_probes.experiment.runner import run
from interaction_probes.settings.config import RunConfig
from interaction_probes.settings.presets import PRESETS
from trifeature import FactorCounts, ImageDesign, PairDesign
from trifeature.dataset.paired_images import pair_images


class Reader(nn.Module):
    """Reads the factors off the pixels; image 1 is coded by its texture."""

    modalities = 2

    def __init__(self, mapping, shared, pairs_only=False):
        super().__init__()
        self.encoders = nn.ModuleList()  # no towers: the factors stand in the pixels
        self.code_of_colour = torch.from_numpy(mapping).argsort()
        self.shared, self.pairs_only = shared, pairs_only

    def all_encoders(self):
        return []

    def encode(self, modality, images):
        factors = read_off(images)
        code = factors[:, 1]
        if modality == 1:
            code = self.code_of_colour[factors[:, 2]] if self.shared else factors[:, 0]
        return F.one_hot(code, 10).float()

    def combine(self, encoded):
        if self.pairs_only and any(part is None for part in encoded):
            raise NotImplementedError
        return torch.cat([part for part in encoded if part is not None], dim=1)


@pytest.fixture(scope="module")
def data():
    design = PairDesign(mapping_strength=1.0)
    return pair_images(
        written_in_pixels(2, FactorCounts()),
        written_in_pixels(1, FactorCounts()),
        FactorCounts(),
        design,
        seed=3,
        size=50,
    )


CONFIG = RunConfig(design=PairDesign(mapping_strength=1.0), images=ImageDesign())


def test_a_shared_code_is_read_on_the_image_that_the_probe_never_saw(data):
    found = cross_image_code(Reader(data.mapping, shared=True), data, CONFIG)
    assert found["of_image_1"] == found["mapped_of_image_2"] == 1
    assert found["same_of_image_2"] == pytest.approx(0.1)  # every combination is there once


def test_another_code_is_read_as_chance(data):
    found = cross_image_code(Reader(data.mapping, shared=False), data, CONFIG)
    assert found["of_image_1"] == 1
    assert found["mapped_of_image_2"] == pytest.approx(0.1)


def test_a_method_of_pairs_only_is_refused(data):
    with pytest.raises(ValueError, match="pairs only"):
        cross_image_code(Reader(data.mapping, True, pairs_only=True), data, CONFIG)


@pytest.mark.slow
def test_the_command_writes_a_row_per_run(tmp_path, script, capsys):
    smoke = PRESETS["smoke"]
    smallest = replace(
        smoke,
        n_pairs=200,
        images=replace(smoke.images, renders=1),
        optim=replace(smoke.optim, epochs=0, precision="fp32"),
        probe=replace(smoke.probe, strengths=(1e-1, 1e-3), controls=()),
    )
    folder = run(smallest, tmp_path, torch.device("cpu"))
    out = tmp_path / "shared.csv"
    script(module, folder.path, "--out", out)
    header, row = (line.split(",") for line in out.read_text().splitlines())
    assert header == ["run", "method", "pairs", "seed", "weights", "precision", *COLUMNS]
    assert row[:6] == [folder.path.name, "comm", "biased", "0", "", "float32"]
    assert all(0 <= float(cell) <= 1 for cell in row[6:])
    with pytest.raises(SystemExit) as stop:
        script(module, "nowhere")
    assert stop.value.code == 2
    assert capsys.readouterr().err.startswith("error: ")
