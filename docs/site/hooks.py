"""Hooks of the documentation site: its first page, its API pages, and links out of docs/.

mkdocs reads pages from one folder. README, RESULTS and others lie at the root, where a code host
looks for them, so that they are taken along here. Their relative links work on the host; here each
is turned into a link to the page of the site, to the API page of a source file, or into plain
text where the site has no such file.
"""

import ast
import configparser
import posixpath
import re
import shutil
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
#: Pages of the repository outside docs/ → their place in the site.
OUTSIDE = {
    "README.md": "index.md",
    "RESULTS.md": "results.md",
    "benchmarks/README.md": "benchmarks.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
#: Where the packages lie together under the names that they are imported by.
PACKAGES = ROOT / "build" / "site-packages"


def packages() -> dict[str, Path]:
    """Every package by its dotted name, and its folder, as setup.cfg installs them."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    options = setup["options"]
    folders = dict(line.split(" = ") for line in options["package_dir"].split("\n") if line)
    found = {}
    for name in options["packages"].split():
        outer = next(n for n in sorted(folders, key=len, reverse=True) if f"{name}.".startswith(n))
        inner = name[len(outer) :].strip(".").split(".")
        found[name] = ROOT.joinpath(folders[outer], *filter(None, inner))
    return found


def modules(folder: Path) -> list[str]:
    """The public modules of a package's folder, by name."""
    # check-data.py is the other spelling of a command, and no name that can be imported.
    return sorted(path.stem for path in folder.glob("[a-z]*.py") if path.stem.isidentifier())


def page_of(package: str) -> str:
    """The API page of a package."""
    return f"api/{package}.md"


def public_names(package: str, folder: Path) -> list[str]:
    """A table of what a package's ``__all__`` exports, each linked to where it is defined."""
    tree = ast.parse((folder / "__init__.py").read_text())
    homes = imported_names(package, tree)
    exported: list[str] = []
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            exported = ast.literal_eval(node.value)
    if not exported:
        return []
    rows = [f"| [`{name}`][{homes[name]}] | {summary(homes[name])} |" for name in exported]
    return ["## Names for users", "", "| name | what it is |", "|---|---|", *rows, ""]


def imported_names(package: str, tree: ast.Module) -> dict[str, str]:
    """What a package's ``__init__`` imports: name → where it is defined, through other packages."""
    homes = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom):
            continue
        module = f"{package}.{node.module}" if node.level else str(node.module)
        inner = {}
        if module in packages():
            text = (packages()[module] / "__init__.py").read_text()
            inner = imported_names(module, ast.parse(text))
        for alias in node.names:
            found = inner.get(alias.name, f"{module}.{alias.name}")
            homes[alias.asname or alias.name] = found
    return homes


def summary(name: str) -> str:
    """The first line of what documents a name: its docstring, or the comment above a constant."""
    module, _, inner = name.rpartition(".")
    package, _, stem = module.rpartition(".")
    text = (packages()[package] / f"{stem}.py").read_text()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == inner:
            return (ast.get_docstring(node) or "").split("\n")[0].replace("|", "\\|")
    comment = re.search(rf"^#: (.+)\n{inner}\b", text, flags=re.MULTILINE)
    return comment[1] if comment else ""


def api_page(package: str, folder: Path) -> str:
    """The text of a package's API page: mkdocstrings fills in its docstrings."""
    lines = [f"# {package}", "", f"::: {package}", "    options:"]
    lines += ["      show_root_heading: false", "      show_root_toc_entry: false"]
    lines += ["      members: false", "", *public_names(package, folder)]
    for module in modules(folder):
        lines += [f"::: {package}.{module}", ""]
    return "\n".join(lines)


def on_startup(command: str, dirty: bool) -> None:
    """Lay the packages side by side, before the reader of docstrings looks for them."""
    shutil.rmtree(PACKAGES, ignore_errors=True)
    for name, folder in packages().items():
        place = PACKAGES.joinpath(*name.split("."))
        place.mkdir(parents=True, exist_ok=True)
        for path in folder.glob("*.py"):
            shutil.copy(path, place)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Name every page in the navigation."""
    assert config.nav is not None
    # A page that mkdocs.yml does not place comes last among those on use.
    placed = {page for section in config.nav for pages in section.values() for page in [*pages]}
    [use] = [section["Use"] for section in config.nav if "Use" in section]
    use += sorted({path.name for path in (ROOT / "docs").glob("*.md")} - placed)
    reference: dict[str, list[dict[str, str]]] = {}
    for name in sorted(packages()):
        top, _, inner = name.partition(".")
        reference.setdefault(top, []).append({inner or top: page_of(name)})
    config.nav.append({"API": [{top: pages} for top, pages in reference.items()]})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that lie outside docs/, and the API pages."""
    for path, place in OUTSIDE.items():
        files.append(File.generated(config, place, content=(ROOT / path).read_text()))
    for name, folder in packages().items():
        files.append(File.generated(config, page_of(name), content=api_page(name, folder)))
    return files


def title_of(target: str) -> str:
    """The first heading of a page of the repository."""
    heading = re.search(r"^# (.+)$", (ROOT / target).read_text(), flags=re.MULTILINE)
    return heading[1] if heading else target


def _in_site(target: str, files: Files) -> str | None:
    """The site's page or file for a path of the repository; None where it has none."""
    if target in OUTSIDE:
        return OUTSIDE[target]
    if target.startswith("docs/") and files.get_file_from_path(target.removeprefix("docs/")):
        return target.removeprefix("docs/")
    for name, folder in packages().items():
        inside = (ROOT / target).resolve()
        if inside == folder or (inside.suffix == ".py" and inside.parent == folder):
            module = "" if inside == folder or inside.stem[0] == "_" else f"#{name}.{inside.stem}"
            return page_of(name) + module
    return None


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn links that are relative to the repository into links of the site."""
    here = page.file.src_uri
    if here.startswith("api/"):
        return markdown
    source = {place: path for path, place in OUTSIDE.items()}.get(here, f"docs/{here}")

    def turned(match: re.Match[str]) -> str:
        mark, text, link = match.groups()
        path, _, anchor = link.partition("#")
        if not path or re.match(r"\w+:", link):
            return match[0]
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
        if not (ROOT / target).exists():
            raise PluginError(f"{source}: the link to {link} leads nowhere")
        found = _in_site(target, files)
        if found is None:
            return text
        if text == path and text.endswith(".md"):
            text = title_of(target)
        place = posixpath.relpath(found, posixpath.dirname(here) or ".")
        return f"{mark}[{text}]({place}{'#' if anchor else ''}{anchor})"

    # Code is left alone: every second part lies between fences.
    parts = re.split(r"(^```.*?^```)", markdown, flags=re.DOTALL | re.MULTILINE)
    for k in range(0, len(parts), 2):
        parts[k] = re.sub(r"(!?)\[((?:[^\[\]]|\\\[|\\\])*)\]\(([^()\s]+)\)", turned, parts[k])
    return "".join(parts)
