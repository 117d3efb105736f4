"""What each subset of a dataset's modalities has of every label: a heat map per method."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from interaction_probes.analysis.dataset_rows import (
    CHOOSING_METRICS,
    check_one_dataset,
    metric_of_label,
    modality_names,
    subset_scores,
)
from interaction_probes.analysis.footnotes import footnotes
from interaction_probes.analysis.names import number
from interaction_probes.analysis.results_table import check_one_preset
from interaction_probes.analysis.row_filters import default_loss_rows
from interaction_probes.analysis.schema import METRICS, subset_probes
from interaction_probes.analysis.scores.chosen_scores import comparable_chosen_rows
from interaction_probes.analysis.table_files import MissingRows
from interaction_probes.figures.drawing.caption import caption
from interaction_probes.figures.drawing.heat_map import heat_map
from interaction_probes.figures.drawing.seed_counts import number_of_seeds
from interaction_probes.figures.drawing.style import PAGE, method_styles, new_figure, style


def subset_profile(table: pd.DataFrame, width: float = PAGE) -> Figure:
    """Labels × subsets of modalities, a heat map per method, in percent of all that there could be.

    That is H(Y) of the label in the test rows for bits, and R² of 1 for real numbers. How much the
    modalities have of a label is not known, as it is for Trifeature. Methods without rows of the
    control ``masks``, which need all modalities, are left out.

    Args:
        table: tidy results of runs on one dataset; runs with other loss weights are left out.
        width: of the figure in inches.

    Raises:
        MissingRows: no run has the control's rows.
        ValueError: several datasets or presets, runs that cannot be shown together
            (:mod:`interaction_probes.analysis.agreement`), or a seed that counts twice.
    """
    check_one_preset(table)
    check_one_dataset(table)
    rows = default_loss_rows(table)
    masked = rows[rows["probe"].isin(subset_probes(rows["probe"].astype(str)))]
    if masked.empty:
        raise MissingRows(
            "the table has no probes of subsets of the modalities (mask1, …): they are of run "
            "--controls masks or sweep --grid controls masks, of methods that represent some "
            "modalities alone"
        )
    rows = rows[rows["method"].isin(masked["method"]) | (rows["probe"] == "exact")]
    comparable_chosen_rows(rows)  # refuses runs that have no common mean
    methods = method_styles(masked["method"], table["method"])
    panels = {name: subset_scores(rows, name) for name in methods}
    subsets = list(next(iter(panels.values())).columns)
    names = modality_names(table, len(subsets[-1]))
    labels = [
        f"{label} ({METRICS[metric_of_label(rows, label, CHOOSING_METRICS)].heading})"
        for label in next(iter(panels.values())).index
    ]
    heads = [" + ".join(names[k - 1] for k in subset) for subset in subsets]
    across = max(1, min(len(panels), int(width / max(2.2, 0.42 * len(subsets)))))
    down = -(-len(panels) // across)
    with style():
        names_height = 0.055 * max(map(len, heads))
        figure = new_figure(width, down * (0.45 + names_height + 0.24 * len(labels)))
        grid = figure.subplots(down, across, squeeze=False)
        for k, (axes, (name, shares)) in enumerate(zip(grid.flat, panels.items(), strict=False)):
            values = shares.to_numpy(dtype=float)
            texts = [["–" if np.isnan(v) else number(100 * v, 0) for v in row] for row in values]
            heat_map(axes, values, texts)
            axes.set_title(methods[name].label, fontsize=8)
            axes.set_xticks(
                range(len(heads)),
                heads,
                rotation=35,
                ha="right",
                rotation_mode="anchor",
                fontsize=6.5,
            )
            axes.set_yticks(
                range(len(labels)), labels if k % across == 0 else [""] * len(labels), fontsize=7
            )
        for axes in grid.flat[len(panels) :]:
            axes.set_axis_off()
        counts = {
            (methods[name].label, "profile"): int(part["seed"].nunique())
            for name, part in masked.groupby("method")
        }
        caption(
            figure,
            "What a linear probe finds in the representation of some modalities, others absent, "
            "at the epoch that the validation rows of each run and label chose: bits in % of H(Y), "
            "the label's entropy in the test rows (of a multi-label the sum over its columns), or "
            "R² in %. How much the modalities have of a "
            "label is not known. Less than 0: worse than "
            f"chance. –: not probed. {number_of_seeds(counts)}"
            f"{'; means over them' if max(counts.values()) > 1 else ''}. "
            f"{footnotes(rows[rows['probe'] == 'linear'])}",
        )
    return figure
