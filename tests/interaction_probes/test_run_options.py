"""Which runs the words of a command line ask for."""

import json
from dataclasses import replace

import pytest

from interaction_probes.execution import launcher as launching
from interaction_probes.run import main
from interaction_probes.run_options import Command, read_command
from interaction_probes.settings.config import to_dict
from interaction_probes.settings.data_config import DataConfig
from interaction_probes.settings.fields import as_options
from interaction_probes.settings.method_settings import preset_for_method
from interaction_probes.settings.presets import PRESETS, find_preset
from interaction_probes.settings.probe_config import DATASET_STRENGTHS, STRENGTHS


@pytest.fixture
def launched(monkeypatch):
    """What a command line would launch, without doing it."""
    seen = []

    def instead(configs, out, machine, cache, tensorboard):
        seen.append((configs, out, machine, cache, tensorboard))
        raise ValueError("not launched")

    monkeypatch.setattr(launching, "launch", instead)
    return seen


def configs_of(words, launched):
    with pytest.raises(SystemExit):
        main(words)
    return launched[-1][0]


def test_the_main_job_is_unbiased_and_biased(launched):
    configs = configs_of(["--method", "comm", "--preset", "smoke"], launched)
    assert [config.pairs for config in configs] == ["unbiased", "biased"]
    for config, strength in zip(configs, (0.0, 1.0), strict=True):
        design = replace(PRESETS["smoke"].design, mapping_strength=strength)
        assert config == replace(PRESETS["smoke"], method="comm", design=design)


@pytest.mark.parametrize("method", ["supervised", "random_init", "pixels"])
def test_ceilings_and_floors_learn_from_unbiased_pairs(launched, method):
    words = ["--method", method, "--preset", "smoke"]
    assert [config.pairs for config in configs_of(words, launched)] == ["unbiased"]
    chosen = configs_of([*words, "--pairs", "biased"], launched)
    assert [config.pairs for config in chosen] == ["biased"]


def test_features_are_chosen_by_a_short_option(launched):
    configs = configs_of(["--preset", "smoke", "--features", "projection"], launched)
    assert {config.probe.features for config in configs} == {"projection"}


@pytest.mark.parametrize(("words", "asked"), [([], False), (["--tensorboard"], True)])
def test_event_files_are_kept_where_they_are_asked_for(launched, words, asked):
    configs_of([*words, "--preset", "smoke"], launched)
    assert launched[-1][4] is asked


def test_quick_is_the_default_preset(launched):
    assert configs_of([], launched)[0] == replace(
        PRESETS["quick"], design=PRESETS["quick"].design.unbiased
    )


def test_datasets_keep_the_settings_that_no_score_on_images_chose():
    for words in (["--data", "x.npz"], ["--data=x.npz", "--method", "clip"]):
        settings = read_command(words).settings
        assert (settings.preset, settings.preset_version, settings.model.dim) == ("quick", 1, 256)
    assert read_command(["--data", "x.npz", "--preset", "smoke"]).settings.preset == "smoke"
    assert read_command(["--method", "clip"]).settings.model.dim == 12
    assert read_command(["--data", ""]).settings == PRESETS["quick"]  # which names no data


def test_three_images_have_a_default_preset_of_their_own(launched):
    config = configs_of(["--modalities", "3"], launched)[0]
    assert config == PRESETS["quick-3"]
    assert configs_of(["--modalities=3", "--preset", "smoke"], launched)[0].preset == "smoke"
    assert configs_of(["--modalities", "2"], launched)[0].preset == "quick"
    words = ["--modalities", "3", "--preset-version", "1"]
    earlier = configs_of(words, launched)[0]  # as runs of three images began before quick-3
    assert (earlier.preset, earlier.preset_version, earlier.optim.epochs) == ("quick", 1, 14)


@pytest.mark.parametrize("pairs", ["unbiased", "biased"])
def test_one_design_can_be_chosen(launched, pairs):
    [config] = configs_of(["--preset", "smoke", "--pairs", pairs], launched)
    assert config.pairs == pairs


def test_a_design_can_be_given(launched):
    words = ["--preset", "smoke", "--pairs", "design", "--design.mapping-strength", "0.3"]
    [config] = configs_of(words, launched)
    assert config.pairs == "mapping0.3"


def test_a_preset_gives_way_to_a_method_that_learns_at_lower_rates(launched):
    words = ["--method", "factorcl", "--preset-version", "1"]
    assert find_preset("quick", 1).optim.lr > 2e-3
    assert configs_of(words, launched)[0].optim.lr == 2e-3
    assert configs_of([*words, "--optim.lr", "5e-3"], launched)[0].optim.lr == 5e-3


@pytest.mark.parametrize("words", [["--preset", "smoke"], ["--preset=smoke"]])
def test_options_override_the_preset_wherever_it_stands(launched, words):
    for line in ([*words, "--optim.epochs", "7"], ["--optim.epochs", "7", *words]):
        config = configs_of(line, launched)[0]
        assert config.optim == replace(PRESETS["smoke"].optim, epochs=7)


def test_of_an_option_given_twice_the_last_counts_for_all(launched):
    words = ["--preset", "quick", "--method", "comm", "--preset", "smoke", "--method", "factorcl"]
    config = configs_of(words, launched)[0]
    smoke = preset_for_method(PRESETS["smoke"], "factorcl")
    assert (config.preset, config.method) == ("smoke", "factorcl")
    assert (config.optim, config.images) == (smoke.optim, smoke.images)


@pytest.mark.parametrize(
    "option", ["--preset-version 1", "--preset_version=1", "--preset_version +1"]
)
@pytest.mark.parametrize("preset", ["quick", "paper", "vectors"])
def test_a_version_of_a_preset_has_its_settings_however_its_option_is_spelt(preset, option):
    settings = read_command(["--preset", preset, *option.split()]).settings
    assert settings == find_preset(preset, 1)


@pytest.mark.parametrize("words", ["--optim.learning-rate 1", "--optim.learning-rate=1"])
def test_an_option_that_does_not_exist_is_named_not_its_value(words, capsys):
    with pytest.raises(SystemExit):
        read_command(words.split())
    assert "no option --optim.learning-rate" in capsys.readouterr().err


def test_options_are_seen_however_they_are_spelt(tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(to_dict(PRESETS["smoke"])))
    with pytest.raises(ValueError, match="omit --preset-version"):
        read_command(["--config", str(path), "--preset_version", "1"])
    assert read_command(["--modalities", "+3"]).settings.preset == "quick-3"
    folder = ["--preset", "smoke", "--images", str(tmp_path)]
    assert read_command(folder).own_pairs
    assert not read_command([*folder, "--n_pairs=5"]).own_pairs
    with pytest.raises(ValueError, match="--n-pairs is of generated images"):
        read_command(["--preset", "smoke", "--data", "x.npz", "--n_pairs=5"])
    with pytest.raises(ValueError, match="needs --pairs design"):
        read_command(["--preset", "smoke", "--design.mapping_strength=0.5"])


def test_another_method_of_a_config_comes_with_a_rate_that_it_stands(launched, tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(to_dict(find_preset("quick", 1))))
    words = ["--config", str(path), "--out", str(tmp_path / "runs"), "--device", "cpu"]
    assert configs_of(words, launched)[0].optim.lr == 6e-3
    assert configs_of([*words, "--method", "factorcl"], launched)[0].optim.lr == 2e-3
    path.write_text(json.dumps(to_dict(replace(find_preset("quick", 1), method="factorcl"))))
    assert configs_of([*words, "--method", "factorcl"], launched)[0].optim.lr == 6e-3  # as it says


def test_commands_default_to_both():
    assert len(Command(PRESETS["smoke"]).configs) == 2


@pytest.mark.parametrize(
    "words",
    [
        "--weights unimodal 0 joint 0.5",
        "--weights unimodal=0 joint=0.5",
        "--weights unimodal=0 joint 0.5",
        "--weights unimodal=0,joint=0.5",
        "--weights=unimodal=0,joint=0.5",
        "--weights=unimodal=0 joint=0.5",
    ],
)
def test_weights_are_taken_as_run_and_as_sweep_write_them(launched, words):
    with pytest.raises(SystemExit):
        main(["--preset", "smoke", *words.split(), "--out=runs", "--pairs=biased"])
    [config] = launched[0][0]
    assert config.weights == {"unimodal": 0.0, "joint": 0.5}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("joint=0,joint=1", "--weights 'joint=0,joint=1': joint given twice"),
        ("joint=0 joint=1", "--weights: joint given twice"),
        ("joint 0 joint 1", "--weights: joint given twice"),
        ("joint=0 --seed 1 --weights unimodal=0", "--weights given twice"),
    ],
)
def test_no_weight_is_lost_without_a_word(words, message, launched, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--preset", "smoke", "--weights", *words.split()])
    assert stop.value.code == 2
    assert message in capsys.readouterr().err
    assert not launched


@pytest.mark.parametrize("start", [[], ["--preset", "smoke"], ["--preset", "multibench"]])
def test_probes_of_datasets_have_stronger_penalties_unless_others_are_given(start, tmp_path):
    words = [*start, "--data", str(tmp_path / "data.npz")]
    assert read_command(words).settings.probe.strengths == DATASET_STRENGTHS
    given = [*words, "--probe.strengths", *map(str, STRENGTHS)]
    assert read_command(given).settings.probe.strengths == STRENGTHS
    assert read_command(start).settings.probe.strengths == STRENGTHS


def test_a_config_of_earlier_data_keeps_its_penalties(tmp_path):
    path = tmp_path / "config.json"
    config = replace(PRESETS["smoke"], data=DataConfig("data.npz"))
    path.write_text(json.dumps(to_dict(config)))
    assert read_command(["--config", str(path)]).settings.probe.strengths == STRENGTHS
    given = read_command(as_options(config)).settings
    assert given.probe.strengths == STRENGTHS
    wide = replace(config, probe=replace(config.probe, strengths=DATASET_STRENGTHS))
    assert "--probe.strengths" not in as_options(wide)
    assert read_command(as_options(wide)).settings.probe.strengths == DATASET_STRENGTHS


def test_a_config_of_images_has_the_penalties_of_datasets_with_data(tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(to_dict(PRESETS["smoke"])))
    words = ["--config", str(path), "--data=x.npz"]
    assert read_command(words).settings.probe.strengths == DATASET_STRENGTHS
    given = [*words, "--probe.strengths", *map(str, STRENGTHS)]
    assert read_command(given).settings.probe.strengths == STRENGTHS
    own = replace(PRESETS["smoke"], probe=replace(PRESETS["smoke"].probe, strengths=(1.0, 0.1)))
    path.write_text(json.dumps(to_dict(own)))
    assert read_command(words).settings.probe.strengths == (1.0, 0.1)
    of_data = replace(PRESETS["smoke"], data=DataConfig("data.npz"))  # of an earlier version
    path.write_text(json.dumps(to_dict(of_data)))
    assert read_command(words).settings.probe.strengths == STRENGTHS
