"""The rules of the house: who may import whom, and where a method's name may stand."""

import ast
import re
from pathlib import Path

import pytest

from interaction_probes.registry import METHODS

ROOT = Path(__file__).parents[1]
#: Folder → the other folders that it may import; a folder that is not there yet breaks no rule.
ALLOWED = {
    "trifeature": set(),
    "contrast": set(),
    "figures": set(),
    "comm": {"contrast"},
    "baselines": {"comm", "contrast"},
    "interaction_probes": {"trifeature", "contrast", "figures", "comm", "baselines"},
}
#: Folders that are imported as interaction_probes.<folder>.
INSIDE = ("contrast", "figures", "comm", "baselines")
FILES = {
    f"{folder}/{path.name}": path
    for folder in ALLOWED
    for path in sorted((ROOT / folder).glob("*.py"))
}


def imports(path):
    """(level, dotted name) of every import of a file; of names imported from a package, each."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (
                (node.level, ".".join(filter(None, (node.module, alias.name))))
                for alias in node.names
            )


def target(file, level, name):
    """The project's file that an import means, as folder/file.py; None for other packages."""
    folder = file.split("/")[0]
    parts = name.split(".")
    if level:
        parts = [folder, *parts]
    elif parts[0] == "interaction_probes" and parts[1:2] and parts[1] in INSIDE:
        parts = parts[1:]
    if parts[0] not in ALLOWED:
        return None
    module = "/".join(parts[:2]) + ".py"
    return module if module in FILES else f"{parts[0]}/__init__.py"


@pytest.mark.parametrize("file", FILES)
def test_folders_import_downwards_only(file):
    folder = file.split("/")[0]
    for level, name in imports(FILES[file]):
        found = target(file, level, name)
        if found is not None:
            other = found.split("/")[0]
            assert other == folder or other in ALLOWED[folder], f"{file} imports {name}"


@pytest.mark.parametrize("file", FILES)
def test_imports_are_relative_inside_a_folder_and_absolute_across(file):
    folder = file.split("/")[0]
    for level, name in imports(FILES[file]):
        assert level <= 1, f"{file} imports .{name} across folders"
        if level == 0:
            found = target(file, level, name)
            assert found is None or found.split("/")[0] != folder, f"{file}: {name} is its own"
            # Their short names work from a checkout only.
            assert name.split(".")[0] not in INSIDE, f"{file} imports {name}"


def test_no_file_imports_in_a_circle():
    graph = {
        file: {target(file, *found) for found in imports(path)} - {None, file}
        for file, path in FILES.items()
    }
    visited, open_files = set(), []

    def visit(file):
        assert file not in open_files, " → ".join([*open_files, file])
        if file in visited:
            return
        open_files.append(file)
        for other in sorted(graph[file]):
            visit(other)
        open_files.pop()
        visited.add(file)

    for file in graph:
        visit(file)
    assert visited == set(FILES)


NEUTRAL = [file for file in FILES if file.startswith("trifeature/")] + [
    "contrast/views.py",
    "contrast/draws.py",
    "contrast/method.py",
    *(
        f"interaction_probes/{name}.py"
        for name in ("train", "experiment", "course", "evaluation", "probes", "logistic", "results")
    ),
]


def code_words(path):
    """Every identifier and string of a file's code; docstrings and comments may name a paper."""
    tree = ast.parse(path.read_text())
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = "" if id(node) in docstrings else node.value
            yield from re.findall(r"\w+", text.lower())
        for field in ("id", "attr", "name", "arg", "module"):
            word = getattr(node, field, None)
            if isinstance(word, str):
                yield from word.lower().split(".")


#: Names that are words of every day, too: only a whole string could mean the method.
ORDINARY = {"clip", "pixels", "supervised"}
#: What a file could tell a method by: its name, and the names of its class and its module.
TELLING = (set(METHODS) - ORDINARY) | {
    word.lower()
    for target in METHODS.values()
    for word in (target.partition(":")[2], *target.partition(":")[0].split("."))
    if word.lower() not in {"interaction_probes", "method", *ORDINARY}
}


def whole_strings(path):
    """Every string of a file, but for the pieces of formatted ones."""
    tree = ast.parse(path.read_text())
    pieces = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in pieces
        ):
            yield node.value.lower()


@pytest.mark.parametrize("file", NEUTRAL)
def test_neutral_files_know_no_methods_name(file):
    assert not TELLING & set(code_words(FILES[file]))
    if not file.startswith("trifeature/"):  # which counts in pixels and cannot see a method
        assert not set(METHODS) & set(whole_strings(FILES[file]))
    classes = {target.partition(":")[2] for target in METHODS.values()}
    names = {
        node.id for node in ast.walk(ast.parse(FILES[file].read_text())) if hasattr(node, "id")
    }
    assert not classes & names


def test_the_rules_can_fail(tmp_path):
    path = tmp_path / "file.py"
    path.write_text('"""comm"""\nfrom interaction_probes.comm import loss\nname = "comm"\n')
    assert list(imports(path)) == [(0, "interaction_probes.comm.loss")]
    assert target("contrast/x.py", 0, "interaction_probes.comm.loss") == "comm/loss.py"
    assert target("contrast/x.py", 1, "heads") == "contrast/heads.py"
    assert target("contrast/x.py", 0, "torch.nn") is None
    assert "comm" in set(code_words(path))
    assert {"comm", "infmasking", "factorcl", "baselines"} <= TELLING
    path.write_text('if method == "pixels":\n    pass\n')
    assert "pixels" in set(whole_strings(path))


def test_what_reads_tables_never_sees_a_model():
    """They start in a second, and work where torch cannot."""
    seen, open_files = set(), [file for file in FILES if file.startswith("figures/")]
    open_files += [f"interaction_probes/{name}.py" for name in ("tables", "report", "report_page")]
    while open_files:
        file = open_files.pop()
        if file in seen:
            continue
        seen.add(file)
        found = list(imports(FILES[file]))
        assert "torch" not in {name.split(".")[0] for _, name in found}, file
        open_files += filter(None, (target(file, *one) for one in found))
    assert "trifeature/files.py" in seen  # by way of interaction_probes/writing.py
