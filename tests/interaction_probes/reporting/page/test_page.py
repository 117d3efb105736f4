"""The page of a report: whole, of sections with names of their own, and every value escaped."""

import re
from collections import Counter

import pandas as pd
import pytest
from jinja2 import ChoiceLoader, DictLoader, UndefinedError
from report_page import Page

from interaction_probes.analysis.published import read_published
from interaction_probes.reporting import html
from interaction_probes.reporting import page as page_module
from interaction_probes.reporting.html import render
from interaction_probes.reporting.page import SECTIONS, Section, check_ids, page
from interaction_probes.reporting.page_figures import FIGURES


def test_the_page_is_whole_and_asks_for_nothing(text, read):
    assert type(text) is str
    assert read.tags["html"] == read.tags["main"] == read.tags["script"] == 1
    assert all(link.startswith("#") for link in read.links)
    assert not re.search(r"url\((?!#)|@import|https?://(?!www\.w3\.org)", text)
    assert [name for name, k in Counter(read.ids).items() if k > 1] == []
    targets = {link[1:] for link in read.links} | set(re.findall(r"url\(#([^)]+)\)", text))
    assert targets <= set(read.ids)
    assert "<h1>Title &amp; &lt;more&gt;</h1>" in text


def test_names_of_methods_are_text_and_never_markup(few):
    sly = few[few["method"] == "comm"].replace({"method": {"comm": 'a:<b title="&">'}})
    found = Page(page(sly, read_published(), "x"))
    assert {method for method, _ in found.tables["runs"][1:]} == {'a:<b title="&">'}


def test_a_section_is_one_entry_and_one_template(few, monkeypatch):
    seeds = "<ul>{% for seed in seeds %}<li>{{ seed }}</li>{% endfor %}</ul>"
    templates = DictLoader({"section_seeds.html": seeds})
    environment = html._environment()
    monkeypatch.setattr(environment, "loader", ChoiceLoader([templates, environment.loader]))
    entry = Section("seeds", "Seeds & more", lambda table, _: {"seeds": ["<0>", "1"]})
    monkeypatch.setattr(page_module, "SECTIONS", (*SECTIONS, entry))
    monkeypatch.setattr(page_module, "FIGURES", FIGURES[:0])
    text = page(few, read_published(), "x")
    assert '<h2 id="seeds">Seeds &amp; more</h2>\n<ul><li>&lt;0&gt;</li><li>1</li></ul>' in text


def test_two_parts_of_one_name_are_refused(few, monkeypatch):
    """As a section that is called like a figure: links would lead to the first of them."""
    monkeypatch.setattr(page_module, "FIGURES", FIGURES[:1])
    same = Section(FIGURES[0].name, "Runs again", SECTIONS[2].content)
    templates = DictLoader({f"section_{same.name}.html": "<p>text</p>"})
    environment = html._environment()
    monkeypatch.setattr(environment, "loader", ChoiceLoader([templates, environment.loader]))
    monkeypatch.setattr(page_module, "SECTIONS", (*SECTIONS, same))
    with pytest.raises(ValueError, match="the report uses an id twice: interactions; "):
        page(few, read_published(), "x")
    check_ids('<p id="a"><p id="b">')


def test_a_template_that_names_what_is_not_given_is_an_error():
    with pytest.raises(UndefinedError, match="is undefined"):
        render("page.html", title="x")


def test_only_controls_make_no_report(results):
    with pytest.raises(ValueError, match="no rows of probe linear"):
        page(results[results["probe"] != "linear"], pd.DataFrame(), "x")
