import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from trifeature import PID, decompose, entropy, mutual_information
from trifeature.information.broja import greatest_conditional_entropy
from trifeature.information.pid import _redundancy, table_entropy


def parts(pid):
    return np.array([pid.redundancy, pid.unique_1, pid.unique_2, pid.synergy])


def table(distribution):
    """A dit distribution as P(x1, x2, y)."""
    codes = [sorted({outcome[axis] for outcome in distribution.outcomes}) for axis in range(3)]
    joint = np.zeros([len(code) for code in codes])
    for outcome, probability in distribution.zipped(mode="atoms"):
        joint[tuple(code.index(v) for code, v in zip(codes, outcome, strict=True))] = probability
    return joint


def gate(rule, n=2):
    """P(x1, x2, y) of y = rule(x1, x2) with uniform inputs."""
    grid = [(i, j, rule(i, j)) for i in range(n) for j in range(n)]
    joint = np.zeros((n, n, max(y for *_, y in grid) + 1))
    for cell in grid:
        joint[cell] += 1
    return joint


def cells(*outcomes):
    """P(x1, x2, y) of equally likely outcomes."""
    joint = np.zeros(np.max(outcomes, axis=0) + 1)
    joint[tuple(np.transpose(outcomes))] = 1
    return joint


def random_table(kind, shape, seed):
    rng = np.random.default_rng(seed)
    p = rng.random(shape)
    if kind == "zeros":
        p *= rng.random(shape) < 0.35
        p.flat[0] += 0.1
    if kind == "skewed":
        p = p**25
    if kind == "nearly determined":
        p *= 10.0 ** rng.integers(-12, -2)
        y = rng.integers(shape[2], size=shape[:2])
        p[np.arange(shape[0])[:, None], np.arange(shape[1])[None, :], y] += 1
    if kind == "counts":
        p = rng.multinomial(40, rng.dirichlet(np.full(p.size, 0.3))).reshape(shape)
    return p / p.sum()


KINDS = ["dense", "zeros", "skewed", "nearly determined", "counts"]


def least_information_by_alternation(p, rounds):
    """min I_Q(X1; Y | X2) by alternating minimisation of KL(Q || P(x2, y) r(x1 | x2)).

    Slow and simple: r is Q's own conditional, Q the projection of P(x2, y) r on the marginals, by
    proportional fitting. Q keeps the marginals, so the value is never below the minimum by more
    than the fit's error.
    """
    p1, p2 = p.sum(1), p.sum(0)
    r = np.broadcast_to(p1.sum(1)[:, None], p.shape[:2])
    q = np.zeros_like(p)
    for _ in range(rounds):
        q = r[:, :, None] * p2[None]
        for _ in range(40):
            q *= (p1 / q.sum(1))[:, None, :]
            q *= (p2 / q.sum(0))[None]
        r = q.sum(2) / q.sum((0, 2))[None]
    return sum(
        q[:, k].sum() * mutual_information(q[:, k] / q[:, k].sum()) for k in range(p.shape[1])
    )


def test_entropies_by_hand():
    assert entropy(np.full((2, 4), 1 / 8)) == pytest.approx(3)
    assert entropy(np.array([0.9, 0.1])) == pytest.approx(0.4689956)
    assert entropy(np.array([1.0, 0.0])) == 0
    assert mutual_information(np.diag([0.25] * 4)) == pytest.approx(2)
    assert mutual_information(np.full((3, 5), 1 / 15)) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("joint", "expected"),
    [
        (gate(lambda i, j: i ^ j), (0, 0, 0, 1)),
        (gate(lambda i, j: i & j), (0.311278, 0, 0, 0.5)),
        (gate(lambda i, j: i | j), (0.311278, 0, 0, 0.5)),
        (gate(lambda i, j: i), (0, 1, 0, 0)),
        (gate(lambda i, j: j), (0, 0, 1, 0)),
        (gate(lambda i, j: 2 * i + j), (0, 1, 1, 0)),
        (gate(lambda i, j: i + j), (0.5, 0, 0, 1)),
        (np.eye(2)[:, :, None] * np.eye(2)[:, None, :], (1, 0, 0, 0)),
        (gate(lambda i, j: int(i == j), 10), (0, 0, 0, 0.4689956)),
        # One input at a time tells y: pointwise unique, and yet half redundant, half synergistic.
        (cells((0, 1, 0), (1, 0, 0), (0, 2, 1), (2, 0, 1)), (0.5, 0, 0, 0.5)),
        (np.ones((3, 4, 2)), (0, 0, 0, 0)),
        (np.ones((2, 2, 1)), (0, 0, 0, 0)),
    ],
)
def test_closed_cases(joint, expected):
    np.testing.assert_allclose(parts(decompose(joint)), expected, atol=2e-6)


def dit_parts(distribution, start=0):
    """The decomposition by dit, or None where its optimiser contradicts itself."""
    np.random.seed(start)  # dit starts its optimiser from this global stream
    from dit.pid import PID_BROJA  # here: its import takes a second of every worker

    found = PID_BROJA(distribution, [(0,), (1,)], (2,))
    values = [found[atom] for atom in (((0,), (1,)), ((0,),), ((1,),), ((0, 1),))]
    return values if min(values) > -1e-5 else None


def close_to_dit(p, distribution):
    """Whether dit comes to the same decomposition; None where it comes to none.

    dit's optimiser stops near the optimum, and on some machines short of it or where it started:
    then it starts anew. Its answer is feasible all the same, so its uniqueness may exceed the
    least one and never undercuts it.
    """
    found = parts(decompose(p))
    close = None
    for start in range(4):
        expected = dit_parts(distribution, start)
        if expected is not None:
            assert max(found[1] - expected[1], found[2] - expected[2]) < 1e-3
            close = np.allclose(found, expected, rtol=0, atol=5e-3)
            if close:
                break
    return close


def test_named_distributions_against_dit():
    from dit.pid.distributions import bivariates

    names = sorted(set(bivariates) - {"erase"})  # seconds of dit's time
    close = {name: close_to_dit(table(bivariates[name]), bivariates[name]) for name in names}
    same = {name for name in names if close[name]}
    assert len(same) >= 20
    assert {"and", "sum", "redundant", "synergy", "unique 1", "rdn xor"} <= same


def test_random_tables_against_dit():
    import dit

    close = []
    for seed in range(8):
        p = random_table("dense", (2, 2, 2), seed)
        outcomes = ["".join(map(str, index)) for index in np.ndindex(p.shape)]
        close.append(close_to_dit(p, dit.Distribution(outcomes, p.ravel().tolist())))
    assert close.count(True) >= 3


@pytest.mark.parametrize("shape", [(2, 2, 2), (3, 2, 4), (3, 3, 3), (4, 3, 2)])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_optimum_against_alternating_minimisation(shape, seed):
    p = random_table("dense", shape, seed)
    slow = least_information_by_alternation(p, 600)
    fast = mutual_information(p.sum(1)) - _redundancy(p)
    assert fast <= slow + 1e-9
    assert fast == pytest.approx(slow, abs=1e-4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(2, 2, 2), (3, 4, 2), (12, 7, 3), (10, 10, 10)])
def test_the_optimum_is_bounded_by_every_feasible_table(kind, shape):
    """No Q with the marginals leaves Y less informed by both: not P, nor the independent one."""
    for seed in range(1 if shape == (10, 10, 10) else 5):
        p = random_table(kind, shape, seed)
        p = p[p.sum((1, 2)) > 0][:, p.sum((0, 2)) > 0][:, :, p.sum((0, 1)) > 0]
        p = np.where(p < 1e-14, 0, p) / p.sum()
        p1, p2, py = p.sum(1), p.sum(0), p.sum((0, 1))
        p1, p2 = p1[p1.sum(1) > 0], p2[p2.sum(1) > 0]
        found = greatest_conditional_entropy(p1, p2)
        for q in (p, p1[:, None] * p2[None] / py):
            assert found >= entropy(q) - entropy(q.sum(2)) - 1e-9
        assert found <= min(entropy(x) - entropy(x.sum(1)) for x in (p1, p2)) + 1e-9
        # The dual turned round has other unknowns and another path, but the same optimum.
        assert greatest_conditional_entropy(p2, p1) == pytest.approx(found, abs=1e-8)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(2, 2, 2), (2, 5, 3), (12, 7, 3), (10, 10, 10)])
def test_identities_and_symmetries(kind, shape):
    for seed in range(1 if shape == (10, 10, 10) else 6):
        p = random_table(kind, shape, seed)
        found = decompose(p)
        assert min(parts(found)) >= 0
        assert found.total == pytest.approx(mutual_information(p.reshape(-1, shape[2])), abs=1e-9)
        assert found.redundancy + found.unique_1 == pytest.approx(
            mutual_information(p.sum(1)), abs=1e-9
        )
        assert found.redundancy + found.unique_2 == pytest.approx(
            mutual_information(p.sum(0)), abs=1e-9
        )
        swapped = decompose(p.transpose(1, 0, 2))
        np.testing.assert_allclose(parts(swapped)[[0, 2, 1, 3]], parts(found), atol=1e-7)
        rng = np.random.default_rng(seed)
        relabelled = p[np.ix_(*[rng.permutation(n) for n in shape])]
        np.testing.assert_allclose(parts(decompose(relabelled)), parts(found), atol=1e-7)


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(*[st.integers(1, 4)] * 3).flatmap(
        lambda shape: arrays(np.int64, shape, elements=st.integers(0, 30))
    )
)
def test_any_table_of_counts(counts):
    if not counts.any():
        return
    found = decompose(counts)
    p = counts / counts.sum()
    assert min(parts(found)) >= 0
    assert found.total == pytest.approx(mutual_information(p.reshape(-1, p.shape[2])), abs=1e-9)
    assert found.redundancy <= mutual_information(p.sum(1)) + 1e-9
    assert found.redundancy <= mutual_information(p.sum(0)) + 1e-9
    np.testing.assert_allclose(parts(decompose(counts * 1000)), parts(found), atol=1e-8)
    split = np.repeat(counts, 2, axis=0)  # a coin that says nothing joins X1
    np.testing.assert_allclose(parts(decompose(split)), parts(found), atol=1e-8)


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("seed", range(4))
def test_the_closed_form_of_a_determined_label_is_the_optimum(side, seed):
    rng = np.random.default_rng(seed)
    p = np.zeros((6, 4, 3))
    p[np.arange(6), :, rng.permutation([0, 0, 1, 1, 2, 2])] = rng.random((6, 4))
    p = (p if side == 0 else p.transpose(1, 0, 2)) / p.sum()
    assert _redundancy(p) == pytest.approx(decompose(p).redundancy, abs=1e-8)
    assert decompose(p).redundancy > 0.01


@pytest.mark.parametrize("seed", range(4))
def test_the_closed_form_of_a_mute_source_is_the_optimum(seed):
    rng = np.random.default_rng(seed)
    p = np.ones((3, 1, 1)) / 3 * rng.dirichlet(np.ones(20)).reshape(1, 5, 4)
    assert _redundancy(p) == pytest.approx(0, abs=1e-8)
    assert decompose(p).redundancy == pytest.approx(0, abs=1e-12)


def test_garbling_a_source_never_adds_redundancy():
    rng = np.random.default_rng(0)
    for seed in range(6):
        p = random_table("dense", (4, 3, 3), seed)
        garbled = np.einsum("ijk,li->ljk", p, rng.dirichlet(np.ones(3), size=4).T)
        assert decompose(garbled).redundancy <= decompose(p).redundancy + 1e-8


def test_many_values_that_say_the_same_cost_nothing():
    p = np.repeat(np.repeat(random_table("dense", (3, 3, 2), 0), 100, axis=0), 100, axis=1)
    expected = parts(decompose(random_table("dense", (3, 3, 2), 0)))
    np.testing.assert_allclose(parts(decompose(p)), expected, atol=1e-8)


def test_extreme_counts():
    np.testing.assert_allclose(
        parts(decompose(gate(lambda i, j: i & j) * 1e308)), (0.311278, 0, 0, 0.5), atol=2e-6
    )


def test_total_is_the_sum():
    assert PID(1.0, 2.0, 3.0, 4.0).total == 10


@pytest.mark.parametrize(
    ("joint", "message"),
    [
        (np.ones((2, 2)), r"three axes \(x1, x2, y\), not 2"),
        (np.zeros((2, 2, 2)), "not all 0, none < 0"),
        (np.array([[[1.0, -1.0]]]), "none < 0"),
        (np.array([[[1.0, np.nan]]]), "finite"),
        (np.array([[[1.0, np.inf]]]), "finite"),
        (np.zeros((0, 2, 2)), "not all 0"),
    ],
)
def test_bad_tables(joint, message):
    with pytest.raises(ValueError, match=message):
        decompose(joint)


def test_too_many_cells():
    with pytest.raises(ValueError, match=r"up to 4000 pairs of values .* not 4900"):
        decompose(random_table("dense", (70, 70, 2), 0))


def test_entropies_of_counts_and_what_has_none():
    assert entropy([2, 1, 1]) == entropy([0.5, 0.25, 0.25]) == 1.5
    assert mutual_information([[3, 0], [0, 3]]) == pytest.approx(1)
    assert mutual_information(np.eye(4) * 1e300) == pytest.approx(2)
    for table in ([0.5, np.nan], [-1, 2], [0, 0], [np.inf, 1]):
        with pytest.raises(ValueError, match="finite probabilities or counts"):
            entropy(table)
    with pytest.raises(ValueError, match="two axes, not 1"):
        mutual_information([0.5, 0.5])


@pytest.mark.filterwarnings("error")
def test_small_counts_are_a_table_without_a_word():
    counts = np.arange(100) % 3
    assert table_entropy(counts) == entropy(counts.reshape(10, 10))
    assert str(table_entropy(np.array([0, 5]))) == "0.0"
    with pytest.raises(ValueError, match="not all 0"):
        table_entropy(np.zeros(3))


def test_no_entropy_and_no_information_are_0_without_a_sign():
    for value in (entropy([1.0]), mutual_information(np.ones((7, 11)))):
        assert value == 0
        assert not np.signbit(value)


def test_a_frame_of_counts_is_a_table_whatever_its_columns_are_called():
    counts = pd.DataFrame({"a": [1, 2], "b": [3, 4]})
    assert entropy(counts) == pytest.approx(entropy([[1, 3], [2, 4]]))
    assert entropy(pd.Series(["a", "a", "b", "b"])) == 1
    with pytest.raises(ValueError, match="is an iterator, which can be read once only"):
        entropy(letter for letter in "aabb")


def test_complex_tables_are_refused():
    with pytest.raises(ValueError, match="no real numbers but complex128"):
        mutual_information(np.array([[1 + 1j, 0], [0, 1]]))


def test_columns_and_dicts_beside_tables():
    assert entropy(["a", "a", "b", "b"]) == 1
    assert mutual_information([0, 1] * 4, ["no", "yes"] * 4) == 1
    with pytest.raises(ValueError, match=r"give two columns as mutual_information\(a, b\)"):
        mutual_information([0, 1, 1])
    with pytest.raises(ValueError, match="a and b have one value per sample, not 2 and 3"):
        mutual_information([0, 1], [0, 1, 1])
    with pytest.raises(ValueError, match="1 of these 3 are missing, masked or infinite"):
        entropy(np.ma.array([0.5, 0.5, 7.0], mask=[0, 0, 1]))
    exclusive_or = {(0, 0, "same"): 1, (0, 1, "other"): 1, (1, 0, "other"): 1, (1, 1, "same"): 1}
    assert decompose(exclusive_or).synergy == 1
    with pytest.raises(ValueError, match=r"maps \(x1, x2, y\) to a probability"):
        decompose({(0, 0): 1.0})
