"""A digest of any Python value: equal for equal content, whichever object holds it.

It tells whether what a method keeps differs from what a fresh one has. Objects are read as they
describe themselves to ``copy`` and are never built, so nothing is run that a file contains.
"""

import hashlib
import types
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .plain_values import generator_state

_PLAIN = (type(None), bool, int, float, complex, str, bytes)
#: What stays as it is, and is known by its name.
_NAMED = (type, types.BuiltinFunctionType, types.ModuleType)


def digest(value: Any, registered: Mapping[int, str] | None = None) -> str:
    """The digest of a value.

    Numbers, texts, containers, tensors, arrays and generators are read by their content; functions
    by their name, what they enclose, their defaults and their attributes; other objects by what
    they give to ``copy``. An object that cannot be copied, such as a file or a lock, counts by its
    class alone: what changes inside it is not noticed.

    Args:
        value: anything.
        registered: id → name of objects that count by their name, since a state dict has them.
    """
    reader = _Reader(registered or {})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as of iterators that later versions cannot copy
        try:
            reader.read(value)
        except RecursionError:
            reader.add("nested too deeply", type(value).__qualname__)
    return reader.hash.hexdigest()


class _Reader:
    """Reads a value into a hash."""

    def __init__(self, registered: Mapping[int, str]) -> None:
        self.registered = registered
        self.hash = hashlib.sha256()
        self.seen: dict[int, tuple[int, Any]] = {}  # id → its number, and the object, kept alive

    def add(self, *words: object) -> None:
        """Add words, each by its length, so that no two sequences of words are one text."""
        for word in words:
            raw = word if isinstance(word, bytes) else str(word).encode(errors="surrogatepass")
            self.hash.update(f"{len(raw)}:".encode())
            self.hash.update(raw)

    def read(self, value: Any) -> None:
        """Add a value's content."""
        kind = type(value)
        if id(value) in self.registered:
            self.add("registered", self.registered[id(value)])
        elif kind in _PLAIN:
            self.add(kind.__name__, value if kind is bytes else repr(value))
        elif isinstance(value, _NAMED):
            self.add(kind.__name__, getattr(value, "__module__", ""), _name(value))
        elif id(value) in self.seen:
            self.add("seen", self.seen[id(value)][0])
        else:
            self.seen[id(value)] = (len(self.seen), value)
            self.add(f"{kind.__module__}.{kind.__qualname__}")
            self._read_content(value)

    def _read_content(self, value: Any) -> None:
        state = generator_state(value)
        if state is not None:
            self.read(state)
        elif isinstance(value, Tensor):
            self._read_tensor(value)
        elif isinstance(value, np.ndarray | np.generic) and not value.dtype.hasobject:
            self.add(value.dtype.str, value.shape, value.tobytes())
        elif type(value) in (set, frozenset):
            self.add(*sorted(digest(part, self.registered) for part in value))
        elif type(value) in (list, tuple):
            self._read_all(value)
        elif type(value) is dict:
            self._read_all(part for item in value.items() for part in item)
        elif isinstance(value, torch.optim.Optimizer | torch.optim.lr_scheduler.LRScheduler):
            self.read(value.state_dict())  # all of it that load_state_dict restores
        elif isinstance(value, types.FunctionType):
            self.add(value.__module__, value.__qualname__)
            self._read_all(cell.cell_contents for cell in _filled(value.__closure__))
            self._read_all((value.__defaults__, value.__kwdefaults__, vars(value)))
        elif isinstance(value, types.GeneratorType):
            frame = value.gi_frame  # None where it has ended
            self.read(frame and [frame.f_lasti, dict(frame.f_locals)])
        else:
            self._read_object(value)

    def _read_all(self, parts: Iterable[Any]) -> None:
        for count, part in enumerate(parts):
            self.add(count)
            self.read(part)
        self.add("end")

    def _read_tensor(self, value: Tensor) -> None:
        try:
            dense = value.detach().to_dense() if value.layout != torch.strided else value.detach()
            plain = dense.resolve_conj().resolve_neg().cpu().contiguous().flatten()
            raw = plain.view(torch.uint8).numpy().tobytes()
        except (RuntimeError, TypeError, ValueError, NotImplementedError):  # without values
            raw = b""
        learnt = value.requires_grad and value.is_leaf
        self.add(value.dtype, tuple(getattr(value, "shape", ())), learnt, raw)

    def _read_object(self, value: Any) -> None:
        """Add what an object gives to ``copy``: its class, arguments, state and items."""
        try:
            described = value.__reduce_ex__(4)
        except Exception:  # whatever an object's own method raises that cannot be copied
            return
        if isinstance(described, str):
            self.add(described)
            return
        function, arguments, *rest = described
        self.read([function, list(arguments)])
        state, items, pairs = (list(rest) + [None] * 3)[:3]
        self.read(state)
        self._read_all(items or ())
        self._read_all(part for pair in pairs or () for part in pair)


def _name(value: Any) -> str:
    return str(getattr(value, "__qualname__", getattr(value, "__name__", "")))


def _filled(cells: tuple[types.CellType, ...] | None) -> list[types.CellType]:
    """The cells of a closure that have a value."""

    def has_value(cell: types.CellType) -> bool:
        try:
            _ = cell.cell_contents
        except ValueError:
            return False
        return True

    return [cell for cell in cells or () if has_value(cell)]
