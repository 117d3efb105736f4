"""Titles of panels, broken into lines that are no wider than their panel."""

from matplotlib import rcParams
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

#: Inches from one line of a title to the next.
TITLE_LINE = 0.13


def wrap_title(text: str, width: float) -> str:
    """A title broken between words, and within a word that is wider than the panel.

    Inside of the style's block, since it measures the style's font.

    Args:
        text: the title.
        width: of the panel, in inches.
    """
    lines = []
    rest = text.strip()
    while len(rest) > 1 and not _fits(rest, width):
        end = max((k for k in range(2, len(rest)) if _fits(rest[:k], width)), default=1)
        space = rest.rfind(" ", 1, end + 1)
        end = end if space == -1 else space
        lines.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return "\n".join([*lines, rest])


def _fits(line: str, width: float) -> bool:
    font = FontProperties(
        family=rcParams["font.family"],
        size=rcParams["axes.titlesize"],
        weight=rcParams["axes.titleweight"],
    )
    points, _, _ = text_to_path.get_text_width_height_descent(line, font, ismath=False)
    return points <= 72 * width
