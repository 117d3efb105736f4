import pytest

from interaction_probes.figures.drawing.seed_counts import number_of_seeds, seeds_in_words


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({("CoMM", "R"): 1}, "n = 1 seed"),
        ({("CoMM", "R"): 3, ("CLIP", "R"): 3}, "n = 3 seeds"),
        ({("CoMM", "R"): 2, ("CLIP", "R"): 1}, "n = 2 seeds, 1 of CLIP"),
        ({("CoMM", "R"): 5, ("CoMM", "S"): 5, ("CLIP", "R"): 3}, "n = 5 seeds, 3 of CLIP"),
        ({("CoMM", "R"): 5, ("CoMM", "U"): 5, ("CoMM", "S"): 2}, "n = 5 seeds, 2 of CoMM (S)"),
        ({("A", "R"): 1, ("B", "R"): 1, ("C", "R"): 4}, "n = 1 seed, 4 of C"),
        (
            {("A", "R"): 5, ("A", "U"): 5, ("B", "R"): 5, ("B", "U"): 3, ("C", "R"): 3},
            "n = 5 seeds, 3 of B (U) and C",
        ),
        (
            {("A", "R"): 9, ("B", "R"): 9, ("C", "R"): 2, ("D", "R"): 1},
            "n = 9 seeds, 2 of C, 1 of D",
        ),
    ],
)
def test_every_number_of_seeds_names_whose_it_is(counts, expected):
    assert number_of_seeds(counts) == expected


def test_one_seed_has_no_interval():
    assert seeds_in_words({("A", "R"): 1}) == "n = 1 seed, which has no interval."
    assert seeds_in_words({("A", "R"): 2, ("B", "R"): 1}) == (
        "n = 2 seeds, 1 of B; mean and range over them."
    )
