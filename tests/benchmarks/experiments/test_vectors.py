"""The study on vectors: its runs, and what docs/vectors.md says of its table."""

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import torch

from benchmarks.experiments.vectors import METHODS, SEEDS, TABLE, study_configs
from interaction_probes.analysis.names import METHOD_LABELS
from interaction_probes.analysis.published import read_published
from interaction_probes.analysis.results_table import read_results
from interaction_probes.analysis.row_filters import last_epoch_rows
from interaction_probes.execution.grid import grid
from interaction_probes.experiment.runner import folder_name
from interaction_probes.run_options import read_command
from interaction_probes.settings.presets import PRESETS
from interaction_probes.settings.registry import find_method

PAGE = (Path(__file__).parents[3] / "docs" / "vectors.md").read_text()


@pytest.fixture(scope="module")
def table():
    return read_results(TABLE)


@pytest.fixture(scope="module")
def scores(table):
    """A row per method, seed and design; a column per task and metric, accuracies in percent."""
    return by_run(last_epoch_rows(table[table["probe"] == "linear"]))


@pytest.fixture(scope="module")
def untrained(table):
    """The same before the first step."""
    linear = table[table["probe"] == "linear"]
    return by_run(linear[linear["epoch"] == 0])


def by_run(rows):
    rows = rows[rows["metric"].isin(["accuracy", "auc"])]
    return rows.pivot_table(
        index=["method", "pairs", "seed"], columns=["task", "metric"], values="value"
    )


def uniqueness(of):
    return 50 * (of["U1", "accuracy"] + of["U2", "accuracy"])


def cells(scores, untrained, method):
    """U before training, R, U, S and AUC of S in the words of the page."""
    of = scores.loc[method]
    unbiased = of.xs("unbiased", level="pairs")
    taught = of.xs("biased", level="pairs") if "biased" in of.index else unbiased
    before = uniqueness(untrained.loc[method].xs("unbiased", level="pairs"))
    values = (
        100 * unbiased["R", "accuracy"],
        uniqueness(unbiased),
        100 * taught["S", "accuracy"],
    )
    auc = taught["S", "auc"]
    seeds = len(unbiased) if len(unbiased) == len(taught) else f"{len(unbiased)}, {len(taught)}"
    read = [_mean(each, 1) for each in values]
    return [str(seeds), f"{before.mean():.1f}", *read, _mean(auc, 3)]


def _mean(values, digits):
    spread = f" ± {values.std():.{digits}f}" if len(values) > 1 else ""
    return f"{values.mean():.{digits}f}{spread}"


def said():
    """Method's label → the other cells of its row on the page."""
    rows = re.findall(r"^\| (.+) \|$", PAGE.partition("| method |")[2], flags=re.MULTILINE)
    parts = [row.split(" | ") for row in rows]
    return {name.removesuffix(" †"): (name, rest) for name, *rest in parts}


def test_the_page_has_what_the_table_reads(scores, untrained):
    for method in METHODS:
        name, found = said()[METHOD_LABELS[method]]
        assert [found[0], *found[2:-1]] == cells(scores, untrained, method), method
        assert ("biased" not in scores.loc[method].index) == name.endswith(" †")


@pytest.mark.parametrize("method", [m for m in METHODS if m != "supervised"])
def test_the_page_says_how_many_values_are_probed(method):
    config = next(c for c in study_configs() if c.method == method)
    built = find_method(method).build(config.model, {}, modalities=2).eval()
    vectors = torch.zeros(3, 32)
    with torch.no_grad():
        probed = built.combine([built.encode(m, vectors) for m in range(2)])
    assert said()[METHOD_LABELS[method]][1][1] == str(probed.shape[1])


def test_the_page_repeats_what_was_published():
    published = read_published().set_index(["method", "task"])["accuracy"]
    printed = {name: row[-1] for name, (_, row) in said().items()}
    for method in METHODS:
        if method not in published.index.get_level_values("method"):
            assert printed[METHOD_LABELS[method]] == "–"
            continue
        values = [published[method, task] for task in ("R", "U1", "S")]
        if method == "factorcl":  # macro precision, at chance
            values[2] = 50.0
        words = ", ".join(
            f"{v:.1f}".removesuffix(".0") if v in (50, 100) else f"{v:.1f}" for v in values
        )
        assert printed[METHOD_LABELS[method]] == words


def test_the_sentences_on_the_table_hold(scores, untrained):
    u, before = (
        {m: uniqueness(part.loc[m].xs("unbiased", level="pairs")).mean() for m in METHODS}
        for part in (scores, untrained)
    )
    # the published order, but for InfMasking, also before the first step
    for read in (u, before):
        assert read["clip"] < read["factorcl"] < read["cross_self"] <= read["comm"]
    assert u["comm"] - before["comm"] < 0.5
    assert u["infmasking"] < before["infmasking"]
    assert {m for m in METHODS if u[m] > before[m] + 0.5} == {"cross_self", "simclr", "supervised"}
    s = 100 * scores["S", "accuracy"].groupby(["method", "pairs"]).mean()
    assert max(s[m, "biased"] for m in ("clip", "cross_self", "factorcl", "simclr")) < 50.5
    assert min(s["comm", "biased"], s["infmasking", "biased"]) > 70
    assert s["supervised", "unbiased"] > s["comm", "biased"]
    by_seed = 100 * scores["S", "accuracy"].xs("biased", level="pairs").unstack("method")
    ahead = by_seed["infmasking"] - by_seed["comm"]
    assert f"by {ahead.mean():+.1f} ± {ahead.std():.1f}, in five of five" in PAGE
    assert (ahead > 0).sum() == len(ahead) == 5
    auc = scores["S", "auc"].groupby(["method", "pairs"]).mean()
    for method in ("comm", "random_init"):
        shown = f"{s[method, 'unbiased']:.1f}, AUC {auc[method, 'unbiased']:.3f}".replace(
            " 0.", " ."
        )
        assert shown in PAGE
    r = 100 * scores["R", "accuracy"].groupby(["method", "pairs"]).mean().xs("unbiased", level=1)
    assert set(r[r < 99].index) == {"clip", "factorcl", "random_init"}
    assert max(r["clip"], r["factorcl"]) < r["random_init"]


@pytest.mark.parametrize(
    ("method", "score", "fixed"),
    [
        ("comm", "S", {"temperature": 0.3}),
        ("comm", "U", {"temperature": 0.3}),
        ("cross_self", "U", {}),
        ("factorcl", "U", {}),
        ("clip", "U", {}),
        ("clip", "R", {}),
    ],
)
def test_the_page_reads_trials_as_they_are(method, score, fixed):
    """Widths in ascending order, and what they read."""
    found = pd.read_csv(TABLE.with_name("trials.csv"))
    plain = {"seed": 1000, "widths": "64×64", "tokens": 2, "projection": 32, "noise": 0.2}
    plain |= {"noise_probability": 0.5, "batch": 128, "epochs": 3, "method": method}
    for column, value in (plain | fixed).items():
        found = found[found[column] == value]
    found = found[found["lr"] == found["lr"].max()].sort_values("dim")
    digits = 1 if method == "comm" else 0
    widths = [d for d in found["dim"] if not (method in ("cross_self", "factorcl") and d == 96)]
    values = [f"{v:.{digits}f}" for v in found[found["dim"].isin(widths)][score]]
    assert f"{_listed(widths)} read" in PAGE
    assert f"{score} {_listed(values)}" in PAGE


def _listed(values):
    *most, last = map(str, values)
    return f"{', '.join(most)} and {last}"


def test_the_runs_of_the_table_are_those_of_the_study():
    found = set(read_results(TABLE)["run"])
    configs = study_configs()
    earlier = [replace(config, preset_version=2) for config in configs]  # settings as now, but …
    assert found <= {
        folder_name(config)
        for config in [*configs, *(c for c in earlier if c.method != "infmasking")]
    }
    assert found


@pytest.mark.parametrize("method", METHODS)
def test_the_command_of_one_run_asks_for_the_runs_of_the_study(method):
    """A method's own encoders were set in `run` and not in `sweep`."""
    words = ["--preset", "vectors", "--method", method, "--seed", "10"]
    assert list(read_command(words).configs) == [
        c for c in study_configs() if c.method == method and c.seed == 10
    ]


def test_a_method_of_images_alone_is_refused_before_any_run():
    with pytest.raises(ValueError, match="MAE learns from images, and modality 1 is of vectors"):
        grid(PRESETS["vectors"], ["mae"], [0])


def test_a_table_that_is_complete_has_every_seed():
    configs = study_configs()
    assert {config.seed for config in configs} == set(SEEDS)
    assert {config.method for config in configs} == set(METHODS)
    assert all(config.kind == "vectors" for config in configs)


def test_the_page_describes_the_preset():
    preset = PRESETS["vectors"]
    steps = preset.n_pairs // preset.optim.batch
    for words in (
        f"{preset.n_pairs:,} pairs",
        f"width {preset.model.dim}",
        f"{preset.optim.epochs} epochs of {steps} steps",
        f"temperature {preset.model.temperature:g}",
        "Muon at rate " + f"{preset.optim.lr:g}".removeprefix("0"),
    ):
        assert words in PAGE


def test_the_page_says_how_long_infmasking_takes(table):
    seconds = table[table["method"] == "infmasking"].groupby("run")["seconds"].first().astype(float)
    assert f"InfMasking {seconds.min():.0f} to {seconds.max():.0f} s" in PAGE
