"""Where the runs of a table come from: folders of runs, runs by themselves, links."""

import re

import pytest

from interaction_probes import tables
from interaction_probes.analysis.collected_tables import read_collected
from interaction_probes.analysis.schema import Measurement, RunIdentity
from interaction_probes.collect import collect, gather, main
from interaction_probes.settings.config import to_dict
from interaction_probes.settings.fields import with_fields
from interaction_probes.storage.run_folder import RunFolder

ROWS = [(0, "R", "exact", "bits", 2.0), (1, "S", "linear", "auc", 0.25)]


def write(path, config, rows=ROWS, **status):
    """A run's folder, finished unless told."""
    path.mkdir(parents=True)
    folder = RunFolder(path)
    folder.write_json("config.json", to_dict(config))
    folder.write_json("run.json", {"status": "finished", **status})
    identity = RunIdentity(config.method, config.preset, config.pairs, config.seed)
    folder.write_metrics(identity, [Measurement(*row) for row in rows])


@pytest.fixture
def runs(tmp_path, smoke):
    """A folder of three runs, the last of which is the second with further controls."""
    root = tmp_path / "runs"
    write(root / "a", smoke)
    seeded = with_fields(smoke, {"seed": "1"})
    write(root / "b", seeded)
    further = with_fields(seeded, {"probe.controls": "mlp"})
    write(root / "c", further, [*ROWS, (1, "S", "mlp", "auc", 0.5)])
    return root


def names(table):
    return table["run"].unique().tolist()


def test_runs_by_themselves_are_the_runs_of_their_folder(runs, tmp_path, monkeypatch, capsys):
    """As the shell makes of runs/*, a figure of `run` among them; and however a run is named."""
    (runs / "comm-curves.png").write_bytes(b"drawn")
    main([*map(str, sorted(runs.iterdir())), "-o", str(tmp_path / "each.csv")])
    shown = capsys.readouterr()
    main([str(runs), "-o", str(tmp_path / "all.csv")])
    assert (tmp_path / "each.csv").read_bytes() == (tmp_path / "all.csv").read_bytes()
    assert names(read_collected(tmp_path / "each.csv")) == ["a", "c"]
    assert shown.err == capsys.readouterr().err
    assert shown.err == "left out b: c is the same training with further controls\n"
    monkeypatch.chdir(runs / "a")
    assert names(collect(".")[0]) == names(gather([runs / "b" / ".." / "a"])[0]) == ["a"]


def test_what_lies_in_a_runs_folder_is_not_taken_for_it(runs, smoke):
    write(runs / "a" / "a", with_fields(smoke, {"seed": "2"}))
    assert names(collect(runs / "a")[0]) == ["a", "a/a"]


def test_runs_behind_links_are_found_once_and_without_loops(runs, smoke, tmp_path):
    """A run by a link is there; a second name of one that lies here is none of another run."""
    elsewhere = tmp_path / "elsewhere"
    write(elsewhere / "deep" / "d", with_fields(smoke, {"seed": "3"}))
    write(elsewhere / "e", with_fields(smoke, {"seed": "4"}))
    (runs / "of_another_disk").symlink_to(elsewhere)
    (runs / "one").symlink_to(elsewhere / "e")
    (runs / "Latest").symlink_to(runs / "a")
    (runs / "loop").symlink_to(runs)
    (elsewhere / "loop").symlink_to(elsewhere)
    (runs / "gone").symlink_to(tmp_path / "nowhere")
    assert names(collect(runs)[0]) == ["a", "c", "of_another_disk/deep/d", "of_another_disk/e"]
    (tmp_path / "link").symlink_to(runs)
    assert names(collect(tmp_path / "link")[0]) == names(collect(runs)[0])


def test_controls_of_one_training_are_one_run(tmp_path, smoke, capsys):
    """Of which neither has all, so that none supersedes the other."""
    root = tmp_path / "runs"
    for seed in ("0", "1"):
        seeded = with_fields(smoke, {"seed": seed})
        for control in ("mlp", "bilinear"):
            config = with_fields(seeded, {"probe.controls": control})
            write(root / f"{control}{seed}", config, [*ROWS, (1, "S", control, "auc", 0.5)])
    main([str(root), "-o", str(tmp_path / "t.csv")])
    table = read_collected(tmp_path / "t.csv")
    assert names(table) == ["bilinear0", "bilinear1"]
    assert table[table["probe"] == "linear"].groupby("seed").size().tolist() == [1, 1]
    probes = set(table[table["run"] == "bilinear0"]["probe"])
    assert probes == {"exact", "linear", "bilinear", "mlp"}
    assert set(table["probe.controls"]) == {'["bilinear", "mlp"]'}
    told = "left out mlp0: it is the training of bilinear0 with other controls, which are added"
    assert told in capsys.readouterr().err


def test_a_run_is_left_out_for_the_one_with_the_most_controls(tmp_path, smoke):
    """Which stays itself, whatever lies between the two."""
    for name, controls in (("a", ""), ("b", "mlp"), ("c", "mlp,bilinear"), ("d", "bilinear")):
        probes = filter(None, controls.split(","))
        rows = [*ROWS, *((1, "S", probe, "auc", 0.5) for probe in probes)]
        write(tmp_path / name, with_fields(smoke, {"probe.controls": controls}), rows)
    table, left_out = collect(tmp_path)
    assert names(table) == ["c"]
    assert left_out == dict.fromkeys("abd", "c is the same training with further controls")


def test_runs_whose_scores_differ_stay_two(tmp_path, smoke):
    for control, value in (("mlp", 0.25), ("bilinear", 0.26)):
        rows = [(1, "S", "linear", "auc", value), (1, "S", control, "auc", 0.5)]
        write(tmp_path / control, with_fields(smoke, {"probe.controls": control}), rows)
    assert names(collect(tmp_path)[0]) == ["bilinear", "mlp"]


#: What two runs of one config can differ in: of the first, of the second.
DIFFERING = {
    "scores": ({}, {}),
    "method_file": ({"method_file": "a" * 64}, {"method_file": "b" * 64}),
    "generator": ({"versions": {"generator": 1}}, {"versions": {"generator": 2}}),
}


@pytest.mark.parametrize("what", DIFFERING)
@pytest.mark.parametrize("controls", ["superset", "others"])
def test_runs_of_one_config_that_were_made_otherwise_stay_two(
    tmp_path, smoke, capsys, what, controls
):
    """None is dropped for the other; a table of them is refused, and the line names both."""
    before, after = DIFFERING[what]
    mlp, bilinear = (1, "S", "mlp", "auc", 0.5), (1, "S", "bilinear", "auc", 0.5)
    rows = {"superset": ROWS, "others": [*ROWS, bilinear]}[controls]
    write(tmp_path / "a", smoke, rows, **before)
    further = with_fields(smoke, {"probe.controls": "mlp"})
    changed = [(*row[:4], 0.75) if what == "scores" and row[0] else row for row in ROWS]
    write(tmp_path / "b", further, [*changed, mlp], **after)
    table, left_out = collect(tmp_path)
    assert names(table) == ["a", "b"]
    assert left_out == {}
    main([str(tmp_path), "-o", str(tmp_path / "t.csv")])
    with pytest.raises(SystemExit):
        tables.main([str(tmp_path / "t.csv")])
    assert re.search(r"\(.*\ba\b.*\bb\b.*\)", capsys.readouterr().err.splitlines()[-1])


def test_a_half_done_run_is_dropped_for_one_that_has_its_scores(tmp_path, smoke):
    """And stays where the one that went further read something else at the same epoch."""
    early = [(0, "S", "linear", "auc", 0.5)]
    write(tmp_path / "half", smoke, early, status="running", epoch=0)
    further = with_fields(smoke, {"probe.controls": "mlp"})
    write(tmp_path / "whole", further, [*early, *ROWS, (1, "S", "mlp", "auc", 0.5)])
    table, left_out = gather([tmp_path], half_done=True)
    assert names(table) == ["whole"]
    assert left_out == {"half": "whole is the same training and has gone further than epoch 0"}
    elsewhere = [(0, "S", "linear", "auc", 0.51)]
    write(tmp_path / "elsewhere", smoke, elsewhere, status="running", epoch=0)
    assert names(gather([tmp_path], half_done=True)[0]) == ["elsewhere", "whole"]
