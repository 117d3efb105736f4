import numpy as np
import pytest

from trifeature import FactorCounts, PairDesign, SampleDesign, draw_latin_arrays
from trifeature.pairs.design import tasks
from trifeature.pairs.draw import label_pairs
from trifeature.samples.latin import latin_square_of
from trifeature.samples.tasks import label_samples, labels_of, sample_tasks


def test_tasks_of_three_images():
    design, counts = SampleDesign(), FactorCounts()
    found = sample_tasks(design, counts, draw_latin_arrays(design, counts, 0))
    assert [(task.name, task.classes) for task in found] == [
        ("R123", 10),
        ("R12", 10),
        ("U1", 10),
        ("U2", 10),
        ("U3", 10),
        ("S13", 2),
        ("S13-10", 10),
        ("S123", 2),
        ("S123-10", 10),
        ("S12to3", 10),
    ]
    said = {task.name: task.measures for task in found}
    assert said["R12"] == "colour, shared by images 1 and 2"
    assert said["S12to3"] == "texture of image 3 that the rule asks for, given the others"


def test_labels_of_three_images_by_hand():
    design, counts = SampleDesign(), FactorCounts(6, 5, 5)
    arrays = draw_latin_arrays(design, counts, 2)
    rng = np.random.default_rng(0)
    factors = rng.integers((6, 5, 5), size=(500, 3, 3))
    found = label_samples(factors, labels_of(design, counts, arrays))
    square, cube = (array.table() for array in arrays)
    for k, sample in enumerate(factors.tolist()):
        (s1, t1, c1), (_, t2, _), (_, t3, c3) = sample
        assert [found[n][k] for n in ("R123", "R12", "U1", "U2", "U3")] == [s1, c1, t1, t2, c3]
        assert found["S13-5"][k] == square[t1, c3]
        assert found["S13"][k] == (square[t1, c3] == 0)
        assert found["S123-5"][k] == cube[t1, t2, t3]
        assert found["S123"][k] == (cube[t1, t2, t3] == 0)
        assert cube[t1, t2, found["S12to3"][k]] == 0


def test_two_images_have_the_tasks_and_labels_of_pairs():
    pairs, counts = PairDesign(mapped=("colour", "shape")), FactorCounts(4, 4, 7)
    mapping = np.array([1, 3, 2, 0, 1, 2, 3])
    design = SampleDesign.of_pairs(pairs)
    labels = labels_of(design, counts, [latin_square_of(mapping, 4, 0)])
    expected = tasks(pairs, counts)
    assert [(label.task.name, label.task.classes) for label in labels] == [
        *((task.name, task.classes) for task in expected),
        ("S-4", 4),
    ]
    factors = np.random.default_rng(0).integers((4, 4, 7), size=(300, 2, 3))
    found = label_samples(factors, labels)
    for task, values in label_pairs(factors[:, 0], factors[:, 1], pairs, mapping).items():
        np.testing.assert_array_equal(found[task], values)
    np.testing.assert_array_equal(found["S-4"] == 0, found["S"] == 1)


def test_arrays_of_other_rules_are_refused():
    design, counts = SampleDesign(), FactorCounts(4, 4, 4)
    arrays = draw_latin_arrays(design, counts, 0)
    with pytest.raises(ValueError, match="each Latin rule has an array: 2 are needed, not 1"):
        sample_tasks(design, counts, arrays[:1])
    with pytest.raises(ValueError, match=r"the array of the rule of texture 1 and colour 3 has"):
        sample_tasks(design, counts, arrays[::-1])
    with pytest.raises(ValueError, match=r"has \[4, 4\] values; these images need \[5, 5\]"):
        sample_tasks(design, FactorCounts(4, 5, 5), arrays)
