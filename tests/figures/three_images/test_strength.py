"""The figure ``strength`` of runs on three images: the pair rule's curve and the triple rule's."""

import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib.path import Path
from strength_tables import STRENGTHS, strength_table

from interaction_probes.figures.__main__ import main
from interaction_probes.figures.drawing.hover import described
from interaction_probes.figures.drawing.strength_panel import dependence
from interaction_probes.figures.drawing.style import COLUMN, PAGE
from interaction_probes.figures.strength import strength
from trifeature.images.factors import FactorCounts
from trifeature.information.shared import shared_information
from trifeature.samples.design import SampleDesign
from trifeature.samples.latin import draw_latin_arrays


@pytest.mark.parametrize("values", [2, 4, 10])
@pytest.mark.parametrize("rho", [0.0, 0.1, 0.3, 1.0])
def test_dependence_is_what_two_factors_say_of_the_third_across_a_latin_cube(values, rho):
    """I(A, B; C) by a plain sum over the joint table of a mixture, of a drawn cube."""
    design = SampleDesign.standard(3, triple_strength=rho)
    counts = FactorCounts(values, values, values)
    cube = draw_latin_arrays(design, counts, seed=3)[1]
    joint = np.full((values,) * 3, (1 - rho) / values**3)
    for cell in itertools.product(range(values), repeat=3):
        obeyed = cube.symbol(*(np.array([value]) for value in cell))[0] == 0
        joint[cell] += rho * obeyed / values**2
    assert joint.sum() == pytest.approx(1)
    first, last = joint.sum(2, keepdims=True), joint.sum((0, 1), keepdims=True)
    shares = joint[joint > 0] / np.broadcast_to(first * last, joint.shape)[joint > 0]
    total = float((joint[joint > 0] * np.log2(shares)).sum())
    assert dependence(np.array([rho]), values)[0] == pytest.approx(total, abs=1e-12)


@pytest.mark.parametrize("rho", [0.1, 0.5, 1.0])
def test_dependence_is_what_the_designs_rules_make_the_images_share(rho):
    counts = FactorCounts()
    plain = SampleDesign.standard(3)
    for design, left, right in (
        (SampleDesign.standard(3, pair_strength=rho), [1], [3]),
        (SampleDesign.standard(3, triple_strength=rho), [1, 2], [3]),
    ):
        found, before = (
            shared_information(each, counts, draw_latin_arrays(each, counts, seed=0))
            for each in (design, plain)
        )
        added = found.mutual(left, right) - before.mutual(left, right)
        assert added == pytest.approx(dependence(np.array([rho]), 10)[0], abs=1e-9)
        if left == [1, 2]:
            assert found.mutual([1], [3]) == pytest.approx(before.mutual([1], [3]), abs=1e-9)


def curve(axes, method="comm"):
    [line] = [
        line for line in axes.lines if described(line) == (method, "") and len(line.get_xdata()) > 2
    ]
    return line


def test_a_curve_of_other_loss_weights_stands_in_where_the_own_have_none():
    table = strength_table(("comm", "clip"), rules=("triple",))
    masks = "joint=0.0,partial=1.0,unimodal=0.0"
    of_comm = table["method"] == "comm"
    others = table.assign(weights=table["weights"].where(~of_comm, masks))
    whole = table[of_comm & table["triple_rule_strength"].isin([0, 1])].assign(seed=7)
    found = strength(pd.concat([others, whole], ignore_index=True))
    plain = strength(table)
    for k in range(len(plain.axes)):
        assert curve(found.axes[k]).get_ydata() == pytest.approx(curve(plain.axes[k]).get_ydata())
    names = [text.get_text() for text in found.legends[0].get_texts()]
    assert names[:2] == ["CoMM, pair masks alone", "CLIP"]


def test_a_curve_is_of_the_own_loss_weights_where_they_have_enough_strengths():
    table = strength_table(("comm", "clip"), rules=("triple",))
    ablated = table[(table["method"] == "comm") & (table["probe"] == "linear")]
    ablated = ablated.assign(
        weights="unimodal=0.0", value=ablated["value"] / 2, run=ablated["run"] + "-ablated"
    )
    found, plain = (
        strength(rows) for rows in (pd.concat([table, ablated], ignore_index=True), table)
    )
    for k in range(len(plain.axes)):
        assert curve(found.axes[k]).get_ydata() == pytest.approx(curve(plain.axes[k]).get_ydata())
    assert [text.get_text() for text in found.legends[0].get_texts()][:2] == ["CoMM", "CLIP"]


def test_captured_bits_and_accuracy_are_drawn_over_what_the_rule_makes_the_images_share():
    table = strength_table()
    figure = strength(table)
    assert len(figure.axes) == 6
    for k, (task, column) in enumerate(
        [
            ("S13", "pair_rule_strength"),
            ("S123", "triple_rule_strength"),
            ("S12to3", "triple_rule_strength"),
        ]
    ):
        above, below = figure.axes[k], figure.axes[3 + k]
        assert above.get_title(loc="left").startswith(f"{task} ")
        rows = table[(table["method"] == "comm") & (table["probe"] == "linear")]
        rows = rows[(rows["task"] == task) & (rows["epoch"] == 2)]
        if column == "pair_rule_strength":
            rows = rows[rows["pairs"].str.match("unbiased|pair")]
        else:
            rows = rows[rows["pairs"].str.match("unbiased|triple")]
        for axes, metric, scale in ((above, "bits", 1), (below, "accuracy", 100)):
            means = rows[rows["metric"] == metric].groupby(rows[column].fillna(0))["value"].mean()
            line = curve(axes)
            np.testing.assert_allclose(line.get_xdata(), dependence(np.array(STRENGTHS), 10))
            np.testing.assert_allclose(line.get_ydata(), scale * means)


def names_of(axes):
    return {text.get_text().replace("\n", " ") for text in axes.texts} - {"ρ ="}


def test_limits_are_lines_where_they_apply_and_no_curve_crosses_a_name():
    figure = strength(strength_table(("comm", "clip", "symile")))
    figure.draw_without_rendering()
    bits, accuracies = figure.axes[:3], figure.axes[3:]
    assert [names_of(axes) for axes in bits] == [set()] * 3
    assert [names_of(axes) for axes in accuracies] == [
        {"chance", "additive limit, 75.0 %"},
        {"chance", "additive limit, 70.0 %", "pairwise limit, 84.2 %"},
        {"chance"},
    ]
    for axes in accuracies:
        boxes = [text.get_window_extent() for text in axes.texts]
        for line in axes.lines:
            if described(line) and len(line.get_xdata()) > 2:
                path: Path = line.get_path().transformed(line.get_transform())
                assert not any(path.intersects_bbox(box, filled=False) for box in boxes)


def test_a_limit_that_became_known_later_stands_for_earlier_runs_too():
    table = strength_table()
    pairwise = (table["metric"] == "pairwise") & (table["seed"] == 1)
    table.loc[pairwise, "value"] = 0.87
    figure = strength(table)
    figure.draw_without_rendering()
    assert "pairwise limit, 87.0 %" in names_of(figure.axes[4])


@pytest.mark.parametrize(("width", "panels"), [(COLUMN, 4), (PAGE, 4)])
def test_a_rule_without_runs_has_no_panel(width, panels):
    figure = strength(strength_table(rules=("triple",)), width)
    assert len(figure.axes) == panels
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert [title for title in titles if title] == ["S123  triple rule", "S12to3  triple rule"]


def test_only_runs_without_the_other_rule_count():
    table = strength_table(rules=("triple",)).assign(pair_rule_strength=0.5)
    with pytest.raises(ValueError, match="lacks runs of different strengths"):
        strength(table)


def test_what_cannot_be_drawn_is_one_line(results, tmp_path, capsys):
    with pytest.raises(ValueError, match=r"triple_rule_strength \(with pair_rule_strength 0\)"):
        strength(strength_table(strengths=(0.0, 1.0)))
    table = strength_table()
    path = tmp_path / "two.csv"
    table[table["pairs"].isin(["unbiased", "pair0.1"])].to_csv(path, index=False)
    with pytest.raises(SystemExit) as stop:
        main(["strength", str(path), "-o", str(tmp_path / "x.svg")])
    error = capsys.readouterr().err
    assert stop.value.code == 2
    assert error.count("\n") == 1
    assert "must take three values or more" in error


def test_the_command_draws_it(tmp_path, capsys):
    strength_table(("comm",)).to_csv(tmp_path / "three.csv", index=False)
    main(["strength", str(tmp_path / "three.csv"), "-o", str(tmp_path / "x.svg"), "--no-caption"])
    assert "I(X1, X2; X3) of the triple rule" in capsys.readouterr().out
