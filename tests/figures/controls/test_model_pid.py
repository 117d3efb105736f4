"""The figure ``model_pid``: bars, intervals and slots of the truth are the table's values."""

import pandas as pd
import pytest
from control_tables import TRUTH, control_table
from profile_tables import profile_table

from interaction_probes.analysis.table_files import MissingRows
from interaction_probes.figures.__main__ import main
from interaction_probes.figures.controls.model_pid import model_pid
from interaction_probes.figures.drawing.hover import described


def bars(axes):
    """Lengths of the bars of methods by their texts, and of the grey slots behind them."""
    marked = [(described(bar), bar.get_width()) for bar in axes.patches]
    found = {said[1].partition(":")[0]: width for said, width in marked if said}
    return found, [width for said, width in marked if not said]


def intervals(axes):
    return [
        line.get_xdata().tolist()
        for line in axes.lines
        if described(line) and len(line.get_xdata()) == 2
    ]


def test_each_part_is_a_bar_on_the_part_of_the_true_labels():
    redundancy, _, _, synergy = model_pid(control_table()).axes
    found, slots = bars(redundancy)
    assert found["CoMM, R, redundancy"] == pytest.approx(0.8 * TRUTH["R"])
    assert found["CoMM, R, unique 1"] == pytest.approx(-0.01)
    assert slots == pytest.approx([TRUTH["R"], 0, 0, 0] * 2)
    found, slots = bars(synergy)
    # S is read from biased pairs, where the table has half of it.
    assert found["CLIP, S, synergy"] == pytest.approx(0.4 * TRUTH["S"])
    assert slots[3] == TRUTH["S"]
    names = [label.get_text() for label in redundancy.get_yticklabels()]
    assert names == ["redundancy", "unique 1", "unique 2", "synergy"] * 2
    methods = [label.get_text() for label in redundancy.get_yticklabels(minor=True)]
    assert methods == ["CoMM", "CLIP"]


def test_one_seed_has_the_interval_over_images_and_more_have_that_over_seeds():
    one = model_pid(control_table(["comm"]))
    assert intervals(one.axes[0])[0] == pytest.approx([0.8 * 3.32 - 0.1, 0.8 * 3.32 + 0.2])
    assert "95 % intervals by bootstrap of the test images" in one.get_supxlabel().replace(
        "\N{NO-BREAK SPACE}", " "
    ).replace("\n", " ")
    two = model_pid(control_table(["comm"], seeds=(0, 1)))
    assert intervals(two.axes[0])[0] == pytest.approx([0.9 * 0.8 * 3.32, 0.8 * 3.32])
    assert "bootstrap" not in two.get_supxlabel()
    assert "n = 2 seeds" in two.get_supxlabel()


def test_a_method_of_one_seed_has_its_own_interval_over_images():
    alone = [intervals(model_pid(control_table([name])).axes[0]) for name in ("comm", "clip")]
    table = control_table(["comm", "clip"])
    moved = table["metric"].str.endswith("_low") & (table["method"] == "clip")
    table.loc[moved, "value"] -= 0.5
    apart = intervals(model_pid(table).axes[0])
    assert apart == [*alone[0], *([pytest.approx([low - 0.5, high]) for low, high in alone[1]])]


def test_what_must_not_be_averaged_is_refused():
    table = control_table()
    with pytest.raises(ValueError, match="occurs more than once"):
        model_pid(pd.concat([table, table]))
    with pytest.raises(ValueError, match="mixes the presets"):
        model_pid(pd.concat([table, control_table(seeds=[2]).assign(preset="smoke")]))
    with pytest.raises(MissingRows, match="lacks the rows synergy_truth of the control pid"):
        model_pid(table[table["metric"] != "synergy_truth"])
    with pytest.raises(MissingRows, match="none of runs on unbiased or biased pairs"):
        model_pid(table.assign(weights="joint=0.0"))


@pytest.mark.parametrize("name", ["model_pid", "factors"])
@pytest.mark.filterwarnings("error")
def test_the_command_draws_in_every_width(tmp_path, capsys, name):
    path = tmp_path / "results.csv"
    control_table(["comm", "my.module:OneOfALongNameIndeed"]).to_csv(path, index=False)
    for width in ("page", "column", "3"):
        out = tmp_path / f"{width}.svg"
        main([name, str(path), "-o", str(out), "--width", width, "--no-caption"])
        assert out.stat().st_size > 5000
        assert capsys.readouterr().out.splitlines()[1].isascii()


@pytest.mark.parametrize(("name", "control"), [("model_pid", "pid"), ("factors", "factors")])
def test_runs_without_the_control_are_refused_with_the_option(
    results, tmp_path, capsys, name, control
):
    results.to_csv(tmp_path / "plain.csv", index=False)
    with pytest.raises(SystemExit):
        main([name, str(tmp_path / "plain.csv"), "-o", str(tmp_path / "x.svg")])
    [line] = capsys.readouterr().err.splitlines()
    assert f"no rows of the control {control}" in line
    assert f"run --controls {control} or sweep --grid controls {control}" in line
    assert not (tmp_path / "x.svg").exists()


def test_three_images_have_no_decomposition(tmp_path, capsys):
    profile_table(["comm"]).to_csv(tmp_path / "three.csv", index=False)
    with pytest.raises(SystemExit):
        main(["model_pid", str(tmp_path / "three.csv"), "-o", str(tmp_path / "x.svg")])
    assert "the figure model_pid is of pairs" in capsys.readouterr().err
