import numpy as np
import pandas as pd
import pytest
from score_rows import results as rows_of_seeds

from interaction_probes.analysis.agreement import check_same_settings
from interaction_probes.analysis.cell_values import short_number
from interaction_probes.analysis.collected_tables import read_collected
from interaction_probes.analysis.conditions import filter_rows
from interaction_probes.analysis.footnotes import precision_note
from interaction_probes.analysis.results_table import (
    check_one_preset,
    check_one_run_per_seed,
    check_one_version,
    read_results,
)
from interaction_probes.analysis.row_filters import additive_limit, last_epoch_rows, mapping_of
from interaction_probes.analysis.seeds import RANGE_UP_TO, OverSeeds
from interaction_probes.figures.drawing.seed_counts import seeds_in_words
from interaction_probes.figures.strength import strength


def test_a_table_reads_back(results, tmp_path):
    path = tmp_path / "results.csv"
    results.to_csv(path, index=False)
    found = read_results(path)
    pd.testing.assert_frame_equal(read_results(str(path)), found)
    assert list(found.columns) == list(results.columns)
    assert set(found["weights"]) == {"", "unimodal=0.0", "joint=0.0"}
    np.testing.assert_array_equal(found["value"], results["value"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no table that can be read"),
        ("method,pairs\n", "lacks the columns preset, seed, epoch, task, probe, metric, value"),
        ("method,preset,pairs,seed,epoch,task,probe,metric,value\n", "has no rows"),
        (
            "method,preset,pairs,seed,epoch,task,probe,metric,value\na,p,b,0,0,R,linear,bits,x\n",
            "line 2: value is a number, not 'x'",
        ),
        (
            "method,preset,pairs,seed,epoch,task,probe,metric,value\na,p,b,0,0,R,linear,bits,nan\n",
            "line 2: value is a number",
        ),
        ("a,b\n1,2,3\n4\n5,6,7,8\n", "is no table that can be read"),
    ],
)
def test_damaged_tables_are_refused_in_a_line(tmp_path, text, message):
    path = tmp_path / "results.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_results(path)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "results.csv"
    path.write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(ValueError, match="is no table that can be read"):
        read_results(path)


def test_conditions_choose_rows(results):
    assert set(filter_rows(results, ["method=comm,clip"])["method"]) == {"comm", "clip"}
    assert set(filter_rows(results, ["seed!=1"])["seed"]) == {0, 2}
    ablated = results.assign(weights=results["method"].map({"comm": "joint=0.0", "clip": ""}))
    assert set(filter_rows(ablated, ["weights=joint=0"])["method"]) == {
        "comm"
    }  # as tables print it
    assert len(filter_rows(results, ["method=clip", "seed=0"])) < len(
        filter_rows(results, ["method=clip"])
    )
    for wrong, message in (
        ("method", "a condition is COLUMN=VALUE"),
        ("metod=comm", "no column 'metod'; did you mean method?"),
        ("method=nothing", "no row of the table has method=nothing; it has "),
        ("method=clap", "no row of the table has method=clap; did you mean clip?"),
    ):
        with pytest.raises(ValueError, match=message):
            filter_rows(results, [wrong])


@pytest.mark.parametrize("mapping", ["unbiased", "biased", "mapping0.25", "mapping1e-05"])
@pytest.mark.parametrize("shared", ["", "shared0-", "shared0.5-", "shared1e-05-"])
def test_a_designs_name_tells_its_mapping(shared, mapping):
    assert mapping_of(shared + mapping) == mapping


def test_every_run_has_its_own_last_epoch(results):
    rows = last_epoch_rows(results[results["probe"] == "linear"])
    ends = rows.groupby("method")["epoch"].agg(["min", "max"])
    assert ends.loc["comm"].tolist() == [14, 14]
    assert ends.loc["random_init"].tolist() == [0, 0]


def test_an_interval_over_seeds_is_that_of_all_resamples():
    """Against every resample of three seeds, each as likely."""
    values = np.array([[0.0], [1.0], [5.0]])
    means = [values[[a, b, c]].mean() for a in range(3) for b in range(3) for c in range(3)]
    over = OverSeeds.of(values)
    assert (over.mean[0], over.n) == (2, 3)
    # Each many times over, so that quantiles are those of the distribution.
    exact = np.quantile(np.repeat(means, 1000), (0.025, 0.975))
    assert (over.low[0], over.high[0]) == pytest.approx(tuple(exact))
    assert OverSeeds.of(values).high == over.high


def test_one_seed_has_no_interval_and_none_is_an_error():
    one = OverSeeds.of(np.array([[0.5, 0.7]]))
    np.testing.assert_array_equal(one.low, one.high)
    with pytest.raises(ValueError, match="finite values"):
        OverSeeds.of(np.empty((0, 1)))


@pytest.mark.parametrize("n", [2, 3, 4])
def test_captions_call_a_range_what_is_one(n):
    values = np.random.default_rng(n).normal(size=(n, 5))
    found = OverSeeds.of(values)
    is_range = bool((found.low == values.min(0)).all() and (found.high == values.max(0)).all())
    assert is_range == (n <= RANGE_UP_TO) == ("mean and range" in seeds_in_words({("A", "R"): n}))
    assert "(up to n = 3 their range)" in seeds_in_words({("A", "R"): 2, ("B", "R"): 5})
    assert "their range" not in seeds_in_words({("A", "R"): 5})


def test_the_additive_limit_is_the_tables_own(results):
    assert additive_limit(results) == 75  # a table of before it was told
    said = results[(results["task"] == "S") & (results["metric"] == "chance")]
    other = pd.concat([results, said.assign(metric="additive", value=8 / 9)])
    assert additive_limit(other) == pytest.approx(100 * 8 / 9)
    mixed = pd.concat([other, other[other["metric"] == "additive"].assign(value=0.75)])
    with pytest.raises(ValueError, match="differ in the exact additive"):
        additive_limit(mixed)
    with pytest.raises(ValueError, match="different numbers"):
        strength(other.assign(shared_strength=1.0, mapping_strength=0.5))


def test_a_parquet_table_is_the_csv_table(results, tmp_path):
    results = results.assign(weights="", threads="1")
    results.loc[0, "threads"] = "1, then 2"
    results.to_csv(tmp_path / "t.csv", index=False)
    results.to_parquet(tmp_path / "t.parquet", index=False)
    found = read_results(tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(found, read_results(tmp_path / "t.csv"))
    assert set(found["threads"]) == {"1", "1, then 2"}
    (tmp_path / "t.parquet").write_bytes(b"PAR1")
    with pytest.raises(ValueError, match="is no table that can be read"):
        read_results(tmp_path / "t.parquet")


@pytest.mark.parametrize(
    ("precisions", "said"),
    [
        (["float32", "float32"], ""),
        (["float32", ""], ""),  # not told
        (["float32", "bfloat16"], "Some runs trained in bfloat16, others in float32."),
    ],
)
def test_runs_of_two_kinds_of_arithmetic_are_said_to_be(precisions, said):
    assert precision_note(pd.DataFrame({"precision": precisions})) == said
    assert precision_note(pd.DataFrame({"seed": [0, 1]})) == ""


def test_images_may_lie_in_two_places():
    rows = pd.DataFrame({"method": ["comm"] * 2, "folder.path": ["/a", "/b"]})
    check_same_settings(rows, ["method"])
    with pytest.raises(ValueError, match=r"differ in folder\.sha256"):
        check_same_settings(rows.assign(**{"folder.sha256": ["1", "2"]}), ["method"])


def test_whole_numbers_have_all_their_digits(results):
    values = (20240101, np.int64(2**63 - 1), 350.0, 0.5, 1e300, -np.inf)
    shown = ["20240101", "9223372036854775807", "350", "0.5", "1e+300", "-inf"]
    assert [short_number(value) for value in values] == shown
    rows = results[results["seed"] == 0].assign(seed=20240101)
    with pytest.raises(
        ValueError, match="seed 20240101 of comm on unbiased pairs occurs more than"
    ):
        check_one_run_per_seed(rows, ["method", "pairs"])


@pytest.mark.parametrize(
    ("metric", "value", "shown"),
    [("accuracy", 1.5, "1.5"), ("accuracy", -0.2, "-0.2"), ("auc", 78.2, "78.2")],
)
def test_scores_that_no_probe_can_have_are_refused(results, tmp_path, metric, value, shown):
    path = tmp_path / "t.csv"
    of_metric = results.index[(results["metric"] == metric) & (results["probe"] == "linear")]
    damaged = results.copy()
    damaged.loc[of_metric[3], "value"] = value
    damaged.to_csv(path, index=False)
    for read in (read_results, read_collected):
        with pytest.raises(ValueError, match=f"is a fraction, 0 to 1, not {shown} ") as caught:
            read(path)
        assert results.loc[of_metric[3], "run"] in str(caught.value)
    damaged.loc[of_metric[3], "value"] = 1 + 1e-12  # as sums of floats are
    damaged.to_csv(path, index=False)
    assert len(read_results(path)) == len(results)


def test_what_is_no_table_is_told_with_what_to_do(tmp_path):
    with pytest.raises(ValueError, match=r"is a folder: make one table of its runs first \(python"):
        read_results(tmp_path)
    (tmp_path / "RESULTS.md").write_text("# Results\n\nText, with commas\n\n| a | b |\n")
    with pytest.raises(ValueError, match=r"RESULTS.md is no table of results: name one that"):
        read_results(tmp_path / "RESULTS.md")


def test_of_two_sets_of_controls_one_is_kept_for_all_seeds(results):
    rows = results[(results["method"] == "clip") & (results["metric"] == "accuracy")]
    rows = rows[(rows["pairs"] == "biased") & (rows["task"] == "S") & (rows["epoch"] == 14)]
    rows = rows[rows["probe"] == "linear"]
    first, second = (
        rows.assign(**{"probe.controls": name, "run": [f"{name}{k}" for k in order]})
        for name, order in (("a", (1, 2, 3)), ("b", (0, 4, 5)))
    )
    with pytest.raises(ValueError, match=r"keep one of them \(--where run!=b0,b4,b5\)"):
        check_one_run_per_seed(pd.concat([first, second]), ["method", "pairs"])


def test_versions_are_of_one_preset_each():
    both = pd.concat(
        [
            rows_of_seeds([0.7]).assign(preset_version="2"),
            rows_of_seeds([0.7]).assign(preset="paper", preset_version="1"),
            rows_of_seeds([0.7]).assign(preset="own", preset_version=""),
        ]
    )
    check_one_version(both)
    check_one_preset(both, ["preset"])
    mixed = pd.concat(
        [both, rows_of_seeds([0.7], "clip").assign(preset="paper", preset_version="3")]
    )
    for check in (check_one_version, lambda table: check_one_preset(table, ["preset"])):
        with pytest.raises(ValueError, match=r"versions 1 and 3 of the preset paper: keep .*=3\)"):
            check(mixed)
