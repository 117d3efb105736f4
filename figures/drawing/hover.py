"""What a mark shows when a reader points at it: its value, in words.

Any artist can carry a text and the method that it belongs to. In SVG the text becomes a tooltip
and the method an attribute by which a page can fade the marks of one; other formats ignore both.
"""

import json
import re
import urllib.parse
from xml.sax.saxutils import escape, quoteattr

from matplotlib.artist import Artist

_PREFIX = "mark-"
_GROUP = re.compile(rf'<g id="{_PREFIX}([^"]*)">')


def describe(artist: Artist, method: str, text: str = "") -> None:
    """Say which method an artist belongs to, and what a reader sees who points at it."""
    artist.set_gid(_PREFIX + urllib.parse.quote(json.dumps([method, text]), safe=""))


def described(artist: Artist) -> tuple[str, str] | None:
    """(method, text) of an artist that was described."""
    gid = artist.get_gid() or ""
    if not gid.startswith(_PREFIX):
        return None
    method, text = json.loads(urllib.parse.unquote(gid.removeprefix(_PREFIX)))
    return method, text


def with_tooltips(svg: str) -> str:
    """SVG as matplotlib writes it, with the descriptions as tooltips and attributes."""

    def group(found: re.Match[str]) -> str:
        method, text = json.loads(urllib.parse.unquote(found[1]))
        opening = f'<g class="mark" data-method={quoteattr(method)}'
        if not text:
            return f"{opening}>"
        return f"{opening} data-value={quoteattr(text)}><title>{escape(text)}</title>"

    return _GROUP.sub(group, svg)
