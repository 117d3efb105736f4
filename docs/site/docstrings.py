"""Docstrings as the site shows them, without a word to change in them."""

import re
from typing import Any

import griffe

_ROLE = re.compile(r":(?:func|class|meth|mod|data|attr|exc):`~?([\w.]+)`")
#: Lines of an example up to the next empty one.
_EXAMPLE = re.compile(r"^>>> (?:.+\n?)+", flags=re.MULTILINE)


class Docstrings(griffe.Extension):
    """Four things that other tools do by themselves.

    - A role such as ``:func:`name``` becomes a link, which a strict build checks.
    - Examples are code wherever they stand.
    - The lines above a constant that begin with ``#:`` are its docstring.
    - A method without a docstring refers to the method that it overrides.
    """

    def on_package(self, *, pkg: griffe.Module, **kwargs: Any) -> None:
        """Go through a package once it is loaded as a whole."""
        self._visit(pkg)

    def _visit(self, obj: griffe.Object) -> None:
        if not obj.docstring and obj.is_attribute:
            _take_comment(obj)
        elif not obj.docstring and obj.is_function:
            _refer_to_overridden(obj)
        if obj.docstring:
            text = _ROLE.sub(lambda match: _link(match[1], obj), obj.docstring.value)
            if obj.is_module:
                text = _EXAMPLE.sub(lambda match: f"```pycon\n{match[0].rstrip()}\n```\n", text)
            obj.docstring.value = text
        for member in obj.members.values():
            if not member.is_alias:
                self._visit(member)


def _take_comment(obj: griffe.Object) -> None:
    above = obj.lines_collection[obj.filepath][: (obj.lineno or 1) - 1]
    lines: list[str] = []
    while above and above[-1].lstrip().startswith("#:"):
        lines.insert(0, above.pop().lstrip()[2:].strip())
    if lines:
        obj.docstring = griffe.Docstring("\n".join(lines), parent=obj)


def _refer_to_overridden(obj: griffe.Object) -> None:
    for base in obj.parent.mro() if obj.parent is not None and obj.parent.is_class else ():
        found = base.members.get(obj.name)
        if found is not None and found.docstring:
            text = f"See [`{base.name}.{found.name}`][{found.path}]."
            obj.docstring = griffe.Docstring(text, parent=obj)
            return


def _link(name: str, obj: griffe.Object) -> str:
    # A name that begins in the same class, module or package is written short.
    around, first = obj, name.partition(".")[0]
    while around.parent is not None and first not in around.members:
        around = around.parent
    target = f"{around.path}.{name}" if first in around.members else name
    return f"[`{name.rpartition('.')[2]}`][{target}]"
