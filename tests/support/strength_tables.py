"""Tables of results of runs on three images at several strengths of the two rules, made up."""

import pandas as pd
from sample_scores import sample_scores

STRENGTHS = (0.0, 0.1, 0.3, 0.5, 1.0)


def _design(rule, strength):
    """The name of a design of which one rule has a strength."""
    if not strength:
        return "unbiased"
    return f"{rule}-biased" if strength == 1 else f"{rule}{strength:g}"


def strength_table(
    methods=("comm", "clip"), seeds=(0, 1), rules=("pair", "triple"), strengths=STRENGTHS
):
    """What the taught rule's tasks rise by is in proportion to its strength; others do not rise.

    Limits of the match bits are those of ten values.
    """
    scores = sample_scores(methods, seeds)
    exact = scores["probe"] == "exact"
    limits = scores[exact & (scores["metric"] == "additive")]
    scores.loc[limits[limits["task"] == "S13"].index, "value"] = 0.75
    pairwise = limits[limits["task"] == "S123"].assign(metric="pairwise", value=0.8418)
    scores = pd.concat([scores, pairwise], ignore_index=True)
    parts = []
    for rule in rules:
        end = scores[scores["pairs"] == f"{rule}-biased"]
        tasks = ("S13",) if rule == "pair" else ("S123", "S12to3")
        for strength in strengths:
            rows = end.copy()
            linear = rows["probe"] == "linear"
            low = rows["task"].map(lambda task: 0.5 if task in ("S13", "S123") else 0.1)
            most = rows["task"].map(lambda task: 0.469 if task in ("S13", "S123") else 3.322)
            part = (rows["task"].isin(tasks) * strength * (rows["epoch"] > 0)).astype(float)
            end_of = 0.9 + 0.01 * rows["seed"] - 0.1 * rows["method"].map(methods.index)
            grown = part * (end_of - low)
            accuracy = linear & rows["metric"].str.startswith("accuracy")
            rows.loc[accuracy, "value"] = (low + grown)[accuracy]
            bits = linear & (rows["metric"] == "bits")
            rows.loc[bits, "value"] = (most * grown / (1 - low))[bits]
            name = _design(rule, strength)
            rows["run"] = rows["method"] + name + rows["seed"].map(str)
            parts.append(rows.assign(pairs=name, **{f"{rule}_rule_strength": strength}))
    table = pd.concat(parts, ignore_index=True)
    # The unbiased run is one of both curves.
    keys = ["run", "epoch", "task", "probe", "metric"]
    return table.drop_duplicates(keys)
