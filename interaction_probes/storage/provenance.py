"""What made a run's numbers: versions, device, processor, threads, the commit of the checkout."""

import functools
import platform
import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from interaction_probes.analysis.agreement import THEN, agreement_of
from interaction_probes.common.processor import processor_name
from trifeature import GENERATOR_VERSION

_PATIENCE = 10.0  # seconds for git, which may wait for a slow disk


def provenance(device: torch.device) -> dict[str, Any]:
    """Plain values for run.json; ``commit`` is None where the code is not in a git checkout."""
    cuda = device.type == "cuda"
    return {
        "device": torch.cuda.get_device_name(device) if cuda else "cpu",
        "processor": processor(),
        "threads": torch.get_num_threads(),
        "commit": commit(Path(__file__)),
        "versions": versions(),
    }


def versions() -> dict[str, Any]:
    """The versions of what makes a run's numbers, as run.json has them."""
    return {
        "interaction_probes": version("interaction-probes"),
        "generator": GENERATOR_VERSION,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
    }


def other_generator(status: Mapping[str, Any]) -> str:
    """Versions that made a run and that other runs must agree in, where this version differs.

    Args:
        status: the content of the run's run.json. One without versions counts as of this one.

    Returns:
        Such as "version 1 of the generator, and this is version 2"; empty where all agree.
    """
    before = agreed_versions(status)
    for name, now in agreed_versions({"versions": versions()}).items():
        if before.get(name, now) != now:
            return f"version {before[name]} of the {name}, and this is version {now}"
    return ""


def agreed_versions(status: Mapping[str, Any]) -> dict[str, str]:
    """The versions that made a run and that other runs must agree in, those that are known.

    Which those are is listed in :data:`interaction_probes.analysis.agreement.AGREEMENTS`: the
    generator's, since another one draws other images and pairs from the same seed.

    Args:
        status: the content of the run's run.json.
    """
    known = _versions_of(status).items()
    return {name: str(value) for name, value in known if agreement_of(f"{name}_version")}


def other_package(status: Mapping[str, Any]) -> str:
    """A line where another version of this package made a run; empty where this one did.

    Args:
        status: the content of the run's run.json.
    """
    before, now = _versions_of(status).get("interaction_probes"), versions()["interaction_probes"]
    if before is None or str(before).rpartition(THEN)[2] == now:
        return ""
    return f"this run was begun by interaction_probes {before}; it resumes with {now}"


def _versions_of(status: Mapping[str, Any]) -> Mapping[str, Any]:
    found = status.get("versions")
    return found if isinstance(found, Mapping) else {}


def continued(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """The provenance of a resumed run.

    A value that has changed becomes "earlier, then later"; one that the earlier start lacks is the
    later one's.
    """
    merged = dict(now)
    for name, value in now.items():
        if name not in before:
            continue
        earlier = before[name]
        if isinstance(value, Mapping):
            merged[name] = continued(earlier if isinstance(earlier, Mapping) else {}, value)
        elif str(earlier).rpartition(THEN)[2] == str(value):
            merged[name] = earlier
        else:
            merged[name] = f"{earlier}{THEN}{value}"
    return merged


@functools.cache
def processor() -> str:
    """The CPU's name and its widest instructions, which decide how sums are rounded."""
    return f"{processor_name()}, {torch.backends.cpu.get_cpu_capability()}"


@functools.cache  # as it was when the process first asked, which is when it had its code
def commit(file: Path) -> str | None:
    """The commit that a file's checkout is at, ``-dirty`` added where tracked files differ from it.

    None where the file is not tracked: an installed package may lie inside somebody's checkout.
    """
    try:
        _git(file, "ls-files", "--error-unmatch", file.name)
        return _git(file, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")
    except (OSError, subprocess.SubprocessError):
        return None


def _git(file: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(file.parent), *words],
        check=True,
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
    )
    return done.stdout.strip()
