"""Samples that something was fitted to before they are scored."""

import numpy as np
import pytest

from interaction_probes.datasets.duplicates import repeated_rows
from interaction_probes.datasets.schema import Label, Modality, MultimodalDataset, Split

N = 40
LABEL = Label("kind", "classes", np.arange(N) % 2, ("no", "yes"))
SPLIT = Split(np.arange(20), np.arange(20, 30), np.arange(30, N))


def dataset(change):
    """Vectors and padded sequences of 3 of 5 steps, all different but for what is changed."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(N, 3)).astype(np.float32)
    steps = rng.normal(size=(N, 5, 2)).astype(np.float32)
    lengths = np.full(N, 3)
    change(vectors, steps, lengths)
    modalities = (
        Modality("left", "vectors", vectors),
        Modality("steps", "sequences", steps, lengths),
    )
    return MultimodalDataset(modalities, (LABEL,), SPLIT)


def copied(row, of):
    def change(vectors, steps, lengths):
        vectors[row], steps[row] = vectors[of], steps[of]

    return change


def other_padding(vectors, steps, lengths):
    vectors[35], steps[35, :3] = vectors[4], steps[4, :3]


def zeros_of_both_signs(vectors, steps, lengths):
    copied(35, 4)(vectors, steps, lengths)
    vectors[4, 0], vectors[35, 0] = 0, -0.0


@pytest.mark.parametrize(
    ("change", "part", "row", "of"),
    [
        (copied(35, 4), "test", 35, 4),
        (copied(25, 4), "validation", 25, 4),
        (copied(35, 25), "test", 35, 25),
        (other_padding, "test", 35, 4),
        (zeros_of_both_signs, "test", 35, 4),
    ],
)
def test_what_was_seen_before(change, part, row, of):
    found = repeated_rows(dataset(change))
    assert sorted({part for part, _ in found}) == [part]
    for name in ("", "left", "steps"):
        assert (found[part, name].rows.tolist(), found[part, name].of.tolist()) == ([row], [of])


def test_a_longer_sequence_is_another():
    def change(vectors, steps, lengths):
        copied(35, 4)(vectors, steps, lengths)
        steps[[4, 35], 3] = 0
        lengths[35] = 4

    assert {name for _, name in repeated_rows(dataset(change))} == {"left"}
