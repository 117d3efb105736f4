"""Options of datasets: as words of a command, in config.json, in the name of a run's folder."""

from dataclasses import replace

import pytest

from interaction_probes.contrast.encoders import InputConfig, InputEncoderConfig
from interaction_probes.contrast.views.noise import NoiseConfig
from interaction_probes.experiment.runner import folder_name
from interaction_probes.settings.config import RunConfig, from_dict
from interaction_probes.settings.data_config import DataConfig
from interaction_probes.settings.derived_inputs import without_derived_inputs
from interaction_probes.settings.fields import as_options, with_fields
from interaction_probes.settings.heeded import check_heeded
from interaction_probes.settings.multibench import MULTIBENCH_OPTIM, multibench
from interaction_probes.settings.presets import PRESETS, for_datasets
from interaction_probes.settings.stored_config import stored_dict, with_unstored

VECTORS, SEQUENCES = InputConfig("vectors", (5,)), InputConfig("sequences", (7, 3), padded=True)
DATA = DataConfig(
    "/data.npz", "a" * 64, modalities=("one", "two"), classes=(("kind", 3), ("place", 2))
)


def completed(data=DATA, **changes):
    """The smoke preset on a dataset, with what a run fills in."""
    smoke = for_datasets(PRESETS["smoke"])
    inputs = tuple(data.encoded(each) for each in (VECTORS, SEQUENCES))
    model = replace(smoke.model, inputs=inputs)
    return replace(smoke, data=data, model=model, n_pairs=70, **changes)


def test_a_run_on_data_survives_json_and_is_named_by_its_checksum():
    config = completed()
    assert from_dict(with_unstored(stored_dict(config))) == config
    assert config.pairs == "data-aaaaaaaa"
    assert folder_name(config).startswith("comm-smoke-data-aaaaaaaa-s0-")
    moved = completed(replace(DATA, path="/elsewhere.npz"))
    assert folder_name(moved) == folder_name(config)
    other = completed(replace(DATA, sha256="b" * 64))
    assert folder_name(other) != folder_name(config)


def test_a_kind_has_the_encoder_and_the_noise_of_the_options():
    small = InputEncoderConfig(widths=(8, 8), tokens=2)
    data = DataConfig(vectors=small, noise=NoiseConfig(noise=0.5))
    vectors, sequences = data.encoded(VECTORS), data.encoded(SEQUENCES)
    assert (vectors.encoder, vectors.noise.noise) == (small, 0.5)
    assert (sequences.encoder, sequences.noise.noise) == (InputEncoderConfig(), 0.5)
    images = InputConfig("images", (8, 8, 3))
    assert data.encoded(images) == images


def test_options_ask_for_the_run_without_what_follows_from_the_data():
    words = as_options(completed())
    assert words[:8] == [
        *("--preset", "smoke", "--method", "comm", "--seed", "0"),
        *("--data", "/data.npz"),
    ]
    assert words[8:] == ["--data-sha256", "a" * 64, "--data.modalities", "one", "two"]
    wide = completed(replace(DATA, vectors=InputEncoderConfig(widths=(16, 16))))
    assert as_options(wide)[-3:] == ["--data.vectors.widths", "16", "16"]


def test_inputs_of_ones_own_have_no_option():
    config = completed()
    own = replace(config.model.inputs[0], encoder=InputEncoderConfig(widths=(24, 24)))
    mixed = replace(config, model=replace(config.model, inputs=(own, config.model.inputs[1])))
    with pytest.raises(ValueError, match=r"model\.inputs has no option"):
        as_options(mixed)
    assert without_derived_inputs(mixed) == mixed
    assert without_derived_inputs(config).model.inputs == ()


def test_inputs_follow_the_options_of_a_config_that_is_changed():
    """They kept the encoders of the config that the changes started from."""
    config = completed()
    wide = with_fields(config, {"data.vectors.widths": "16,16"})
    assert wide.model.inputs == tuple(map(wide.data.encoded, (VECTORS, SEQUENCES)))
    assert wide.model.inputs != config.model.inputs
    assert with_fields(config, {"data.path": "/other.npz"}).model.inputs == ()
    own = replace(config.model.inputs[0], encoder=InputEncoderConfig(widths=(24, 24)))
    mixed = replace(config, model=replace(config.model, inputs=(own, config.model.inputs[1])))
    changed = with_fields(mixed, {"data.vectors.widths": "16,16"})
    assert changed.model.inputs == mixed.model.inputs


def test_the_preset_is_the_papers_for_affect():
    preset = PRESETS["multibench"]
    assert preset.optim == MULTIBENCH_OPTIM
    described = multibench((VECTORS, SEQUENCES), "affect").inputs
    assert tuple(map(preset.data.encoded, (VECTORS, SEQUENCES))) == described
    given = with_fields(preset, {"data.path": "x.npz", "data.sequences.layers": "3"})
    assert given.data.encoded(SEQUENCES).encoder.layers == 3


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"sha256": "a" * 64}, "goes with the file that holds them: --data"),
        ({"path": "x", "sha256": "a"}, "64 hexadecimal digits"),
    ],
)
def test_a_checksum_that_cannot_be_is_refused(values, line):
    with pytest.raises(ValueError, match=line):
        DataConfig(**values)


def test_generated_samples_and_data_do_not_go_together():
    with pytest.raises(ValueError, match="rule strengths are of generated samples"):
        RunConfig(data=DataConfig("x.npz"), modalities=3, pair_rule_strength=1.0)
    with pytest.raises(ValueError, match="--images and --data are both given"):
        with_fields(RunConfig(data=DataConfig("x.npz")), {"folder.path": "images"})


def test_a_preset_of_images_is_heeded_and_its_changed_zooms_are_refused():
    for name in ("quick", "paper-112", "multibench"):
        config = replace(PRESETS[name], data=DATA)
        check_heeded(config)
        with pytest.raises(ValueError, match=r"--data ignores probe\.zoom"):
            check_heeded(with_fields(config, {"probe.zoom": 2.5}))
    with pytest.raises(ValueError, match=r"--data ignores probe\.validation"):
        check_heeded(with_fields(config, {"probe.validation": "combinations"}))
    check_heeded(with_fields(PRESETS["quick"], {"probe.zoom": 2.5}))
