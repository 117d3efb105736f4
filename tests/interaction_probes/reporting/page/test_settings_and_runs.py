"""Tables of settings and of runs in a report."""

from report_page import Page, as_html

from interaction_probes.reporting.page_tables import ACCURACY, run_table, scores_by_method


def test_every_setting_has_its_row(results, read):
    heads, *rows = read.tables["settings"]
    assert [cell[1] for cell in heads[1][:3]] == ["Method", "Learnt from", "Loss weights"]
    settings = {(method, cells[1][1], cells[2][1]) for method, cells in rows}
    wanted = results[["method", "pairs", "weights"]].drop_duplicates()
    printed = {"": "whole", "unimodal=0.0": "unimodal=0", "joint=0.0": "joint=0"}
    wanted = wanted.assign(weights=wanted["weights"].map(printed))
    assert settings == set(wanted.itertuples(index=False, name=None))


def test_every_run_has_its_settings_and_provenance(results, read):
    heads, *rows = read.tables["runs"]
    assert len(rows) == results["run"].nunique()
    names = [cell[1] for cell in heads[1]]
    for wanted in ("Run", "Seed", "Loss weights", "Epochs", "Seconds", "Device", "torch_version"):
        assert wanted in names
    assert {cells[0][1] for _, cells in rows} == set(results["run"])
    epochs = {cells[names.index("Epochs")][1] for method, cells in rows if method == "comm"}
    assert epochs == {"14"}


def test_whole_numbers_have_all_their_digits(results):
    table = results[results["method"] == "clip"].assign(parameters=1323008, threads=0.5)
    table["seed"] += 20240101
    found = Page(as_html(run_table(table))).tables["runs"]
    names = [cell[1] for cell in found[0][1]]
    columns = [names.index(name) for name in ("Seed", "parameters", "Threads")]
    shown = {tuple(cells[k][i] for k in columns) for _, cells in found[1:] for i in (0, 1)}
    assert shown == {(str(20240101 + k), "1323008", "0.5") for k in range(3)}
    assert "seed 20240101: " in as_html(scores_by_method("t", "Scores", table, ACCURACY))
