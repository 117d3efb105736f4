"""The tables of docs/digits.md, from the two tables that digits.py writes."""

from collections.abc import Sequence

import pandas as pd

#: Method of the table of scores → its name on the page.
NAMES = {
    "pixels": "raw features",
    "early_fusion": "supervised reference",
    "comm": "CoMM",
    "clip": "CLIP",
    "simclr": "SimCLR",
    "symile": "Symile",
    "supervised": "Supervised",
}


def fusing_table(scores: pd.DataFrame, gains: pd.DataFrame, data: str) -> list[str]:
    """All views together: a line of Markdown per method.

    Of several seeds the mean, with the lowest and the highest; of one seed the 95 % interval over
    test rows. The last column is how many more bits than the raw features, and in how many seeds
    the interval of that leaves out 0.

    Args:
        scores: results/data/digits.csv.
        gains: results/data/digits_gains.csv.
        data: the dataset.
    """
    own = scores[scores["data"] == data]
    everything = max(own["views"], key=len)
    lines = ["| method | n | macro accuracy, % | bits | bits − raw bits |", "|---|---|---|---|---|"]
    for method, name in NAMES.items():
        rows = own[(own["method"] == method) & (own["views"] == everything)]
        if rows.empty:
            continue
        more = gains[
            (gains["data"] == data) & (gains["method"] == method) & (gains["metric"] == "bits")
        ]
        more = more[more["than_views"] == everything]
        apart = int(((more["low"] > 0) | (more["high"] < 0)).sum())
        found = "–"
        if len(more):
            found = f"{_spread(more['gain'], 3, '+')}; {apart} of {len(more)}"
        accuracy, bits = _cell(rows, "accuracy", 100, 1), _cell(rows, "bits", 1, 3)
        lines.append(f"| {name} | {len(rows)} | {accuracy} | {bits} | {found} |")
    return lines


def views_table(scores: pd.DataFrame, gains: pd.DataFrame, data: str) -> list[str]:
    """Each view alone, and what it adds to all others, in bits: a line of Markdown per view.

    Args:
        scores: as of :func:`fusing_table`, as are the next two.
        gains: see there.
        data: see there.
    """
    own = scores[(scores["data"] == data) & (scores["seed"] == 0)]
    bits = own.set_index(["method", "views"])["bits"]
    everything = max(own["views"], key=len)
    names = everything.split(" + ")
    added = gains[(gains["data"] == data) & (gains["metric"] == "bits") & (gains["seed"] == 0)]
    added = added[added["than_views"] != everything].set_index("than_views")
    lines = [
        "| view | alone: raw | alone: reference | adds: raw | adds: reference |",
        "|---|---|---|---|---|",
    ]
    for name in names:
        others = " + ".join(other for other in names if other != name)
        raw = added.loc[others]
        adds = f"{raw['gain']:.3f} ({raw['low']:.3f} to {raw['high']:.3f})"
        reference = "early_fusion"
        more = bits[reference, everything] - bits[reference, others]
        lines.append(
            f"| {name} | {bits['pixels', name]:.3f} | {bits[reference, name]:.3f} "
            f"| {adds} | {more:.3f} |"
        )
    return lines


def _cell(rows: pd.DataFrame, metric: str, scale: float, digits: int) -> str:
    if len(rows) > 1:
        return _spread(scale * rows[metric], digits)
    [row] = rows.to_dict("records")
    value, low, high = (scale * row[f"{metric}{end}"] for end in ("", "_low", "_high"))
    return f"{value:.{digits}f} [{low:.{digits}f} to {high:.{digits}f}]"


def _spread(values: "pd.Series[float]", digits: int, sign: str = "") -> str:
    mean, low, high = values.mean(), values.min(), values.max()
    shown = f"{sign}.{digits}f"
    return f"{mean:{shown}} ({low:{shown}} to {high:{shown}})"


def all_tables(scores: pd.DataFrame, gains: pd.DataFrame, datasets: Sequence[str]) -> str:
    """Both tables of every dataset."""
    blocks = []
    for data in datasets:
        blocks += [f"# {data}", *fusing_table(scores, gains, data), ""]
        blocks += [*views_table(scores, gains, data), ""]
    return "\n".join(blocks)
