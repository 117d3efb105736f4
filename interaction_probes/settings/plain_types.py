"""Dataclasses of settings from plain types, as JSON holds them, and the checks of their types."""

import functools
from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any, Literal, get_args, get_origin, get_type_hints

from interaction_probes.common.spelling import nearest


def value_of(plain: Mapping[str, Any], name: str) -> Any:
    """A field of a config in plain types, as config.json holds it, by its dotted name.

    Raises:
        KeyError: it has no such field.
    """
    value: Any = plain
    for part in name.split("."):
        value = value[part]
    return value


def with_values(plain: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """A config in plain types with other values of some fields, by their dotted names.

    Raises:
        KeyError: it has no such group of fields.
    """
    changed = {name: dict(part) if isinstance(part, dict) else part for name, part in plain.items()}
    for name, value in values.items():
        group, _, rest = name.partition(".")
        changed[group] = with_values(changed[group], {rest: value}) if rest else value
    return changed


def build(kind: Any, value: Any, path: str = "") -> Any:
    """A value of an annotated type from plain types, checked on the way.

    Args:
        kind: a dataclass, or an annotation of one of its fields.
        value: what JSON holds of it.
        path: the dotted name of the value, with a dot at the end.

    Raises:
        ValueError: a field that is unknown or of a wrong type, or a value out of its range.
    """
    name = path.rstrip(".")
    if is_dataclass(kind):
        if isinstance(kind, type) and isinstance(value, kind):  # of a list of such
            check_kinds(value, path)
            return value
        return _build_fields(kind, value, path)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        if value not in arguments:
            close = nearest(value, arguments) if isinstance(value, str) else None
            hint = f"; did you mean {close}?" if close else ""
            raise ValueError(
                f"{name} is one of {', '.join(map(str, arguments))}, not {_shown(value)}{hint}"
            )
        return value
    if origin is tuple:
        variadic = arguments[-1] is Ellipsis
        if not isinstance(value, list | tuple) or not (variadic or len(value) == len(arguments)):
            form = "a list" if variadic else f"a list of {len(arguments)} values"
            raise ValueError(f"{name} is {form}, not {_shown(value)}")
        kinds = [arguments[0]] * len(value) if variadic else arguments
        return tuple(build(k, v, path) for k, v in zip(kinds, value, strict=True))
    if origin is dict:
        if not isinstance(value, dict):
            raise ValueError(f"{name} is an object of names and numbers, not {_shown(value)}")
        return {key: build(arguments[1], part, f"{path}{key}.") for key, part in value.items()}
    accepted = (int, float) if kind is float else (kind,)
    if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
        known = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}
        raise ValueError(f"{name} is {known.get(kind, kind.__name__)}, not {_shown(value)}")
    try:
        return kind(value)
    except OverflowError as error:  # a whole number beyond every float
        raise ValueError(f"{name} is a number, and {_shown(value)} is too large") from error


def _build_fields(kind: Any, value: Any, path: str) -> Any:
    if not isinstance(value, dict):
        name = path.rstrip(".") or "a config"
        raise ValueError(f"{name} is an object with fields, not {_shown(value)}")
    hints = _hints(kind)
    for name in value:
        if name not in hints:
            close = nearest(name, hints)
            hint = f"; did you mean {path + close!r}?" if close else ""
            raise ValueError(f"no field {path + name!r} in a config{hint}")
    return kind(
        **{name: build(hints[name], part, f"{path}{name}.") for name, part in value.items()}
    )


def check_kinds(config: Any, path: str = "") -> None:
    """Refuse values of another type than a field's, which a dataclass takes without a word.

    Args:
        config: a dataclass of settings, whose fields may be such.
        path: its dotted name, with a dot at the end.

    Raises:
        ValueError: as :func:`build`.
    """
    of: Any = type(config)
    for name, kind in _hints(of).items():
        value = getattr(config, name)
        if not (isinstance(kind, type) and is_dataclass(kind)):
            build(kind, value, f"{path}{name}.")
        elif isinstance(value, kind):
            check_kinds(value, f"{path}{name}.")
        else:
            raise ValueError(f"{path}{name} is an instance of {kind.__name__}, not {_shown(value)}")


@functools.cache
def _hints(kind: Any) -> dict[str, Any]:
    """Field of a dataclass → its kind. Reading them from annotations takes most of a check."""
    return get_type_hints(kind)


def _shown(value: Any) -> str:
    """A wrong value as an error shows it: in one short line, a list without brackets."""
    if isinstance(value, list | tuple):
        shown = ", ".join(map(str, value)) or "an empty list"
    elif isinstance(value, int | float | str):
        shown = repr(value)
    else:
        shown = "nothing" if value is None else f"a {type(value).__name__}"
    return shown if len(shown) <= 60 else f"{shown[:60]}…"
