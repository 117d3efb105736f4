import subprocess
import sys
import warnings

import pytest
import torch

from interaction_probes.experiment.runner import run
from interaction_probes.runtime import process_env
from interaction_probes.runtime.process_env import (
    ignored_threads_note,
    run_environment,
    spinning_note,
)
from interaction_probes.settings.fields import with_fields

_CHOICES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")


@pytest.fixture(autouse=True)
def _no_choice(monkeypatch):
    for name in _CHOICES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def busy(monkeypatch):
    """Other processes keep one of two cores busy."""
    monkeypatch.setattr(process_env, "busy_cores", lambda: (1.0, 2))


@pytest.mark.usefixtures("busy")
def test_threads_of_a_run_sleep_while_they_wait_beside_busy_processes():
    assert run_environment(2)["OMP_WAIT_POLICY"] == "passive"
    assert "OMP_WAIT_POLICY" not in run_environment(1)


@pytest.mark.parametrize("seen", [(0.2, 2), (6.0, 8), None])
def test_threads_with_cores_of_their_own_spin(monkeypatch, seen):
    monkeypatch.setattr(process_env, "busy_cores", lambda: seen)
    assert "OMP_WAIT_POLICY" not in run_environment(2)
    assert spinning_note(2) == ""


@pytest.mark.parametrize("name", _CHOICES)
@pytest.mark.usefixtures("busy")
def test_a_users_way_of_waiting_is_kept(monkeypatch, name):
    monkeypatch.setenv(name, "1000")
    assert "OMP_WAIT_POLICY" not in run_environment(2)
    assert spinning_note(2) == ""


@pytest.mark.skipif(sys.platform != "linux", reason="libgomp is that of Linux")
@pytest.mark.usefixtures("busy")
def test_the_openmp_library_of_torch_obeys():
    """It prints what it has understood, at its start."""
    script = "import torch; torch.ones(9).sum()"
    environment = {**run_environment(2), "OMP_DISPLAY_ENV": "verbose", "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert "OMP_WAIT_POLICY = 'PASSIVE'" in done.stderr
    assert "GOMP_SPINCOUNT = '0'" in done.stderr


@pytest.mark.usefixtures("busy")
def test_threads_that_spin_are_told():
    assert "set OMP_WAIT_POLICY=passive before torch is imported" in spinning_note(2)
    assert spinning_note(1) == ""


@pytest.mark.skipif(sys.platform != "linux", reason="libgomp is that of Linux")
@pytest.mark.usefixtures("busy")
def test_a_run_in_a_process_that_spins_warns(smoke, tmp_path, monkeypatch):
    floor = with_fields(smoke, {"method": "random_init", "probe.controls": ""})
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    with pytest.warns(RuntimeWarning, match="spin while"):
        run(floor, tmp_path, "cpu")
    monkeypatch.setenv("OMP_WAIT_POLICY", "passive")
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        run(floor, tmp_path, "cpu")


def test_a_number_of_threads_that_is_not_used_is_told(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    assert ignored_threads_note(4) == ""
    assert ignored_threads_note(1).startswith("note: OMP_NUM_THREADS=4 is not used: --threads")
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert ignored_threads_note(1) == ""
