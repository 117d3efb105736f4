"""Sweeps of small runs by their command, and the line of a mistake."""

import shlex

import pytest

from interaction_probes.sweep import main

QUICKLY = shlex.split(
    "--preset smoke --device cpu --grid n_pairs 100 --grid images.renders 1 "
    "--grid probe.strengths 0.1 --pairs biased"
)


def error_of(words, capsys):
    with pytest.raises(SystemExit) as stop:
        main([str(word) for word in words])
    shown = capsys.readouterr()
    assert stop.value.code == 2
    assert shown.err.startswith("error: ")
    assert shown.err.count("\n") == 1
    return shown.err
