"""The report as one HTML text: heading, filter, tables, figures as inline SVG, reading aid."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from importlib.resources import files

import pandas as pd
from matplotlib.figure import Figure

from interaction_probes.analysis.published import beside
from interaction_probes.analysis.table import linear, plain_loss, usual_designs
from interaction_probes.figures.ablation import ablation
from interaction_probes.figures.drawing.save import as_svg
from interaction_probes.figures.drawing.style import DESIGNS, looks
from interaction_probes.figures.dynamics import dynamics
from interaction_probes.figures.information import information
from interaction_probes.figures.interactions import interactions
from interaction_probes.figures.strength import strength
from interaction_probes.figures.synergy import synergy

from .page_tables import ACCURACY, BITS, method_table, run_table, setting_table


@dataclass(frozen=True)
class _Drawing:
    """A figure of the page: its anchor, heading, what it shows, and how it is drawn."""

    name: str
    title: str
    shows: str
    draw: Callable[[pd.DataFrame, pd.DataFrame], Figure]


_DRAWINGS = (
    _Drawing(
        "interactions",
        "Redundancy, uniqueness, synergy",
        "Accuracy of the linear probe at the last epoch, beside published values.",
        lambda table, published: interactions(table, published),
    ),
    _Drawing(
        "synergy",
        "Synergy, learnt or not",
        "How well the probe ranks pairs by S, and how much of that pairs with the mapping taught.",
        lambda table, _: synergy(table),
    ),
    _Drawing(
        "information",
        "Bits captured, bits available",
        "How much of the information that is exactly known to be there a linear probe can use.",
        lambda table, _: information(table),
    ),
    _Drawing(
        "dynamics",
        "Learning dynamics",
        "When each interaction is learnt, epoch by epoch.",
        lambda table, _: dynamics(table),
    ),
    _Drawing(
        "ablation",
        "Ablation of the loss",
        "The same for one method with terms of its loss switched off.",
        lambda table, _: ablation(table),
    ),
    _Drawing(
        "strength",
        "Calibration",
        "Captured bits as the design puts more of them into the pretraining pairs.",
        lambda table, _: strength(table),
    ),
)

_READING = (
    (
        "R, U1, U2, S",
        "Redundancy (an attribute that both images share), uniqueness (an attribute of one image) "
        "and synergy (a mapping that can be seen only across the two).",
    ),
    (
        "accuracy",
        "Macro accuracy of a linear probe on frozen features, in percent. Chance is 50 for S and "
        "1 / classes for the others.",
    ),
    (
        "AUC of S",
        "How often the probe ranks a pair that obeys the mapping above one that does not: chance "
        "is .5. Fused models are above it even where they never met the mapping, so only what "
        "biased pairs add to unbiased ones was learnt.",
    ),
    (
        "captured bits",
        "H(Y) − cross-entropy of the probe. The exact limit is known from the generator's factor "
        "tables.",
    ),
    (
        "interval",
        "95 %, by bootstrap of seeds; n is the number of seeds. With few it is too narrow: up to "
        "n = 3 it is their range.",
    ),
    (
        "additive limit",
        "No threshold on a sum of single-image scores exceeds it on S (75 % where as many "
        "values are mapped as there are); more needs a feature of the interaction. Less does not "
        "prove that there is none.",
    ),
    (
        "published",
        "At the papers' own scale (224 pixels, 100 epochs), which other presets do not share.",
    ),
)


def page(table: pd.DataFrame, published: pd.DataFrame, title: str) -> str:
    """The whole page.

    A figure that the table cannot fill is left out, and the page says which rows are missing.

    Args:
        table: tidy results.
        published: method, task and accuracy in percent.
        title: the heading.

    Raises:
        ValueError: a table without results of the linear probe, or a seed that counts twice.
    """
    linear(table, "accuracy")
    published = beside(published, table)
    parts = [
        _head(title),
        f"<header><h1>{escape(title)}</h1><p>{_summary(table)}</p></header>",
        _filter(table),
        '<main>\n<section aria-labelledby="scores"><h2 id="scores">Scores</h2>',
        "<p>Linear probe at the last epoch: mean over seeds, 95 % interval, and how far it is from "
        f"chance to the exact limit (bar). {DESIGNS} "
        "Click a heading to sort.</p>",
        _scores(table, published),
        "<details><summary>Every setting</summary>",
        setting_table("settings", "Accuracy (%) of every setting", table, ACCURACY),
        "</details>",
        '</section>\n<section aria-labelledby="figures"><h2 id="figures">Figures</h2>',
        "<p>Point at a mark to read its value.</p>",
        *(_figure(drawing, table, published) for drawing in _DRAWINGS),
        '</section>\n<section aria-labelledby="made"><h2 id="made">Runs</h2>',
        run_table(table),
        '</section>\n<section aria-labelledby="reading"><h2 id="reading">How to read this</h2>',
        "<dl>",
        *(f"<dt>{escape(term)}</dt><dd>{escape(text)}</dd>" for term, text in _READING),
        "</dl></section>\n</main>",
        '<div id="tip" role="tooltip" hidden></div>',
        f"<script>{_asset('report.js')}</script>\n</body>\n</html>\n",
    ]
    return "\n".join(parts)


def _scores(table: pd.DataFrame, published: pd.DataFrame) -> str:
    """The tables of methods; a sentence where the table has runs of other designs only."""
    usual = usual_designs(plain_loss(table))
    if usual.empty:
        return (
            '<p class="left-out">No runs on unbiased or biased pairs with a method\'s own loss.</p>'
        )
    tables = [method_table("accuracy", "Accuracy (%)", table, ACCURACY, published)]
    if (usual["probe"] == "public").any():
        title = "Accuracy (%) by the public code's protocol"
        tables.append(method_table("public", title, table, ACCURACY, published, "public"))
    tables.append(method_table("bits", "Captured bits", table, BITS))
    shown = published[published["method"].isin(usual["method"])]
    return "\n".join([*tables, *_of_published(shown)])


def _of_published(published: pd.DataFrame) -> list[str]:
    """Where published values are from, and what must be known to compare with them; a paragraph."""
    labels = looks(published["method"])
    said = []
    for method, rows in published.groupby("method", sort=False):
        told = [rows.get(name, pd.Series(dtype=str)).fillna("") for name in ("source", "note")]
        words = "; ".join(dict.fromkeys(filter(None, [*told[0], *told[1]])))
        said += [f"{labels[str(method)].label}: {words}"] if words else []
    return [f'<p class="note">Published values. {escape(". ".join(said))}.</p>'] if said else []


def _head(title: str) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        # The page asks nothing of any server, and says so to the browser.
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n"
        f"<title>{escape(title)}</title>\n<style>{_asset('report.css')}</style>\n</head>\n<body>"
    )


def _asset(name: str) -> str:
    return "\n" + files(__package__).joinpath(name).read_text(encoding="utf-8")


def _summary(table: pd.DataFrame) -> str:
    """What the table holds, in a line."""
    methods, seeds = table["method"].nunique(), table["seed"].nunique()
    parts = [_count(methods, "method")]
    if "run" in table:
        parts.append(_count(table["run"].nunique(), "run"))
    names = sorted(set(table["preset"]))
    parts.append(_count(seeds, "seed"))
    parts.append(f"preset{'s' if len(names) > 1 else ''} {escape(', '.join(names))}")
    return " · ".join(parts)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"


def _filter(table: pd.DataFrame) -> str:
    boxes = "\n".join(
        f'<label><input type="checkbox" value="{escape(name)}" checked>'
        f'<span class="swatch" style="background:{look.colour}"></span>{escape(look.label)}</label>'
        for name, look in looks(table["method"]).items()
    )
    return (
        f'<form id="filter"><fieldset><legend>Methods</legend>\n{boxes}\n'
        '<button type="button" id="all">all</button></fieldset>'
        '<output id="shown" aria-live="polite"></output></form>'
    )


def _figure(drawing: _Drawing, table: pd.DataFrame, published: pd.DataFrame) -> str:
    heading = f"<h3>{escape(drawing.title)}</h3>"
    try:
        figure = drawing.draw(table, published)
    except ValueError as error:
        return (
            f'<div class="left-out" id="{drawing.name}">{heading}'
            f"<p>Not drawn: {escape(str(error))}.</p></div>"
        )
    return (
        f'<figure id="{drawing.name}">'
        f"<figcaption>{heading}<p>{escape(drawing.shows)}</p></figcaption>\n"
        f"{inline_svg(as_svg(figure, letters=True), drawing.name, drawing.title)}</figure>"
    )


def inline_svg(svg: str, prefix: str, title: str) -> str:
    """SVG to stand in a page among others: no prolog, no fixed size, ids that are its own."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', svg)
    svg = re.sub(r'href="#([^"]+)"', rf'href="#{prefix}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", svg)
    opening, rest = svg.split(">", 1)
    view = re.search(r'viewBox="[^"]+"', opening)
    size = f"{view[0]} " if view else ""
    spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f'<svg {size}role="img" aria-label="{escape(title)}" {spaces}>{rest.strip()}'
