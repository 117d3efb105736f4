"""Pages for readers and contributors: links that lead somewhere, and facts that are still true."""

import ast
import configparser
import importlib
import importlib.util
import itertools
import re
from pathlib import Path

import pytest
from project_files import FOLDERS, MODULES, name_of

from interaction_probes.settings.registry import METHODS
from trifeature import ImageDesign, PairDesign
from trifeature.pairs.design import tasks

ROOT = Path(__file__).parents[2]
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "CONTRIBUTING.md", ROOT / "README.md"]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
README = (ROOT / "README.md").read_text()


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


#: Files in which "R", "S" is no task of pairs: parts of a decomposition, tasks of three images.
NO_TASK_OF_PAIRS = {
    "trifeature/audit.py",
    "analysis/scores/sample_columns.py",
    "interaction_probes/reporting/sample_summary.py",
}


def test_the_files_of_a_task_are_those_that_name_tasks():
    """Whoever adds a task finds every file that knows one there is, and no other."""
    named = {task.name for task in tasks(PairDesign(), ImageDesign().counts)}
    naming = set()
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*.py"):
            code = re.sub(r'""".*?"""', "", path.read_text(), flags=re.DOTALL)
            if named & set(re.findall(r'"(\w+)"', code)):
                naming.add(name_of(path))
    section = CONTRIBUTING.partition("## A task")[2].partition("## A command")[0]
    assert set(re.findall(r"\]\((\S+\.py)\)", section)) == naming - NO_TASK_OF_PAIRS


def test_the_files_of_a_method_are_those_that_name_methods():
    """But for what a package offers by name, which is imported there and not asked for."""
    naming = {
        name_of(path)
        for path in MODULES.values()
        if path.name != "__init__.py"
        and len(set(METHODS) & set(re.findall(r'"(\w+)"', path.read_text()))) > 1
    }
    section = CONTRIBUTING.partition("## A method")[2].partition("## A figure")[0]
    said = ARCHITECTURE.partition("Several methods are known")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(\S+\.py)`", said)) == naming
    linked = set(re.findall(r"\]\((\S+\.py)\)", section))
    assert linked == naming | {"contrast/method.py"}


def test_the_readme_names_what_the_tests_extra_brings():
    options = configparser.ConfigParser()
    options.read(ROOT / "setup.cfg")
    needs = {
        extra: {re.split(r"[<>=]", line)[0] for line in lines.split("\n") if line}
        for extra, lines in options["options.extras_require"].items()
    }
    said = README.partition("and with it the optional parts:")[2].partition("\n\n")[0]
    brought = {extra for extra, names in needs.items() if names & needs["test"]} - {"test"}
    assert set(re.findall(r"`(\w+)`", said)) == brought


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
