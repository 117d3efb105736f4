"""The trials of every method, and what version 3 read, as docs/quick-preset.md shows them."""

import re
from pathlib import Path

import pandas as pd
import pytest
from page_tables import cells_of

from benchmarks.experiments.tuning.ranking import chosen, ranking
from benchmarks.experiments.tuning.run_trials import TABLE
from benchmarks.experiments.tuning.since_comm import TRIALS as SINCE_COMM
from benchmarks.experiments.tuning.trials import SET_OTHERWISE, TAKEN, TRIALS, USUAL
from interaction_probes.analysis.names import loss_label, method_label
from interaction_probes.analysis.published import PUBLISHED

PAGE = (Path(__file__).parents[2] / "docs" / "quick-preset.md").read_text()
#: Beginning of a table's heading → its method, and the trials of each row.
TABLES = {
    "| HRIL": ("hril", [1, 2, 4, 5, 6, 7, (8, 9), (10, 11), (12, 13), 15]),
    "| COrAL": ("coral", [6, 8, (9, 10), (11, 12), 13, 14, 15, 4]),
    "| DeCUR": ("decur", [1, 7, 8, 9, (10, 11), (12, 13), (14, 15)]),
    "| MAE": ("mae", [1, 2, 3, 10, 6, 12, (13, 14)]),
    "| DisentangledSSL": ("disentangled", [1, 7, (9, 10, 11), (12, 13), 14]),
}


@pytest.fixture(scope="module")
def trials():
    return pd.read_csv(TABLE)


def shown(trials, method, number):
    """R, U, S and AUC of S of a trial as the page writes them; of unbiased pairs alone R and U."""
    rows = trials[(trials["method"] == method) & (trials["trial"] == number)].set_index("pairs")
    of_r = rows.loc["unbiased" if "unbiased" in rows.index else "biased"]
    cells = [f"{of_r['R']:.1f}", f"{(of_r['U1'] + of_r['U2']) / 2:.1f}"]
    if "biased" in rows.index:
        biased = rows.loc["biased"]
        cells += [f"{biased['S']:.1f}", f"{biased['AUC_S']:.3f}".lstrip("0")]
    return cells


@pytest.mark.parametrize("heading", TABLES)
def test_a_row_is_of_its_trials(trials, heading):
    method, numbers = TABLES[heading]
    rows = cells_of(PAGE, heading)
    assert len(rows) == len(numbers)
    for (name, *cells), number in zip(rows, numbers, strict=True):
        each = number if isinstance(number, tuple) else (number,)
        columns = zip(*(shown(trials, method, k) for k in each), strict=True)
        assert cells == [", ".join(column) for column in columns], name


def test_the_row_in_bold_is_what_the_rule_takes(trials):
    taken = chosen(ranking(trials), version=3)
    assert taken == {method: TAKEN[3][method] for method in SINCE_COMM}
    by_the_rule = {**TAKEN[4], **{method: USUAL[4][method] for method in SET_OTHERWISE}}
    assert chosen(ranking(trials), version=4) == by_the_rule
    for heading, (method, numbers) in TABLES.items():
        bold = [
            k for row, k in zip(cells_of(PAGE, heading), numbers, strict=True) if "**" in row[0]
        ]
        assert bold == [taken[method]]


@pytest.mark.parametrize("heading", ["CoMM", "InfMasking", "CLIP", "Cross+Self", "FactorCL"])
def test_the_rows_of_weight_decays_are_of_their_trials(trials, heading):
    """Trials 17 to 20, from which version 3 of the preset was chosen."""
    [table] = [part for part in PAGE.split("\n\n") if part.startswith(f"| {heading}")][:1]
    rows = [line for line in table.splitlines() if "weight decay" in line]
    method = {"CoMM": "comm", "Cross+Self": "cross_self"}.get(heading, heading.lower())
    assert len(rows) == 4
    for line, number in zip(rows, range(17, 21), strict=True):
        found = [cell.strip() for cell in line.strip("|").split("|")][1:]
        of_auc = 4 if method == "comm" else 3
        assert found == shown(trials, method, number)[:of_auc]


@pytest.mark.parametrize("heading", ["method of CoMM's comparison", "method since CoMM"])
def test_the_trials_of_version_4_are_their_scores(trials, heading):
    methods = [*SINCE_COMM] if "since" in heading else [m for m in TAKEN[4] if m not in SINCE_COMM]
    first = 17 if "since" in heading else 21
    rows = cells_of(PAGE, f"| {heading} |")
    expected = [(method, k) for method in methods for k in range(first, first + 5)]
    said = {method: {} for method in methods}
    for (name, number, setting, *cells), (method, k) in zip(rows, expected, strict=True):
        assert (name, number) == (method_label(method), str(k))
        assert [cell for cell in cells if cell] == shown(trials, method, k)
        said[method][k] = "taken**" in setting
        words = setting.removeprefix("**").removesuffix(": taken**")
        assert_has(TRIALS[method][k - 1], words, "projection" if method == "decur" else "dim")
    assert said == {m: {k: k == TAKEN[4][m] for k in said[m]} for m in methods}


#: Words of a setting → its field; {} stands for the one that is a projection of the method.
FIELDS = {
    r"temperature (\S+)": "model.temperature",
    r"rate (\S+)": "optim.lr",
    r"weight decay (\S+)": "optim.weight_decay",
    r"batches of (\S+)": "optim.batch",
    r"(?:a projection|projections) of (\S+)": "model.{}",
}


def assert_has(trial, words, projection):
    """A trial has what the words of its row say, number by number."""
    for part in words.split(", "):
        term = re.fullmatch(r"`(\w+)` (\S+)", part)
        found = [(f, m) for p, f in FIELDS.items() if (m := re.fullmatch(p, part))]
        if term:
            assert trial["weights"][term[1]] == float(term[2])
        elif found:
            [(field, match)] = found
            assert trial[field.format(projection)] == float(match[1])
        elif part == "no BatchNorm":
            assert trial["model.encoder.norm"] == "none"
        else:
            assert part in ("as in version 3", "CoMM's settings")


def test_what_version_3_read_is_its_scores():
    table = pd.read_csv(TABLE.with_name("scores_version_3.csv"))
    expected = []
    for row in table.to_dict("records"):
        weights = "" if row["loss"] == "whole" else row["loss"]
        label = f"{row['method']}, {loss_label('comm', weights)}" if weights else row["method"]
        scores = [
            f"{scale * row[name]:.{places}f} ± {scale * row[f'{name}_sd']:.{places}f}"
            for name, scale, places in (
                ("R", 100, 1),
                ("U", 100, 1),
                ("S", 100, 1),
                ("S_auc", 1, 3),
            )
        ]
        expected.append([label, str(row["n"]), *scores])
    assert cells_of(PAGE, "| version 3 | n |") == expected


def test_what_is_said_of_clips_projection_is_what_its_trials_read(trials):
    page = " ".join(PAGE.split())
    five = pd.concat([trials, pd.read_csv(TABLE.with_name("clip_trials.csv"))])
    five = five[(five["method"] == "clip") & five["trial"].isin([21, 25])]
    means = five.assign(U=(five["U1"] + five["U2"]) / 2).groupby("trial")[["R", "U"]].mean()
    wide, narrow = (means.loc[k] for k in (21, 25))
    said = f"a projection of 12 reads R {narrow['R']:.1f} and U {narrow['U']:.1f}, of 16 R "
    assert f"{said}{wide['R']:.1f} and U {wide['U']:.1f}." in page
    scores = pd.read_csv(TABLE.with_name("clip_projection_16.csv")).set_index("pairs")
    first = scores.loc["unbiased"]
    said = f"and read R {100 * first['R']:.1f} and U {100 * first['U']:.1f} (n = {first['n']},"
    assert said in page
    apart = 100 * first["U"] - PUBLISHED["clip"].accuracy["U1"]
    assert f"{apart:.1f} points from the published U" in page
    results = (Path(__file__).parents[2] / "RESULTS.md").read_text()
    assert f"of 16 it was {100 * scores.loc['biased', 'R']:.1f} on" in " ".join(results.split())
