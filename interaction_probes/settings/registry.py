"""Which methods there are: one line each, and a user's own by ``package.module:Class``."""

import hashlib
import importlib
import inspect
import math
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

from interaction_probes.common.spelling import did_you_mean
from interaction_probes.contrast.method import Method

#: name → "module:class". A method of the project is one file and one line here.
METHODS = {
    "comm": "interaction_probes.comm.method:CoMM",
    "infmasking": "interaction_probes.baselines.infmasking:InfMasking",
    "factorcl": "interaction_probes.baselines.factorcl:FactorCL",
    "cross_self": "interaction_probes.baselines.cross_self:CrossSelf",
    "clip": "interaction_probes.baselines.clip:CLIP",
    "simclr": "interaction_probes.baselines.simclr:SimCLR",
    "supervised": "interaction_probes.baselines.supervised:Supervised",
    "random_init": "interaction_probes.baselines.random_init:RandomInit",
    "pixels": "interaction_probes.baselines.pixels:Pixels",
}
_DESIGNS = ("unbiased", "biased")


def find_method(name: str) -> type[Method]:
    """The class of a method by its name, or by ``package.module:Class``.

    Giving a class is the one way in which the toolkit runs code of a user's own.

    Raises:
        ValueError: no such name, module or class, a module that fails while it is imported, or a
            class that is not a method.
    """
    if ":" not in name and name not in METHODS:
        hint = did_you_mean(name, METHODS)
        raise ValueError(
            f"no method {name!r}; {hint}the methods are {', '.join(METHODS)}, "
            "or package.module:Class for one of your own"
        )
    module_name, _, class_name = METHODS.get(name, name).partition(":")
    try:
        module = importlib.import_module(module_name)
    except (ImportError, TypeError, ValueError) as error:  # the latter two: no absolute name
        raise ValueError(f"method {name!r} cannot be imported: {error}") from error
    except (Exception, SystemExit) as error:  # whatever a user's module does
        raise ValueError(
            f"method {name!r} cannot be imported: {_where(error)}{type(error).__name__}: {error}"
        ) from error
    found = getattr(module, class_name, None)
    if not inspect.isclass(found):
        classes = [name for name, _ in inspect.getmembers(module, inspect.isclass)]
        hint = did_you_mean(class_name, classes)
        said = f"method {name!r}: {module_name} has no class {class_name!r}; {hint}"
        raise ValueError(said.rstrip("; "))
    if not issubclass(found, Method):
        raise ValueError(
            f"method {name!r} is not a subclass of interaction_probes.contrast.method.Method"
        )
    missing = sorted(getattr(found, "__abstractmethods__", ()))
    missing += [] if hasattr(found, "terms") else ["terms"]
    if missing:
        raise ValueError(f"method {name!r} lacks {', '.join(missing)}")
    if wrong := _wrong_part(found):
        raise ValueError(f"method {name!r}: {wrong}")
    return found


def _where(error: BaseException) -> str:
    """The file and line at which an error was raised, for a line of text."""
    if isinstance(error, SyntaxError):  # its text says where
        return ""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}, line {frames[-1].lineno}: " if frames else ""


def source_line(error: BaseException, name: str) -> str:
    """The file and line of a user's own method that an error came through, for a line of text.

    Nothing where it did not, or where the method is one of the project's.

    Args:
        error: what was raised.
        name: of the method, ``package.module:Class`` for one of a user's own.
    """
    module = sys.modules.get(name.partition(":")[0].partition(".")[0])
    if ":" not in name or module is None or name.startswith("interaction_probes."):
        return ""
    own = [Path(part) for part in getattr(module, "__path__", [module.__file__])]
    frames = traceback.extract_tb(error.__traceback__)
    through = [f for f in frames if any(Path(f.filename).is_relative_to(part) for part in own)]
    return f"{through[-1].filename}, line {through[-1].lineno}: " if through else ""


def source_sha256(method: type) -> str | None:
    """The SHA-256 of the file that a class is written in; None of one that a shell defines."""
    try:
        return hashlib.sha256(Path(inspect.getfile(method)).read_bytes()).hexdigest()
    except (OSError, TypeError):
        return None


def changed_source(status: Mapping[str, object], name: str) -> str:
    """The file of a user's own method, where it is another than when a run was saved; else "".

    Args:
        status: what the run's run.json says.
        name: of the method.
    """
    before = status.get("method_file")
    method = find_method(name)
    if not isinstance(before, str) or before.endswith(str(source_sha256(method))):
        return ""
    return inspect.getfile(method)


def method_table() -> str:
    """A line per method: name, paper, objective, loss terms, what is probed."""
    rows = [("method", "paper", "objective", "terms (--weights)", "probed (--features)")]
    for name in METHODS:
        method = find_method(name)
        places = "; ".join(f"{place}: {what}" for place, what in method.places.items())
        terms = ", ".join(method.terms) or "-"
        rows.append((name, method.paper or "-", objective(method), terms, places))
    widths = [max(len(row[k]) for row in rows) for k in range(4)]
    return "\n".join(
        "  ".join([*(f"{row[k]:<{width}}" for k, width in enumerate(widths)), row[4]])
        for row in rows
    )


def objective(method: type[Method]) -> str:
    """A method's objective in a line: the first of its own docstring."""
    return next(iter((method.__doc__ or "").strip().splitlines()), "").rstrip(".")


def _wrong_part(method: type[Method]) -> str | None:
    """What is wrong with the parts that a class declares, if anything is."""
    try:
        inspect.signature(method).bind("config")
    except TypeError:
        return "it is built from a ModelConfig and nothing else: __init__(self, config)"
    terms = method.terms
    if not isinstance(terms, Mapping) or not all(
        isinstance(term, str) and isinstance(weight, int | float) and math.isfinite(weight)
        for term, weight in terms.items()
    ):
        return "its terms map names to finite default weights"
    if not isinstance(method.n_views, int) or method.n_views < 1:
        return f"its n_views is a whole number of 1 or more, not {method.n_views!r}"
    if not isinstance(method.highest_lr, int | float) or not method.highest_lr > 0:
        return f"its highest_lr is a positive number, not {method.highest_lr!r}"
    places = method.places
    if not isinstance(places, Mapping) or not places or not all(isinstance(p, str) for p in places):
        return "its places map the name of a representation to what it is, for one or more"
    pairs = method.pairs
    if isinstance(pairs, str) or not isinstance(pairs, Sequence) or not pairs:
        return "its pairs are a tuple of designs to learn from"
    unknown = [name for name in pairs if name not in _DESIGNS]
    return f"its pairs are {' or '.join(_DESIGNS)}, not {unknown[0]!r}" if unknown else None
