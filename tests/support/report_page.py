"""What the tests read of a report: its HTML, and tables of it alone."""

from collections import Counter
from html.parser import HTMLParser

from interaction_probes.reporting.html import render

_VOID = {"meta", "input", "br"}


class Page(HTMLParser):
    """Checks that tags close in order, and keeps what the tests ask for."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.ids, self.tables = [], Counter(), [], {}
        self.cell, self.links = None, []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        known = dict(attributes)
        self.tags[tag] += 1
        self.links += [known[name] for name in ("src", "href", "xlink:href") if name in known]
        if "id" in known:
            self.ids.append(known["id"])
        if tag not in _VOID:
            self.open.append(tag)
        if tag == "table":
            self.rows = self.tables[known["id"]] = []
        if tag == "tr":
            self.rows.append((known.get("data-method"), []))
        if tag in ("td", "th"):
            self.cell = [known.get("data-sort"), "", known.get("title")]
            self.rows[-1][1].append(self.cell)

    def handle_startendtag(self, tag, attributes):
        if tag not in _VOID:
            self.handle_starttag(tag, attributes)
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if tag in ("td", "th"):
            self.cell = None

    def handle_data(self, data):
        if self.cell is not None:
            self.cell[1] += data


def as_html(table):
    """A table as it stands in the page."""
    return render("table.html", table=table)
