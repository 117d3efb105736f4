import numpy as np
import pandas as pd
import pytest

from interaction_probes.analysis.confusion import mean_confusion, read_confusion
from interaction_probes.analysis.schema import CONFUSION_COLUMNS
from interaction_probes.analysis.table_files import MissingRows
from interaction_probes.figures.__main__ import main
from interaction_probes.figures.confusion import confusion

CLASSES = {"R": ("star", "tee", "plus"), "U1": ("grid", "rain"), "U2": ("grid", "rain")}
CLASSES["S"] = ("no match", "match")


def matrices(method="comm", seed=0, pairs="unbiased", scale=1):
    """A run's confusion.csv: class i is predicted as class j `scale * (1 + 3 * i + j)` times."""
    rows = [
        (method, "quick", pairs, seed, 5, task, "linear", true, guessed, scale * (1 + 3 * i + j))
        for task, names in CLASSES.items()
        for i, true in enumerate(names)
        for j, guessed in enumerate(names)
    ]
    return pd.DataFrame(rows, columns=CONFUSION_COLUMNS)


@pytest.fixture
def table():
    return pd.concat(
        [
            matrices(method, seed, pairs)
            for method in ("comm", "clip")
            for seed in (0, 1)
            for pairs in ("unbiased", "biased")
        ],
        ignore_index=True,
    )


def of_three(table):
    """The same as a run of three images leaves it."""
    names = {"R": "R123", "S": "S13"}
    return table.assign(
        task=table["task"].replace(names), pairs=table["pairs"].replace("biased", "pair-biased")
    )


def test_three_images_are_refused_alone_and_among_pairs(table, tmp_path, capsys):
    three = of_three(table).assign(modalities=3)
    for wrong, hint in (
        (three, ""),
        (three.drop(columns="modalities"), ""),
        (three[three["task"] == "U1"], ""),
        (
            pd.concat([table.assign(modalities=2, seed=7), three]),
            "; --where modalities=2 keeps pairs",
        ),
    ):
        wrong.to_csv(tmp_path / "three.csv", index=False)
        with pytest.raises(SystemExit) as stop:
            main(["confusion", str(tmp_path / "three.csv"), "-o", str(tmp_path / "three.png")])
        assert stop.value.code == 2
        assert capsys.readouterr().err == (
            "error: the figure confusion is of pairs, and the table has runs of three images or "
            f"more, whose figure is profile{hint}\n"
        )
        assert not (tmp_path / "three.png").exists()


def test_rows_are_normalised_before_the_mean_over_seeds():
    one, other = matrices(seed=0), matrices(seed=1, scale=100)
    swap = (other["task"] == "U1") & (other["true"] == "grid")
    other.loc[swap, "count"] = [300, 100]
    found = mean_confusion(pd.concat([one, other]))["comm", "U1"]
    assert found.n == 2
    assert found.classes == ("grid", "rain")
    assert found.fractions[0] == pytest.approx([(1 / 3 + 3 / 4) / 2, (2 / 3 + 1 / 4) / 2])
    assert found.recall[1] == pytest.approx(5 / 9)
    assert found.fractions.sum(1) == pytest.approx([1, 1])


def test_each_task_is_taken_from_the_pairs_it_is_learnt_from(table):
    changed = table.copy()
    mapped = (changed["pairs"] == "biased") & (changed["task"] == "S")
    changed.loc[mapped, "count"] = 1
    changed.loc[(changed["pairs"] == "biased") & (changed["task"] != "S"), "count"] = 7
    found = mean_confusion(changed)
    assert found["comm", "S"].fractions == pytest.approx(np.full((2, 2), 0.5))
    assert found["comm", "U1"].fractions[0] == pytest.approx([1 / 3, 2 / 3])


def test_a_class_without_test_pairs_has_no_recall():
    table = matrices()
    table.loc[(table["task"] == "R") & (table["true"] == "tee"), "count"] = 0
    recall = mean_confusion(table)["comm", "R"].recall
    assert np.isnan(recall).tolist() == [False, True, False]


def test_the_recall_of_each_class_is_printed_beside_its_row(table):
    figure = confusion(table)
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles[:8] == [
        f"{method}: {task}"
        for method in ("CoMM", "CLIP")
        for task in ("R redundancy", "U1 uniqueness", "U2 uniqueness", "S synergy")
    ]
    printed = [text.get_text() for text in figure.axes[1].texts]
    assert printed[-2:] == ["33", "56"]
    assert [label.get_text() for label in figure.axes[1].get_yticklabels()] == ["grid", "rain"]
    assert "n = 2 seeds" in figure.get_supxlabel()


def test_what_must_not_be_averaged_is_refused(table):
    with pytest.raises(ValueError, match="occurs more than once"):
        confusion(pd.concat([table, matrices()]))
    with pytest.raises(ValueError, match="mixes the presets"):
        confusion(pd.concat([table, matrices(seed=2).assign(preset="smoke")]))
    with pytest.raises(ValueError, match=r"differ in optim\.lr"):
        confusion(table.assign(**{"optim.lr": table["seed"].astype(str)}))
    with pytest.raises(MissingRows, match="lacks cells"):
        confusion(table.drop(index=table.index[1]))
    with pytest.raises(MissingRows, match="no confusion matrix"):
        confusion(table.assign(weights="joint=0"))


@pytest.mark.filterwarnings("error")
def test_the_command_reads_one_run_and_says_what_is_wrong(tmp_path, capsys):
    path = tmp_path / "confusion.csv"
    matrices().to_csv(path, index=False)
    out = tmp_path / "confusion.png"
    main(["confusion", str(path), "-o", str(out), "--width", "column"])
    main(["confusion", str(path), "-o", str(tmp_path / "x.svg"), "--width", "3", "--no-caption"])
    caption_text = capsys.readouterr().out.splitlines()[-1]
    assert caption_text.isascii()
    assert "n = 1 seed." in caption_text
    assert out.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(SystemExit):
        main(["confusion", str(path), "-o", str(out), "--where", "method=clip"])
    assert "no row of the table has method=clip" in capsys.readouterr().err
    path.write_text("method,value\ncomm,1\n")
    with pytest.raises(SystemExit):
        main(["confusion", str(path), "-o", str(out)])
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "lacks the columns" in error
    matrices().assign(count=-1).to_csv(path, index=False)
    with pytest.raises(ValueError, match="negative count"):
        read_confusion(path)
