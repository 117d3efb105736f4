"""The simulation of intervals, at sizes at which the answer is known."""

import numpy as np
import pytest

from benchmarks.experiments.simulations import coverage as module
from interaction_probes.probing.intervals import Interval


def test_the_truth_weighs_classes_alike_for_accuracy_and_by_frequency_for_bits():
    labels = np.array([0, 0, 0, 0, 1, 1])
    log_probabilities = np.log([[0.5, 0.5], *[[0.75, 0.25]] * 3, [0.75, 0.25], [0.25, 0.75]])
    accuracy, bits = module.truth(log_probabilities, labels, np.array([0.25, 0.75]))
    assert accuracy == (1 + 0.5) / 2
    first = (1 + 3 * np.log2(4 / 3)) / 4
    second = (2 + np.log2(4 / 3)) / 2
    entropy = 2 / 4 + 3 / 4 * np.log2(4 / 3)
    assert bits == pytest.approx(entropy - first / 4 - 3 * second / 4)


def test_an_interval_covers_its_ends_and_nothing_beyond():
    found = {
        ("accuracy", "probe"): Interval(0.5, 0.7),
        ("accuracy", "basic"): Interval(0.71, 0.8),
        ("bits", "probe"): Interval(1.0, 1.5),
    }
    rows = [*module.results(("even", 2, 10, "chance"), found, (0.7, 0.9))]
    assert [row["covers"] for row in rows] == [True, False, False]
    assert [row["width"] for row in rows] == pytest.approx([0.2, 0.09, 0.5])


def test_intervals_of_perfect_codes_of_even_classes_always_hold_the_truth(monkeypatch):
    for name, value in {"SIZES": ((2, 10),), "DESIGNS": ("even",), "FITS": 1}.items():
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(module, "SIGNALS", {"perfect": 12.0})
    rows = [row for row in module.independent_rows(2) if row["classes_are"] == "even"]
    assert len(rows) == 2 * 7  # of two test sets: 3 kinds for accuracy, 4 for bits
    accuracy = [row for row in rows if row["metric"] == "accuracy"]
    assert {(row["covers"], row["width"]) for row in accuracy} == {(True, 0)}
