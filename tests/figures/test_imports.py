"""Commands that draw nothing start without the libraries of figures and of estimators.

One process imports them one after another: starting the interpreter costs more than any check.
"""

import subprocess
import sys

CODE = """
import importlib, sys

def expect(name, absent):
    importlib.import_module(f"interaction_probes.{name}")
    early = {library.split(".")[0] for library in sys.modules} & set(absent)
    assert not early, f"interaction_probes.{name} imports {early}"

expect("experiment.runner", ["matplotlib", "seaborn", "sklearn", "scipy"])  # a run's process
expect("tables", ["matplotlib", "seaborn", "sklearn"])
for name in ("collect", "sweep", "run"):
    expect(name, ["seaborn", "sklearn"])

from interaction_probes import linear_probe, pretrain_and_probe, probe
assert "sklearn" not in sys.modules
from interaction_probes import LinearProbe
assert "sklearn" in sys.modules

expect("report", ["seaborn"])
expect("figures.__main__", ["seaborn"])
"""


def test_libraries_are_imported_only_where_they_are_used():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
