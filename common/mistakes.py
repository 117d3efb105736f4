"""What is wrong with a command line, in one line, from the events that tyro's parser raises.

tyro names each refusal by an event with its argument (``tyro._errors``, in tyro 1.0.17 and marked
as unstable there). An event of an unknown kind or form has no line here; tyro's own text is shown.
"""

import itertools
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Literal, get_args, get_origin

from .number_texts import read_number
from .spelling import nearest, option_name

#: Words before --help, one argument each → the help text.
Help = Callable[..., str]

_OPTION = re.compile(r"(?<![\w-])--?[A-Za-z][\w.-]*")
#: An option whose values are a list, as help shows it; those that may be repeated look otherwise.
_LIST = re.compile(r"(--[\w.-]+) \[")
_NUMBERS = {int: "a whole number", float: "a number"}


def explain(event: Any, words: Sequence[str], help_of: Help) -> str | None:
    """The line for an event; None where its kind or form is unknown.

    Args:
        event: a ``tyro._errors.ParseErrorEvent``.
        words: the command line's words.
        help_of: gives help texts, from which the nearest option is taken.
    """
    explanation = _EXPLANATIONS.get(type(event).__name__)
    try:
        return explanation(event, words, help_of) if explanation else None
    except (AttributeError, KeyError, TypeError, IndexError):  # fields of another version
        return None


def repeated_list(words: Sequence[str], help_of: Help) -> str | None:
    """The line for a list option that is given twice: only its last values would count."""
    counts = Counter(name for name in map(option_name, words) if _OPTION.fullmatch(name))
    repeated = [name for name, count in counts.items() if count > 1]
    lists = _LIST.findall(help_of(*_leading(words))) if repeated else []
    option = next((name for name in repeated if name in lists), None)
    return option and f"{option} given twice; pass all values at once: {option} ONE TWO"


def _unrecognized(event: Any, words: Sequence[str], help_of: Help) -> str:
    tokens = set(event.tokens)
    return _unknown(next((w for w in words if w in tokens), event.tokens[0]), words, help_of)


def _missing_arguments(event: Any, words: Sequence[str], help_of: Help) -> str:
    misspelt = _misspelt(words, help_of)
    names = [_name(missing.arg) for missing in event.missing_arguments]
    return misspelt or "missing " + ", ".join(names)


def _missing_command(event: Any, words: Sequence[str], help_of: Help) -> str:
    names = list(event.subcommand_spec.parser_from_name)
    return f"which command? Choose from {', '.join(names)}"


def _bad_value(event: Any, words: Sequence[str], help_of: Help) -> str | None:
    if event.reason != "too_few_values":
        return None
    if event.argument.is_positional() and (misspelt := _misspelt(words, help_of)):
        return misspelt
    count = event.argument.lowered.nargs
    if not isinstance(count, int):
        return f"{_name(event.argument)} needs one or more values"
    return f"{_name(event.argument)} needs {count} value{'s' if count != 1 else ''}"


def _invalid_choice(event: Any, words: Sequence[str], help_of: Help) -> str:
    option, names = _name(event.argument), _in_order(event.argument, event.choices)
    return _choice(option, event.value, names, event.argument.lowered.nargs == "*")


def _not_built(event: Any, words: Sequence[str], help_of: Help) -> str:
    """Values that do not fit their type, or that a dataclass refuses in its own words."""
    message = " ".join(str(event.message).split())
    if event.argument is None:
        return message
    option, kind = _name(event.argument), event.argument.field.type_stripped
    values = _values(words, event.argument.lowered.name_or_flags)
    if get_origin(kind) is dict:
        wanted = get_args(kind)[1]
        paired = wanted in _NUMBERS and len(values) % 2 == 0
        if wrong := [v for v in values[1::2] if paired and not _reads_as(wanted, v)]:
            return f"{option} takes {_NUMBERS[wanted]} after each name, not {wrong[0]!r}"
        return f"{option} takes pairs of a name and a value, as in {option} NAME 0"
    for value, wanted in zip(values, _kinds(kind), strict=False):
        if get_origin(wanted) is Literal and value not in map(str, get_args(wanted)):
            names = [str(name) for name in get_args(wanted)]
            return _choice(option, value, names, event.argument.lowered.nargs == "*")
        if wanted in _NUMBERS and not _reads_as(wanted, value):
            return f"{option} takes {_NUMBERS[wanted]}, not {value!r}"
    return f"{option} cannot take {', '.join(map(repr, values))}" if values else message


#: Name of the event → the line for it.
_EXPLANATIONS: dict[str, Callable[[Any, Sequence[str], Help], str | None]] = {
    "UnrecognizedArgs": _unrecognized,
    "MissingArgs": _missing_arguments,
    "MissingSubcommand": _missing_command,
    "BadValue": _bad_value,
    "InvalidChoice": _invalid_choice,
    "InstantiationFailure": _not_built,
}


def _name(argument: Any) -> str:
    """An argument as a user writes it: -o/--out, or a positional one's name."""
    if argument.is_positional():
        return str(argument.display_name())
    return "/".join(argument.lowered.name_or_flags)


def _kinds(kind: Any) -> Iterator[Any]:
    """The type of each value of an option, one after another."""
    if get_origin(kind) not in (tuple, list):
        return itertools.repeat(kind)
    kinds = [each for each in get_args(kind) if each is not Ellipsis]
    variadic = get_origin(kind) is list or Ellipsis in get_args(kind)
    return itertools.cycle(kinds) if variadic else iter(kinds)


def _values(words: Sequence[str], flags: Sequence[str]) -> list[str]:
    """The values that follow an option where it is given last."""
    values: list[str] = []
    inside = False
    for word in words:
        option, equals, value = word.partition("=")
        if _OPTION.fullmatch(option):
            inside = option_name(option) in map(option_name, flags)
            values = ([value] if equals else []) if inside else values
        elif inside:
            values.append(word)
    return values


def _reads_as(kind: Any, text: str) -> bool:
    try:
        read_number(kind, text)
    except ValueError:
        return False
    return True


def _choice(option: str, value: str, names: Sequence[str], may_be_empty: bool = False) -> str:
    line = f"{option} is one of {', '.join(names)}, not {value!r}"
    if may_be_empty and value.casefold() == "none":
        return f"{line}; {option} with nothing after it takes none"
    return line + _hint(value, names)


def _in_order(argument: Any, names: Collection[str]) -> list[str]:
    """Choices in the order of their type; a parser may have them as a set, and those of None."""
    return [name for name in _literals(argument.field.type_stripped) if name in names]


def _literals(kind: Any) -> Iterator[str]:
    if get_origin(kind) is Literal:
        yield from map(str, get_args(kind))
    else:
        for part in get_args(kind):
            yield from _literals(part)


def _misspelt(words: Sequence[str], help_of: Help) -> str | None:
    """The line for the first option that help does not show."""
    known = _OPTION.findall(help_of(*_leading(words)))
    for word in words:
        name = option_name(word)
        if _OPTION.fullmatch(name) and name not in known:
            return _unknown(word, words, help_of)
    return None


def _unknown(unknown: str, words: Sequence[str], help_of: Help) -> str:
    name = unknown.partition("=")[0]
    leading = _leading(words)
    commands = _commands(help_of())
    command = next((w for w in leading if w in commands), None)
    if not name.startswith("-"):
        if commands and command is None:
            return f"no command {name!r}; choose from {', '.join(commands)}" + _hint(name, commands)
        # the value of an option that does not exist
        return _misspelt(words, help_of) or f"unexpected argument {name!r}"
    owners = [c for c in commands if option_name(name) in _OPTION.findall(help_of(c))]
    if owners and command is None:
        return f"{name} comes after its command: {', '.join(owners)}"
    known = _OPTION.findall(help_of(*leading))  # descriptions may name options of other commands
    options = {option.lstrip("-"): option for option in known if option != option_name(name)}
    # dashes would make any two options alike
    close = nearest(option_name(name).lstrip("-"), list(options))
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
