"""The report as one HTML page: heading, filter of methods, then the sections of `SECTIONS`.

A section is one entry of `SECTIONS` and one template, ``templates/section_NAME.html``; a table of
scores is one entry of `SCORE_TABLES`, a figure one of `FIGURES`.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from interaction_probes.analysis.conclusions.purity import purity_note
from interaction_probes.analysis.dataset_rows import (
    check_one_dataset,
    dataset_name,
    is_of_datasets,
)
from interaction_probes.analysis.names import method_labels
from interaction_probes.analysis.published import comparable_published, why_none_published
from interaction_probes.analysis.results_table import check_one_version
from interaction_probes.analysis.row_filters import (
    default_loss_rows,
    linear_probe_rows,
    usual_design_rows,
)
from interaction_probes.analysis.subset_profiles import (
    check_one_number_of_images,
    is_of_samples,
)
from interaction_probes.figures.drawing.design_styles import designs_note
from interaction_probes.figures.drawing.style import method_styles

from .html import render
from .label_page import draw_of_dataset, label_tables
from .page_figures import FIGURES, draw_all
from .page_tables import SCORE_TABLES, run_table, scores_by_setting


@dataclass(frozen=True)
class Section:
    """A section of the page.

    Attributes:
        name: its HTML id; its template is ``section_NAME.html``.
        title: its heading.
        content: (results, published values) → the values that its template names.
    """

    name: str
    title: str
    content: Callable[[pd.DataFrame, pd.DataFrame], Mapping[str, object]]


def page(table: pd.DataFrame, published: pd.DataFrame, title: str) -> str:
    """The whole page.

    A figure that the table cannot fill is left out, and the page says which rows are missing.

    Args:
        table: tidy results.
        published: method, task and accuracy in percent.
        title: the heading.

    Raises:
        ValueError: a table without results of the linear probe, runs of several numbers of images
            or on several datasets, of several versions of a preset, or a seed that counts twice.
    """
    check_one_version(table)
    of_dataset = is_of_datasets(table)
    if of_dataset:
        linear_probe_rows(table, "best_epoch")
        check_one_dataset(table)
        published = published[:0]
    else:
        linear_probe_rows(table, "accuracy")  # refuses a table without such rows
        check_one_number_of_images(table)
        if is_of_samples(table):
            published = published[:0]  # it is of pairs
    sections = [
        {
            "name": section.name,
            "title": section.title,
            "html": render(f"section_{section.name}.html", **section.content(table, published)),
        }
        for section in (SECTIONS_OF_DATASETS if of_dataset else SECTIONS)
    ]
    text = render(
        "page.html",
        title=title,
        overview=_overview(table),
        methods=[
            {"name": name, "look": method_style}
            for name, method_style in method_styles(table["method"]).items()
        ],
        sections=sections,
    )
    check_ids(text)
    return str(text)  # not as Markup, which escapes what is put into it


def default_title(table: pd.DataFrame) -> str:
    """What the results are of: a dataset by its file, else the interactions that are known."""
    if is_of_datasets(table):
        return f"Linear-probe scores on {dataset_name(table)}"
    return "Redundancy, uniqueness and synergy"


def check_ids(html: str) -> None:
    """Refuse a page in which an id stands twice: links to the second would lead to the first.

    Raises:
        ValueError: it names the ids.
    """
    counts = Counter(re.findall(r'\sid="([^"]+)"', html))
    if repeated := [name for name, count in counts.items() if count > 1]:
        raise ValueError(
            f"the report uses an id twice: {', '.join(repeated)}; sections, tables and figures "
            "each need a name of their own"
        )


def _scores(table: pd.DataFrame, published: pd.DataFrame) -> dict[str, object]:
    """Tables of methods, none where all runs are of other designs; a table of every setting."""
    usual = usual_design_rows(default_loss_rows(table))
    why_none = why_none_published(published, table)
    published = comparable_published(published, table)
    built = [] if usual.empty else [build(table, published) for build in SCORE_TABLES]
    return {
        "designs": "" if usual.empty else designs_note(usual, is_of_samples(table)),
        "purity": purity_note(table),
        "tables": [each for each in built if each is not None],
        "none_published": why_none,
        "sources": _sources(published[published["method"].isin(usual["method"])]),
        "settings": scores_by_setting(table),
    }


def _figures(table: pd.DataFrame, published: pd.DataFrame) -> dict[str, object]:
    return {"figures": draw_all(FIGURES, table, published)}


def _runs(table: pd.DataFrame, _: pd.DataFrame) -> dict[str, object]:
    return {"table": run_table(table)}


#: In the order of the page.
SECTIONS = (
    Section("scores", "Scores", _scores),
    Section("figures", "Figures", _figures),
    Section("made", "Runs", _runs),
    Section("reading", "How to read this", lambda *_: {}),
)


#: Those of runs on a dataset.
SECTIONS_OF_DATASETS = (
    Section("label_scores", "Scores", lambda table, _: {"tables": label_tables(table)}),
    Section("figures", "Figures", lambda table, _: {"figures": draw_of_dataset(table)}),
    Section("made", "Runs", _runs),
    Section("label_reading", "How to read this", lambda *_: {}),
)


def _sources(published: pd.DataFrame) -> str:
    """Where published values are from, and what must be known to compare with them."""
    labels = method_labels(published["method"])
    sentences = []
    for method, rows in published.groupby("method", sort=False):
        texts = [rows.get(name, pd.Series(dtype=str)).fillna("") for name in ("source", "note")]
        if words := "; ".join(dict.fromkeys(filter(None, [*texts[0], *texts[1]]))):
            sentences.append(f"{labels[str(method)]}: {words}")
    return ". ".join(sentences)


def _overview(table: pd.DataFrame) -> str:
    """How many methods, runs and seeds the table has, and which presets, in a line."""
    parts = [_count(table["method"].nunique(), "method")]
    if "run" in table:
        parts.append(_count(table["run"].nunique(), "run"))
    names = sorted(set(table["preset"]))
    parts.append(_count(table["seed"].nunique(), "seed"))
    parts.append(f"preset{'s' if len(names) > 1 else ''} {', '.join(names)}")
    if is_of_datasets(table):
        known = dataset_name(table), str(table["pairs"].iloc[0])
        parts.append(" ".join(dict.fromkeys(known)))
    return " · ".join(parts)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"
