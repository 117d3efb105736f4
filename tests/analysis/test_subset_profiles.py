"""Runs of three images are told from runs of pairs, and never stand beside them."""

import pandas as pd
import pytest
from label_tables import label_table
from profile_tables import profile_table

from interaction_probes import report, tables
from interaction_probes.analysis.agreement import check_comparable
from interaction_probes.analysis.subset_profiles import check_one_number_of_images, is_of_samples
from interaction_probes.figures.__main__ import main as figures

OF_PAIRS = ["interactions", "synergy", "information", "model_pid", "factors"]


def refusal_of(main, words, capsys):
    with pytest.raises(SystemExit) as stop:
        main([*map(str, words)])
    assert stop.value.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        *((name, True) for name in ("R123", "R12", "U3", "S13", "S13-10", "S123", "S12to3")),
        *((name, False) for name in ("R", "U1", "U2", "S", "S-10", "shape_1", "texture_2")),
    ],
)
def test_three_images_show_in_the_names_of_tasks(task, expected):
    rows = pd.DataFrame({"pairs": ["unbiased"], "task": [task], "probe": ["linear"]})
    assert is_of_samples(rows) == expected
    assert not is_of_samples(rows.assign(pairs="data-abc"))  # labels may have any names


def test_they_show_where_tasks_and_exact_bits_do_not():
    rows = pd.DataFrame({"pairs": ["unbiased"], "task": ["U1"], "probe": ["linear"]})
    assert is_of_samples(rows.assign(modalities=3))
    assert is_of_samples(rows.assign(modalities="3"))
    assert not is_of_samples(rows.assign(modalities=2))
    assert not is_of_samples(rows.assign(modalities=""))


@pytest.mark.parametrize("probes", [["exact", "linear"], ["linear"]])
def test_pairs_and_three_images_are_no_one_number(results, probes):
    both = pd.concat([profile_table(), results], ignore_index=True)
    both = both[both["probe"].isin(probes)]
    with pytest.raises(ValueError, match="runs of 2 and of 3 images, whose tasks differ"):
        check_one_number_of_images(both)
    check_one_number_of_images(both[both["run"].isin(results["run"])])


@pytest.mark.parametrize("name", OF_PAIRS)
def test_a_figure_of_pairs_refuses_three_images_in_a_line(name, tmp_path, capsys):
    profile_table().to_csv(tmp_path / "three.csv", index=False)
    out = tmp_path / "x.svg"
    error = refusal_of(figures, [name, tmp_path / "three.csv", "-o", out], capsys)
    assert error.startswith(f"error: the figure {name} is of pairs, and the table has runs of ")
    assert not out.exists()


@pytest.mark.parametrize("name", [*OF_PAIRS, "dynamics", "ablation", "profile", "strength"])
def test_no_figure_shows_pairs_and_three_images_together(results, name, tmp_path, capsys):
    both = pd.concat([profile_table(), results], ignore_index=True)
    both.to_csv(tmp_path / "both.csv", index=False)
    out = tmp_path / "x.svg"
    error = refusal_of(figures, [name, tmp_path / "both.csv", "-o", out], capsys)
    expected = "is of pairs, and" if name in OF_PAIRS else "runs of 2 and of 3 images"
    assert expected in error
    assert error.count("\n") == 1
    assert not out.exists()


def test_neither_a_table_nor_the_report_does(results, tmp_path, capsys):
    both = pd.concat([profile_table(), results], ignore_index=True)
    both.to_csv(tmp_path / "both.csv", index=False)
    for main, words in ((tables.main, []), (report.main, ["-o", tmp_path / "x.html"])):
        error = refusal_of(main, [tmp_path / "both.csv", *words], capsys)
        assert "runs of 2 and of 3 images" in error
    assert not (tmp_path / "x.html").exists()


def test_methods_on_pairs_and_on_three_images_are_not_compared(results):
    number = results["method"].map({"comm": 3}).fillna(2)
    linear = results.assign(modalities=number)
    linear = linear[linear["probe"] == "linear"]
    with pytest.raises(ValueError, match=r"differ in modalities \(2.*--where modalities=2"):
        check_comparable(linear)
    of_labels = label_table(methods=("comm", "clip"), labels=("digit",))
    number = of_labels["method"].map({"comm": 3, "clip": 2})
    check_comparable(of_labels.assign(modalities=number))  # the labels are the same
