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

    from .collect import collect as collect_runs
    from .config import RunConfig
    from .experiment import run as pretrain_and_probe
    from .fields import with_fields
    from .intervals import over_seeds
    from .own_data import probe
    from .presets import find_preset
    from .probes import Score, linear_probe
    from .results import RunFolder
    from .saved import load_run

__all__ = [
    "Batch",
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
    "Method": "contrast.method",
    "ModelConfig": "contrast.method",
    "RunConfig": "config",
    "RunFolder": "results",
    "Score": "probes",
    "collect_runs": "collect:collect",
    "find_preset": "presets",
    "linear_probe": "probes",
    "load_run": "saved",
    "over_seeds": "intervals",
    "pretrain_and_probe": "experiment:run",
    "probe": "own_data",
    "with_fields": "fields",
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
