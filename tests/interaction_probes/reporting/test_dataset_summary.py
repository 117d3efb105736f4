"""The summary of a run on a dataset, from made-up metrics."""

import pandas as pd
import pytest

from interaction_probes.reporting.dataset_summary import summary_of_dataset


def table():
    values = [
        (0, "kind", "exact", "chance", 0.25),
        (0, "kind", "exact", "bits", 2.0),
        (0, "kind", "exact", "bits_chance", 0.0),
        (0, "size", "exact", "r2_chance", 0.0),
    ]
    for epoch, accuracy, bits, r2 in ((0, 0.3, 0.1, 0.5), (5, 0.9, 1.5, 0.25)):
        values += [
            (epoch, "kind", "linear", "accuracy", accuracy),
            (epoch, "kind", "linear", "accuracy_low", accuracy - 0.05),
            (epoch, "kind", "linear", "accuracy_high", accuracy + 0.05),
            (epoch, "kind", "linear", "bits", bits),
            (epoch, "size", "linear", "r2", r2),
        ]
    values += [
        (5, "kind", "linear", "best_epoch", 5),
        (5, "size", "linear", "best_epoch", 0),
        (0, "kind", "mask1", "bits", 0.0625),
        (5, "kind", "mask1", "bits", 0.75),
        (0, "size", "mask1", "r2", 0.125),
        (5, "size", "mask1", "r2", 0.0625),
    ]
    return pd.DataFrame(values, columns=["epoch", "task", "probe", "metric", "value"])


def reference():
    rows = [
        ("kind", "1", "bits", 0.5),
        ("kind", "2", "bits", 1.25),
        ("kind", "12", "bits", 1.75),
        ("size", "1", "r2", 0.25),
    ]
    return pd.DataFrame(rows, columns=["label", "subset", "metric", "value"])


def test_scores_and_profile_of_a_label_are_of_its_own_epoch():
    lines = summary_of_dataset(table(), ["left", "right"]).splitlines()
    words = [line.split() for line in lines]
    assert words[1] == ["kind", "accuracy", "90.0", "%", "85.0", "to", "95.0", "25.0", "%"]
    assert words[2] == ["bits", "1.500", "0.000", "of", "H(Y)", "=", "2.000"]
    assert words[3] == ["size", "R²", "0.500", "0.000"]  # of epoch 0, which was chosen
    assert lines[4].endswith("the validation rows chose: kind 5, size 0 (of 5).")
    first = lines.index("What each subset of the modalities has of kind, in bits, after epoch 5:")
    assert words[first + 1] == ["representation"]
    assert words[first + 2] == ["left", "0.750"]
    assert words[first + 3] == ["left", "+", "right", "1.500"]
    # Of all modalities less all others, where both were probed.
    assert words[first + 4 : first + 6] == [["left", "adds"], ["right", "adds", "0.750"]]
    second = lines.index("What each subset of the modalities has of size, in R², after epoch 0:")
    assert words[second + 2] == ["left", "0.125"]
    assert words[second + 3] == ["left", "+", "right", "0.500"]


def test_the_reference_stands_beside_the_representation():
    lines = summary_of_dataset(table(), ["left", "right"], reference()).splitlines()
    words = [line.split() for line in lines]
    first = lines.index("What each subset of the modalities has of kind, in bits, after epoch 5:")
    assert words[first + 1] == ["representation", "supervised"]
    assert words[first + 2 : first + 5] == [
        ["left", "0.750", "0.500"],
        ["right", "1.250"],
        ["left", "+", "right", "1.500", "1.750"],
    ]
    assert words[first + 5 : first + 7] == [
        ["left", "adds", "0.500"],
        ["right", "adds", "0.750", "1.250"],
    ]
    [where] = [k for k, line in enumerate(lines) if line.startswith("right   ")]
    assert lines[where].index("1.250") > lines[first + 1].index("representation") + 16
    assert any(line.startswith("representation: a linear probe") for line in lines)


def test_each_label_has_its_own_reference():
    other = reference().assign(label=["size", "size", "size", "kind"], value=0.03125)
    told, alone = (
        summary_of_dataset(table(), ["left", "right"], rows)
        for rows in (pd.concat([reference(), other]), reference())
    )
    profile = "What each subset of the modalities has of kind"
    assert (
        told.partition(profile)[2].partition("What")[0]
        == (alone.partition(profile)[2].partition("What")[0])
    )


def test_a_run_of_an_earlier_version_shows_the_epoch_that_it_probed():
    metrics = table()
    kept = metrics[(metrics["probe"] != "mask1") | (metrics["epoch"] == 5)]
    lines = summary_of_dataset(kept, ["left", "right"]).splitlines()
    second = lines.index("What each subset of the modalities has of size, in R², after epoch 5:")
    assert lines[second + 3].split() == ["left", "+", "right", "0.250"]
    told = [line for line in lines if line.startswith("This profile is of epoch")]
    assert told == [
        "This profile is of epoch 5, the scores of size above are of epoch 0: the control masks "
        "came after the training, which keeps the last model only."
    ]


def test_a_profile_of_the_chosen_epoch_has_no_such_line():
    assert "This profile" not in summary_of_dataset(table(), ["left", "right"])


def test_without_masks_there_is_no_profile():
    metrics = table()
    shown = summary_of_dataset(metrics[metrics["probe"] != "mask1"], ["left", "right"], reference())
    assert "subset" not in shown


def with_penalties(**chosen: float) -> pd.DataFrame:
    """The metrics with the penalties of both labels, and one of an epoch that is not shown."""
    rows = [
        (5, "kind", "linear", "accuracy_strength", chosen["accuracy"]),
        (5, "kind", "linear", "bits_strength", chosen["bits"]),
        (5, "kind", "mask1", "accuracy_strength", 100.0),  # a profile has no accuracy
        (5, "kind", "mask1", "bits_strength", chosen["left"]),
        (0, "size", "linear", "r2_strength", chosen["r2"]),
        (5, "size", "linear", "r2_strength", 100.0),
    ]
    metrics = table()
    return pd.concat([metrics, pd.DataFrame(rows, columns=metrics.columns)])


def edges(metrics, strengths, rows=None):
    lines = summary_of_dataset(metrics, ["left", "right"], rows, strengths).splitlines()
    return [line for line in lines if "--probe.strengths" in line]


def test_a_penalty_at_an_end_of_the_grid_is_told():
    grid = (100.0, 1.0, 0.01)
    inside = with_penalties(accuracy=1, bits=1, left=1, r2=1)
    assert edges(inside, grid) == []
    assert edges(inside, (1.0,)) == []  # which was no choice
    metrics = with_penalties(accuracy=100, bits=1, left=100, r2=0.01)
    strongest, weakest = edges(metrics, grid)
    assert strongest == (
        "L2 penalty at the edge of its grid (100): kind; a larger one may score higher "
        "(--probe.strengths)."
    )
    assert weakest == (
        "L2 penalty at the edge of its grid (0.01): size; a smaller one may score higher "
        "(--probe.strengths)."
    )
    subset = with_penalties(accuracy=1, bits=1, left=100, r2=1)
    assert edges(subset, grid) == [strongest]


def test_the_reference_s_penalty_at_an_end_of_the_grid_is_told():
    row = pd.DataFrame([("kind", "12", "bits_strength", 100.0)], columns=reference().columns)
    inside = with_penalties(accuracy=1, bits=1, left=1, r2=1)
    [line] = edges(inside, (100.0, 1.0, 0.01), pd.concat([reference(), row]))
    assert "(100): kind (supervised); " in line


def test_of_many_labels_a_line_names_some():
    rows = [(f"kind{k}", "12", "bits_strength", 100.0) for k in range(12)]
    many = pd.concat([reference(), pd.DataFrame(rows, columns=reference().columns)])
    [line] = edges(table(), (100.0, 1.0), many)
    assert " and 4 others; " in line


def test_columns_without_a_part_in_the_scores_are_told():
    text = summary_of_dataset(table(), ["left", "right"], notes=["label.size: column 1"])
    assert "note: label.size: column 1" in text.splitlines()


def test_accuracy_is_said_to_be_macro_where_a_label_has_one():
    words = "Accuracy is macro (balanced): the mean over the classes of their recall."
    assert words in summary_of_dataset(table(), ["left", "right"]).splitlines()
    size = table()[table()["task"] == "size"]
    assert "macro" not in summary_of_dataset(size, ["left", "right"])


def test_bits_of_a_multi_label_are_beside_the_sum_of_its_columns_entropies():
    metrics = table()
    row = pd.DataFrame([(5, "kind", "linear", "macro_f1", 0.5)], columns=metrics.columns)
    lines = summary_of_dataset(pd.concat([metrics, row]), ["left", "right"]).splitlines()
    [bits] = [line for line in lines if line.split()[:1] == ["bits"]]
    assert bits.endswith("0.000  of the sum of H(Y_k) over the columns = 2.000")


@pytest.mark.parametrize(("chance", "said"), [(0.25, True), (0.5, False)])
def test_auc_of_several_classes_is_said_to_be_of_one_against_the_rest(chance, said):
    metrics = table()
    metrics.loc[metrics["metric"] == "chance", "value"] = chance
    row = pd.DataFrame([(5, "kind", "linear", "auc", 0.7)], columns=metrics.columns)
    text = summary_of_dataset(pd.concat([metrics, row]), ["left", "right"])
    told = "AUC of more than two classes: one against the rest, the mean over the classes."
    assert (told in text.splitlines()) == said
    assert told not in summary_of_dataset(metrics, ["left", "right"])


@pytest.mark.parametrize(
    ("names", "others"),
    [(["a", "b"], "the other one"), (["a", "b", "c"], "all others together, as if they were one")],
)
def test_what_the_sums_of_a_profile_are(names, others):
    metrics = table()
    shown = summary_of_dataset(metrics[metrics["task"] == "kind"], names, reference())
    assert shown.endswith(f"Adds = U + S; alone − adds = R − S: of the modality and {others}.")
