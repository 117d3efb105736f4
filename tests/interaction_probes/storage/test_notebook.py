"""A run in a notebook: its last scores with the truth, or in words why there are none."""

import base64
import re
from dataclasses import astuple

import pandas as pd
import pytest
from hostile_session import hostile_session
from label_tables import label_table

from interaction_probes.analysis.schema import METRIC_COLUMNS, Measurement, RunIdentity
from interaction_probes.storage.notebook import last_scores, run_as_html
from interaction_probes.storage.run_folder import RunFolder

MEASURED = [
    Measurement(0, task, "exact", metric, value)
    for task in ("R", "S")
    for metric, value in (("chance", 0.5), ("bits", 1.0), ("accuracy", 1.0))
] + [
    Measurement(epoch, task, "linear", metric, value + epoch / 10)
    for epoch in (0, 2)
    for task in ("R", "S")
    for metric, value in (("accuracy", 0.6), ("bits", 0.1))
]


IDENTITY = RunIdentity("comm", "smoke", "biased", 0)


@pytest.fixture
def folder(tmp_path):
    folder = RunFolder(tmp_path / "run<1>")
    folder.path.mkdir()
    folder.write_metrics(IDENTITY, MEASURED)
    return folder


def test_the_last_scores_stand_beside_the_truth():
    rows = [(*astuple(IDENTITY), *astuple(one)) for one in MEASURED]
    table = last_scores(pd.DataFrame(rows, columns=METRIC_COLUMNS))
    assert table.index.tolist() == ["R", "S"]
    assert table.loc["S"].tolist() == [0.8, 0.5, 0.3, 1.0]


def test_a_run_shows_scores_and_a_picture(folder):
    html = folder._repr_html_()
    assert "run&lt;1&gt;" in html
    assert "0.8" in html
    [picture] = re.findall(r'src="data:image/png;base64,([^"]+)"', html)
    assert base64.b64decode(picture).startswith(b"\x89PNG")
    assert repr(folder) == f"RunFolder(path={folder.path!r})"


def test_curves_are_of_the_linear_probe_alone():
    rows = [(*astuple(IDENTITY), *astuple(one)) for one in MEASURED]
    rows.append((*astuple(IDENTITY), 2, "R", "shuffled", "accuracy", 0.5))
    every = pd.DataFrame(rows, columns=METRIC_COLUMNS)
    others = (every["probe"] != "linear") & (every["metric"] == "accuracy")
    pictures = [
        run_as_html("run", "finished", lambda table=table: table).rpartition("<img")[2]
        for table in (every, every[~others])
    ]
    assert pictures[0] == pictures[1]


def test_the_picture_takes_no_settings_of_a_session(folder):
    plain = folder._repr_html_()
    with hostile_session():
        assert folder._repr_html_() == plain


@pytest.mark.parametrize("content", [None, "", "nonsense", "a,b\n1,2\n", "\x00"])
def test_a_damaged_or_new_run_says_so(folder, content):
    metrics = folder.path / "metrics.csv"
    metrics.unlink()
    if content is not None:
        metrics.write_text(content)
    html = folder._repr_html_()
    assert "No scores to show: " in html
    assert "<img" not in html


def test_a_table_without_a_score_says_so():
    html = run_as_html("run", "half done", lambda: pd.DataFrame(columns=METRIC_COLUMNS))
    assert "half done" in html
    assert "No scores to show" in html


def one_run_on_a_dataset(**options):
    """metrics.csv of a run whose labels chose epochs 4 and 8, the last."""
    table = label_table(("comm",), (0,), **options).drop(columns=["run", "weights"])
    chosen = table["metric"] == "best_epoch"
    table.loc[chosen, "value"] = table["task"].map({"digit": 4}).fillna(8)
    return table


def test_labels_are_shown_at_the_epoch_that_the_validation_rows_chose():
    table = one_run_on_a_dataset(labels=("digit", "genres", "ink"))
    found = last_scores(table)
    assert [*found] == ["chosen epoch", "accuracy", "chance", "macro F1", "bits", "H(Y)", "R²"]
    assert found["chosen epoch"].to_dict() == {"digit": 4, "genres": 8, "ink": 8}
    values = table[table["probe"] == "linear"].set_index(["task", "metric", "epoch"])["value"]
    assert found.loc["digit", "accuracy"] == round(values["digit", "accuracy", 4], 3)
    assert found.loc["genres", "macro F1"] == round(values["genres", "macro_f1", 8], 3)
    assert found.loc["ink", "R²"] == round(values["ink", "r2", 8], 3)
    assert found.loc["digit", ["chance", "H(Y)"]].tolist() == [0.1, 3.3]
    assert found.loc["ink", ["accuracy", "chance", "macro F1", "bits", "H(Y)"]].isna().all()


def test_labels_of_real_numbers_alone_have_scores_and_a_picture():
    table = one_run_on_a_dataset(labels=("ink",))
    assert [*last_scores(table)] == ["chosen epoch", "R²"]
    html = run_as_html("run", "finished", lambda: table)
    assert "No scores" not in html
    assert '<img alt="test score by epoch"' in html


def test_labels_of_an_unfinished_run_are_of_its_last_epoch():
    table = one_run_on_a_dataset(labels=("digit", "ink"))
    found = last_scores(table[table["metric"] != "best_epoch"])
    assert found["epoch"].tolist() == [8, 8]
    assert "chosen epoch" not in found
