"""The bytes of a checkpoint: tensors and plain types, read back without running code."""

import io
import sys
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from interaction_probes.common.error_lines import first_line

_CANNOT_BE_READ = "the checkpoint could not be read back"


def checkpoint_bytes(state: Mapping[str, Any]) -> bytes:
    """A state as the bytes of a checkpoint, the same for equal states.

    Raises:
        ValueError: an object that cannot be written; the line names its entry.
    """
    buffer = io.BytesIO()
    try:
        torch.save(_interned(dict(state)), buffer)
    except OSError:
        raise
    except Exception as error:  # torch raises what an object's own methods raise
        raise ValueError(f"{_CANNOT_BE_READ}: {_culprit(state) or first_line(error)}") from error
    return buffer.getvalue()


def parse_checkpoint(source: Path | io.BytesIO) -> dict[str, Any]:
    """The state in a checkpoint, on the CPU; never unpickles code.

    Args:
        source: the file, or its bytes.

    Raises:
        ValueError: it is damaged, or holds more than tensors and plain values; every byte is
            checked against the archive's own sums.
        PermissionError: the file must not be read.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            broken = archive.testzip()
        if broken:
            raise ValueError(f"{broken} differs from its checksum")
        if isinstance(source, io.BytesIO):
            source.seek(0)
        state = torch.load(source, map_location="cpu", weights_only=True)
        if not isinstance(state, dict):
            raise ValueError(f"it holds a {type(state).__name__}")
    except PermissionError:
        raise
    except Exception as error:  # zipfile, zlib, pickle and torch each raise kinds of their own
        reason = first_line(error)
        if "weights_only" in reason:  # torch goes on to say how to run it all the same
            reason = "it holds more than tensors and plain values, and is not run"
        raise ValueError(reason) from error
    return state


def read_back(raw: bytes, state: Mapping[str, Any]) -> dict[str, Any]:
    """The state in the bytes that :func:`checkpoint_bytes` made of one.

    Raises:
        ValueError: it cannot be read back; the line names the entry at fault.
    """
    try:
        return parse_checkpoint(io.BytesIO(raw))
    except ValueError as error:
        raise ValueError(f"{_CANNOT_BE_READ}: {_culprit(state) or error}") from error


def _culprit(state: Mapping[str, Any]) -> str | None:
    """The first value of a state, however deep, that cannot be written and read back, in words."""
    for name, value in state.items():
        if _survives(value):
            continue
        module, _, kind = str(name).rpartition(".")
        if isinstance(value, Mapping) and kind != "_extra_state" and (inner := _culprit(value)):
            return inner
        what = f"{name} is a {_class_of(value)}"
        if kind == "_extra_state":
            owner = module or "the method"
            what = f"get_extra_state of {owner} returns a {_class_of(value)}"
        return f"{what}; it has to be tensors and plain values, such as int(…) of a number"
    return None


def _class_of(value: Any) -> str:
    """The class at fault: of a value, or of the first part of it that does not survive."""
    parts: list[Any] = []
    if isinstance(value, Mapping):
        parts = [part for pair in value.items() for part in pair]
    elif isinstance(value, list | tuple | set | frozenset):
        parts = list(value)
    for part in parts:
        if not _survives(part):
            return _class_of(part)
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{_top(kind)}.{kind.__name__}"


def _top(kind: type) -> str:
    return kind.__module__.partition(".")[0]


def _survives(value: Any) -> bool:
    buffer = io.BytesIO()
    try:
        torch.save(value, buffer)
        buffer.seek(0)
        torch.load(buffer, map_location="cpu", weights_only=True)
    except Exception:  # whatever torch and an object's own methods raise
        return False
    return True


def _interned(value: Any) -> Any:
    """A copy in which equal texts are one object, as a pickle writes such a text once.

    Without it, the bytes would tell which texts came from a file, and so whether a run was resumed.
    """
    if isinstance(value, str):
        return sys.intern(str(value))
    if type(value) in (list, tuple):
        return type(value)(_interned(part) for part in value)
    if type(value) in (dict, OrderedDict):
        copy = type(value)((_interned(key), _interned(part)) for key, part in value.items())
        if hasattr(value, "_metadata"):  # versions of modules, in a state dict
            copy._metadata = _interned(value._metadata)
        return copy
    return value
