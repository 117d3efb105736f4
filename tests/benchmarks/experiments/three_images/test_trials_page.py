"""What docs/three-images.md says of the trials."""

import re
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.experiments.three_images.run_trials import RESULTS, TABLE, is_of_today
from benchmarks.experiments.three_images.trials import TRIALS

PAGE = " ".join((Path(__file__).parents[4] / "docs" / "three-images.md").read_text().split())
LABELS = {"clip": "CLIP", "symile": "Symile", "gram": "GRAM", "triangle": "TRIANGLE"}


@pytest.fixture(scope="module")
def tuning():
    return pd.read_csv(TABLE).fillna({"weights": ""})


def short(value, digits=2):
    return f"{value:.{digits}f}".removeprefix("0")


def test_the_table_has_every_trial_as_it_is_today(tuning):
    assert len(tuning) == sum(map(len, TRIALS.values())) == 77
    assert all(map(is_of_today, tuning.to_dict("records")))
    assert set(tuning["seed"]) == {1000}
    assert set(tuning["pairs"]) == {"triple-biased"}


@pytest.mark.parametrize("method", LABELS)
def test_the_critics_of_the_methods_that_never_read_the_rule(method, tuning):
    own = tuning[tuning["method"] == method]
    low, high = (short(end) for end in (own["critic_AUC"].min(), own["critic_AUC"].max()))
    assert f"| {LABELS[method]} | none of 11: critic {low} to {high} |" in PAGE
    assert own["critic_AUC_seen"].max() < 0.6
    assert own["S123"].max() < 52


def test_the_trials_of_comm(tuning):
    own = tuning[tuning["method"] == "comm"].set_index("trial")
    whole = own[own["weights"] == ""]
    assert len(whole) == 8
    low, high = (short(end) for end in (whole["critic_AUC"].min(), whole["critic_AUC"].max()))
    assert f"its own loss in none of 8, with 120 epochs either: critic {low} to {high} |" in PAGE
    besides, alone = own.loc[10], own.loc[11]
    assert (besides["weights"], alone["weights"]) == (
        "partial=0.25",
        "joint=0.0,partial=1.0,unimodal=0.0",
    )
    assert (
        f"40 epochs: S12→3 {besides['S12to3']}, S123 {besides['S123']} "
        f"(AUC {short(besides['AUC_S123'], 3)}), critic {short(besides['critic_AUC'], 3)}; "
        f"alone, 12 epochs: {alone['S12to3']}, {alone['S123']} ({short(alone['AUC_S123'], 3)}), "
        f"{alone['critic_AUC']:.3f} |"
    ) in PAGE


def test_the_trials_of_confu(tuning):
    own = tuning[tuning["method"] == "confu"].set_index("trial")
    whole = own[own["weights"] == ""]
    read = whole[whole["critic_AUC_low"] > 0.6]
    assert (len(whole), list(read.index)) == (8, [6, 8])
    longest, adamw, alone, alone_longer = (own.loc[k] for k in (6, 8, 11, 10))
    assert (
        f"its own loss in 2 of 8: 120 epochs, S12→3 {longest['S12to3']}, critic "
        f"{short(longest['critic_AUC'], 3)}; AdamW and 40 epochs, {adamw['S12to3']}, "
        f"{short(adamw['critic_AUC'], 3)} | fused pairs alone, 12 epochs of AdamW: S12→3 "
        f"{alone['S12to3']}, critic {short(alone['critic_AUC'], 3)}; 40 epochs of Muon: "
        f"{alone_longer['S12to3']}, {short(alone_longer['critic_AUC'], 3)} |"
    ) in PAGE
    assert own["S123"].max() < 53


def test_the_trials_of_infmasking(tuning):
    own = tuning[tuning["method"] == "infmasking"].set_index("trial")
    assert own.filter(like="critic").isna().all(axis=None)
    whole = own[own["weights"] == ""]
    longest, shorter = whole.loc[6], whole.drop(6)
    assert longest["changes"] == '{"optim.epochs": "120"}'
    masks, longer = own.loc[9], own.loc[10]
    low, high = shorter["S12to3"].min(), shorter["S12to3"].max()
    assert (
        f"none of the {len(shorter)} up to 40 epochs: S12→3 {low} to {high}, S123 at most "
        f"{shorter['S123'].max()}; 120 epochs: {longest['S12to3']}, {longest['S123']} "
        f"(AUC {short(longest['AUC_S123'], 3)})"
    ) in PAGE
    assert (
        f"12 epochs: {masks['S12to3']}, {masks['S123']} ({short(masks['AUC_S123'], 3)}); "
        f"40 epochs: {longer['S12to3']}, {longer['S123']} ({short(longer['AUC_S123'], 3)}) |"
    ) in PAGE


def test_what_is_said_of_the_level_and_of_the_textures(tuning):
    level = tuning["critic_AUC_untrained"]
    assert f"critics read {short(level.min())} to {short(level.max())} there" in PAGE
    of_three = tuning[tuning["method"].isin(["symile", "gram", "triangle"])]
    adamw = of_three[of_three["changes"].str.contains("adamw")]["U"]
    assert f"under AdamW keep U at {adamw.min():.0f} to {adamw.max():.0f}" in PAGE
    longest = of_three[of_three["changes"] == '{"optim.epochs": "120"}']["U"]
    assert f"(U {longest.min():.0f} to {longest.max():.0f} after 120 epochs)" in PAGE


def test_the_trials_of_more_values():
    trials = pd.read_csv(RESULTS / "trials.csv").fillna({"weights": ""})
    masks = trials["weights"] == "joint=0,partial=1,unimodal=0"
    images = trials[masks & (trials["preset"] == "quick-3")].set_index(["epochs", "values"])
    assert images.loc[6, "S12to3"].to_dict() == {5: 86.5, 6: 57.8, 7: 32.5, 10: 15.6}
    assert images.loc[6, "AUC_S123"].to_dict() == {5: 0.896, 6: 0.576, 7: 0.564, 10: 0.507}
    assert images.loc[12, "S12to3"].to_dict() == {7: 35.9, 10: 13.0}
    assert images.loc[12, "AUC_S123"].to_dict() == {7: 0.607, 10: 0.499}
    for words in ("86.5, 57.8, 32.5 and 15.6", "35.9 and .607 with 7 values, 13.0 and .499"):
        assert words in PAGE
    row = trials[masks & (trials["values"] == 5) & (trials["preset"] == "quick-3")].iloc[0]
    said = f"S12→3 {row['S12to3']}, S123 {row['S123']} (AUC {short(row['AUC_S123'], 3)})"
    assert f"CoMM's pair masks alone read {said} after 6 epochs" in PAGE
    fused = trials[trials["weights"] == "pair=0"].set_index("epochs")["S12to3"]
    assert f"read {fused[6]} after 6 epochs and {fused[24]} after 24" in PAGE
    assert trials[trials["values"] == 10]["AUC_S123"].max() < 0.52
    assert set(trials["seed"]) == {1000}
    assert re.findall(r"S123-10, after 6 epochs", PAGE)
