"""Pages for readers and contributors: links that lead somewhere, and facts that are still true."""

import ast
import importlib
import importlib.util
import itertools
import re
from pathlib import Path

import pytest
from project_files import FOLDERS, name_of

from interaction_probes.settings.registry import METHODS
from trifeature import ImageDesign, PairDesign
from trifeature.pairs.design import tasks

ROOT = Path(__file__).parents[2]
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "CONTRIBUTING.md", ROOT / "README.md"]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    prose = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#\s]+)", prose):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize(
    "page", [*PAGES, ROOT / "RESULTS.md", ROOT / "CHANGELOG.md"], ids=lambda path: path.name
)
def test_no_page_has_a_gap_to_be_filled(page):
    """Placeholders of numbers that a page waits for."""
    assert not re.search(r"@@|TODO|TBD|FIXME", page.read_text())


@pytest.mark.parametrize("page", [ARCHITECTURE, CONTRIBUTING], ids=["architecture", "contributing"])
def test_files_that_are_named_exist(page):
    named = re.findall(r"`((?:[a-z_]+/)+[\w.]*)`", page)
    assert named
    for path in named:
        assert (ROOT / path.replace("NAME", "interactions")).exists() or path in (
            "baselines/NAME.py",
        ), path


def test_the_files_of_a_task_are_those_that_name_tasks():
    """Whoever adds a task finds every file that lists the tasks there are."""
    named = {name for name in (task.name for task in tasks(PairDesign(), ImageDesign().counts))}
    listing = set()
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*.py"):
            code = re.sub(r'""".*?"""', "", path.read_text(), flags=re.DOTALL)
            if named <= set(re.findall(r'"(\w+)"', code)):
                listing.add(name_of(path))
    listing.discard("trifeature/audit.py")  # its R, U1, U2, S are the parts of a decomposition
    section = CONTRIBUTING.partition("## A task")[2].partition("## A command")[0]
    assert [path for path in sorted(listing) if path not in section] == []


def test_the_citation_is_of_this_version():
    text = (ROOT / "CITATION.cff").read_text()
    keys = dict(re.findall(r"^([\w-]+): *(.*)$", text, flags=re.MULTILINE))
    required = {"cff-version", "message", "title", "authors"}
    assert required <= set(keys)
    version = re.search(r"^version = (.+)$", (ROOT / "setup.cfg").read_text(), flags=re.MULTILINE)
    assert version
    assert keys["version"] == version[1]
    assert keys["license"] == "MIT"
    assert "\t" not in text


def test_the_page_of_methods_names_every_method():
    table = (ROOT / "docs" / "methods.md").read_text()
    assert [name for name in METHODS if f"`{name}`" not in table] == []


@pytest.mark.parametrize(
    "word",
    [
        *("resume", "batch size", "learning rate", "late fusion", "backbone", "rank 0"),
        *("regularisation", "L2 penalty", "NT-Xent", "CUDA graph", "train and test"),
    ],
)
def test_a_search_for_the_fields_word_finds_a_page(word):
    assert any(word.lower() in " ".join(page.read_text().lower().split()) for page in PAGES)


@pytest.mark.parametrize("page", [*PAGES, ROOT / "RESULTS.md"], ids=lambda page: page.name)
def test_tables_are_tables(page):
    """A table whose lines were joined is shown as running text."""
    lines = page.read_text().splitlines()
    for above, line in itertools.pairwise(lines):
        if "|---|" in line:
            assert line.lstrip().startswith("|---")
            assert above.lstrip().startswith("|")
            assert above.count("|") == line.count("|")


def shown_imports(page):
    """(module, name) of every import of the project's packages in a page's Python blocks."""
    for block in re.findall(r"^```python\n(.*?)^```", page.read_text(), flags=re.M | re.S):
        for node in ast.walk(ast.parse(block.replace("...", "0"))):
            module = getattr(node, "module", None) if isinstance(node, ast.ImportFrom) else None
            if module and module.split(".")[0] in ("interaction_probes", "trifeature"):
                yield from ((module, alias.name) for alias in node.names)


@pytest.mark.parametrize("page", [*PAGES, ROOT / "RESULTS.md"], ids=lambda page: page.name)
def test_what_a_page_imports_is_there(page):
    for module, name in shown_imports(page):
        found = importlib.import_module(module)
        assert hasattr(found, name) or importlib.util.find_spec(f"{module}.{name}"), (module, name)


def test_pages_show_imports():
    assert sum(len([*shown_imports(page)]) for page in PAGES) > 20
