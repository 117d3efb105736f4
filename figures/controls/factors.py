"""What representations hold of every factor of every image: a small heat map per method."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from interaction_probes.analysis.footnotes import footnotes
from interaction_probes.analysis.names import number
from interaction_probes.analysis.results_table import check_one_run_per_seed
from interaction_probes.analysis.table_files import MissingRows
from interaction_probes.figures.drawing.caption import caption
from interaction_probes.figures.drawing.heat_map import heat_map
from interaction_probes.figures.drawing.seed_counts import number_of_seeds
from interaction_probes.figures.drawing.style import PAGE, method_styles, new_figure, style

from .control_rows import control_rows

#: Probe in metrics.csv → its name in print.
_PROBES = {"factors": "linear", "factors_mlp": "MLP"}
_UNBIASED = "unbiased"


def factors(table: pd.DataFrame, width: float = PAGE) -> Figure:
    """Bits captured of shape, texture and colour of each image, by a linear and by an MLP probe.

    The first panel is what is available: the entropy of each factor in the test pairs. The others,
    one per method, have the captured bits in print, and are as dark as their share of it. They are
    means over seeds of runs on unbiased pairs, or on biased ones if a method has no others.

    Args:
        table: tidy results of runs with ``--controls factors``; runs with other loss weights or
            strengths are left out.
        width: of the figure in inches.

    Raises:
        MissingRows: no run has the control's rows, or some are missing.
        ValueError: mixed presets or settings, or a seed that counts twice.
    """
    rows = _of_one_design(control_rows(table, "factors", _PROBES))
    names, images = _factors_and_images(rows)
    methods = method_styles(rows["method"], table["method"])
    available = _means(rows, "bits_available", ["factors"], names, images)
    panels: dict[str, tuple[np.ndarray, list[str]]] = {"available": (available, [""])}
    counts = {}
    for name, look in methods.items():
        part = rows[rows["method"] == name]
        check_one_run_per_seed(part[part["metric"] == "bits"], ["method", "probe", "task"])
        bits = _means(part, "bits", list(_PROBES), names, images)
        panels[look.label] = bits, list(_PROBES.values())
        counts[look.label, "bits"] = part["seed"].nunique()
    across = min(len(panels), max(1, int(width / 1.6)))
    down = -(-len(panels) // across)
    with style():
        figure = new_figure(width, down * (0.55 + 0.2 * len(names)))
        grid = figure.subplots(down, across, squeeze=False)
        for k, (axes, (title, panel)) in enumerate(zip(grid.flat, panels.items(), strict=False)):
            _panel(axes, *panel, available, names if k % across == 0 else [""] * len(names))
            axes.set_title(title, fontsize=7.4)
        for axes in grid.flat[len(panels) :]:
            axes.set_axis_off()
        caption(
            figure,
            "Bits of each factor of each image that a linear probe and an MLP capture of the "
            "representations of test pairs after the last epoch, and the bits available, the "
            "factor's entropy in these pairs. Columns: numbers of the images. Cells are as dark as "
            "their share of the available bits. Less than 0: the probe is confidently wrong. –: "
            f"not probed. {number_of_seeds(counts)}"
            f"{'; means over them' if max(counts.values()) > 1 else ''}. {_designs(rows)} "
            f"{footnotes(rows)}",
        )
    return figure


def _of_one_design(rows: pd.DataFrame) -> pd.DataFrame:
    """Of each method the rows of runs on unbiased pairs; those on biased ones if it has no others.

    The shared attribute apart, biased pairs tie what images 1 and 2 show, so bits of one image may
    be read from the other.
    """
    only = rows.groupby("method")["pairs"].transform("nunique") == 1
    return rows[only | (rows["pairs"] == _UNBIASED)]


def _designs(rows: pd.DataFrame) -> str:
    found = set(rows["pairs"])
    if found == {_UNBIASED}:
        return "Learnt from unbiased pairs."
    if _UNBIASED not in found:
        return "Learnt from biased pairs."
    return "Learnt from unbiased pairs; from biased ones if a method has no other runs."


def _factors_and_images(rows: pd.DataFrame) -> tuple[list[str], list[str]]:
    """The names of the factors and the numbers of the images, in the order of the rows."""
    tasks = [str(task).rsplit("_", 1) for task in rows["task"].unique()]
    names, images = (list(dict.fromkeys(task[k] for task in tasks)) for k in (0, 1))
    return names, sorted(images)


def _means(
    rows: pd.DataFrame, metric: str, probes: list[str], names: list[str], images: list[str]
) -> np.ndarray:
    """Means over runs: [factors, probes × images]; NaN where there is none.

    Raises:
        MissingRows: there is no such row at all.
    """
    found = rows[(rows["metric"] == metric) & rows["probe"].isin(probes)]
    if found.empty:
        raise MissingRows(f"the table lacks the rows {metric} of the control factors")
    means: Mapping[tuple[str, str], float] = (
        found.groupby(["probe", "task"])["value"].mean().to_dict()
    )
    return np.array(
        [
            [means.get((probe, f"{name}_{image}"), np.nan) for probe in probes for image in images]
            for name in names
        ]
    )


def _panel(
    axes: Axes, bits: np.ndarray, probes: list[str], available: np.ndarray, names: list[str]
) -> None:
    texts = [["–" if np.isnan(value) else number(value, 2) for value in row] for row in bits]
    shares = bits / np.tile(available, len(probes))
    heat_map(axes, shares, texts)
    images = available.shape[1]
    axes.set_xticks(
        range(bits.shape[1]), [str(k + 1) for _ in probes for k in range(images)], fontsize=6.5
    )
    middles = [(images - 1) / 2 + k * images for k in range(len(probes))]
    axes.set_xticks(middles, probes, minor=True, fontsize=6.5)
    axes.tick_params(axis="x", which="minor", length=0, pad=11)
    axes.set_yticks(range(len(names)), names, fontsize=7)
    for k in range(1, len(probes)):
        axes.axvline(k * images - 0.5, -0.01, 1.01, color="white", lw=3, clip_on=False)
