"""What RESULTS.md says of the paper's scale is what the tables of results/paper say."""

import re
from pathlib import Path

import pandas as pd
import pytest

from interaction_probes.analysis.results_table import read_results

ROOT = Path(__file__).parents[2]
RESULTS = (ROOT / "RESULTS.md").read_text()
SECTION = RESULTS.partition("## At the paper's own scale")[2]
SECTION = SECTION.partition("\n## ")[0]
BY_PUBLIC, OF_112 = SECTION.split("`--preset paper-112`")
OF_112, FURTHER = OF_112.split("Seven more runs")


def scores(table, probe, metric="accuracy"):
    """(method, pairs, epoch, task) → value; U is the mean of U1 and U2."""
    rows = table[(table["probe"] == probe) & (table["metric"] == metric)]
    found = rows.set_index(["method", "pairs", "epoch", "task"])["value"].to_dict()
    for method, pairs, epoch, task in [*found]:
        if task == "U1":
            both = [found[method, pairs, epoch, name] for name in ("U1", "U2")]
            found[method, pairs, epoch, "U"] = sum(both) / 2
    return found


def lines(text):
    """The rows of the tables of a page that begin with an epoch."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and cells[0].isdecimal():
            yield int(cells[0]), cells[1:]


@pytest.fixture(scope="module")
def h200():
    return read_results(ROOT / "results" / "paper" / "h200.csv")


@pytest.fixture(scope="module")
def of_112():
    return read_results(ROOT / "results" / "paper" / "paper_112.csv")


def test_the_table_beside_the_published_curve(h200):
    found = scores(h200, "public")
    checked = 0
    for epoch, cells in lines(BY_PUBLIC):
        for cell, (pairs, task) in zip(
            cells[::2], [("unbiased", "R"), ("unbiased", "U"), ("biased", "S")], strict=True
        ):
            if cell:
                assert cell == f"{100 * found['comm', pairs, epoch, task]:.1f}", (epoch, task)
                checked += 1
    assert checked == 17


def test_the_published_curve_is_that_of_its_table():
    path = ROOT / "results" / "paper" / "published_curve.csv"
    curve = pd.read_csv(path).set_index(["epoch", "task"])["accuracy"].to_dict()
    told = {
        (epoch, task): float(cell)
        for epoch, cells in lines(BY_PUBLIC)
        for task, cell in zip("RUS", cells[1::2], strict=True)
        if cell and epoch < 100
    }
    assert told == curve


def test_what_is_said_of_the_two_protocols(h200):
    accuracy = [scores(h200, probe) for probe in ("public", "linear")]
    label = {"comm": "CoMM", "clip": "CLIP"}
    for method, pairs in (("comm", "unbiased"), ("comm", "biased"), ("clip", "unbiased")):
        of_run = [key for key in accuracy[0] if key[:2] == (method, pairs) and key[2] > 0]
        cells = []
        for task in ("R", "U1", "U2", "S"):
            keys = [key for key in of_run if key[3] == task]
            mean = 100 * sum(accuracy[0][key] - accuracy[1][key] for key in keys) / len(keys)
            cells.append(f"{mean:+.1f}".replace("-", "−"))
        line = f"| {label[method]}, {pairs} pairs | {len(keys)} | {' | '.join(cells)} |"
        assert line in BY_PUBLIC


def test_what_is_said_of_clip(h200):
    public, linear = scores(h200, "public"), scores(h200, "linear")
    last = ("clip", "unbiased", 70)
    r, u, first, second = (100 * public[(*last, task)] for task in ("R", "U", "U1", "U2"))
    text = " ".join(BY_PUBLIC.split())
    assert f"R {r:.1f} and U {u:.1f} at epoch 70" in text
    assert f"(textures of image 1 {first:.1f}, of image 2 {second:.1f};" in text
    assert f"from {100 * public['clip', 'unbiased', 0, 'U']:.1f} before" in text
    page = " ".join((ROOT / "RESULTS.md").read_text().split())
    assert f"at epoch 70 U is {100 * linear[(*last, 'U')]:.1f} by the same probe" in page


def test_what_is_said_of_pairs_without_the_mapping(h200):
    text = " ".join(BY_PUBLIC.split())
    at = ("comm", "unbiased", 60, "S")
    accuracy = f"{100 * scores(h200, 'linear')[at]:.1f}"
    low, auc, high = (
        f"{scores(h200, 'linear', name)[at]:.3f}"[1:] for name in ("auc_low", "auc", "auc_high")
    )
    assert f"reads {accuracy} by this toolkit's probe" in text
    assert f"AUC {auc} ({low} to {high})" in text


def test_the_table_of_paper_112(of_112):
    accuracy, auc = scores(of_112, "linear"), scores(of_112, "linear", "auc")
    checked = 0
    for epoch, (r, u, s, ranked) in lines(OF_112):
        assert r == f"{100 * accuracy['comm', 'unbiased', epoch, 'R']:.1f}"
        assert u == f"{100 * accuracy['comm', 'unbiased', epoch, 'U']:.1f}"
        assert re.match(r"[\d.]+", s)[0] == f"{100 * accuracy['comm', 'biased', epoch, 'S']:.1f}"
        assert ranked == f"{auc['comm', 'biased', epoch, 'S']:.3f}"[1:]
        checked += 1
    assert checked == 6
    for probe, pairs, said in (
        ("bilinear", "biased", "a bilinear probe reads {}"),
        ("mlp", "biased", "an MLP {}"),
        ("bilinear", "unbiased", "after unbiased pairs {}"),
    ):
        value = 100 * scores(of_112, probe)["comm", pairs, 30, "S"]
        assert said.format(f"{value:.1f}") in " ".join(OF_112.split())


def test_the_tables_of_the_further_runs_of_paper_112():
    table = read_results(ROOT / "results" / "paper" / "paper_112_further.csv")
    runs = table.drop_duplicates("run")[["method", "pairs", "seed"]].itertuples(index=False)
    comm = [("comm", pairs, seed) for pairs in ("biased", "unbiased") for seed in (1, 2)]
    others = ("clip", "cross_self", "factorcl")
    assert {(*run,) for run in runs} == {*comm, *((name, "unbiased", 0) for name in others)}
    of_seed = {seed: table[table["seed"] == seed] for seed in (0, 1, 2)}
    checked = 0
    for epoch, cells in lines(FURTHER):
        expected = []
        if len(cells) == 4 and cells[1].startswith("."):  # an AUC
            for seed in (1, 2):
                s, ranked, low, high = (
                    scores(of_seed[seed], "linear", metric)["comm", "biased", epoch, "S"]
                    for metric in ("accuracy", "auc", "accuracy_low", "accuracy_high")
                )
                ends = f" ({100 * low:.1f} to {100 * high:.1f})" if epoch == 30 else ""
                expected += [f"{100 * s:.1f}{ends}", f"{ranked:.3f}"[1:]]
        else:
            columns = [("comm", 1), ("comm", 2)] if len(cells) == 4 else [(m, 0) for m in others]
            for method, seed in columns:
                found = scores(of_seed[seed], "linear")
                values = [found[method, "unbiased", epoch, task] for task in ("R", "U")]
                expected += [f"{100 * value:.1f}" for value in values]
        assert cells == expected
        checked += 1
    assert checked == 18
    page = " ".join(FURTHER.split())
    found = scores(of_seed[0], "linear")
    ends, start = (
        [f"{100 * found[m, 'unbiased', epoch, task]:.1f}" for m in others[1:] for task in "RU"]
        for epoch in (30, 0)
    )
    assert f"They end at R {ends[0]} and {ends[2]} (published 99.7 and 99.8)" in page
    assert f"and at U {ends[1]} and {ends[3]} (published 86.9 and 62.5)" in page
    assert f"less texture then than before training ({start[3]})" in page
    rates = table.drop_duplicates("run").set_index("method")["optim.lr"].astype(float)
    assert rates["factorcl"] == 0.002
    assert set(rates.drop("factorcl")) == {0.006}
    near = RESULTS.partition("## How near the miniature is to the paper")[2].splitlines()
    quick = {
        cells[1].strip(): cells[3].partition("/")[0].strip()
        for cells in (line.split("|") for line in near if line.startswith("| "))
        if len(cells) == 6
    }
    assert f"they read U {quick['Cross+Self']} and {quick['FactorCL']}:" in page


def test_the_ends_of_three_seeds_of_paper_112():
    further = read_results(ROOT / "results" / "paper" / "paper_112_further.csv")
    tables = [read_results(ROOT / "results" / "paper" / "paper_112.csv")]
    tables += [further[further["seed"] == seed] for seed in (1, 2)]
    page = " ".join(FURTHER.split())

    def ends(pairs, task):
        found = [scores(table, "linear")["comm", pairs, 30, task] for table in tables]
        values = pd.Series([100 * value for value in found])
        spread = f"{values.mean():.1f} ± {values.std():.1f}"
        return "{:.1f}, {:.1f} and {:.1f}".format(*values), spread

    s, spread = ends("biased", "S")
    assert f"the three seeds read {s} at the end, {spread}." in page
    r, _ = ends("unbiased", "R")
    u, of_u = ends("unbiased", "U")
    assert f"end at {r}, and at {u}, U at {of_u} (published" in page
    preset = (ROOT / "docs" / "paper-preset.md").read_text()
    assert f"over seeds 0 to 2 U {of_u}, S {spread})" in preset
    aucs = [
        f"{scores(table, 'linear', 'auc')['comm', 'unbiased', 30, 'S']:.3f}"[1:]
        for table in tables[1:]
    ]
    assert "the AUC of S is {} with seed 1 and {} with seed 2.".format(*aucs) in page


def departures():
    """Name of a run of two epochs of the unimodal terms → its table, as docs/unimodal-synergy.md
    lists them: version of the preset, what it changes, seed."""
    tables = ROOT / "results" / "paper"
    first = read_results(tables / "unimodal.csv")
    versions = read_results(tables / "departures.csv")
    runs = {(1, "", 0): first[first["weights"] == "joint=0.0"]}
    for _, run in versions.groupby("run"):
        of_run = run.iloc[0]
        changed = "--views.hue 0" if float(of_run["views.hue"]) == 0 else ""
        if str(of_run["optim.drop_last"]) == "False":
            changed += "--optim.no-drop-last"
        runs[int(of_run["preset_version"]), changed, int(of_run["seed"])] = run
    return runs


def test_the_table_of_departures():
    page = (ROOT / "docs" / "unimodal-synergy.md").read_text()
    runs, version, checked = departures(), 0, 0
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if named := re.match(r"version ([123]):", cells[0]):
            version = int(named[1])
        elif not (version and cells[0].startswith("the same")):
            continue
        changed = re.search(r"`(.*)`", cells[0])
        run = runs[version, changed[1] if changed else "", int(cells[1])]
        found = scores(run, "linear")
        low, high = (scores(run, "linear", f"accuracy_{end}") for end in ("low", "high"))
        expected = []
        for task in ("R", "U1", "U2", "S"):
            at = ("comm", "biased", 2, task)
            ends = f" ({100 * low[at]:.1f} to {100 * high[at]:.1f})" if task in "RS" else ""
            expected.append(f"{100 * found[at]:.1f}{ends}")
        auc = scores(run, "linear", "auc")["comm", "biased", 2, "S"]
        assert cells[2:] == [*expected, f"{auc:.3f}"[1:]]
        checked += 1
    assert checked == len(runs) == 10


def test_what_is_said_of_the_departures():
    page = " ".join((ROOT / "docs" / "unimodal-synergy.md").read_text().split())
    runs = {name: scores(run, "linear") for name, run in departures().items()}

    def read(task, version, changed="", seeds=(0, 1, 2)):
        at = ("comm", "biased", 2, task)
        return pd.Series([100 * runs[version, changed, seed][at] for seed in seeds])

    def spread(values, form=".1f"):
        return f"{values.mean():{form}} ± {values.std():.1f}".replace("-", "−")

    r, s = read("R", 3), read("S", 3)
    assert "R reads {:.1f}, {:.1f} and {:.1f}".format(*r) + f" ({spread(r)})" in page
    assert "S {:.1f}, {:.1f} and {:.1f}".format(*s) + f" ({spread(s)})" in page
    r, s = r - read("R", 2), s - read("S", 2)
    assert "by {:.1f}, {:.1f} and {:.1f} points".format(*-r) + f" ({spread(r)})" in page
    moved = "{:+.1f}, {:+.1f} and {:+.1f}".format(*s).replace("-", "−")
    assert f"moves S by {moved} ({spread(s, '+.1f')})" in page

    def differences(version, changed):
        return [
            f"{(read(t, version, changed, [0]) - read(t, version, seeds=[0]))[0]:+.1f}".replace(
                "-", "−"
            )
            for t in "RS"
        ]

    last = differences(3, "--optim.no-drop-last")
    assert "R moves by {} and S by {} points".format(*last) in page
    hue = differences(2, "--views.hue 0") + differences(3, "--views.hue 0")
    assert "R moves by {} and S by {} with the composed jitter".format(*hue) in page
    assert "by {2} and {3} with the released one".format(*hue) in page


def test_the_released_code_is_told_by_its_table():
    page = (ROOT / "docs" / "unimodal-synergy.md").read_text()
    section = page.partition("## The released code gives synergy too")[2]
    table = pd.read_csv(ROOT / "results" / "paper" / "released_code.csv")
    unimodal = table[table["loss"] == "unimodal"]
    told = [
        [cell.strip().replace("**", "") for cell in line.strip("|").split("|")]
        for line in section.partition("| epoch | S")[2].partition("\n\n")[0].splitlines()[2:]
    ]
    rows = []
    for row in unimodal.itertuples():
        ends = "" if pd.isna(row.S_low) else f" ({row.S_low} to {row.S_high})"
        at = f"{row.epoch}, untrained" if row.epoch == 0 else str(row.epoch)
        auc = f"{row.AUC_S:.3f}"[1:]
        rows.append([at, f"{row.S}{ends}", auc, *map(str, (row.R, row.U1, row.U2))])
    assert told == rows
    [row] = table[table["loss"] == "joint"].itertuples()
    said = f"read R {row.R}, U1 {row.U1}, U2 {row.U2} and S {row.S} (AUC {row.AUC_S:.3f})"
    assert said.replace("0.", ".") in " ".join(section.split()).replace("0.", ".")
    second = unimodal.set_index("epoch").loc[2]
    auc = f"{second['AUC_S']:.3f}"[1:]
    cells = " | ".join(str(second[task]) for task in ("R", "U1", "U2", "S"))
    assert f"| the released modules | 42 | {cells} | {auc} |" in section
