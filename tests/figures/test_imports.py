"""Commands that draw nothing start without the libraries of figures."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("name", ["collect", "tables", "sweep", "report", "run"])
def test_commands_that_draw_nothing_import_no_seaborn(name):
    code = f"import sys, interaction_probes.{name}; print('seaborn' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "False\n"


def test_tables_of_scores_import_no_matplotlib():
    code = "import sys, interaction_probes.tables; print('matplotlib' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "False\n"
