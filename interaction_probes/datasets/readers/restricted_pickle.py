"""Pickles of plain values and arrays, read without running what they name.

A pickle names functions to call. Here every name that a NumPy array needs is answered by a function
of this file, which reads bytes and nothing else; any other name is refused. NumPy's own functions
are not called either: they trust a pickled type's size and flags, which could be made up.
"""

import io
import math
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

#: Types of values besides arrays.
_PLAIN = (str, int, float, bytes, bool, type(None))
#: Containers in containers, at most.
_DEPTH = 20


def read_plain_pickle(path: Path) -> Any:
    """The content of a pickle of arrays, dicts, lists, tuples, texts, numbers and bytes.

    Pickles of Python 2 are read too, their texts as latin-1.

    Returns:
        Nested containers; arrays are read-only.

    Raises:
        ValueError: it has anything else, or is damaged.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        try:
            return _plain(_Restricted(file, encoding="latin1").load(), 0, {})
        except _RefusedError as error:
            raise ValueError(
                f"the pickle has {error}, and only arrays, dicts, lists, tuples, "
                "texts, numbers and bytes are read"
            ) from error
        except OSError:
            raise
        except Exception as error:  # damaged pickles raise a dozen kinds of errors
            reason = " ".join(str(error).split()) or type(error).__name__
            raise ValueError(f"no pickle that can be read: {reason}") from error


class _RefusedError(Exception):
    """What a pickle has that is not read."""


class _DType:
    """The type of an array: its code, then its byte order."""

    def __init__(self, code: str):
        self.code, self.order = code, "<"

    def __setstate__(self, state: Any) -> None:
        self.order = state[1]

    def numpy(self) -> np.dtype[Any]:
        """NumPy's type; objects have none."""
        if not re.fullmatch(r"[biuf][1248]|[SU]\d{1,6}", self.code) or self.order not in "<>|=":
            raise _RefusedError(f"an array of type {self.code!r:.20}")
        return np.dtype(f"{self.order}{self.code}")


class _Array:
    """An array, whose content comes after it was made."""

    found: np.ndarray | list[Any]
    shape: tuple[int, ...] = ()

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, fortran, data = state
        if dtype.code[:1] == "O":
            if type(data) is not list or len(data) != math.prod(shape):
                raise _RefusedError("an array of objects of another size than its content")
            if fortran and len(shape) > 1:
                raise _RefusedError("an array of objects in Fortran order")
            self.found, self.shape = data, tuple(shape)
        else:
            data = data.encode("latin1") if isinstance(data, str) else data
            self.found = _from_bytes(data, dtype, shape, "F" if fortran else "C")


def _from_bytes(data: bytes, dtype: _DType, shape: tuple[int, ...], order: Any) -> np.ndarray:
    """An array from its bytes; NumPy refuses a shape that does not fit them."""
    found = np.frombuffer(bytes(data), dtype.numpy()).reshape(shape, order=order)
    found.flags.writeable = False
    return found


def _scalar(dtype: _DType, data: bytes | str) -> Any:
    data = data.encode("latin1") if isinstance(data, str) else data
    return np.frombuffer(data, dtype.numpy(), count=1)[0].item()


def _encoded(text: str, encoding: str = "latin1") -> bytes:
    """How Python 2's protocols write bytes."""
    if encoding != "latin1":
        raise _RefusedError("bytes in another encoding than latin1")
    return text.encode("latin1")


def _dtype(code: str, *_: Any) -> _DType:
    return _DType(code)


def _array(*_: Any) -> _Array:
    return _Array()


def _no_bytes() -> bytes:
    return b""


def _ndarray(*_: Any) -> None:
    """Stands for the class, which is an argument only."""
    raise _RefusedError("a call of numpy.ndarray")


class _Answer:
    """What a name in a pickle stands for: it can be called, and not changed."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[..., Any]):
        self._make = make

    def __call__(self, *given: Any) -> Any:
        return self._make(*given)

    def __setstate__(self, state: Any) -> None:
        raise _RefusedError("a function that is changed")


#: Name in a pickle → what is called in its place.
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "numpy.ndarray": _ndarray,
    "numpy.dtype": _dtype,
    "_codecs.encode": _encoded,
    "builtins.bytes": _no_bytes,
    "__builtin__.bytes": _no_bytes,
}
for _core in ("numpy.core", "numpy._core"):  # before numpy 2, and since
    _FUNCTIONS[f"{_core}.multiarray._reconstruct"] = _array
    _FUNCTIONS[f"{_core}.multiarray.scalar"] = _scalar
    _FUNCTIONS[f"{_core}.numeric._frombuffer"] = _from_bytes


class _Restricted(pickle.Unpickler):
    """An unpickler that looks up no name."""

    def __init__(self, file: io.BufferedReader, encoding: str):
        super().__init__(file, encoding=encoding)

    def find_class(self, module: str, name: str) -> Any:
        if (make := _FUNCTIONS.get(f"{module}.{name}")) is None:
            raise _RefusedError(f"{module}.{name}")
        return _Answer(make)

    def persistent_load(self, pid: Any) -> Any:
        raise _RefusedError("a reference out of the file")


def _plain(value: Any, depth: int, done: dict[int, tuple[Any, Any]]) -> Any:
    """A value with arrays in the place of their stand-ins; nothing else passes."""
    if depth > _DEPTH:
        raise _RefusedError(f"containers that are nested more than {_DEPTH} times")
    if type(value) in _PLAIN or isinstance(value, np.ndarray):
        return value
    if id(value) not in done:  # a container that is named often is converted once
        done[id(value)] = (value, _converted(value, depth, done))
    return done[id(value)][1]


def _converted(value: Any, depth: int, done: dict[int, tuple[Any, Any]]) -> Any:
    if type(value) is dict:
        # Keys are hashable, and so are immutable and plain unless they are stand-ins.
        return {
            _plain(key, depth + 1, done): _plain(found, depth + 1, done)
            for key, found in value.items()
        }
    if type(value) in (list, tuple):
        return type(value)(_plain(part, depth + 1, done) for part in value)
    if type(value) is _Array:
        if isinstance(value.found, np.ndarray):
            return value.found
        flat = np.empty(len(value.found), dtype=object)
        for k, part in enumerate(value.found):
            flat[k] = _plain(part, depth + 1, done)
        return flat.reshape(value.shape)
    stand_ins = {_Answer: "a function or a class", _DType: "the type of no array"}
    raise _RefusedError(stand_ins.get(type(value), f"a {type(value).__name__}"))
