import sys

from interaction_probes.execution.display import RunProgress, SweepProgress
from interaction_probes.experiment.trainer import Progress


def test_lines_carry_the_name_of_their_run(smoke, capsys):
    with RunProgress([smoke]) as display:
        display.update(0, Progress(1, 2, line="epoch 1/2"))
    shown = capsys.readouterr()
    assert shown.out == "[biased] epoch 1/2\n"
    assert shown.err == ""  # no bars where nobody watches


def test_steps_print_no_line(smoke, capsys):
    with RunProgress([smoke]) as display:
        display.update(0, Progress(1, 2, fraction=0.5))
    assert capsys.readouterr().out == ""


def test_a_terminal_has_a_bar_per_run(smoke, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with RunProgress([smoke, smoke]) as display:
        display.update(1, Progress(1, 2, fraction=0.5))
        assert [bar.n for bar in display.bars] == [0, 1.5]
    assert "epochs" in capsys.readouterr().err


def test_a_sweep_prints_a_line_per_run_where_nobody_watches(capsys):
    with SweepProgress([10.0, 30.0]) as progress:
        progress.update(1, "b finished", failed=False)
        progress.update(0, "a failed", failed=True)
    shown = capsys.readouterr()
    assert shown.out == "[1/2] b finished\n[2/2] a failed\n"
    assert shown.err == ""


def test_a_terminal_has_a_bar_over_a_sweep(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with SweepProgress([10.0, 30.0]) as progress:
        progress.update(1, "b finished", failed=False)
        assert (progress.bar.n, progress.bar.total) == (30, 40)
        progress.update(0, "a failed", failed=True)
    shown = capsys.readouterr()
    assert shown.out == "[2/2] a failed\n"
    assert "0/2 runs" in shown.err
    assert "left" in shown.err
