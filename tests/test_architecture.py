"""The rules of the house: who may import whom, and where a method's name may stand.

Each package's ``__init__`` states its rule in a line, ``May import: a, b.``, which is read here.
"""

import ast
import re

import pytest
from project_files import MODULES, SOURCES, name_of

from interaction_probes.settings.registry import METHODS

#: Names that work from a checkout only: installed, they lie inside interaction_probes.
SHORT = ("common", "analysis", "contrast", "figures", "comm", "baselines")
PACKAGES = {module for module, path in MODULES.items() if path.stem == "__init__"}
#: The commands and what users import: they may use everything.
TOP = "interaction_probes"


def package_of(module):
    """The package that a module lies in; a package is its own."""
    return module if module in PACKAGES else module.rpartition(".")[0]


def resolved(name, package):
    """The package that a rule means by a name: a neighbour, or a top one."""
    around = package.rpartition(".")[0]
    tried = [f"{around}.{name}", f"{package}.{name}", f"{TOP}.{name}", name]
    return next(found for found in tried if found in PACKAGES)


def rule(package):
    """The packages that one may import, by the line in its docstring."""
    text = ast.get_docstring(ast.parse(MODULES[package].read_text())) or ""
    [line] = re.findall(r"^May import: (.*)\.$", text, flags=re.MULTILINE)
    assert re.search(r"^Must not know: .*\.$", text, flags=re.MULTILINE), package
    if line == "nothing of the project":
        return set()
    return {resolved(name, package) for name in line.split(", ")}


RULES = {package: rule(package) for package in PACKAGES - {TOP}}


def allowed(package, other):
    """Whether a package may import from another: itself, its parts, and what its rule names."""
    if package == TOP or other == package or other.startswith(f"{package}."):
        return True
    return any(other == one or other.startswith(f"{one}.") for one in RULES[package])


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


def target(module, level, name):
    """The project's module that an import means; None for other packages."""
    if level:
        name = f"{package_of(module)}.{name}"
    parts = name.split(".")
    for k in range(len(parts), 0, -1):
        if ".".join(parts[:k]) in MODULES:
            return ".".join(parts[:k])
    return None


@pytest.mark.parametrize("module", MODULES)
def test_packages_import_what_their_rule_names(module):
    package = package_of(module)
    for level, name in imports(MODULES[module]):
        found = target(module, level, name)
        if found is not None:
            assert allowed(package, package_of(found)), f"{module} imports {name}"


@pytest.mark.parametrize("module", MODULES)
def test_imports_are_relative_inside_a_package_and_absolute_across(module):
    package = package_of(module)
    for level, name in imports(MODULES[module]):
        assert level <= 1, f"{module} imports .{name} across packages"
        found = target(module, level, name)
        if level == 0:
            assert found is None or package_of(found) != package, f"{module}: {name} is its own"
            # Their short names work from a checkout only.
            assert name.split(".")[0] not in SHORT, f"{module} imports {name}"


def test_rules_lead_downwards():
    """No package may reach itself by what its rule allows."""

    def reach(package, seen):
        for other in RULES[package]:
            assert other not in seen, " → ".join([*seen, other])
            reach(other, [*seen, other])

    for package in RULES:
        reach(package, [package])


def test_no_file_imports_in_a_circle():
    graph = {
        module: {target(module, *found) for found in imports(path)} - {None, module}
        for module, path in MODULES.items()
    }
    visited, open_files = set(), []

    def visit(module):
        assert module not in open_files, " → ".join([*open_files, module])
        if module in visited:
            return
        open_files.append(module)
        for other in sorted(graph[module]):
            visit(other)
        open_files.pop()
        visited.add(module)

    for module in graph:
        visit(module)
    assert visited == set(MODULES)


def test_nobody_has_to_search_a_crowded_folder():
    for package in PACKAGES:
        files = [module for module in MODULES if package_of(module) == package]
        assert len(files) <= 16, f"{package} holds {len(files)} files"


#: Where names of methods stand for others: in print, in colours, in a heading of another meaning.
NAMING = {
    "interaction_probes.analysis.names",
    "interaction_probes.figures.drawing.style",
    "interaction_probes.reporting.dataset_profile",  # "supervised" is its reference
}
#: Packages that serve every method alike, and so know none by its name.
NEUTRAL = [
    module
    for module in MODULES
    if module.startswith(
        (
            "trifeature",
            "interaction_probes.common",
            "interaction_probes.contrast",
            *(
                f"interaction_probes.{name}"
                for name in ("runtime", "probing", "training", "storage", "datasets")
            ),
            "interaction_probes.experiment",
            "interaction_probes.analysis",
            "interaction_probes.figures",
            "interaction_probes.reporting",
        )
    )
    and module not in NAMING
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
ORDINARY = {"clip", "gram", "pixels", "supervised", "triangle"}
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


@pytest.mark.parametrize("module", NEUTRAL)
def test_neutral_files_know_no_methods_name(module):
    file = MODULES[module]
    assert not TELLING & set(code_words(file))
    # which counts in pixels, draws triangles and cannot see a method
    if not module.startswith("trifeature"):
        assert not set(METHODS) & set(whole_strings(file))
    classes = {target.partition(":")[2] for target in METHODS.values()}
    names = {node.id for node in ast.walk(ast.parse(file.read_text())) if hasattr(node, "id")}
    assert not classes & names


#: Where "mask" is the name of a term of a loss.
MASK_TERMS = {"baselines/infmasking.py"}


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_names_of_probes_of_subsets_are_made_in_one_place(path):
    strings = [
        node.value
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    made = [text for text in strings if re.fullmatch(r"(\w+_)?mask[1-9]*", text)]
    assert bool(made) == (name_of(path) in {"analysis/schema.py", *MASK_TERMS}), made


def test_the_rules_can_fail(tmp_path):
    path = tmp_path / "file.py"
    path.write_text('"""comm"""\nfrom interaction_probes.comm import loss\nname = "comm"\n')
    assert list(imports(path)) == [(0, "interaction_probes.comm.loss")]
    here = "interaction_probes.contrast.heads"
    assert target(here, 0, "interaction_probes.comm.loss") == "interaction_probes.comm.loss"
    assert target(here, 1, "method.Method") == "interaction_probes.contrast.method"
    assert target(here, 0, "torch.nn") is None
    assert not allowed("interaction_probes.contrast", "interaction_probes.comm")
    assert not allowed("interaction_probes.probing", "interaction_probes.training")
    assert allowed("interaction_probes.comm", "interaction_probes.contrast.views")
    assert "comm" in set(code_words(path))
    assert {"comm", "infmasking", "factorcl", "baselines"} <= TELLING
    path.write_text('if method == "pixels":\n    pass\n')
    assert "pixels" in set(whole_strings(path))


def test_what_reads_tables_never_sees_a_model():
    """They start in a second, and work where torch cannot."""
    starts = [module for module in MODULES if module.startswith("interaction_probes.figures")]
    starts += ["interaction_probes.tables", "interaction_probes.report"]
    seen = set()
    while starts:
        module = starts.pop()
        if module in seen:
            continue
        seen.add(module)
        found = list(imports(MODULES[module]))
        assert "torch" not in {name.split(".")[0] for _, name in found}, module
        starts += filter(None, (target(module, *one) for one in found))
    assert "interaction_probes.common.files" in seen
