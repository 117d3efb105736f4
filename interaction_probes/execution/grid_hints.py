"""What a sweep says to an option of ``run`` that it takes by --grid alone."""

import itertools
import shlex
from collections.abc import Collection, Sequence
from typing import get_origin

from interaction_probes.common.spelling import option_name
from interaction_probes.settings.fields import field_kinds, find_field


def check_no_option_of_run(words: Sequence[str], own: Collection[str]) -> None:
    """Refuse an option of ``run`` that sets a field, with the --grid that sets the same.

    Args:
        words: of a sweep's command line.
        own: the sweep's own options, as attributes are spelt.

    Raises:
        ValueError: there is one, or an option of a group of fields names none of them.
    """
    for k, word in enumerate(words):
        name, equals, value = word.partition("=")
        if option_name(name)[2:].replace("-", "_") in {"", *own} or not (field := _field(name)):
            continue
        following = itertools.takewhile(lambda each: not each.startswith("--"), words[k + 1 :])
        values = _as_grid_values(field, [value] if equals else [*following])
        raise ValueError(f"no option {name}; set a field by --grid: --grid {field} {values}")


def _field(option: str) -> str | None:
    """The field that an option sets; None for one that is misspelt, which the parser says better.

    Raises:
        ValueError: the option of a group of fields names none of them.
    """
    try:
        return find_field(option)
    except ValueError:
        if "." in option:
            raise
        return None


def _as_grid_values(field: str, values: Sequence[str]) -> str:
    """Values of an option of ``run`` as --grid takes them: those of a list between commas."""
    one = get_origin(field_kinds()[field]) is tuple and bool(values)
    return shlex.join([",".join(values)] if one else values) or "VALUE"
