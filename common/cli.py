"""Command lines whose every mistake is one clear line and exit code 2.

tyro turns annotations into options and prints help; what its parser refuses becomes a line with
the nearest valid name. Any program of the project can use both functions::

    with friendly_errors():
        command = parse(Generate | Audit, prog="python -m trifeature")
        command.run()
"""

import contextlib
import functools
import inspect
import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

import tyro
from tyro.constructors import ConstructorRegistry, PrimitiveConstructorSpec, PrimitiveTypeInfo

from .mistakes import explain, repeated_list
from .number_texts import read_number

_NOT_GIVEN = object()


def parse(
    form: Any,
    args: Sequence[str] | None = None,
    prog: str | None = None,
    description: str | None = None,
    default: Any = _NOT_GIVEN,
    **settings: Any,
) -> Any:
    """Fill a type, or call a function, from a command line.

    Args:
        form: a dataclass, a union of dataclasses (subcommands) or an annotated function.
        args: the command line's words; those of this process where none are given.
        prog: the program's name in its help and messages.
        description: the first paragraph of its help.
        default: an instance with the defaults, where `form` is a type.
        settings: anything else that ``tyro.cli`` takes.

    Returns:
        The filled instance, or what the function returned.

    Raises:
        SystemExit: code 2 after ``error: …`` on stderr, code 0 after ``--help``.
    """
    words = list(sys.argv[1:] if args is None else args)
    settings |= {"prog": prog, "description": description, "registry": _strict_numbers()}
    if default is not _NOT_GIVEN:
        settings["default"] = default
    called = inspect.isroutine(form)
    # A function runs after parsing, so that what it writes to stderr is not taken for tyro's.
    target = _postponed(form) if called else form
    help_of = functools.cache(functools.partial(_help, target, settings))
    if repeated := repeated_list(words, help_of):
        fail(repeated)

    def refuse(event: object) -> None:
        if line := explain(event, words, help_of):
            raise _Refused(line)

    try:
        with _refusals_to(refuse):
            filled = tyro.cli(target, args=words, **settings)
    except _Refused as refused:
        fail(str(refused))
    except (ValueError, OSError) as error:
        fail(_one_line(error))
    return filled() if called else filled


class _Refused(Exception):
    """A command line that the parser refuses; its text is the line to print."""


def _refusals_to(hook: Callable[[Any], None]) -> contextlib.AbstractContextManager[None]:
    """Pass tyro's events to a hook; a tyro without them prints its own text, with exit code 2."""
    try:
        from tyro._errors import on_parse_error
    except ImportError:
        return contextlib.nullcontext()
    return on_parse_error(hook)


def _strict_numbers() -> ConstructorRegistry:
    """Rules that read a word as a number as :func:`read_number` does, and as Python does not."""
    registry = ConstructorRegistry()

    @registry.primitive_rule
    def _(info: PrimitiveTypeInfo) -> PrimitiveConstructorSpec[Any] | None:
        kind = info.type
        if kind is not int and kind is not float:
            return None
        return PrimitiveConstructorSpec(
            nargs=1,
            metavar=kind.__name__.upper(),
            instance_from_str=lambda words: read_number(kind, words[0]),
            is_instance=lambda value: isinstance(value, int if kind is int else int | float),
            str_from_instance=lambda value: [str(value)],
        )

    return registry


class Stopped(KeyboardInterrupt):
    """A request to end that came as a signal, whose number is the argument."""


@contextlib.contextmanager
def friendly_errors(stopped: str = "stopped") -> Iterator[None]:
    """End a command's failure in one line on stderr, without a traceback.

    A ValueError, OSError, MemoryError or OverflowError is ``error: …`` and exit code 2. Ctrl-C,
    SIGTERM and SIGHUP unwind the block as KeyboardInterrupt does, and end with exit code 128 + the
    signal's number.

    Args:
        stopped: the line for those signals.
    """
    try:
        with _signals_raised():
            yield
            sys.stdout.flush()  # a full disk or a reader gone is told here, not by Python at exit
    except KeyboardInterrupt as stop:
        number = stop.args[0] if isinstance(stop, Stopped) else signal.SIGINT
        print(stopped, file=sys.stderr)
        sys.exit(128 + number)
    except (ValueError, OSError, MemoryError, OverflowError) as error:
        _drop_output()
        fail(_one_line(error))


@contextlib.contextmanager
def _signals_raised() -> Iterator[None]:
    """Raise `Stopped` where SIGTERM or SIGHUP would end the process at once, files half-written."""
    numbers = [signal.Signals[name] for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        numbers = []
    # One that is ignored, as under nohup, stays so.
    numbers = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]

    def stop(number: int, _: object) -> NoReturn:
        raise Stopped(number)

    for number in numbers:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)


def _drop_output() -> None:
    """Give up what stdout cannot take, which Python would complain of again at exit."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def fail(message: str) -> NoReturn:
    """Print ``error: message`` on stderr and exit with code 2."""
    print(f"error: {message}", file=sys.stderr)
    sys.exit(2)


def _one_line(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "not enough memory"
    if isinstance(error, OverflowError):
        return f"a number is too large ({error})"
    if isinstance(error, OSError) and error.strerror:
        where = f": {error.filename}" if error.filename is not None else ""
        return f"{error.strerror[0].lower()}{error.strerror[1:]}{where}"
    return " ".join(str(error).split()) or type(error).__name__


def _postponed(function: Callable[..., Any]) -> Callable[..., Callable[[], Any]]:
    @functools.wraps(function)
    def call_later(*args: Any, **kwargs: Any) -> Callable[[], Any]:
        return functools.partial(function, *args, **kwargs)

    return call_later


def _help(form: Any, settings: dict[str, Any], *words: str) -> str:
    """The help that a command line gives, or nothing where the words before it are wrong."""
    shown = io.StringIO()
    with (
        contextlib.redirect_stdout(shown),
        contextlib.redirect_stderr(io.StringIO()),
        contextlib.suppress(SystemExit, ValueError, OSError),
    ):
        tyro.cli(form, args=[*words, "--help"], **settings)
    return shown.getvalue()
