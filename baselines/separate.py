"""The earlier name of late_fusion.py, for methods that were written for it."""

import warnings
from typing import Any

from . import late_fusion

#: earlier name → name
_NAMES = {"Separate": "LateFusion", "concatenate": "concatenate"}


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    new = f"{late_fusion.__name__}.{_NAMES[name]}"
    warnings.warn(f"{__name__}.{name} is now {new}", DeprecationWarning, stacklevel=2)
    return getattr(late_fusion, _NAMES[name])
