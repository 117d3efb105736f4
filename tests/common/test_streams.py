import pytest

from interaction_probes.common.streams import seed_sequence, stream


def test_a_stream_is_its_seed_and_name():
    draws = {
        key: stream(*key).integers(1 << 60, size=4).tolist()
        for key in [(0, "a"), (0, "b"), (1, "a"), (0, "a", "b"), (0, "a", 1), (0,)]
    }
    assert len(set(map(tuple, draws.values()))) == len(draws)
    for key, drawn in draws.items():
        assert stream(*key).integers(1 << 60, size=4).tolist() == drawn


def test_the_streams_of_version_1_stay_as_they_are():
    """Changing them changes every dataset: raise GENERATOR_VERSION with this number."""
    assert stream(0, "split").integers(1 << 32) == 3351691418


def test_drawing_from_one_leaves_another():
    first, second = stream(0, "a"), stream(0, "b")
    first.random(1000)
    assert second.random() == stream(0, "b").random()


def test_a_negative_seed_is_refused():
    with pytest.raises(ValueError, match=r"a seed is a whole number, not 1\.5"):
        stream(1.5, "x")
    with pytest.raises(ValueError, match="a seed is 0 or more, not -1"):
        seed_sequence(-1, "split")
