"""Sweeps of small runs by their command, and the line of a mistake."""

import shlex

from outcome import error_line

from interaction_probes.sweep import main

QUICKLY = shlex.split(
    "--preset smoke --device cpu --grid n_pairs 100 --grid images.renders 1 "
    "--grid probe.strengths 0.1 --pairs biased"
)


def error_of(words, capsys):
    return error_line(main, words, capsys)
