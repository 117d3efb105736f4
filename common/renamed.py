"""Keyword arguments by the names that they had in earlier versions."""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def renamed_arguments(
    **new_names: str,
) -> Callable[[Callable[Parameters, Result]], Callable[Parameters, Result]]:
    """A decorator: keyword arguments are accepted by their old names too.

    >>> @renamed_arguments(strengths="penalties")
    ... def smallest(penalties):
    ...     return min(penalties)
    >>> smallest(penalties=[0.1, 1]), smallest(strengths=[0.1, 1])
    (0.1, 0.1)

    Args:
        **new_names: old name → new name.
    """

    def decorate(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        @functools.wraps(function)
        def with_old_names(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
            for old, new in new_names.items():
                if old in kwargs:
                    if new in kwargs:
                        raise TypeError(
                            f"{function.__name__}() got {old} and {new}, two names of one argument"
                        )
                    kwargs[new] = kwargs.pop(old)
            return function(*args, **kwargs)

        return with_old_names

    return decorate
