"""The wheel in a fresh environment: every module imports, and Jupyter's own ``comm`` lives on."""

import json
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Every module of the installed packages is imported in a kernel's environment, outside the
# checkout; `comm` there must be Jupyter's, and must still create what ipykernel needs. The report
# finds its templates there.
_PROBE = """
import importlib, json, pkgutil
import interaction_probes, trifeature
import comm
from ipykernel.comm import Comm
names = [
    module.name
    for package in (interaction_probes, trifeature)
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
    if not module.name.endswith("__main__")
]
for name in names:
    importlib.import_module(name)
from interaction_probes.reporting.html import render
assert "captured bits" in render("section_reading.html")
print(json.dumps({
    "modules": names,
    "comm": comm.__file__,
    "creates": callable(comm.create_comm),
    "home": interaction_probes.__file__,
}))
"""


@pytest.mark.slow
def test_wheel_installs_beside_ipykernel(tmp_path: Path) -> None:
    # From a copy: setuptools would take modules that an earlier build/ still has into the wheel.
    source = tmp_path / "source"
    left_out = shutil.ignore_patterns(".*", "build", "runs", "*.egg-info", "__pycache__")
    shutil.copytree(ROOT, source, ignore=left_out)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path)]
    done = subprocess.run([*build, str(source)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    typed = {f"{package}/py.typed" for package in ("interaction_probes", "trifeature")}
    templates = "interaction_probes/reporting/templates"
    pages = {path.name for path in (ROOT / templates).iterdir()}
    assert {"page.html", "report.css", "report.js"} <= pages
    names = set(zipfile.ZipFile(wheel).namelist())
    assert typed | {f"{templates}/{name}" for name in pages} <= names

    # The environment borrows the tested dependencies and gets nothing but the wheel itself.
    fresh = tmp_path / "fresh"
    venv.create(fresh, with_pip=False)
    python = fresh / "bin" / "python"
    where = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = Path(subprocess.run(where, capture_output=True, text=True, check=True).stdout.strip())
    target = ["--no-deps", "--no-index", "--target", str(site), str(wheel)]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", *target], check=True, cwd=tmp_path
    )
    for entry in Path(pytest.__file__).parent.parent.iterdir():
        if "interaction_probes" not in entry.name and entry.name != "trifeature":
            link = site / entry.name
            # `.pth` files would bring the editable checkout back.
            if not link.exists() and entry.suffix != ".pth":
                link.symlink_to(entry)
    found = subprocess.run(
        [str(python), "-I", "-c", _PROBE], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert found.returncode == 0, found.stderr
    report = json.loads(found.stdout)
    assert str(site) in report["home"]
    assert report["creates"]
    assert Path(report["comm"]).parent.resolve() == Path(pytest.__file__).parent.parent / "comm"
    assert {"interaction_probes.comm.fusion", "interaction_probes.figures.dynamics"} <= set(
        report["modules"]
    )
    for folder in ("comm", "baselines"):
        shipped = {path.stem for path in (ROOT / folder).glob("[a-z]*.py")}
        assert {f"interaction_probes.{folder}.{stem}" for stem in shipped} <= set(report["modules"])


def test_folders_answer_from_a_checkout() -> None:
    script = "from comm.method import CoMM; import figures.dynamics; print(CoMM.__name__)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.stdout.strip() == "CoMM", done.stderr
