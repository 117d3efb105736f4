"""How much redundancy, uniqueness and synergy a multimodal self-supervised method captures.

The names below are the library's face; each is imported when it is first used, so that
``import interaction_probes`` itself costs nothing.

>>> from interaction_probes import find_preset
>>> find_preset("smoke").optim.epochs
2
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from interaction_probes.contrast.method import Batch, Method, ModelConfig
    from interaction_probes.experiment.loading import load_run
    from interaction_probes.experiment.runner import run as pretrain_and_probe
    from interaction_probes.probing.estimator import LinearProbe
    from interaction_probes.probing.intervals import over_seeds
    from interaction_probes.probing.linear import Score, linear_probe
    from interaction_probes.probing.own_features import probe
    from interaction_probes.settings.config import RunConfig
    from interaction_probes.settings.fields import with_fields
    from interaction_probes.settings.presets import find_preset
    from interaction_probes.storage.run_folder import RunFolder

    from .collect import collect as collect_runs

__all__ = [
    "Batch",
    "LinearProbe",
    "Method",
    "ModelConfig",
    "RunConfig",
    "RunFolder",
    "Score",
    "collect_runs",
    "find_preset",
    "linear_probe",
    "load_run",
    "over_seeds",
    "pretrain_and_probe",
    "probe",
    "with_fields",
]

#: Where each name comes from: module of this package, or module:name where the two differ.
_HOMES = {
    "Batch": "contrast.method",
    "LinearProbe": "probing.estimator",
    "Method": "contrast.method",
    "ModelConfig": "contrast.method",
    "RunConfig": "settings.config",
    "RunFolder": "storage.run_folder",
    "Score": "probing.linear",
    "collect_runs": "collect:collect",
    "find_preset": "settings.presets",
    "linear_probe": "probing.linear",
    "load_run": "experiment.loading",
    "over_seeds": "probing.intervals",
    "pretrain_and_probe": "experiment.runner:run",
    "probe": "probing.own_features",
    "with_fields": "settings.fields",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, inner = _HOMES[name].partition(":")
    found = getattr(importlib.import_module(f"{__name__}.{module}"), inner or name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
