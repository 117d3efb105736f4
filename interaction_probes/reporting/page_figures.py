"""The report's figures: which there are, and each as SVG inside the page."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pandas as pd
from markupsafe import Markup
from matplotlib.figure import Figure

from interaction_probes.analysis.names import method_labels
from interaction_probes.analysis.subset_profiles import is_of_samples
from interaction_probes.figures.ablation import ablated_methods, ablation
from interaction_probes.figures.drawing.save import as_svg
from interaction_probes.figures.dynamics import dynamics
from interaction_probes.figures.information import information
from interaction_probes.figures.interactions import interactions
from interaction_probes.figures.profile import profile
from interaction_probes.figures.strength import strength
from interaction_probes.figures.synergy import synergy

from .html import render


@dataclass(frozen=True)
class Drawn:
    """A figure as the page shows it.

    Attributes:
        name: its HTML id.
        title: its heading.
        caption: what it shows.
        svg: None where the table cannot fill it.
        reason: why there is no SVG.
    """

    name: str
    title: str
    caption: str
    svg: Markup | None
    reason: str = ""


@dataclass(frozen=True)
class ReportFigure:
    """A figure of the report.

    Attributes:
        name: its HTML id.
        title: its heading.
        caption: what it shows.
        figure: (results, published values) → the figure. It raises ValueError where the table
            cannot fill it.
    """

    name: str
    title: str
    caption: str
    figure: Callable[[pd.DataFrame, pd.DataFrame], Figure]

    def draw(self, table: pd.DataFrame, published: pd.DataFrame) -> Drawn:
        """Draw it, or keep the reason why it cannot be drawn."""
        named = self.name, self.title, self.caption
        try:
            figure = self.figure(table, published)
        except ValueError as error:
            return Drawn(*named, None, str(error))
        return Drawn(*named, inline_svg(as_svg(figure, letters=True), self.name, self.title))


def ablations_of_methods(
    whole: ReportFigure, table: pd.DataFrame, draw: Callable[..., Figure]
) -> list[ReportFigure]:
    """A figure for each method that the table has an ablation of; the whole where it is one.

    Args:
        whole: the figure that chooses the method itself, and says why there is none.
        table: tidy results.
        draw: the figure of a table and of one ``method`` of several.
    """

    def of_method(method: str) -> Callable[[pd.DataFrame, pd.DataFrame], Figure]:
        return lambda table, _: draw(table, method=method)

    methods = ablated_methods(table)
    if len(methods) < 2:
        return [whole]
    labels = method_labels(table["method"])
    return [
        replace(
            whole,
            name=f"{whole.name}-{k}" if k > 1 else whole.name,
            title=f"{whole.title}: {labels[name]}",
            figure=of_method(name),
        )
        for k, name in enumerate(methods, start=1)
    ]


def draw_all(
    figures: Sequence[ReportFigure], table: pd.DataFrame, published: pd.DataFrame
) -> list[Drawn]:
    """Figures in the order of the page; an ablation for each method that has one.

    Of three images and more the profile is the first, and a line names those of pairs alone.
    """
    if is_of_samples(table):
        return _of_samples(figures, table, published)
    return [each.draw(table, published) for each in _with_ablations(figures, table)]


def _with_ablations(figures: Sequence[ReportFigure], table: pd.DataFrame) -> list[ReportFigure]:
    found: list[ReportFigure] = []
    for each in figures:
        found += ablations_of_methods(each, table, ablation) if each is _ABLATION else [each]
    return found


def _of_samples(
    figures: Sequence[ReportFigure], table: pd.DataFrame, published: pd.DataFrame
) -> list[Drawn]:
    shown = [each for each in figures if each.name in _OF_ANY_IMAGES]
    drawn = [each.draw(table, published) for each in (_PROFILE, *_with_ablations(shown, table))]
    others = [each.name for each in figures if each.name not in _OF_ANY_IMAGES]
    reason = f"{', '.join(others)}: these runs are of three images or more"
    of_pairs = Drawn("of-pairs", "Figures of pairs", "", None, reason)
    return [*drawn, *([of_pairs] if others else [])]


_ABLATION = ReportFigure(
    "ablation",
    "Ablation of the loss",
    "The same for one method with terms of its loss switched off.",
    lambda table, _: ablation(table),
)

#: Names of figures that show the tasks of three images and more as well.
_OF_ANY_IMAGES = ("dynamics", "ablation", "strength")
#: The first of three images and more.
_PROFILE = ReportFigure(
    "profile",
    "The information profile",
    "Bits captured from each subset of the images in the bits that all images have.",
    lambda table, _: profile(table),
)

#: In the order of the page.
FIGURES = (
    ReportFigure(
        "interactions",
        "Redundancy, uniqueness, synergy",
        "Accuracy of the linear probe at the last epoch, beside comparable published values.",
        lambda table, published: interactions(table, published),
    ),
    ReportFigure(
        "synergy",
        "Synergy, learnt or not",
        "How well the probe ranks pairs by S, and how much of that pairs with the mapping taught.",
        lambda table, _: synergy(table),
    ),
    ReportFigure(
        "information",
        "Bits captured, bits available",
        "How much of the information that is exactly known to be there a linear probe can use.",
        lambda table, _: information(table),
    ),
    ReportFigure(
        "dynamics",
        "Learning dynamics",
        "When each interaction is learnt, epoch by epoch.",
        lambda table, _: dynamics(table),
    ),
    _ABLATION,
    ReportFigure(
        "strength",
        "Calibration",
        "Captured bits as the design puts more of them into the pretraining pairs.",
        lambda table, _: strength(table),
    ),
)


def inline_svg(svg: str, prefix: str, title: str) -> Markup:
    """SVG for a page with others: no prolog, no fixed size, ids that begin with the prefix."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', svg)
    svg = re.sub(r'href="#([^"]+)"', rf'href="#{prefix}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", svg)
    opening, inner = svg.split(">", 1)
    view = re.search(r'viewBox="([^"]+)"', opening)
    # matplotlib escapes the texts that it draws.
    return render(
        "svg.html", title=title, view_box=view[1] if view else None, inner=Markup(inner.strip())
    )
