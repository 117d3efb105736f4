"""Which methods there are: one line each, and a user's own by ``package.module:Class``."""

import difflib
import importlib
import inspect

from interaction_probes.contrast.method import Method

#: name → "module:class". A method of the project is one file and one line here.
METHODS = {
    "comm": "interaction_probes.comm.method:CoMM",
}


def find_method(name: str) -> type[Method]:
    """The class of a method by its name, or by ``package.module:Class``.

    Giving a class is the one way in which the toolkit runs code of a user's own.

    Raises:
        ValueError: no such name, module or class, or a class that is not a method.
    """
    if ":" not in name and name not in METHODS:
        close = difflib.get_close_matches(name, METHODS, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise ValueError(
            f"no method {name!r}; {hint}the methods are {', '.join(METHODS)}, "
            "or package.module:Class for one of your own"
        )
    module_name, _, class_name = METHODS.get(name, name).partition(":")
    try:
        module = importlib.import_module(module_name)
    except (ImportError, TypeError, ValueError) as error:  # the latter two: no absolute name
        raise ValueError(f"method {name!r} cannot be imported: {error}") from error
    found = getattr(module, class_name, None)
    if not inspect.isclass(found):
        classes = [name for name, _ in inspect.getmembers(module, inspect.isclass)]
        close = difflib.get_close_matches(class_name, classes, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise ValueError(f"method {name!r}: {module_name} has no class {class_name!r}{hint}")
    if not issubclass(found, Method):
        raise ValueError(
            f"method {name!r} is not a subclass of interaction_probes.contrast.method.Method"
        )
    missing = sorted(getattr(found, "__abstractmethods__", ()))
    missing += [] if hasattr(found, "terms") else ["terms"]
    if missing:
        raise ValueError(f"method {name!r} lacks {', '.join(missing)}")
    return found
