"""Tables of differences from one method, seed by seed."""

import numpy as np
import pandas as pd
import pytest
from score_rows import results

from interaction_probes.tables import main, scores_table

COMM = results([0.7, 0.8, 0.6], "comm")


def test_differences_by_hand():
    """The spread of the seeds is common to both methods, and cancels."""
    table = pd.concat(
        [COMM, results([0.71, 0.82, 0.63], "clip"), results([0.5, 0.8, 0.6], "comm", "a=0")]
    )
    own, ablated, clip = scores_table(table, against="comm").to_dict("records")
    assert own["R"] == f"70.0 ± {100 * np.std([0.7, 0.8, 0.6], ddof=1):.1f}"
    assert clip["R"] == clip["U"] == clip["S"] == "+2.0 ± 1.0, 3+ 0−"
    assert clip["AUC of S"] == "+0.010 ± 0.005, 3+ 0−"
    assert clip["AUC of S, unbiased"] == "+0.010 ± 0.005, 3+ 0−"
    assert ablated["R"] == f"−6.7 ± {np.std([20, 0, 0], ddof=1):.1f}, 0+ 1−"


def test_seeds_that_both_have_are_compared():
    others = results([0.9, 0.5], "clip", seeds=(1, 7))
    _, clip = scores_table(pd.concat([COMM, others]), against="comm").to_dict("records")
    assert clip["n"] == "1"  # what the difference is of, and not the row's own two
    assert clip["R"] == "+10.0, 1+ 0−"
    none = results([0.9], "clip", seeds=(7,))
    _, clip = scores_table(pd.concat([COMM, none]), against="comm").to_dict("records")
    assert (clip["n"], clip["R"]) == ("0", "–")


def test_a_score_of_fewer_seeds_says_so_beside_the_seeds_of_the_row():
    others = results([0.8, 0.9, 0.7], "clip")
    cut = others[(others["task"] != "S") | (others["seed"] == 0)]
    _, clip = scores_table(pd.concat([COMM, cut]), against="comm").to_dict("records")
    assert (clip["n"], clip["R"]) == ("3", "+10.0 ± 0.0, 3+ 0−")
    assert clip["S"] == "+10.0, 1+ 0− (n = 1)"


def test_a_difference_of_nothing_has_no_sign():
    _, clip = scores_table(pd.concat([COMM, results([0.7, 0.8, 0.6], "clip")]), against="comm")["R"]
    assert clip == "0.0 ± 0.0, 0+ 0−"


def test_rows_are_compared_with_the_same_value_of_a_setting():
    weak, strong = (
        pd.concat([results([k, k, k], "comm"), results([k + 0.1 * k] * 3, "clip")]).assign(
            n_pairs=n
        )
        for n, k in ((10, 0.2), (20, 0.4))
    )
    table = pd.concat([weak, strong])
    found = scores_table(table, by=["n_pairs"], against="comm").set_index(["method", "n_pairs"])
    assert found["R"]["CLIP", "10"] == "+2.0 ± 0.0, 3+ 0−"
    assert found["R"]["CLIP", "20"] == "+4.0 ± 0.0, 3+ 0−"
    assert found["R"]["CoMM", "20"] == "40.0 ± 0.0"


def test_numbers_are_of_differences_alone(tmp_path):
    path, out = tmp_path / "results.csv", tmp_path / "t.csv"
    pd.concat([COMM, results([0.71, 0.78, 0.63], "clip")]).to_csv(path, index=False)
    main([str(path), "--against", "comm", "-o", str(out)])
    [row] = pd.read_csv(out).to_dict("records")
    assert row["method"] == "CLIP"
    assert row["R"] == pytest.approx(0.02 / 3)
    assert row["R_sd"] == pytest.approx(np.std([0.01, -0.02, 0.03], ddof=1), rel=1e-5)
    assert (row["R_n"], row["R_above"], row["R_below"]) == (3, 2, 1)
    assert row["against"] == "comm"


def test_what_is_printed_says_what_it_is(tmp_path, capsys):
    path = tmp_path / "results.csv"
    pd.concat([COMM, results([0.71, 0.78, 0.63], "clip")]).to_csv(path, index=False)
    main([str(path), "--against", "comm"])
    *_, blank, note = capsys.readouterr().out.splitlines()
    assert blank == ""
    assert note.startswith("scores of CoMM; of the others, differences from them in the same seed")
    main([str(path), "--against", "comm", "-o", str(tmp_path / "t.tex")])
    text = (tmp_path / "t.tex").read_text()
    assert r"+0.7 $\pm$ 2.5, 2+ 1$-$" in text
    assert r"\par{\footnotesize scores of CoMM;" in text


@pytest.mark.parametrize(
    ("table", "words", "message"),
    [
        (
            COMM,
            ["com"],
            "no runs of 'com' with its whole loss to compare with; did you mean 'comm'",
        ),
        (results([0.7], "comm", "a=0"), ["comm"], "no runs of 'comm' with its whole loss"),
        (COMM, ["comm", "--published"], "--against prints differences, which nobody published"),
        (
            pd.concat([COMM.assign(n_pairs=10), results([0.7], "clip").assign(n_pairs=20)]),
            ["comm"],
            "runs of comm and clip differ in n_pairs (10: comm seed 0, comm seed 1 and 1 more; "
            "20: clip seed 0), so one seed is not the same data, read alike, in all: keep one "
            "(--where n_pairs=10), or in tables a row for each (--by n_pairs)",
        ),
        (
            pd.concat(
                [
                    COMM.assign(**{"probe.zoom": 1.67}),
                    results([0.7], "clip").assign(**{"probe.zoom": 1.0}),
                ]
            ),
            ["comm"],
            "differ in probe.zoom (1: clip seed 0; 1.67: comm seed 0",
        ),
        (COMM, ["comm"], "nothing but 'comm' with its whole loss to compare"),
    ],
)
def test_what_cannot_be_compared_is_told_in_a_line(table, words, message, tmp_path, capsys):
    path = tmp_path / "results.csv"
    table.to_csv(path, index=False)
    with pytest.raises(SystemExit) as stop:
        main([str(path), "--against", *words])
    assert stop.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert message in line


def test_settings_that_make_no_data_may_differ():
    """Each method at the rate that it stands, say."""
    own = results([0.7, 0.7, 0.7], "clip").assign(**{"optim.lr": 1e-3})
    table = pd.concat([COMM.assign(**{"optim.lr": 6e-3}), own])
    assert scores_table(table, against="comm")["R"].tolist()[1] == "0.0 ± 10.0, 1+ 1−"


def test_one_number_written_in_two_ways_is_one_setting(tmp_path, capsys):
    """Of two tables that were joined, one can hold 10 where the other has 10.0."""
    path = tmp_path / "results.csv"
    pd.concat([COMM.assign(n_pairs="10"), results([0.7], "clip").assign(n_pairs="10.0")]).to_csv(
        path, index=False
    )
    main([str(path), "--against", "comm"])
    assert "| CLIP | 1 | 0.0, 0+ 0− |" in capsys.readouterr().out


def test_a_setting_that_is_not_told_is_a_value_like_others():
    table = pd.concat([COMM, results([0.71, 0.81, 0.61], "clip")])
    table["optim.lr"] = np.nan
    own, clip = scores_table(table, by=["optim.lr"], against="comm")["R"]
    assert own.startswith("70.0 ± ")
    assert clip == "+1.0 ± 0.0, 3+ 0−"


def test_sums_that_differ_in_a_last_bit_are_equal():
    table = pd.concat([results([0.4] * 3, "comm"), results([0.4] * 3, "clip")])
    table.loc[(table["method"] == "comm") & (table["task"] == "U1"), "value"] = 0.1
    table.loc[(table["method"] == "comm") & (table["task"] == "U2"), "value"] = 0.7
    table.loc[(table["method"] == "clip") & (table["task"] == "U1"), "value"] = 0.8
    table.loc[(table["method"] == "clip") & (table["task"] == "U2"), "value"] = 0.0
    assert (0.1 + 0.7) / 2 != (0.8 + 0.0) / 2  # as floats
    assert scores_table(table, against="comm")["U"].tolist()[1] == "0.0 ± 0.0, 0+ 0−"


def notes(*parts, by=()):
    return scores_table(pd.concat(parts), by, against="comm").attrs["notes"][1:]


def test_what_a_reader_must_know_of_a_difference_is_noted():
    clip = results([0.7, 0.7, 0.7], "clip")
    assert notes(COMM, clip) == []
    one_design = results([0.7], "pixels", pairs=("unbiased",))
    assert notes(COMM, one_design) == ["on fewer designs than CoMM: Pixels"]
    assert notes(COMM, results([0.7, 0.7], "clip", seeds=(7, 8))) == [
        "on none of CoMM's seeds: CLIP"
    ]
    assert notes(COMM[COMM["pairs"] == "biased"], clip) == [
        "on designs that CoMM has no runs of: CLIP"
    ]
    mixed = clip.assign(precision=np.where(clip["seed"] == 1, "bfloat16", "float32"))
    assert notes(COMM.assign(precision="float32"), mixed) == [
        "in other arithmetic than CoMM in some seeds: CLIP (1)"
    ]
    halved = np.where((clip["seed"] == 2) & (clip["pairs"] == "biased"), "float32", "bfloat16")
    assert notes(COMM.assign(precision="bfloat16"), clip.assign(precision=halved)) == [
        "in other arithmetic than CoMM in some seeds: CLIP (2)"
    ]
    slow, fast = COMM.assign(**{"optim.lr": 0.001}), clip.assign(**{"optim.lr": 0.1})
    assert notes(slow, fast, by=["optim.lr"]) == ["without runs of CoMM to compare with: CLIP 0.1"]


def test_numbers_are_refused_where_the_text_is():
    """The baseline has no row of its own among numbers, but its runs are part of every one."""
    rates = COMM.assign(**{"optim.lr": np.where(COMM["pairs"] == "biased", 0.1, 0.001)})
    clip = results([0.7, 0.7, 0.7], "clip").assign(**{"optim.lr": 0.1})
    runs = COMM.assign(
        run=COMM["pairs"] + COMM["seed"].astype(str),
        half_done=np.where(COMM["seed"] == 1, "13", ""),
    )
    half = runs[(runs["seed"] != 1) | (runs["epoch"] < runs["epoch"].max())]
    for table, message in (
        (pd.concat([rates, clip]), "runs of comm differ in optim.lr"),
        (pd.concat([half, clip.assign(run="clip")]), "runs of comm are half done"),
    ):
        for numbers in (False, True):
            with pytest.raises(ValueError, match=message):
                scores_table(table, against="comm", numbers=numbers)


def test_differences_of_half_done_and_collapsed_runs_are_marked():
    clip = results([0.7, 0.7], "clip").assign(run="clip", half_done="14", collapsed=1)
    own = COMM.assign(run="comm", half_done="", collapsed=0)
    found = scores_table(pd.concat([own, clip]), against="comm")
    assert found["n"].tolist() == ["3", "2 (half done) (1 collapsed)"]


def test_the_effective_rank_is_not_compared():
    ranks = [each.assign(effective_rank=3.0) for each in (COMM, results([0.7] * 3, "clip"))]
    table = pd.concat(ranks)
    assert "effective rank" not in scores_table(table, against="comm")
    with pytest.raises(ValueError, match="effective_rank is none: name a score"):
        scores_table(table, against="comm", scores=["effective_rank"])
