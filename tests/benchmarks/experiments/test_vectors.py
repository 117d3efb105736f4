"""The study on vectors: its runs, and what docs/vectors.md says of its table."""

import re
from pathlib import Path

import pytest

from benchmarks.experiments.vectors import METHODS, SEEDS, TABLE, study_configs
from interaction_probes.analysis.names import METHOD_LABELS
from interaction_probes.analysis.published import read_published
from interaction_probes.analysis.results_table import read_results
from interaction_probes.analysis.row_filters import last_epoch_rows
from interaction_probes.common.cli import parse
from interaction_probes.execution.grid import grid
from interaction_probes.experiment.runner import folder_name
from interaction_probes.run import Command, _defaults
from interaction_probes.settings.presets import PRESETS

PAGE = (Path(__file__).parents[3] / "docs" / "vectors.md").read_text()


@pytest.fixture(scope="module")
def scores():
    """A row per method, seed and design; a column per task and metric, accuracies in percent."""
    table = read_results(TABLE)
    rows = last_epoch_rows(table[table["probe"] == "linear"])
    rows = rows[rows["metric"].isin(["accuracy", "auc"])]
    return rows.pivot_table(
        index=["method", "pairs", "seed"], columns=["task", "metric"], values="value"
    )


def cells(scores, method):
    """R, U, S and AUC of S in the words of the page."""
    of = scores.loc[method]
    unbiased = of.xs("unbiased", level="pairs")
    taught = of.xs("biased", level="pairs") if "biased" in of.index else unbiased
    values = (
        100 * unbiased["R", "accuracy"],
        50 * (unbiased["U1", "accuracy"] + unbiased["U2", "accuracy"]),
        100 * taught["S", "accuracy"],
    )
    auc = taught["S", "auc"]
    seeds = len(unbiased) if len(unbiased) == len(taught) else f"{len(unbiased)}, {len(taught)}"
    return [str(seeds), *(_mean(each, 1) for each in values), _mean(auc, 3)]


def _mean(values, digits):
    spread = f" ± {values.std():.{digits}f}" if len(values) > 1 else ""
    return f"{values.mean():.{digits}f}{spread}"


def test_the_page_has_what_the_table_reads(scores):
    rows = re.findall(r"^\| (.+) \|$", PAGE.partition("| method |")[2], flags=re.MULTILINE)
    said = {row.split(" | ")[0]: row.split(" | ")[1:] for row in rows}
    for method in METHODS:
        assert said[METHOD_LABELS[method]][:-1] == cells(scores, method), method


def test_the_page_repeats_what_was_published():
    published = read_published().set_index(["method", "task"])["accuracy"]
    rows = re.findall(r"^\| (.+) \|$", PAGE.partition("| method |")[2], flags=re.MULTILINE)
    said = {row.split(" | ")[0]: row.split(" | ")[-1] for row in rows}
    for method in METHODS:
        if method not in published.index.get_level_values("method"):
            assert said[METHOD_LABELS[method]] == "–"
            continue
        values = [published[method, task] for task in ("R", "U1", "S")]
        if method == "factorcl":  # macro precision, at chance
            values[2] = 50.0
        words = ", ".join(
            f"{v:.1f}".removesuffix(".0") if v in (50, 100) else f"{v:.1f}" for v in values
        )
        assert said[METHOD_LABELS[method]] == words


def test_random_weights_keep_as_much_uniqueness_as_trained_ones(scores):
    """The page says that U is not learnt, and that S is."""
    u = {
        method: 50
        * scores.xs((method, "unbiased"), level=("method", "pairs"))[["U1", "U2"]]
        .xs("accuracy", axis=1, level="metric")
        .sum(axis=1)
        .mean()
        for method in ("comm", "random_init")
    }
    assert abs(u["comm"] - u["random_init"]) < 1


def test_the_runs_of_the_table_are_those_of_the_study():
    found = set(read_results(TABLE)["run"])
    assert found <= {folder_name(config) for config in study_configs()}
    assert found


@pytest.mark.parametrize("method", METHODS)
def test_the_command_of_one_run_asks_for_the_runs_of_the_study(method):
    """A method's own encoders were set in `run` and not in `sweep`."""
    words = ["--preset", "vectors", "--method", method, "--seed", "10"]
    asked = parse(Command, words, default=_defaults(words)).configs
    assert list(asked) == [c for c in study_configs() if c.method == method and c.seed == 10]


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
