"""How options are spelt on a command line, and what a misspelt name most likely meant."""

import difflib
import re
from collections.abc import Iterable, Sequence


def option_name(word: str) -> str:
    """The option that a word of a command line names, as help spells it; "" if it names none.

    A parser takes ``--preset_version=1`` for ``--preset-version 1``. Whoever looks at the words
    themselves asks here.

    >>> option_name("--preset_version=1")
    '--preset-version'
    """
    name = word.partition("=")[0]
    return name.replace("_", "-") if re.match("--?[A-Za-z]", name) else ""


def given_options(words: Iterable[str]) -> set[str]:
    """The options that a command line names, as help spells them."""
    return {name for name in map(option_name, words) if name}


def option_value(words: Sequence[str], option: str) -> str | None:
    """The value of an option on a command line; the last one if it is repeated, None without one.

    Args:
        words: the command line's words.
        option: as help spells it.
    """
    result = None
    for k, word in enumerate(words):
        if option_name(word) == option:
            _, equals, value = word.partition("=")
            result = value if equals else next(iter(words[k + 1 : k + 2]), None)
    return result


def nearest(word: str, names: Iterable[str]) -> str | None:
    """The name that a misspelt word most likely meant, if any is close."""
    by_key = {_key(name): name for name in names}
    close = difflib.get_close_matches(_key(word), list(by_key), n=1, cutoff=0.6)
    return by_key[close[0]] if close else None


def _key(word: str) -> str:
    """A word without its case: CoMM for comm is no other letter."""
    return word.casefold()


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """The question whether a misspelt word meant the nearest name, with a space behind it."""
    close = nearest(word, names)
    return f"did you mean {close!r}? " if close else ""
