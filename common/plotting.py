"""Figures that no setting of a session changes: neither a matplotlibrc nor a backend.

It imports matplotlib, which takes half a second: import it where a figure is drawn.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import matplotlib.style
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure

_inside: ContextVar[bool] = ContextVar("inside", default=False)


@contextmanager
def default_settings(changes: Mapping[str, Any] | None = None) -> Iterator[None]:
    """Matplotlib's own defaults inside a ``with`` block, and the session's settings after it.

    The outermost block decides: inside another one nothing is set.

    Args:
        changes: settings that differ from the defaults.
    """
    if _inside.get():
        yield
        return
    token = _inside.set(True)
    try:
        with matplotlib.style.context(["default", dict(changes or {})]):
            yield
    finally:
        _inside.reset(token)


class PlainFigure(Figure):
    """A figure of no window, drawn and saved under settings of its own.

    Its canvas is matplotlib's plain one, which belongs to no backend; what writes a file is chosen
    by the format, so that a session's backend is not asked.

    Matplotlib reads many settings when a figure is drawn, not when it is made: those of tick labels
    for example. So they are set again then.

    Args:
        changes: settings that differ from matplotlib's defaults.
        options: as for :class:`matplotlib.figure.Figure`.
    """

    def __init__(self, changes: Mapping[str, Any] | None = None, **options: Any) -> None:
        self._changes = dict(changes or {})
        with default_settings(self._changes):
            super().__init__(**options)

    def draw(self, renderer: RendererBase) -> None:
        """Draw it, as :meth:`matplotlib.figure.Figure.draw` does."""
        with default_settings(self._changes):
            super().draw(renderer)

    def savefig(self, *arguments: Any, **options: Any) -> None:
        """Save it, as :meth:`matplotlib.figure.Figure.savefig` does."""
        with default_settings(self._changes):
            super().savefig(*arguments, **options)
