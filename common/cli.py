"""Command lines whose every mistake is one clear line and exit code 2.

tyro turns annotations into options and prints help; its error boxes are read here and said in a
line, with the nearest valid name. Any program of the project can use both functions::

    with friendly_errors():
        command = parse(Generate | Audit, prog="python -m trifeature")
        command.run()
"""

import contextlib
import functools
import inspect
import io
import itertools
import os
import re
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

import tyro

from .spelling import nearest

_OPTION = re.compile(r"(?<![\w-])--?[A-Za-z][\w.-]*")
#: An option whose values are a list, as help shows it; those that may be repeated look otherwise.
_LIST = re.compile(r"(--[\w.-]+) \[")
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
    settings |= {"prog": prog, "description": description}
    if default is not _NOT_GIVEN:
        settings["default"] = default
    called = inspect.isroutine(form)
    # A function runs after parsing, so that what it writes to stderr is not taken for tyro's.
    target = _postponed(form) if called else form
    help_of = functools.partial(_help, target, settings)
    _refuse_repeated(words, help_of)
    complaint = io.StringIO()
    try:
        with contextlib.redirect_stderr(complaint):
            found = tyro.cli(target, args=words, **settings)
    except SystemExit as stop:
        if not stop.code:
            raise
        fail(_explain(complaint.getvalue(), words, help_of))
    except (ValueError, OSError) as error:
        fail(_one_line(error))
    return found() if called else found


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


def _refuse_repeated(words: Sequence[str], help_of: Callable[[Sequence[str]], str]) -> None:
    """Refuse a list that is given twice: the first one's values would be lost without a word."""
    given = [word.partition("=")[0] for word in words]
    counts = Counter(name.replace("_", "-") for name in given if _OPTION.fullmatch(name))
    twice = [name for name, count in counts.items() if count > 1]
    lists = _LIST.findall(help_of(_leading(words))) if twice else []
    if found := next((name for name in twice if name in lists), None):
        fail(f"{found} stands there twice; its values go side by side: {found} ONE TWO")


def _help(form: Any, settings: dict[str, Any], words: Sequence[str]) -> str:
    """The help that a command line gives, or nothing where the words before it are wrong."""
    shown = io.StringIO()
    with (
        contextlib.redirect_stdout(shown),
        contextlib.redirect_stderr(io.StringIO()),
        contextlib.suppress(SystemExit, ValueError, OSError),
    ):
        tyro.cli(form, args=[*words, "--help"], **settings)
    return shown.getvalue()


def _explain(box: str, words: Sequence[str], help_of: Callable[[Sequence[str]], str]) -> str:
    """The line that says what tyro's box of text says."""
    title, text = _read_box(box)
    for word in words:  # a long one was broken where the box ends
        text = word.join(re.split(r"\s?".join(map(re.escape, word)), text))
    if "recognized" in title:
        listed = set(re.split(r"[,\s]+", text.partition(":")[2]))
        return _explain_unknown(next((w for w in words if w in listed), words[0]), words, help_of)
    if "Required" in title:
        known = _OPTION.findall(help_of(_leading(words)))
        misspelt = [w for w in words if _OPTION.fullmatch(w.partition("=")[0])]
        misspelt = [w for w in misspelt if w.partition("=")[0].replace("_", "-") not in known]
        if misspelt:
            return _explain_unknown(misspelt[0], words, help_of)
        return "missing " + ", ".join(dict.fromkeys(_OPTION.findall(text.partition(":")[2])))
    if found := re.search(
        r"invalid choice '(.*?)' for argument '(.*?)'\. Expected one of (.*)", text
    ):
        given, option, listed_names = found.groups()
        names = re.findall(r"[^\s,'(){}]+", listed_names.rstrip("."))
        return f"{option} is one of {', '.join(names)}, not {given!r}" + _hint(given, names)
    if found := re.search(r"Expected one of \{(.*?)\}", text):
        return f"which command? Choose from {found[1]}"
    if found := re.search(r"Missing value for argument '(.*?)'\. Expected (\d+) values", text):
        return f"{found[1]} needs {found[2]} value{'s' if found[2] != '1' else ''}"
    if found := re.search(r"Error parsing (--\S+): .*(int|float)\W.*?('.*')", text):
        kind = {"int": "a whole number", "float": "a number"}[found[2]]
        return f"{found[1]} takes {kind}, not {found[3]}"
    if found := re.search(r"Error parsing (--\S+): .*arguments \[(.*?)\].*?Literal\[(.*?)\]", text):
        option, given_names, listed_names = found.groups()
        names = re.findall(r"'(.*?)'", listed_names)
        for given in re.findall(r"'(.*?)'", given_names):
            if given not in names:
                return f"{option} is one of {', '.join(names)}, not {given!r}" + _hint(given, names)
    if found := re.search(r"Error parsing (--\S+): Could not find valid parse .*\[(.*)\]", text):
        return f"{found[1]} cannot take {found[2]}"
    if found := re.search(r"Error parsing (--\S+): .*key-value pairs", text):
        return f"{found[1]} takes pairs of a name and a value, as in {found[1]} NAME 0"
    # What a dataclass of the project refuses is said in its own words.
    return re.sub(r"^Error parsing [\w.]+: ", "", text) or "the command line cannot be read"


def _explain_unknown(
    unknown: str, words: Sequence[str], help_of: Callable[[Sequence[str]], str]
) -> str:
    name = unknown.partition("=")[0]
    leading = _leading(words)
    commands = _commands(help_of([]))
    command = next((w for w in leading if w in commands), None)
    if not name.startswith("-"):
        if commands and command is None:
            return f"no command {name!r}; choose from {', '.join(commands)}" + _hint(name, commands)
        return f"unexpected argument {name!r}"
    owners = [c for c in commands if name in _OPTION.findall(help_of([c]))]
    if owners and command is None:
        return f"{name} comes after its command: {', '.join(owners)}"
    options = {option.lstrip("-"): option for option in _OPTION.findall(help_of(leading))}
    close = nearest(name.lstrip("-"), list(options))  # dashes would make any two options alike
    return f"no option {name}; " + (f"did you mean {options[close]}?" if close else "see --help")


def _leading(words: Sequence[str]) -> list[str]:
    """The words before the first option: subcommands, if there are any."""
    return list(itertools.takewhile(lambda word: not word.startswith("-"), words))


def _hint(word: str, names: Sequence[str]) -> str:
    close = nearest(word, names)
    return f"; did you mean {close}?" if close else ""


def _commands(help_text: str) -> list[str]:
    """The subcommands that a help text offers: its usage ends in {a,b}."""
    usage = re.search(r"\{([\w,.:\s│|-]+)\}", help_text)
    return re.findall(r"[\w.:-]+", usage[1]) if usage and "subcommands" in help_text else []


def _read_box(box: str) -> tuple[str, str]:
    """A box's title and the text of its first part, unwrapped.

    The frame is drawn with lines where stdout is UTF-8, and with dashes and spaces elsewhere.
    """
    plain = re.sub(r"\x1b\[[0-9;]*m", "", box)
    lines = [line.strip("│ ") for line in plain.splitlines() if line.strip("│ ")]
    title = lines[0].strip("╭─╮ ") if lines else ""
    parts = [
        list(part)
        for ruled, part in itertools.groupby(lines[1:], lambda line: set(line) <= set("─-╰╯"))
        if not ruled
    ]
    return title, " ".join(" ".join(parts[0]).split()) if parts else ""
