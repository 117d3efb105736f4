"""The study of three images: which runs it has, and its smallest form from forecast to figures."""

from collections import Counter

import pandas as pd
import pytest

from benchmarks.experiments.three_images import study
from interaction_probes.settings.presets import PRESETS
from interaction_probes.settings.registry import find_method, methods_for

SMALLEST = ["--preset", "smoke", "--seeds", "1"]


def test_the_study_is_what_it_says():
    configs = study.study_configs(methods_for(3), 2, "quick-3")
    assert {config.modalities for config in configs} == {3}
    assert {config.seed for config in configs} == {0, 1}
    assert {(c.images.counts.texture, c.images.counts.colour) for c in configs} == {(5, 5)}
    assert {c.probe.features for c in configs if c.method == "confu"} == {"fused"}
    weighted = study.CURVED
    whole = [config for config in configs if not config.weights]
    designs = Counter((config.method, config.pairs) for config in whole)
    assert set(designs.values()) == {2}  # once per seed
    curve = {"triple0.1", "triple0.3", "triple0.5"}
    for name in methods_for(3):
        found = {pairs for method, pairs in designs if method == name}
        usual = {"unbiased"}
        if "biased" in find_method(name).pairs:
            usual |= {"pair-biased", "triple-biased"}
        assert found - usual == (curve if weighted.get(name) == {} else set())
        assert usual - found == set()
    ablations = Counter((tuple(c.weights.items()), c.pairs) for c in configs if c.weights)
    pair_masks = tuple(study.PAIR_MASKS.items())
    designs = {"unbiased", "pair-biased", "triple-biased"}
    alone = [(("unimodal", 0.0),), (("joint", 0.0),), (("partial", 0.25),), pair_masks]
    assert set(ablations) == {
        *((weights, pairs) for weights in alone for pairs in designs),
        *((pair_masks, pairs) for pairs in curve),
    }
    assert set(ablations.values()) == {2}
    assert {c.method for c in configs if c.weights} == {"comm"}
    assert study.study_configs(["gram"], 1, "smoke")[0].preset == "smoke"


def test_pair_masks_weigh_what_the_other_masks_do():
    """A quarter each: comm's default weights of three images."""
    built = find_method("comm")(PRESETS["smoke"].model, 3)
    assert built.terms == {"joint": 0.25, "unimodal": 0.25, "partial": 0.0}


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--seeds", "0"], "the number of seeds is 1 or more, not 0"),
        (["--methods", "factorcl"], "invalid choice: 'factorcl'"),
        (["--preset", "slow"], "slow"),
    ],
)
def test_what_is_impossible_is_said_before_a_run_starts(words, line, tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        study.main(["--out", str(tmp_path / "runs"), *words])
    assert stop.value.code == 2
    assert line in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
def test_the_smallest_study_is_forecast_run_collected_drawn_and_not_run_twice(tmp_path, capfd):
    table = tmp_path / "results" / "study.csv"
    words = ["--out", str(tmp_path / "runs"), "--table", str(table), *SMALLEST]
    words += ["--methods", "random_init", "--processes", "1"]
    study.main([*words, "--plan"])
    printed = capfd.readouterr().out
    assert "1 runs in" in printed
    assert " in all, " in printed
    assert not table.exists()
    study.main(words)
    rows = pd.read_csv(table)
    assert list(rows["pairs"].unique()) == ["unbiased"]
    assert "no figure ablation: the table has no ablation" in capfd.readouterr().err
    drawn = sorted(path.name for path in table.parent.glob("*.png"))
    assert drawn == ["dynamics.png", "profile.png"]
    first = table.read_bytes()
    study.main(words)
    assert "1 finished" in capfd.readouterr().out
    assert table.read_bytes() == first
