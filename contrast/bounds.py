"""The earlier name of losses.py, for methods that were written for it."""

import warnings
from typing import Any

from . import losses

#: earlier name → name
_NAMES = {
    "nce": "nce",
    "information_nce": "infonce_lower_bound",
    "information_club": "club_upper_bound",
}


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    new = f"{losses.__name__}.{_NAMES[name]}"
    warnings.warn(f"{__name__}.{name} is now {new}", DeprecationWarning, stacklevel=2)
    return getattr(losses, _NAMES[name])
