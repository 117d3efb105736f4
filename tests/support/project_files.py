"""The project's own files by the names that they are imported by."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
#: Folder of the checkout → the package that it is installed as.
FOLDERS = {
    "trifeature": "trifeature",
    "interaction_probes": "interaction_probes",
    **{
        name: f"interaction_probes.{name}"
        for name in ("common", "analysis", "contrast", "comm", "baselines", "figures")
    },
}


def _module(path: Path, folder: str) -> str:
    inner = [*path.relative_to(ROOT / folder).with_suffix("").parts]
    return ".".join([FOLDERS[folder], *(inner[:-1] if inner[-1] == "__init__" else inner)])


#: Module → its file.
MODULES = {
    _module(path, folder): path
    for folder in FOLDERS
    for path in sorted((ROOT / folder).rglob("*.py"))
}
#: Every file of code, the benchmarks' too.
SOURCES = sorted([*MODULES.values(), *(ROOT / "benchmarks").rglob("*.py")])


def name_of(path: Path) -> str:
    """A file as a test's id shows it."""
    return path.relative_to(ROOT).as_posix()
