"""What a misspelt name most likely meant."""

import difflib
from collections.abc import Iterable


def nearest(word: str, names: Iterable[str]) -> str | None:
    """The name that a misspelt word most likely meant, if any is close."""
    return next(iter(difflib.get_close_matches(word, list(names), n=1, cutoff=0.6)), None)


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """The question whether a misspelt word meant the nearest name, with a space behind it."""
    close = nearest(word, names)
    return f"did you mean {close!r}? " if close else ""
