"""The report's tables as HTML: scores of every method and task, and the runs they come from.

Rows and columns follow the columns that a table of results has; cells carry what a script sorts
by (``data-sort``) and rows the method that they belong to (``data-method``).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd

from interaction_probes.figures.seeds import OverSeeds
from interaction_probes.figures.style import TASKS, looks
from interaction_probes.figures.table import LEARNT_FROM, last_epoch, once_per_seed

#: What is averaged over seeds together, and how it is headed, where a table has it.
_SETTINGS = {
    "method": "Method",
    "preset": "Preset",
    "pairs": "Learnt from",
    "weights": "Loss weights",
    "shared_strength": "Sharing ρ",
    "mapping_strength": "Mapping ρ",
}
#: What is told of each run, where a table has it; ``epochs`` is its last one.
_PROVENANCE = {
    "run": "Run",
    **_SETTINGS,
    "seed": "Seed",
    "epochs": "Epochs",
    "seconds": "Seconds",
    "device": "Device",
    "threads": "Threads",
    "versions": "Versions",
}


@dataclass(frozen=True)
class Score:
    """A column of scores: a task and a metric, how it is headed and printed."""

    heading: str
    task: str
    metric: str
    scale: float
    digits: int


ACCURACY = (
    *(Score(task, task, "accuracy", 100.0, 1) for task in TASKS),
    Score("AUC of S", "S", "auc", 1.0, 3),
)
BITS = tuple(Score(task, task, "bits", 1.0, 3) for task in TASKS)


def score_table(
    name: str,
    title: str,
    table: pd.DataFrame,
    scores: Sequence[Score],
    published: pd.DataFrame | None = None,
) -> str:
    """A row per method and setting, a column per score: mean over seeds, 95 % interval, n.

    Args:
        name: the id of the table.
        title: its caption.
        table: tidy results.
        scores: the columns.
        published: method, task and accuracy in percent, told beside accuracies that were learnt
            from the same design with the method's own loss.

    Raises:
        ValueError: no rows of a metric, or a seed that counts twice.
    """
    rows = last_epoch(table[table["probe"] == "linear"])
    group = [column for column in _SETTINGS if column in rows]
    told = {} if published is None else published_accuracy(published)
    shown = [c for c in group if c == "method" or rows[c].nunique(dropna=False) > 1]
    ranges = {score: _range(table, score) for score in scores}
    labels = looks(rows["method"])
    body = []
    for key, part in _by_method(rows, group):
        settings = dict(zip(group, key, strict=True))
        method = str(settings["method"])
        cells = [
            _method(labels[method].label, labels[method].colour)
            if column == "method"
            else _cell(settings[column])
            for column in shown
        ]
        seeds = part["seed"].nunique()
        cells.append(_cell(seeds))
        for score in scores:
            chosen = part[(part["task"] == score.task) & (part["metric"] == score.metric)]
            once_per_seed(chosen, group)
            beside = None
            if score.metric == "accuracy" and _as_published(settings, score.task):
                beside = told.get((method, score.task))
            cells.append(_score(chosen, score, ranges[score], beside, seeds))
        body.append((method, cells))
    heads = [_SETTINGS[column] for column in shown] + ["n"] + [score.heading for score in scores]
    return _table(name, title, heads, body)


def run_table(table: pd.DataFrame) -> str:
    """A row per run: its settings, and where and with what it was made."""
    known = table.assign(epochs=table["epoch"])
    columns = [column for column in _PROVENANCE if column in known]
    largest = [column for column in ("epochs", "seconds") if column in columns]
    identity = [column for column in columns if column not in largest]
    runs = known.groupby(identity, dropna=False, sort=False)[largest].max().reset_index()
    labels = looks(table["method"])
    body = []
    for _, part in _by_method(runs, ["method", "pairs", "seed"]):
        for run in part.to_dict("records"):
            method = str(run["method"])
            cells = [
                _method(labels[method].label, labels[method].colour)
                if column == "method"
                else _cell(run[column])
                for column in columns
            ]
            body.append((method, cells))
    title = f"{len(body)} run{'s' if len(body) > 1 else ''}, with settings and provenance"
    return _table("runs", title, [_PROVENANCE[column] for column in columns], body)


def published_accuracy(published: pd.DataFrame) -> dict[tuple[str, str], float]:
    """(method, task) → published accuracy in percent."""
    keys = zip(published["method"], published["task"], strict=True)
    return dict(zip(keys, published["accuracy"], strict=True))


def _by_method(
    rows: pd.DataFrame, group: Sequence[str]
) -> Iterable[tuple[tuple[object, ...], pd.DataFrame]]:
    """Groups of rows: methods in the order of every legend, then settings in theirs."""
    order = {name: k for k, name in enumerate(looks(rows["method"]))}
    at = list(group).index("method")
    return sorted(
        ((tuple(key), part) for key, part in rows.groupby(list(group), dropna=False)),
        key=lambda item: order[str(item[0][at])],
    )


def _as_published(settings: dict[str, object], task: str) -> bool:
    """Whether a row was learnt as the published values of a task were."""
    return settings["pairs"] == LEARNT_FROM[task] and settings.get("weights", "") == ""


def _range(table: pd.DataFrame, score: Score) -> tuple[float, float]:
    """Chance and limit of a score, as the exact rows tell them."""
    names = {"accuracy": ("chance", "accuracy"), "auc": ("auc_chance", "auc")}
    low, high = names.get(score.metric, ("bits_chance", "bits"))
    exact = table[(table["probe"] == "exact") & (table["task"] == score.task)]
    values = exact.groupby("metric")["value"].first()
    return float(values.get(low, 0.0)), float(values.get(high, 1.0))


def _score(
    rows: pd.DataFrame,
    score: Score,
    limits: tuple[float, float],
    published: float | None,
    seeds: int,
) -> str:
    """A cell: the mean, its interval and a bar from chance to the limit; each seed on hovering."""
    if rows.empty:
        return '<td data-sort=""><span class="none">–</span></td>'
    values = rows["value"].to_numpy()
    over = OverSeeds.of(values[:, None])
    mean, low, high = (score.scale * float(part[0]) for part in (over.mean, over.low, over.high))
    part = np.clip((over.mean[0] - limits[0]) / (limits[1] - limits[0]), 0, 1)
    each = ", ".join(
        f"seed {seed:g}: {score.scale * value:.{score.digits}f}"
        for seed, value in sorted(zip(rows["seed"], values, strict=True))
    )
    text = f'<span class="value">{mean:.{score.digits}f}</span>'
    if over.n > 1:
        text += f' <span class="interval">{low:.{score.digits}f} to {high:.{score.digits}f}</span>'
    if over.n != seeds:
        text += f' <span class="interval">n = {over.n}</span>'
    if published is not None:
        text += f' <span class="published">published {published:.1f}</span>'
    return (
        f'<td class="score" data-sort="{mean:.6g}" style="--part:{part:.3f}" '
        f'title="{escape(each)}">{text}</td>'
    )


def _method(label: str, colour: str) -> str:
    return (
        f'<th scope="row" data-sort="{escape(label)}">'
        f'<span class="swatch" style="background:{colour}"></span>{escape(label)}</th>'
    )


def _cell(value: object) -> str:
    """A setting: numbers at the right, an empty one as a dash."""
    if isinstance(value, int | float | np.integer | np.floating):
        if not np.isfinite(float(value)):
            return '<td data-sort=""><span class="none">–</span></td>'
        return f'<td class="number" data-sort="{value:g}">{value:g}</td>'
    text = escape(str(value))
    return f'<td data-sort="{text}">{text or "<span class=none>–</span>"}</td>'


def _table(
    name: str, title: str, heads: Sequence[str], body: Sequence[tuple[str, Sequence[str]]]
) -> str:
    """A sortable table."""
    columns = "".join(
        f'<th scope="col" aria-sort="none"><button type="button">{escape(head)}</button></th>'
        for head in heads
    )
    rows = "\n".join(
        f'<tr data-method="{escape(method)}">{"".join(cells)}</tr>' for method, cells in body
    )
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(title)}">'
        f'<table id="{name}"><caption>{escape(title)}</caption>\n'
        f"<thead><tr>{columns}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></div>"
    )
