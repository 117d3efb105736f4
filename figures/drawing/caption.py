"""The small print under a figure, which a paper sets as its caption instead."""

import re
import textwrap

from matplotlib.figure import Figure

from .style import FAINT

_SIZE = 6.5  # points
_LINE = 0.11  # inches from one line to the next
#: What LaTeX does not read as it stands.
_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "%&#_${}"},
    "−": "$-$",
    "±": r"$\pm$",
    "×": r"$\times$",
    "ρ": r"$\rho$",
    "Σ": r"$\Sigma$",
    "ᵢ": "$_i$",
    "–": "--",
}


def caption(figure: Figure, text: str) -> None:
    """Small print under a figure, broken into lines that fit its width.

    The figure grows by them, so that panels have the same size under long and short ones.
    """
    unbroken = text.replace(" %", "\N{NO-BREAK SPACE}%")
    lines = textwrap.wrap(unbroken, int(20 * figure.get_figwidth()), break_on_hyphens=False)
    figure.supxlabel("\n".join(lines), x=0.01, ha="left", fontsize=_SIZE, color=FAINT)
    figure.set_figheight(figure.get_figheight() + _LINE * len(lines))


def take_caption(figure: Figure) -> str:
    """Take the small print out of a figure, which shrinks by its lines; the text, as one line."""
    lines = figure.get_supxlabel().splitlines()
    figure.supxlabel("").set_in_layout(False)
    before = figure.get_figheight()
    after = before - _LINE * len(lines)
    figure.set_figheight(after)
    if figure.get_layout_engine() is None:  # axes stand where they were put: keep them there
        for axes in figure.axes:
            left, bottom, width, height = axes.get_position().bounds
            bottom, height = (bottom * before - (before - after)) / after, height * before / after
            axes.set_position((left, bottom, width, height))
    return " ".join(lines).replace("\N{NO-BREAK SPACE}", " ")


def in_latex(text: str) -> str:
    """A text as LaTeX sets it: signs that mean something else there, and those that fonts lack."""
    kept = re.sub(r"(?<=\d) %", "\N{NO-BREAK SPACE}%", text)
    signs = {**_LATEX, "\N{NO-BREAK SPACE}": r"\,"}
    return "".join(signs.get(sign, sign) for sign in kept)
