"""Modules of users, imported by the names that they give: this runs the users' code."""

import importlib
import traceback
from types import ModuleType


def import_module_of(name: str, what: str) -> ModuleType:
    """Import a module that a user names; this runs its code.

    Args:
        name: dotted name of the module.
        what: what an error calls the thing that is looked for.

    Raises:
        ValueError: the import fails, for whatever reason.
    """
    try:
        return importlib.import_module(name)
    except (ImportError, TypeError, ValueError) as error:  # the last two: the name is malformed
        raise ValueError(f"{what} cannot be imported: {error}") from error
    except (Exception, SystemExit) as error:  # anything that a user's module may raise
        raise ValueError(
            f"{what} cannot be imported: {location(error)}{type(error).__name__}: {error}"
        ) from error


def location(error: BaseException) -> str:
    """``file, line n: `` of the code that raised an error."""
    if isinstance(error, SyntaxError):  # its text has the location already
        return ""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}, line {frames[-1].lineno}: " if frames else ""
