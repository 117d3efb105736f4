"""Figures of runs on datasets: what they draw, mark, and refuse."""

import warnings

import numpy as np
import pandas as pd
import pytest
from label_tables import LABELS, NAMES, label_table

from interaction_probes.analysis.table_files import MissingRows
from interaction_probes.figures.__main__ import FIGURES, main
from interaction_probes.figures.datasets.label_ablation import label_ablation
from interaction_probes.figures.datasets.label_curves import label_dynamics
from interaction_probes.figures.datasets.subset_profile import subset_profile


def panels(figure):
    """The upper panel of every label."""
    return {axes.get_title(loc="left"): axes for axes in figure.axes if axes.get_title(loc="left")}


def drawn_lines(axes, epochs):
    """The curves of a panel: [epochs] each."""
    return [
        np.asarray(line.get_ydata())
        for line in axes.lines
        if np.array_equal(line.get_xdata(), epochs)
    ]


def test_a_panel_per_label_shows_the_means_over_seeds():
    table = label_table()
    figure = label_dynamics(table)
    found = panels(figure)
    assert [*found] == [*LABELS]
    rows = table[(table["task"] == "digit") & (table["metric"] == "accuracy")]
    means = 100 * rows.groupby(["method", "epoch"])["value"].mean().unstack()
    lines = drawn_lines(found["digit"], means.columns.to_numpy())
    assert len(lines) == 3
    for expected in means.to_numpy():
        assert any(np.allclose(expected, line) for line in lines)


def test_the_score_that_chooses_is_below():
    table = label_table(labels=("ink",))
    figure = label_dynamics(table)
    below = figure.axes[1]
    assert below.get_ylabel() == "validation R²"
    rows = table[(table["metric"] == "validation") & (table["method"] == "comm")]
    expected = rows.groupby("epoch")["value"].mean()
    assert any(
        np.allclose(expected, line) for line in drawn_lines(below, expected.index.to_numpy())
    )


def test_one_run_shows_test_and_validation_rows_and_intervals():
    table = label_table(methods=("comm",), seeds=(0,), labels=("digit",))
    figure = label_dynamics(table)
    above, below = figure.axes
    epochs = np.array([0, 2, 4, 6, 8])
    assert len(drawn_lines(above, epochs)) == 1
    assert len(drawn_lines(below, epochs)) == 2
    [band] = above.collections
    low = table[table["metric"] == "accuracy_low"]["value"].to_numpy()
    assert np.isclose(band.get_paths()[0].vertices[:, 1].min(), 100 * low.min())
    words = figure.get_supxlabel().replace("\n", " ")
    assert "n = 1 seed. Bands" in words
    assert "which has no interval" not in words
    assert "95 % intervals over the test rows" in figure.get_supxlabel().replace("\n", " ").replace(
        "\N{NO-BREAK SPACE}", " "
    )


def test_the_chosen_epoch_is_marked():
    table = label_table(methods=("comm",), labels=("digit",))
    best = table[table["metric"] == "best_epoch"]["value"].median()
    above = label_dynamics(table).axes[0]
    ticks = [line for line in above.lines if line.get_marker() == "|"]
    assert [float(np.ravel(line.get_xdata())[0]) for line in ticks] == [best]


def test_the_chosen_epoch_of_two_seeds_was_probed():
    table = label_table(methods=("comm",), seeds=(0, 1), labels=("digit",))
    table.loc[table["metric"] == "best_epoch", "value"] = table["seed"].map({0: 2, 1: 4})
    above = label_dynamics(table).axes[0]
    [tick] = [line for line in above.lines if line.get_marker() == "|"]
    assert float(np.ravel(tick.get_xdata())[0]) == 4


@pytest.mark.parametrize("methods", [("comm",), ("comm", "clip")])
def test_curves_and_ticks_have_room_in_their_panels(methods):
    table = label_table(methods=methods, seeds=(0,))
    table.loc[table["metric"] == "accuracy", "value"] = 0.97 + 0.003 * table["epoch"]
    table = table[~table["metric"].isin(["accuracy_low", "accuracy_high"])]
    figure = label_dynamics(table)
    figure.draw_without_rendering()
    for axes in figure.axes:
        ends = axes.transData.inverted().transform(axes.bbox.get_points())[:, 1]
        half = (ends[1] - ends[0]) * 5.5 / (72 / figure.dpi * axes.bbox.height)  # of a tick
        for line in axes.lines:
            if line.get_marker() == "|":
                assert ends[0] < np.max(line.get_ydata()) < ends[1] - half
            assert ends[0] < np.min(line.get_ydata()) <= np.max(line.get_ydata()) < ends[1]


def test_an_untrained_method_is_a_dotted_line():
    table = pd.concat([label_table(), label_table(methods=("pixels",), epochs=(0,))])
    figure = label_dynamics(table)
    assert "Dotted: not trained." in figure.get_supxlabel().replace("\n", " ")
    assert "Dotted" not in label_dynamics(label_table()).get_supxlabel()


def test_runs_that_were_probed_at_other_epochs_are_refused():
    table = pd.concat([label_table(("comm",)), label_table(("clip",), epochs=(0, 4, 8))])
    with pytest.raises(
        ValueError, match=r"choose their best epoch among different ones: .*0, 4, 8"
    ):
        label_dynamics(table)


def test_an_ablation_is_of_one_method():
    table = label_table(methods=("comm",), weights=("", "unimodal=0"), labels=("digit",))
    figure = label_ablation(table)
    assert figure.get_suptitle() == "CoMM"
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts[:2] == ["both, L + ΣLᵢ", "L alone"]
    with pytest.raises(MissingRows, match="no ablation"):
        label_ablation(label_table())


def test_a_profile_has_shares_of_what_there_could_be():
    table = label_table(methods=("comm",), seeds=(0, 1), labels=("digit", "ink"))
    figure = subset_profile(table)
    [axes] = figure.axes
    columns = [text.get_text() for text in axes.get_xticklabels()]
    assert columns[:3] == [*NAMES]
    assert columns[-1] == "image + sound + text"
    assert [text.get_text() for text in axes.get_yticklabels()] == ["digit (bits)", "ink (R²)"]
    values = axes.images[0].get_array()
    assert np.allclose(values[:, :3], 0.25)
    assert np.allclose(values[:, 3:6], 0.5)
    best = table[(table["metric"] == "best_epoch") & (table["task"] == "digit")]
    assert (best["value"] < 8).all()  # not the last epoch
    rows = table[(table["task"] == "digit") & (table["metric"] == "bits")]
    rows = rows[rows["probe"] == "linear"].merge(best[["run", "value"]], on="run")
    bits = rows[rows["epoch"] == rows["value_y"]]["value_x"].mean() / LABELS["digit"][2]
    assert np.isclose(values[0, -1], bits)


def test_a_profile_needs_its_control():
    with pytest.raises(MissingRows, match="run --controls masks or sweep --grid controls masks"):
        subset_profile(label_table(masks=False))


def test_a_profile_counts_a_seed_once_and_compares_what_was_read_alike():
    table = label_table(methods=("comm", "clip"), labels=("digit",))
    first = table[(table["method"] == "comm") & (table["seed"] == table["seed"].min())]
    again = first.assign(run="again")
    with pytest.raises(ValueError, match=r"of comm on .* occurs more than once"):
        subset_profile(pd.concat([table, again], ignore_index=True))
    other = np.where(table["method"] == "clip", "2", "1")
    with pytest.raises(ValueError, match=r"differ in probe\.zoom \(1: comm.*; 2: clip"):
        subset_profile(table.assign(**{"probe.zoom": other}))


@pytest.mark.parametrize("name", ["dynamics", "ablation", "profile"])
def test_the_command_draws_them(name, tmp_path):
    weights = ("", "joint=0") if name == "ablation" else ("",)
    table = label_table(methods=("comm",), labels=("digit",), weights=weights)
    table.to_csv(tmp_path / "results.csv", index=False)
    main([name, str(tmp_path / "results.csv"), "-o", str(tmp_path / "figure.svg")])
    assert (tmp_path / "figure.svg").stat().st_size > 10_000


@pytest.mark.parametrize(
    "name", ["interactions", "synergy", "information", "model_pid", "factors", "strength"]
)
def test_a_figure_of_known_information_is_refused_in_a_line(name, tmp_path, capsys):
    label_table(methods=("comm",), labels=("digit",)).to_csv(tmp_path / "r.csv", index=False)
    with pytest.raises(SystemExit):
        main([name, str(tmp_path / "r.csv"), "-o", str(tmp_path / "figure.png")])
    [line] = capsys.readouterr().err.splitlines()
    assert "shows the tasks of Trifeature" in line
    assert "dynamics, ablation, profile and confusion" in line
    assert name in FIGURES


def test_the_caption_says_which_rows_a_probe_was_fitted_to():
    figure = label_dynamics(label_table(labels=("ink",)))
    words = " ".join(" ".join(text.get_text() for text in figure.texts).split())
    assert "Test rows: linear probe refitted to the training and the validation rows." in words


@pytest.mark.parametrize(("label", "name"), [("digit", "H(Y)"), ("genres", "sum of H(Yₖ)")])
def test_the_entropy_of_a_multi_label_is_a_sum_over_its_columns(label, name):
    figure = label_dynamics(label_table(methods=("comm",), seeds=(0,), labels=(label,)))
    words = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert [word for word in words if "H(Y" in word] == [name]
    with warnings.catch_warnings():  # of a glyph that the font lacks
        warnings.simplefilter("error")
        figure.draw_without_rendering()
