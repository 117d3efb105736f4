import itertools

import numpy as np
from matplotlib.colors import to_rgb

from interaction_probes.analysis.names import METHOD_LABELS
from interaction_probes.analysis.scores.table import scores_table
from interaction_probes.figures.drawing.style import legend, method_styles, new_figure, style
from interaction_probes.figures.synergy import synergy

OWN = [f"my.module{k:02}:Own" for k in range(32)]


def test_every_method_has_a_look_of_its_own():
    styles = method_styles([*METHOD_LABELS, *OWN])
    looks = {(style.colour, style.marker) for style in styles.values()}
    assert len(looks) == len({style.label for style in styles.values()}) == len(styles)
    assert len(styles) == len(METHOD_LABELS) + len(OWN)
    few = method_styles(OWN[:8]).values()
    assert len({style.colour for style in few}) == 8  # bars have no markers
    assert not {style.colour for style in few} & {
        style.colour for style in method_styles(METHOD_LABELS).values()
    }


def grey(colour):
    """Luma of Rec. 601, 0 to 255, as printers and many readers convert colours."""
    return 255 * float(np.dot([0.299, 0.587, 0.114], to_rgb(colour)))


#: Markers that a reader does not tell apart at the size of a mark in a figure.
OF_ONE_LOOK = {"8": "o", "H": "h"}


def test_methods_are_told_apart_without_colour():
    looks = method_styles([*METHOD_LABELS, *OWN[:4]]).values()
    for one, other in itertools.combinations(looks, 2):
        if OF_ONE_LOOK.get(one.marker, one.marker) == OF_ONE_LOOK.get(other.marker, other.marker):
            apart = abs(grey(one.colour) - grey(other.colour))
            assert apart > 48, (one.label, other.label, apart)
        assert one.marker != "^"  # the mark of leaving chance


def test_a_legend_leaves_no_entry_over():
    """Seven in two rows of four and three, and not of six and one."""
    for number, columns in ((6, 6), (7, 4), (10, 5), (13, 5)):
        with style():
            figure = new_figure(6.8, 2)
            legend(figure, list(method_styles([*METHOD_LABELS]).values())[:number])
        assert figure.legends[0]._ncols == columns


def test_a_method_looks_alike_in_all_figures_of_a_table():
    whole = method_styles(OWN)
    assert method_styles(OWN[5:7], OWN) == {name: whole[name] for name in OWN[5:7]}


def test_classes_of_one_name_are_told_apart_in_figures_and_tables(results):
    renamed = results["method"].replace({"my.module:Own": "a:Own", "clip": "b:Own"})
    table = results.assign(method=renamed)
    panel = synergy(table).axes[0]
    shown = [label.get_text() for label in panel.get_yticklabels()]
    assert shown == ["CoMM", "Random init", "Own (a)", "Own (b)"]
    rows = scores_table(table, against="comm")
    assert {"Own (a)", "Own (b)"} <= set(rows["method"])
