import itertools
import os
import pickle

import numpy as np
import pytest

from interaction_probes.common.streams import stream
from trifeature import FactorCounts, Geometry, ImageDesign, ImageSet, generate_images
from trifeature.images.factors import FACTORS, column, combinations
from trifeature.images.image_sets import checksum, split_combinations
from trifeature.images.render import render

SMALL = ImageDesign(Geometry(24, 16, 5), FactorCounts(3, 4, 2), renders=2)


@pytest.mark.parametrize("counts", [(10, 10, 10), (2, 2, 2), (3, 4, 2), (10, 2, 7)])
def test_the_split_parts_all_combinations(counts):
    counts = FactorCounts(*counts)
    train, test = split_combinations(counts, 5)
    everything = {tuple(row) for row in combinations(counts).tolist()}
    train_set, test_set = ({tuple(row) for row in part.tolist()} for part in (train, test))
    assert not train_set & test_set
    assert train_set | test_set == everything
    assert len(test) == round(len(everything) / 5)
    assert len(train) + len(test) == len(everything)


@pytest.mark.parametrize("counts", list(itertools.product((2, 3, 4, 5, 10), repeat=3)))
def test_no_part_lacks_a_value(counts):
    """Or a task would have a class that is never scored, or never learnt."""
    for seed in range(3):
        for part in split_combinations(FactorCounts(*counts), seed):
            assert [len(set(values)) for values in part.T.tolist()] == list(counts)


def test_of_few_combinations_as_many_are_tested_as_the_largest_factor_has_values():
    assert len(split_combinations(FactorCounts(2, 10, 2), 0)[1]) == 10


def test_another_seed_splits_otherwise():
    counts = FactorCounts()
    assert (split_combinations(counts, 0)[1] != split_combinations(counts, 1)[1]).any()


def test_sizes_and_no_test_combination_in_train():
    train, test = generate_images(SMALL, 0)
    assert (len(train), len(test)) == (2 * 19, 5)
    assert train.images.shape == (38, 24, 24, 3)
    assert train.images.dtype == np.uint8
    assert not {tuple(r) for r in train.factors} & {tuple(r) for r in test.factors}
    # Renders of one combination lie side by side and differ.
    np.testing.assert_array_equal(train.factors[::2], train.factors[1::2])
    assert (train.images[::2] != train.images[1::2]).any((1, 2, 3)).all()


def test_the_benchmark_has_2400_and_200_images():
    counts = [len(part) for part in split_combinations(FactorCounts(), 0)]
    assert counts == [800, 200]


def test_each_purpose_has_its_own_stream():
    """Test images are the same whatever the number of train renders."""
    more = ImageDesign(SMALL.geometry, SMALL.counts, renders=5)
    (_, test), (_, again) = generate_images(SMALL, 0), generate_images(more, 0)
    assert checksum(test.images) == checksum(again.images)
    drawn = render(test.factors, SMALL.geometry, stream(0, "render", "test"))
    np.testing.assert_array_equal(test.images, drawn)


def test_the_cache_changes_nothing(tmp_path):
    fresh = generate_images(SMALL, 3)
    writing = generate_images(SMALL, 3, tmp_path / "deep" / "cache")
    reading = generate_images(SMALL, 3, tmp_path / "deep" / "cache")
    for sets in (writing, reading):
        for one, other in zip(fresh, sets, strict=True):
            assert checksum(one.images, one.factors) == checksum(other.images, other.factors)
    assert len(list((tmp_path / "deep" / "cache").iterdir())) == 1


def test_the_cache_is_read_and_knows_its_design(tmp_path):
    generate_images(SMALL, 0, tmp_path)
    (path,) = tmp_path.iterdir()
    before = path.stat().st_mtime_ns
    generate_images(SMALL, 0, tmp_path)
    assert path.stat().st_mtime_ns == before
    for design, seed in (
        (SMALL, 1),
        (ImageDesign(SMALL.geometry, SMALL.counts, 3), 0),
        (ImageDesign(Geometry(25, 16, 5), SMALL.counts, 2), 0),
        (ImageDesign(SMALL.geometry, FactorCounts(4, 3, 2), 2), 0),
    ):
        generate_images(design, seed, tmp_path)
    assert len(list(tmp_path.iterdir())) == 5


@pytest.mark.parametrize("damage", ["truncated", "empty", "text", "a byte", "arrays missing"])
def test_a_damaged_cache_is_one_clear_line(tmp_path, damage):
    generate_images(SMALL, 0, tmp_path)
    (path,) = tmp_path.iterdir()
    content = bytearray(path.read_bytes())
    if damage == "a byte":
        content[len(content) // 3] ^= 1
    if damage == "arrays missing":
        np.savez(path, checksum=np.array("0"))
    else:
        path.write_bytes(
            {"truncated": content[: len(content) // 2], "empty": b"", "text": b"hello"}.get(
                damage, content
            )
        )
    with pytest.raises(ValueError, match=r"is damaged .*; delete it") as error:
        generate_images(SMALL, 0, tmp_path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_objects_in_a_cache_are_refused_without_advice_to_load_them(tmp_path):
    generate_images(SMALL, 0, tmp_path)
    (path,) = tmp_path.iterdir()
    for content in (pickle.dumps({}), None):
        if content is None:
            np.savez(path, train_images=np.array([{}], dtype=object))
        else:
            path.write_bytes(content)
        with pytest.raises(ValueError, match=r"is no file of plain arrays\); delete it$"):
            generate_images(SMALL, 0, tmp_path)


def test_a_wrong_checksum_is_noticed(tmp_path):
    generate_images(SMALL, 0, tmp_path)
    (path,) = tmp_path.iterdir()
    with np.load(path) as stored:
        arrays = dict(stored)
    arrays["train_factors"] = arrays["train_factors"][::-1]
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match="checksum differs"):
        generate_images(SMALL, 0, tmp_path)


def test_a_cache_has_the_permissions_of_any_new_file(tmp_path):
    """It may be shared with others."""
    generate_images(SMALL, 0, tmp_path / "cache")
    [path] = (tmp_path / "cache").iterdir()
    (tmp_path / "other").write_bytes(b"")
    assert path.stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_failed_write_leaves_nothing(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("no space left")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="no space"):
        generate_images(SMALL, 0, tmp_path)
    assert not list(tmp_path.iterdir())


def test_checksum_sees_form_and_type():
    zeros = np.zeros((2, 3), dtype=np.int32)
    assert len({checksum(zeros), checksum(zeros.T), checksum(zeros.astype(np.float32))}) == 3


@pytest.mark.parametrize("counts", [(1, 10, 10), (10, 11, 10), (10, 10, 0)])
def test_bad_counts(counts):
    with pytest.raises(ValueError, match="factor has 2 to 10 values, not"):
        FactorCounts(*counts)


def test_an_unknown_factor_is_named():
    with pytest.raises(ValueError, match="no factor 'size'; the factors are shape, texture"):
        column("size")
    with pytest.raises(ValueError, match="no factor 'size'"):
        FactorCounts()["size"]
    assert [FactorCounts(2, 3, 4)[factor] for factor in FACTORS] == [2, 3, 4]


def test_bad_renders_and_bad_sets():
    with pytest.raises(ValueError, match="at least 1 render, not 0"):
        ImageDesign(renders=0)
    with pytest.raises(ValueError, match=r"not \[2, 4, 4, 3\] and \[3, 3\]"):
        ImageSet(np.zeros((2, 4, 4, 3), np.uint8), np.zeros((3, 3), int))
