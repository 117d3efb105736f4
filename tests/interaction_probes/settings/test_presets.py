import re
from pathlib import Path

import pytest
import torch

from interaction_probes.contrast.encoders import build_encoder, feature_shape
from interaction_probes.execution.grid import grid
from interaction_probes.settings.config import RunConfig
from interaction_probes.settings.fields import as_options, field_kinds, with_fields
from interaction_probes.settings.heeded import check_heeded
from interaction_probes.settings.method_settings import (
    METHOD_SETTINGS,
    preset_for_method,
    usual_values,
)
from interaction_probes.settings.presets import (
    COMING_PRESETS,
    EARLIER_PRESETS,
    PRESETS,
    default_preset,
    find_preset,
    for_datasets,
    preset_of,
    versions_of,
)
from interaction_probes.settings.probe_config import STRENGTHS
from interaction_probes.settings.registry import find_method
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
    quick = find_preset("quick", 1)  # whose recipe it has
    pools = [pool for pool in config.model.encoder.pools if pool > 1]
    assert len(pools) == 1 + sum(pool > 1 for pool in quick.model.encoder.pools)
    assert (config.views, config.optim.schedule) == (quick.views, "cosine")


def test_runs_that_name_no_preset_start_from_one_by_what_they_learn_from():
    assert default_preset() is PRESETS["quick"]
    assert default_preset(3) is default_preset(4) is PRESETS["quick-3"]
    # its settings of methods were chosen by scores on images
    assert default_preset(own_data=True) == for_datasets(find_preset("quick", 1))
    assert preset_for_method(default_preset(own_data=True), "clip").model.dim == 256
    assert default_preset(3, version=1) is find_preset("quick", 1)
    with pytest.raises(ValueError, match="quick has no version 9"):
        default_preset(version=9)


def test_datasets_have_stronger_penalties_too():
    assert default_preset(own_data=True).probe.strengths == (100, 10, 1, *STRENGTHS)
    assert default_preset(2, True, version=1) == default_preset(own_data=True)
    assert {default_preset(n).probe.strengths for n in (2, 3)} == {STRENGTHS}
    # vectors have a grid of their own
    assert for_datasets(PRESETS["vectors"]) is PRESETS["vectors"]


@pytest.mark.parametrize(("name", "version"), EARLIER_PRESETS)
def test_an_earlier_version_is_found_by_its_number(name, version):
    earlier = find_preset(name, version)
    assert (earlier.preset, earlier.preset_version) == (name, version)
    assert earlier.preset_version < find_preset(name).preset_version
    assert preset_of(name, version) is earlier


@pytest.mark.parametrize(("name", "version"), COMING_PRESETS)
def test_a_coming_version_is_taken_by_its_number_alone(name, version):
    coming = find_preset(name, version)
    assert (coming.preset, coming.preset_version) == (name, version)
    assert coming.preset_version == find_preset(name).preset_version + 1
    assert versions_of(name)[-1] == version
    assert find_preset(name) is PRESETS[name]


def test_versions_are_counted_from_1_without_a_gap():
    for name in PRESETS:
        assert versions_of(name) == [*range(1, len(versions_of(name)) + 1)]


def test_the_paper_preset_began_with_other_weights():
    assert find_preset("paper", 1).model.initialisation == "default"
    assert find_preset("paper").model.initialisation == "released"
    present = find_preset("paper").preset_version
    assert versions_of("paper") == [1, 2, present]
    assert preset_of("paper", present) is PRESETS["paper"]
    assert preset_of("paper", present + 1) is preset_of("mine", 1) is None
    with pytest.raises(ValueError, match="paper has no version 9: its present one is 3"):
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


#: Fields in which the settings of a method may differ from its preset's: data and probes are those
#: of all methods, and weights are the method's own.
TUNED = re.compile(r"(optim\.(?!epochs|precision).*|views\..*|model\..*|probe\.features)")
#: What learns from labels is compared with no method's budget: it shows what can be read at all.
LONGER = {"supervised": {"optim.epochs", "probe.every"}}


@pytest.mark.parametrize("key", METHOD_SETTINGS)
def test_settings_of_methods_are_of_what_may_differ_and_fit_their_methods(key):
    preset = find_preset(*key)
    for method, values in METHOD_SETTINGS[key].items():
        others = {name for name in values if not TUNED.fullmatch(name)}
        assert others <= LONGER.get(method, set())
        assert set(values) <= set(field_kinds())
        config = preset_for_method(preset, method)
        check_heeded(config)
        attends = "model.heads" not in find_method(method).ignores
        assert not attends or config.model.dim % config.model.heads == 0


@pytest.fixture
def tuned(monkeypatch):
    """The smoke preset, with settings of two methods."""
    clip = {"model.dim": 16, "optim.lr": 0.02, "optim.schedule": "constant"}
    settings = {"clip": clip, "factorcl": {"optim.lr": 0.01}}
    monkeypatch.setitem(METHOD_SETTINGS, ("smoke", 1), settings)
    return PRESETS["smoke"]


def test_a_preset_has_settings_of_each_method(tuned):
    clip = preset_for_method(tuned, "clip")
    assert (clip.method, clip.model.dim, clip.optim.lr) == ("clip", 16, 0.02)
    assert (clip.optim.schedule, clip.optim.batch) == ("constant", tuned.optim.batch)
    assert preset_for_method(clip, "comm") == tuned
    # above its highest_lr, which is for rates that were not tuned
    assert preset_for_method(clip, "factorcl").optim.lr == 0.01
    assert preset_for_method(clip, "factorcl").model.dim == tuned.model.dim
    assert usual_values("smoke", 1, "clip")["model"]["dim"] == 16
    assert usual_values("smoke", 1, "mine:Own")["model"]["dim"] == tuned.model.dim
    assert usual_values("mine", 1, "clip") is None


def test_what_was_asked_for_is_left_alone(tuned):
    wide = with_fields(tuned, {"model.dim": 64, "method": "clip"})
    assert (wide.model.dim, wide.optim.lr) == (64, 0.02)
    # the preset's own width, asked for
    assert with_fields(tuned, {"model.dim": tuned.model.dim, "method": "clip"}).model.dim == 32
    assert with_fields(wide, {"method": "comm"}) == with_fields(tuned, {"model.dim": 64})
    (config, other) = grid(
        tuned, ["clip", "comm"], [0], fields={"optim.lr": ["0.5"]}, pairs="biased"
    )
    assert (config.optim.lr, config.model.dim) == (0.5, 16)
    assert (other.optim.lr, other.model.dim) == (0.5, 32)


def test_options_name_only_what_differs_from_the_settings_of_the_method(tuned):
    clip = preset_for_method(tuned, "clip")
    assert not [word for word in as_options(clip) if word.startswith("--model")]
    words = as_options(with_fields(clip, {"model.dim": 32}))
    assert words[-2:] == ["--model.dim", "32"]
