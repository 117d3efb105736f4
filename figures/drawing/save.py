"""Figures written to files: PNG, SVG or PDF by their suffix, each whole or not at all."""

import difflib
import io
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from interaction_probes.common.writing import write_atomically

from .hover import with_tooltips
from .style import style

_FORMATS = ("png", "svg", "pdf")


def check_suffix(path: Path) -> str:
    """The format that a file's name asks for.

    Raises:
        ValueError: none of png, svg and pdf.
    """
    found = path.suffix.removeprefix(".").lower()
    if found not in _FORMATS:
        close = difflib.get_close_matches(found, _FORMATS, n=1)
        hint = f"; did you mean .{close[0]}?" if close else ""
        raise ValueError(f"a figure is a .png, .svg or .pdf file, not {path.name!r}{hint}")
    return found


def save(figure: Figure, path: Path) -> None:
    """Write a figure; the same figure gives the same bytes.

    Raises:
        ValueError: an unknown suffix.
        OSError: the file cannot be written; an old one is then untouched.
    """
    form = check_suffix(path)
    if form == "svg":
        content = as_svg(figure).encode()
    else:
        picture = io.BytesIO()
        stamps = {"CreationDate": None} if form == "pdf" else None
        with style():
            figure.savefig(picture, format=form, dpi=300, metadata=stamps)
        content = picture.getvalue()
    write_atomically(path, content)


def as_svg(figure: Figure, letters: bool = False) -> str:
    """A figure as SVG with tooltips.

    Args:
        figure: the figure.
        letters: keep text as text, in the reader's own fonts, instead of outlines.
    """
    text = io.StringIO()
    with style(), matplotlib.rc_context({"svg.fonttype": "none" if letters else "path"}):
        figure.savefig(text, format="svg", metadata={"Date": None})
    return with_tooltips(text.getvalue())
