import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import pytest
import tyro

from interaction_probes.common import mistakes
from interaction_probes.common.cli import fail, friendly_errors, parse
from interaction_probes.common.spelling import nearest


@dataclass(frozen=True)
class Make:
    """Make a thing.

    Attributes:
        out: where it goes.
    """

    out: Path
    seed: int = 0
    rate: float = 0.5
    size: Literal["quick", "paper"] = "quick"
    ends: tuple[int, int] = (1, 2)
    kinds: tuple[Literal["left", "right"], Literal["left", "right"]] = ("left", "right")
    names: tuple[str, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    rates: tuple[float, ...] = ()
    loud: bool = False

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise ValueError(f"a seed is 0 or more,\n  not {self.seed}")


@dataclass(frozen=True)
class Show:
    """Show a thing."""

    seed: int = 0


Command = (
    Annotated[Make, tyro.conf.subcommand("make")] | Annotated[Show, tyro.conf.subcommand("show")]
)
LONG = "x" * 120


def work(times: int, kind: Literal["a", "b"] = "a") -> int:
    """Work."""
    print(f"{times} {kind}")
    return 2 * times


def complaint(form, line, capsys):
    with pytest.raises(SystemExit) as stop:
        parse(form, line.split(), prog="prog")
    assert stop.value.code == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("error: ")
    assert shown.err.count("\n") == 1
    return shown.err.strip()


def test_good_lines():
    assert parse(Command, ["make", "--out", "a", "--seed", "3"]) == Make(Path("a"), seed=3)
    assert parse(Command, ["show"]) == Show()
    assert parse(Make, ["--out", "a", "--ends", "3", "4", "--loud"]).ends == (3, 4)
    assert parse(Show, [], default=Show(7)) == Show(7)
    assert parse(work, ["--times", "3"]) == 6


def test_the_last_of_a_single_value_counts():
    assert parse(Command, ["make", "--out", "a", "--seed", "1", "--seed", "2"]).seed == 2


def test_words_come_from_the_process(monkeypatch):
    monkeypatch.setattr("sys.argv", ["prog", "--seed", "4"])
    assert parse(Show) == Show(4)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", "which command? Choose from make, show"),
        ("mak", "no command 'mak'; choose from make, show; did you mean make?"),
        ("dance", "no command 'dance'; choose from make, show"),
        ("make", "missing --out"),
        ("make --otu a", "no option --otu; did you mean --out?"),
        ("make --out a --sed 3", "no option --sed; did you mean --seed?"),
        ("make --out a --sed=3", "no option --sed; did you mean --seed?"),
        ("make --out a --no-lood", "no option --no-lood; did you mean --no-loud?"),
        ("make --out a --frobnicate", "no option --frobnicate; see --help"),
        ("make --out a b", "unexpected argument 'b'"),
        ("make --out a show", "unexpected argument 'show'"),
        ("--seed 3", "--seed comes after its command: make, show"),
        ("make --out", "--out needs 1 value"),
        ("make --out a --ends 1", "--ends needs 2 values"),
        (
            "make --out a --names x --rate 2 --names=y",
            "--names given twice; pass all values at once: --names ONE TWO",
        ),
        ("make --out a --ends 1 x", "--ends takes a whole number, not 'x'"),
        ("make --out a --ends=1 2 3", "unexpected argument '3'"),
        (
            "make --out a --counts a 1 b",
            "--counts takes pairs of a name and a value, as in --counts NAME 0",
        ),
        ("make --out a --rates 1 x", "--rates takes a number, not 'x'"),
        ("make --out a --seed x", "--seed takes a whole number, not 'x'"),
        (f"make --out a --seed {LONG}", f"--seed takes a whole number, not '{LONG}'"),
        ("make --out a --rate x", "--rate takes a number, not 'x'"),
        ("make --out a --rate 1_0", "--rate takes a number, not '1_0'"),
        ("make --out a --rates 1 1_0", "--rates takes a number, not '1_0'"),
        ("make --out a --seed 1_0", "--seed takes a whole number, not '1_0'"),
        (
            "make --out a --counts a 1 b 1_0",
            "--counts takes a whole number after each name, not '1_0'",
        ),
        (
            "make --out a --size papr",
            "--size is one of quick, paper, not 'papr'; did you mean paper?",
        ),
        (
            "make --out a --kinds left rihgt",
            "--kinds is one of left, right, not 'rihgt'; did you mean right?",
        ),
        ("make --out a --size big", "--size is one of quick, paper, not 'big'"),
        ("make --out a --seed -1", "a seed is 0 or more, not -1"),
        (f"make --out a --{LONG}", f"no option --{LONG}; see --help"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])  # tyro draws its boxes accordingly
def test_bad_lines(line, expected, encoding, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding))
    assert complaint(Command, line, capsys) == f"error: {expected}"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", "missing --times"),
        ("--tims 3", "no option --tims; did you mean --times?"),
        ("--times 3 --kind c", "--kind is one of a, b, not 'c'"),
        ("--times 3 4", "unexpected argument '4'"),
    ],
)
def test_bad_lines_of_a_function(line, expected, capsys):
    assert complaint(work, line, capsys) == f"error: {expected}"


@dataclass(frozen=True)
class Read:
    """Read a thing."""

    table: Annotated[Path, tyro.conf.Positional]
    out: Annotated[Path, tyro.conf.arg(aliases=["-o"])]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", "missing table, -o/--out"),
        ("a", "missing -o/--out"),
        ("a -o", "-o/--out needs 1 value"),
        ("--otu b", "no option --otu; did you mean --out?"),
    ],
)
def test_bad_lines_with_a_positional_argument(line, expected, capsys):
    assert complaint(Read, line, capsys) == f"error: {expected}"


def test_tyro_has_the_events_that_messages_are_made_of():
    for name in mistakes._EXPLANATIONS:
        assert issubclass(getattr(tyro._errors, name), tyro._errors.ParseErrorEvent)


@pytest.mark.parametrize("change", ["no hook", "unknown event", "other fields"])
def test_what_another_tyro_refuses_is_said_in_its_own_words(change, capsys, monkeypatch):
    if change == "no hook":
        monkeypatch.delattr(tyro._errors, "on_parse_error")
    elif change == "unknown event":
        monkeypatch.setattr(mistakes, "_EXPLANATIONS", {})
    else:
        monkeypatch.setitem(mistakes._EXPLANATIONS, "UnrecognizedArgs", lambda e, *_: e.nothing)
    with pytest.raises(SystemExit) as stop:
        parse(Show, ["--sed", "3"], prog="prog")
    assert stop.value.code == 2
    assert "--sed" in capsys.readouterr().err


def test_a_function_writes_to_stderr_as_ever(capsys):
    def noisy(times: int = 1) -> None:
        import sys

        print("progress", file=sys.stderr)
        sys.exit(5)

    with pytest.raises(SystemExit) as stop:
        parse(noisy, [])
    assert stop.value.code == 5
    assert capsys.readouterr().err == "progress\n"


def test_help_stays_as_it_is(capsys):
    with pytest.raises(SystemExit) as stop:
        parse(Command, ["make", "--help"], prog="prog")
    assert stop.value.code in (0, None)
    shown = capsys.readouterr()
    assert shown.err == ""
    assert "where it goes" in shown.out
    assert "--size {quick,paper}" in shown.out


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ValueError("two\n lines"), "two lines"),
        (ValueError(), "ValueError"),
        (PermissionError(13, "Permission denied", "/a/b"), "permission denied: /a/b"),
        (OSError("odd"), "odd"),
    ],
)
def test_friendly_errors(error, expected, capsys):
    with pytest.raises(SystemExit) as stop, friendly_errors():
        raise error
    assert stop.value.code == 2
    assert capsys.readouterr().err == f"error: {expected}\n"


def test_faults_of_the_program_keep_their_traceback():
    with pytest.raises(KeyError), friendly_errors():
        raise KeyError("bug")


def test_friendly_errors_decorates(capsys):
    @friendly_errors()
    def run():
        raise ValueError("no")

    with pytest.raises(SystemExit):
        run()
    assert capsys.readouterr().err == "error: no\n"


def test_small_parts(capsys):
    assert nearest("quik", ["quick", "paper"]) == "quick"
    assert nearest("zzz", ["quick", "paper"]) is None
    with pytest.raises(SystemExit, match="2"):
        fail("so")
    assert capsys.readouterr().err == "error: so\n"
