import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trifeature import FactorCounts, Geometry, ImageDesign, PairDesign, generate
from trifeature.dataset.export import contents
from trifeature.images.image_sets import checksum

SMALL = ImageDesign(Geometry(20, 13, 5), FactorCounts(3, 4, 4), renders=2)


def digest(data):
    return checksum(*contents(data).values())


def test_a_seed_is_a_dataset():
    first, again = (generate(SMALL, PairDesign(), 0, 200) for _ in range(2))
    assert digest(first) == digest(again)
    other = generate(SMALL, PairDesign(), 1, 200)
    for name, array in contents(first).items():
        if name not in ("test_factors", "mapping"):
            changed = contents(other)[name]
            assert array.shape != changed.shape or (array != changed).any(), name


def test_a_first_run_and_a_second_are_the_same_with_a_cache(tmp_path):
    plain = generate(SMALL, PairDesign(mapping_strength=1.0), 0, 200)
    for _ in range(2):  # writes, then reads
        cached = generate(SMALL, PairDesign(mapping_strength=1.0), 0, 200, tmp_path)
        assert digest(cached) == digest(plain)
    assert len(list(tmp_path.iterdir())) == 1


def test_changing_one_part_leaves_the_others():
    base = contents(generate(SMALL, PairDesign(), 0, 200))

    def changed(*args):
        new = contents(generate(*args))
        return {name for name in base if not np.array_equal(base[name], new[name])}

    pretrain = {name for name in base if name.startswith("pretrain")}
    assert changed(SMALL, PairDesign(mapping_strength=1.0), 0, 200) <= pretrain
    assert "pretrain_index" in changed(SMALL, PairDesign(mapping_strength=1.0), 0, 200)
    larger = ImageDesign(Geometry(24, 13, 5), SMALL.counts, SMALL.renders)
    assert changed(larger, PairDesign(), 0, 200) == {"train_images", "test_images"}
    more = ImageDesign(SMALL.geometry, SMALL.counts, 3)
    unmoved = set(base) - changed(more, PairDesign(), 0, 200)
    assert {"mapping", "test_images", "test_factors", "score_index"} <= unmoved


def test_the_benchmark_has_the_papers_sizes():
    data = generate(ImageDesign(), PairDesign(), 0)
    assert (len(data.train), len(data.test)) == (2400, 200)
    assert len(data.pretrain) == len(data.probe_train) == 10_000
    assert 4_000 < len(data.probe_test) < 4_400
    assert data.probe_test.labels["S"].mean() == pytest.approx(0.1, abs=0.03)
    assert [task.name for task in data.tasks] == list(data.truth) == list(data.probe_train.labels)
    # Pairs to fit probes on are others than those learnt from.
    same = set(map(tuple, data.pretrain.index)) & set(map(tuple, data.probe_train.index))
    assert len(same) < 1_000


@settings(max_examples=25, deadline=None)
@given(
    st.builds(FactorCounts, *[st.integers(2, 4)] * 3),
    st.permutations(("shape", "texture", "colour")),
    st.floats(0, 1),
    st.floats(0, 1),
    st.integers(0, 99),
)
def test_designs(counts, order, shared, mapping, seed):
    design = PairDesign(order[0], order[1], (order[1], order[2]), shared, mapping)
    images = ImageDesign(Geometry(13, 8, 5), counts, renders=1)
    try:
        data = generate(images, design, seed, 50)
    except ValueError as refused:  # few images may leave no pair
        if "is allowed" not in str(refused) or "\n" in str(refused):
            raise
        return
    train, test = ({tuple(r) for r in part.factors.tolist()} for part in (data.train, data.test))
    assert not train & test
    for pairs, split in ((data.pretrain, data.train), (data.probe_train, data.train)):
        assert pairs.index.max() < len(split)
    column = ("shape", "texture", "colour").index(order[0])
    ends = data.test.factors[data.probe_test.index, column]
    assert (ends[:, 0] == ends[:, 1]).all()
    assert set(data.truth) == {"R", "U1", "U2", "S"}


def test_bad_input_is_an_error():
    with pytest.raises(ValueError, match="at least 1 pair is needed, not 0"):
        generate(SMALL, PairDesign(), 0, 0)
    with pytest.raises(ValueError, match=r"the number of pairs is a whole number, not 10\.5"):
        generate(SMALL, PairDesign(), 0, 10.5)
    with pytest.raises(ValueError, match="a seed is 0 or more"):
        generate(SMALL, PairDesign(), -1)


def test_importing_is_light():
    code = (
        "import sys, trifeature; "
        "print(sorted({'matplotlib', 'tyro', 'torch', 'sklearn', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_truth_is_of_the_probes_pairs_whatever_pretraining_pairs_obey():
    """Two of four colours are never mapped to, and rule out a match by themselves."""
    images = ImageDesign(Geometry(13, 8, 5), FactorCounts(3, 2, 4), renders=2)
    plain, biased = (
        generate(images, PairDesign(shared_strength=shared, mapping_strength=mapping), 0, 30)
        for shared, mapping in ((1.0, 0.0), (0.5, 1.0))
    )
    assert biased.truth == plain.truth
    assert plain.truth["S"].unique_2 > 0.1
    assert biased.single_image_auc == plain.single_image_auc
    assert max(plain.single_image_auc) > 0.6


@pytest.mark.parametrize("mapped", [("shape", "texture"), ("texture", "shape")])
def test_where_one_image_tells_all_a_sum_does_too(mapped):
    """What both images share stands at either end of the mapping."""
    data = generate(SMALL, PairDesign(mapped=mapped), 0, 50)
    assert data.additive_limit == 1
    truth = data.truth["S"]
    assert truth.synergy == pytest.approx(0, abs=1e-9)
    assert generate(SMALL, PairDesign(), 0, 50).additive_limit == 0.75


def test_the_probes_pairs_answer_to_their_names_up_to_0_1():
    data = generate(SMALL, PairDesign(), 0, 20)
    assert data.fit is data.probe_train
    assert data.score is data.probe_test
