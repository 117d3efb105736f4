import re
from pathlib import Path

import pytest
import torch

from interaction_probes.contrast.encoders import build_encoder, feature_shape
from interaction_probes.settings.config import RunConfig
from interaction_probes.settings.presets import EARLIER_PRESETS, PRESETS, find_preset, preset_of
from trifeature import PAPER


@pytest.mark.parametrize("name", PRESETS)
def test_presets_know_their_name(name):
    assert find_preset(name) is PRESETS[name]
    assert find_preset(name).preset == name


@pytest.mark.parametrize("name", PRESETS)
def test_presets_fit_together(name):
    config = PRESETS[name]
    with torch.device("meta"):
        encoder = build_encoder(config.model.encoder)
    encoder = encoder.to_empty(device="cpu")
    assert min(feature_shape(encoder, config.model.size)) >= 1
    assert config.model.dim % config.model.heads == 0
    assert config.optim.batch <= config.n_pairs


def test_paper_preset_is_the_papers_scale():
    paper = PRESETS["paper"]
    assert paper.images.geometry == PAPER
    assert (paper.model.size, paper.model.encoder.name, paper.model.dim) == (224, "alexnet", 512)
    assert (paper.optim.epochs, paper.optim.batch, paper.optim.lr) == (100, 64, 3e-4)
    assert paper.n_pairs == 10_000


def test_the_papers_images_at_half_their_side_keep_the_tokens():
    config = PRESETS["paper-112"]
    assert config.images.geometry == PAPER
    assert config.model.size == PAPER.image // 2
    _, height, width = feature_shape(build_encoder(config.model.encoder), 112)
    assert height * width == 49
    quick = PRESETS["quick"]
    pools = [pool for pool in config.model.encoder.pools if pool > 1]
    assert len(pools) == 1 + sum(pool > 1 for pool in quick.model.encoder.pools)
    assert (config.views, config.optim.schedule) == (quick.views, "cosine")


@pytest.mark.parametrize(("name", "version"), EARLIER_PRESETS)
def test_an_earlier_version_is_found_by_its_number(name, version):
    earlier = find_preset(name, version)
    assert (earlier.preset, earlier.preset_version) == (name, version)
    assert earlier.preset_version < find_preset(name).preset_version
    assert preset_of(name, version) is earlier


def test_the_paper_preset_began_with_other_weights():
    assert find_preset("paper", 1).model.initialisation == "default"
    assert find_preset("paper").model.initialisation == "released"
    present = find_preset("paper").preset_version
    assert preset_of("paper", present) is PRESETS["paper"]
    assert preset_of("paper", present + 1) is preset_of("mine", 1) is None
    with pytest.raises(ValueError, match="paper has no version 9: its present one is 2"):
        find_preset("paper", 9)


def test_unknown_preset_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match="no preset 'qick'; did you mean 'quick'") as caught:
        find_preset("qick")
    assert all(name in str(caught.value) for name in PRESETS)


def test_unknown_preset_like_no_other_lists_them():
    with pytest.raises(ValueError, match="no preset 'zzz'; the presets are quick"):
        find_preset("zzz")


def test_the_page_of_the_papers_scale_says_what_the_presets_say():
    page = (Path(__file__).parents[3] / "docs" / "paper-preset.md").read_text()
    cells = [line.split("|") for line in page.splitlines() if line.startswith("| ")]
    rows = {row[1].strip(): [cell.strip() for cell in row[3:5]] for row in cells if len(row) == 6}
    presets = [PRESETS["paper"], PRESETS["paper-112"]]
    facts = {
        "views (pixels)": [str(c.model.size) for c in presets],
        "batch size, epochs": [f"{c.optim.batch}, {c.optim.epochs}" for c in presets],
        "temperature": [f"{c.model.temperature:g}".lstrip("0") for c in presets],
        "probed every": [f"{c.probe.every} epochs" for c in presets],
    }
    assert {name: rows[name] for name in facts} == facts
    for name, config in zip(("paper", "paper-112"), presets, strict=True):
        assert f"--preset {name} --plan" in page
        assert rows["probed images (pixels)"][presets.index(config)].startswith(
            f"{config.probe_size},"
        )


def test_help_names_every_preset():
    listed = re.search(r"preset: .*: (.*)\.$", RunConfig.__doc__, re.MULTILINE)[1]
    assert re.split(", | or ", listed) == list(PRESETS)
