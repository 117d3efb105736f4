"""Figures that are made but not laid out or not rendered, for tests of the commands around them.

Layout and rendering take most of a figure's time. They depend on the figure alone, and the tests of
the figures do both.
"""

from pathlib import Path

import pytest

from interaction_probes.common.plotting import PlainFigure

_COARSE = {"dpi": 40}
_PNG = b"\x89PNG\r\n\x1a\n"


def without_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Panels stay where they are made: no layout engine makes room for labels."""
    make = PlainFigure.__init__

    def instead(self, changes=None, layout=None, **options):
        make(self, changes, layout=None, **options)

    monkeypatch.setattr(PlainFigure, "__init__", instead)


def coarsely(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor are there many pixels in a PNG."""
    without_layout(monkeypatch)
    save = PlainFigure.savefig
    monkeypatch.setattr(
        PlainFigure, "savefig", lambda self, file, **options: save(self, file, **options | _COARSE)
    )


def without_rendering(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is anything drawn: a file of a figure is the first bytes of a PNG."""
    without_layout(monkeypatch)

    def instead(self, file, **options):
        if isinstance(file, str | Path):
            Path(file).write_bytes(_PNG)
        else:
            file.write(_PNG)

    monkeypatch.setattr(PlainFigure, "savefig", instead)
