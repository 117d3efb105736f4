import sys

from interaction_probes.display import Display
from interaction_probes.experiment import Progress


def test_lines_carry_the_name_of_their_run(smoke, capsys):
    with Display([smoke]) as display:
        display.show(0, Progress(1, 2, line="epoch 1/2"))
    shown = capsys.readouterr()
    assert shown.out == "[biased] epoch 1/2\n"
    assert shown.err == ""  # no bars where nobody watches


def test_steps_print_no_line(smoke, capsys):
    with Display([smoke]) as display:
        display.show(0, Progress(1, 2, fraction=0.5))
    assert capsys.readouterr().out == ""


def test_a_terminal_has_a_bar_per_run(smoke, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with Display([smoke, smoke]) as display:
        display.show(1, Progress(1, 2, fraction=0.5))
        assert [bar.n for bar in display.bars] == [0, 1.5]
    assert "epochs" in capsys.readouterr().err
