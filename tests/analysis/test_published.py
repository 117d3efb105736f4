"""Published values: the shipped table, and the runs that they stand beside."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from interaction_probes.analysis.published import (
    _PRESETS_OF_VECTORS,
    comparable_published,
    published_scale,
    read_published,
    why_none_published,
)
from interaction_probes.analysis.results_table import read_results
from interaction_probes.analysis.scores.table import scores_table
from interaction_probes.settings.presets import EARLIER_PRESETS, PRESETS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("columns", "left"),
    [
        ({"preset": "vectors"}, set()),
        ({"preset": "vectors", "kind": ""}, set()),
        ({"preset": "vectors", "kind": None}, set()),
        ({"preset": "vectors", "kind": "images"}, {"comm", "clip"}),
        ({"preset": "quick", "kind": "vectors"}, set()),
        ({"preset": "quick", "kind": None}, {"comm", "clip"}),
        ({"preset": "quick"}, {"comm", "clip"}),
    ],
)
def test_published_values_are_of_images(results, columns, left):
    published = pd.DataFrame({"method": ["comm", "clip"], "task": "R", "accuracy": 90.0})
    found = comparable_published(published, results.assign(**columns))
    assert set(found["method"]) == left


def test_a_method_on_vectors_takes_nothing_from_another_on_images(results):
    kind = np.where(results["method"] == "comm", "vectors", "")
    found = comparable_published(read_published(), results.assign(kind=kind))
    assert set(read_published()["method"]) - set(found["method"]) == {"comm"}


def test_the_presets_of_vectors_are_known_to_tables():
    every = [*PRESETS.values(), *EARLIER_PRESETS.values()]
    assert {config.preset for config in every if config.kind == "vectors"} == {*_PRESETS_OF_VECTORS}


def test_the_table_of_vectors_has_nothing_published():
    table = read_results(ROOT / "results" / "vectors" / "methods.csv")
    table = table[table["method"] != "supervised"]
    lines = scores_table(table, published=True)
    assert set(lines["published R, U, S"]) == {"–"}


def with_values(results, values):
    """The same with tasks of another number of values per factor."""
    bits = (results["probe"] == "exact") & (results["metric"] == "bits")
    other = bits & results["task"].isin(["R", "U1", "U2"])
    return results.assign(value=results["value"].mask(other, np.log2(values)))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda t: t, ""),
        (lambda t: with_values(t, 10), ""),
        (lambda t: with_values(t, 4), "they are of 10 values per factor, these runs of 4"),
        (lambda t: with_values(t, 4.3), "their R has 3.322 bits, that of these runs 2.104"),
        (lambda t: t.assign(kind="vectors"), "they are of images, these runs of vectors"),
        (
            lambda t: t.assign(**{"probe.features": "projection"}),
            "these runs were probed at projection",
        ),
        (
            lambda t: t.assign(**{"design.shared": "colour"}),
            "these runs have another design.shared",
        ),
        (lambda t: t.assign(pairs="shared-0.5"), "they are of unbiased and biased pairs"),
        (lambda t: t.assign(method="mine"), ""),
    ],
)
def test_why_there_is_nothing_published(results, change, why):
    table = change(results)
    comm = table[table["method"].isin(["comm", "mine"])]
    assert why_none_published(read_published(), comm) == why
    known = read_published()
    known = known[known["method"].isin(comm["method"])]
    assert comparable_published(known, comm).empty == (why != "" or known.empty)


def test_a_table_says_once_why_nothing_published_is_shown(results):
    why = "no published values are shown: they are of 10 values per factor, these runs of 4"
    table = scores_table(with_values(results, 4), published=True)
    assert set(table["published R, U, S"]) == {"–"}
    assert table.attrs["notes"] == [why]
    assert why not in scores_table(with_values(results, 4)).attrs["notes"]
    shown = scores_table(results, published=True)
    assert not [note for note in shown.attrs["notes"] if note.startswith("no published")]
    mine = scores_table(results.assign(method="mine_" + results["method"]), published=True)
    [note] = mine.attrs["notes"]
    assert note == "no published values are shown: of these methods there are none"
    weighted = scores_table(results[results["weights"].fillna("") != ""], published=True)
    [note] = weighted.attrs["notes"]
    assert note == "no published values are shown: they are of whole losses"


def test_published_values_ship_with_their_sources():
    table = read_published()
    tasks = table.groupby("method")["task"].agg(set)
    alone = tasks[[tasks_of < {"R", "U1", "U2", "S"} for tasks_of in tasks]]
    assert alone.to_dict() == {"coral": {"R", "U1", "S"}}
    [note] = set(table.loc[table["method"] == "coral", "note"])
    assert "U1 alone" in note
    assert (table["source"] != "").all()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("clip,R,999", "0 to 100, not 999"),
        ("clip,R,98\nclip,S,0.5", "in percent, and 0.5 is no percentage"),
        ("clip,Q,50", "a task is one of R, U1, U2, S, not 'Q'"),
        ("clip,R,50\nclip,R,51", "task R of clip occurs more than once"),
    ],
)
def test_published_values_are_percentages_of_the_tasks(tmp_path, content, told):
    path = tmp_path / "published.csv"
    path.write_text(f"method,task,accuracy\n{content}\n")
    with pytest.raises(ValueError, match=told):
        read_published(path)


def test_a_published_std_is_no_less_than_nothing(tmp_path):
    path = tmp_path / "published.csv"
    path.write_text("method,task,accuracy,std\nclip,R,98,0.1\nclip,S,50,\n")
    assert read_published(path)["std"].tolist() == ["0.1", ""]
    for wrong in ("-3", "101", "much", "inf"):
        path.write_text(f"method,task,accuracy,std\nclip,R,98,{wrong}\n")
        with pytest.raises(ValueError, match=f"std is in percent, 0 to 100, not '{wrong}'"):
            read_published(path)


def measured(bits):
    return pd.DataFrame(
        [("comm", "exact", task, "bits", value) for task, value in bits.items()],
        columns=["method", "probe", "task", "metric", "value"],
    )


def test_published_values_stand_beside_what_they_are_about():
    published = read_published()
    same = measured({"R": np.log2(10), "U1": np.log2(10), "S": -0.9 * np.log2(0.9) + 0.332193})
    assert comparable_published(published, same) is published
    assert comparable_published(published, measured({"R": 2.0})).empty
    elsewhere = same.assign(**{"probe.features": "projection"})
    assert set(published["method"]) - set(comparable_published(published, elsewhere)["method"]) == {
        "comm"
    }
    assert comparable_published(published, same.assign(**{"probe.features": None})) is not None


@pytest.mark.parametrize(
    ("places", "probed", "left"),
    [
        (None, "default", {"comm", "clip"}),
        (None, "encoder", {"clip"}),
        ("encoder", "encoder", {"comm", "clip"}),
        ("heads encoder", "encoder", {"comm", "clip"}),
        ("heads", "encoder", {"clip"}),
    ],
)
def test_published_values_stand_beside_the_places_that_they_name(results, places, probed, left):
    published = pd.DataFrame({"method": ["comm", "clip"], "task": "R", "accuracy": 90.0})
    if places is not None:
        published["places"] = [places, ""]
    features = np.where(results["method"] == "comm", probed, "default")
    found = comparable_published(published, results.assign(**{"probe.features": features}))
    assert set(found["method"]) == left


def test_a_scale_is_told_where_there_is_one():
    published = read_published()
    assert published_scale(published) == " (224 pixels, 100 epochs)"
    assert published_scale(published.drop(columns="scale")) == ""
