"""The report's tables as HTML: scores of every method and task, and the runs they come from.

Rows and columns follow the columns that a table of results has; cells carry what a script sorts
by (``data-sort``) and rows the method that they belong to (``data-method``).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd

from interaction_probes.analysis.names import number
from interaction_probes.analysis.seeds import OverSeeds
from interaction_probes.analysis.table import (
    last_epoch,
    learnt,
    once_per_seed,
    plain_loss,
    short_number,
    usual_designs,
)
from interaction_probes.figures.drawing.style import TASKS, looks

_HEADINGS = {
    "method": "Method",
    "preset": "Preset",
    "pairs": "Learnt from",
    "weights": "Loss weights",
}
#: What is told of each run first, where a table has it; its other columns follow by their names.
_PROVENANCE = {
    "run": "Run",
    **_HEADINGS,
    "seed": "Seed",
    "epoch": "Epochs",
    "seconds": "Seconds",
    "device": "Device",
    "processor": "Processor",
    "precision": "Precision",
    "threads": "Threads",
    "method_file": "File of the method",
}
#: Columns that tell of a value, not of its run.
_MEASURED = ("task", "probe", "metric", "value")


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


def method_table(
    name: str,
    title: str,
    table: pd.DataFrame,
    scores: Sequence[Score],
    published: pd.DataFrame | None = None,
    probe: str = "linear",
) -> str:
    """A row per method, a column per score: mean over seeds, 95 % interval, n.

    As in the figures, R and U are of runs on unbiased pairs and S of runs on biased ones, with the
    method's own loss.

    Args:
        name: the id of the table.
        title: its caption.
        table: tidy results.
        scores: the columns.
        published: method, task and accuracy in percent, told beside accuracies.
        probe: whose scores.

    Raises:
        ValueError: there are no such runs, or a seed counts twice.
    """
    rows = last_epoch(usual_designs(plain_loss(table[table["probe"] == probe])))
    if rows.empty:
        raise ValueError("the table has no runs on unbiased or biased pairs with a plain loss")
    told = {} if published is None else published_accuracy(published)
    chosen = {score: learnt(rows[rows["metric"] == score.metric], score.task) for score in scores}
    return _score_table((name, title), table, ["method", "preset"], chosen, told)


def setting_table(name: str, title: str, table: pd.DataFrame, scores: Sequence[Score]) -> str:
    """A row per method and setting: design of the pairs, loss weights, preset.

    Raises:
        ValueError: a seed counts twice.
    """
    rows = last_epoch(table[table["probe"] == "linear"])
    group = [column for column in _HEADINGS if column in rows]
    chosen = {
        score: rows[(rows["metric"] == score.metric) & (rows["task"] == score.task)]
        for score in scores
    }
    return _score_table((name, title), table, group, chosen, {})


def _score_table(
    called: tuple[str, str],
    table: pd.DataFrame,
    group: Sequence[str],
    chosen: Mapping[Score, pd.DataFrame],
    published: Mapping[tuple[str, str], float],
) -> str:
    every = pd.concat(list(chosen.values()))
    shown = [c for c in group if c == "method" or every[c].nunique() > 1]
    by_preset = table.groupby("preset")
    ranges = {name: {score: _range(rows, score) for score in chosen} for name, rows in by_preset}
    labels = looks(every["method"])
    parts = {score: dict(list(rows.groupby(list(group)))) for score, rows in chosen.items()}
    body = []
    for key, part in _by_method(every, group):
        settings = dict(zip(group, key, strict=True))
        method = str(settings["method"])
        seeds = part["seed"].nunique()
        cells = [
            _method(labels[method].label, labels[method].colour)
            if column == "method"
            else _cell(settings[column])
            for column in shown
        ]
        cells.append(_cell(seeds))
        for score in chosen:
            rows = parts[score].get(key, every[:0])
            once_per_seed(rows, group)
            beside = published.get((method, score.task)) if score.metric == "accuracy" else None
            limits = ranges[settings["preset"]][score]
            cells.append(_score(rows, score, limits, beside, seeds))
        body.append((method, cells))
    heads = [_HEADINGS[column] for column in shown] + ["n"] + [score.heading for score in chosen]
    return _table(*called, heads, body)


def run_table(table: pd.DataFrame) -> str:
    """A row per run: its settings, where and with what it was made, all that the table says."""
    told = [str(column) for column in table if column not in _MEASURED]
    columns = [c for c in _PROVENANCE if c in told] + [c for c in told if c not in _PROVENANCE]
    one = ["run"] if "run" in table else [c for c in (*_HEADINGS, "seed") if c in table]
    # In the order of the epochs, so that a run's last row tells its last epoch.
    runs = table.sort_values("epoch", kind="stable").drop_duplicates(one, keep="last")
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
    return _table("runs", title, [_PROVENANCE.get(c) or c for c in columns], body)


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
        f"seed {short_number(seed)}: {number(score.scale * value, score.digits)}"
        for seed, value in sorted(zip(rows["seed"], values, strict=True))
    )
    text = f'<span class="value">{number(mean, score.digits)}</span>'
    if over.n > 1:
        ends = f"{number(low, score.digits)} to {number(high, score.digits)}"
        text += f' <span class="interval">{ends}</span>'
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
        text = short_number(value)
        return f'<td class="number" data-sort="{text}">{text}</td>'
    text = escape(str(value))
    return f'<td data-sort="{text}">{text or "<span class=none>–</span>"}</td>'


def _table(
    name: str, title: str, heads: Sequence[str], body: Sequence[tuple[str, Sequence[str]]]
) -> str:
    """A sortable table."""
    right = [cell.startswith('<td class="number"') for cell in body[0][1]]
    columns = "".join(
        f'<th scope="col" aria-sort="none"{" class=number" * at_right}>'
        f'<button type="button">{escape(head)}</button></th>'
        for head, at_right in zip(heads, right, strict=True)
    )
    rows = "\n".join(
        f'<tr data-method="{escape(method)}">{"".join(cells)}</tr>' for method, cells in body
    )
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(title)}">'
        f'<table id="{name}"><caption>{escape(title)}</caption>\n'
        f"<thead><tr>{columns}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></div>"
    )
