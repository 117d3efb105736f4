"""How curves of one method from several pretraining designs look, and which a task is read from."""

import itertools
from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
from matplotlib.axes import Axes

from interaction_probes.analysis.row_filters import USUAL_DESIGNS, mapping_of, teaching_design

from .style import INK, OTHER_COLOURS, MethodStyle, method_styles

_QUIET = "#8a8a8a"
#: Of designs that a task is not read from.
_DASHES = ((0, (3, 1.5)), (0, (1, 1.2)), (0, (5, 1.5, 1, 1.5)))


#: The small print of figures that show each task from the runs that can learn it, and what it
#: adds of methods with runs on one of the designs.
_PAIRS = "R and U learnt from unbiased pairs, S from biased ones"
_PAIRS_ALONE = "a method with runs on one of the two is shown from that one"
#: The same of three images and more.
_SAMPLES = (
    "R and U learnt from unbiased samples, S13 from pair-biased, S123 and S12to3 from "
    "triple-biased ones"
)
_SAMPLES_ALONE = "a method with runs on one design is shown from that one"


def designs_note(rows: pd.DataFrame, of_samples: bool = False) -> str:
    """Which designs each task is learnt from, a sentence; of one design where a method has one.

    Args:
        rows: of the runs in one figure or table; those on other than the usual designs do not
            count.
        of_samples: whether they are of three images and more.
    """
    rows = rows[rows["pairs"].isin(USUAL_DESIGNS)]
    group = [rows[name].fillna("") for name in ("method", "weights") if name in rows]
    needed = 3 if of_samples else 2
    said, alone = (_SAMPLES, _SAMPLES_ALONE) if of_samples else (_PAIRS, _PAIRS_ALONE)
    has_fewer = (rows.groupby(group)["pairs"].nunique() < needed).any()
    return f"{said}; {alone}." if has_fewer else f"{said}."


def designs_read_from(task: str, designs: list[str]) -> list[str]:
    """The designs that a task is read from: the usual one, else what is most like it, else all."""
    usual = teaching_design(task)
    for fits in (
        [name for name in designs if mapping_of(name) == usual],
        [name for name in designs if mapping_of(name) not in USUAL_DESIGNS],
    ):
        if fits:
            return fits
    return designs


def design_styles(linear: pd.DataFrame, task: str, noun: str) -> dict[str, MethodStyle]:
    """Design → how a task's curve from it looks; the label says what the look stands for."""
    designs = sorted(set(linear["pairs"]))
    known = method_styles(linear["method"]).values() if "method" in linear else ()
    own = next(iter(known), MethodStyle("", INK, "o"))
    read = designs_read_from(task, designs)
    colours = itertools.cycle(OTHER_COLOURS)
    found = {}
    # Of two, the other one is another in each panel and looks the same; of more, each has a name.
    dashes = _DASHES if len(designs) > 2 else _DASHES[:1]
    for name, dash in zip(designs, itertools.cycle(dashes), strict=False):
        if name not in read:
            other = name if len(designs) > 2 else "the other"
            found[name] = MethodStyle(f"learnt from {other} {noun}", _QUIET, "", dash)
        elif len(read) == 1:
            found[name] = replace(own, label=f"learnt from the {noun} named over the panel")
        else:
            found[name] = MethodStyle(f"{name} {noun}", next(colours), "o")
    return found


def name_design(axes: Axes, task: str, designs: Mapping[str, MethodStyle], noun: str) -> None:
    """From which pairs a task is read, between the title and the panel."""
    read = designs_read_from(task, list(designs))
    axes.annotate(
        f"from {read[0]}{noun}" if len(read) == 1 else f"from {len(read)} designs",
        (0, 1),
        (0, 3),
        xycoords="axes fraction",
        textcoords="offset points",
        va="bottom",
        fontsize=7,
        color=designs[read[0]].colour if len(read) == 1 else INK,
    )
