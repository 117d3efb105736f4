"""A session whose settings of matplotlib would change or break every figure that took them."""

import contextlib
import io

import matplotlib
from cycler import cycler

#: What a matplotlibrc can set: LaTeX, which may be missing, other fonts, colours, sizes and files.
HOSTILE = {
    "text.usetex": True,
    "axes.prop_cycle": cycler(color=["red", "lime"]),
    "font.family": "monospace",
    "font.size": 20,
    "axes.facecolor": "black",
    "axes.titley": 0.5,
    "axes.xmargin": 0.4,
    "lines.marker": "x",
    "lines.linestyle": ":",
    "patch.force_edgecolor": True,
    "image.cmap": "jet",
    "image.origin": "lower",
    "xtick.direction": "in",
    "xtick.top": True,
    "ytick.labelright": True,
    "legend.frameon": True,
    "legend.numpoints": 3,
    "figure.dpi": 37,
    "figure.figsize": (1.0, 1.0),
    "figure.autolayout": True,
    "figure.facecolor": "yellow",
    "savefig.dpi": 41,
    "savefig.bbox": "tight",
    "savefig.facecolor": "pink",
    "savefig.transparent": True,
    "path.sketch": (5, 100, 2),
    "svg.fonttype": "none",
    "svg.hashsalt": "other",
    "pdf.fonttype": 3,
}


def matplotlibrc(path):
    """The settings as a file that MATPLOTLIBRC can name."""
    lines = [
        f"{key}: {', '.join(map(str, value)) if isinstance(value, tuple) else value}"
        for key, value in HOSTILE.items()
    ]
    path.write_text("\n".join([*lines, "backend: tkagg"]) + "\n")
    return path


@contextlib.contextmanager
def hostile_session():
    """The settings inside the block; they must still be there at its end."""
    with matplotlib.rc_context(HOSTILE):
        before = dict(matplotlib.rcParams)
        yield
        assert dict(matplotlib.rcParams) == before


def png(figure):
    """A figure as bytes, at a size that is quick."""
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=50)
    return content.getvalue()
