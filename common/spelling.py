"""What a misspelt name most likely meant."""

import difflib
from collections.abc import Iterable


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
