"""Modules by the paths that pages of earlier versions showed: they answer with a warning."""

import importlib
import sys
import warnings
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_TOP = "interaction_probes"
#: Earlier module → the module of today, and the names that are others there.
EARLIER: dict[str, tuple[str, dict[str, str]]] = {
    f"{_TOP}.config": (
        f"{_TOP}.settings.config",
        {"from_plain": "from_dict", "as_plain": "to_dict"},
    ),
    f"{_TOP}.registry": (f"{_TOP}.settings.registry", {}),
    f"{_TOP}.intervals": (f"{_TOP}.probing.intervals", {}),
    f"{_TOP}.figures.table": (f"{_TOP}.analysis.results_table", {}),
    f"{_TOP}.figures.published": (f"{_TOP}.analysis.published", {}),
    f"{_TOP}.figures.save": (f"{_TOP}.figures.drawing.save", {}),
}


class _EarlierPaths(MetaPathFinder, Loader):
    """Finds the earlier modules, after every other finder has found nothing."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return ModuleSpec(fullname, self) if fullname in EARLIER else None

    def exec_module(self, module: ModuleType) -> None:
        earlier = module.__name__
        home, renamed = EARLIER[earlier]

        def get(name: str) -> Any:
            now = renamed.get(name, name)
            found = importlib.import_module(home)
            if name.startswith("__") or not hasattr(found, now):
                raise AttributeError(f"module {earlier!r} has no attribute {name!r}")
            warnings.warn(f"{earlier}.{name} is now {home}.{now}", DeprecationWarning, stacklevel=2)
            return getattr(found, now)

        module.__dict__["__getattr__"] = get


def install() -> None:
    """Let the earlier paths be imported."""
    if not any(isinstance(finder, _EarlierPaths) for finder in sys.meta_path):
        sys.meta_path.append(_EarlierPaths())
