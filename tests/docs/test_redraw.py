"""Pictures of README and docs, redrawn from a table of results."""

import re
import runpy
import sys
from pathlib import Path

import pandas as pd
import pytest
from quick_figures import coarsely, without_layout

ROOT = Path(__file__).parents[2]
SCRIPT = runpy.run_path(str(ROOT / "benchmarks" / "redraw.py"))
OF_QUICK = {name: tuple(pictures) for name, pictures in SCRIPT["OF_QUICK"].items()}
QUICK = {picture for pictures in OF_QUICK.values() for picture in pictures}

#: What is drawn whatever becomes of the tables of the quick preset.
OTHERS = {"pairs", "growth", "confusion", "paper-dynamics", "paper-112-curves"}
OTHERS |= {"model-pid", "factors", "three-profile", "three-strength"}
GROWTH = """what,value,seconds,peak_mb,threads,version
a step by batch,32,.1,40,1,0.1.0
a step by batch,64,.2,80,1,0.1.0
"""


@pytest.fixture
def quickly(tmp_path, monkeypatch):
    """Figures are made, but neither laid out nor written; that of the data not even made."""
    without_layout(monkeypatch)
    names = SCRIPT["redraw"].__globals__
    cells = pd.read_csv(names["CONFUSION"])
    few = cells[cells["method"] == cells["method"].iloc[0]]
    few.to_csv(tmp_path / "confusion.csv", index=False)
    monkeypatch.setitem(names, "CONFUSION", tmp_path / "confusion.csv")
    monkeypatch.setitem(names, "pairs", lambda: None)
    monkeypatch.setitem(names, "save", lambda figure, path: path.write_bytes(b"drawn"))


@pytest.fixture
def run(tmp_path, monkeypatch, capsys, results):
    """Runs the script on a table; its exit code, what it printed, and the pictures there are."""
    (tmp_path / "images").mkdir()
    (tmp_path / "quick").mkdir()
    (tmp_path / "paper").mkdir()
    of_comm = (results["method"] == "comm") & (results["weights"] == "") & (results["seed"] == 0)
    for name in SCRIPT["OF_PAPER"]:
        results[of_comm].to_csv(tmp_path / "paper" / name, index=False)

    def of(table):
        growth = tmp_path / "growth.csv"
        for name in OF_QUICK if table is not None else ():
            text = table if isinstance(table, str) else table.to_csv(index=False)
            (tmp_path / "quick" / name).write_text(text)
        growth.write_text(GROWTH)
        words = ["redraw.py", "--quick", str(tmp_path / "quick"), "--growth", str(growth)]
        words += ["--paper", str(tmp_path / "paper"), "--out", str(tmp_path / "images")]
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as stop:
            SCRIPT["main"]()
        drawn = {picture.stem for picture in (tmp_path / "images").iterdir()}
        return stop.value.code, capsys.readouterr(), drawn

    return of


@pytest.mark.slow
def test_every_picture_is_drawn_from_a_whole_table(run, results, tmp_path, monkeypatch):
    coarsely(monkeypatch)  # the tests of each figure lay it out
    code, shown, drawn = run(results[results["seed"] < 2])
    assert (code, shown.err) == (0, "")
    assert drawn == OTHERS | QUICK
    assert len(shown.out.splitlines()) == len(drawn)
    for picture in (tmp_path / "images").iterdir():
        assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.usefixtures("quickly")
def test_what_the_table_lacks_is_told_and_left(run, results, tmp_path):
    old = tmp_path / "images" / "ablation.png"
    old.write_bytes(b"as it was")
    code, shown, drawn = run(results[(results["weights"] == "") & (results["seed"] == 1)])
    assert (code, shown.err) == (0, "")
    left = re.findall(r"^left as it is: (\S+) \((.*)\)$", shown.out, flags=re.MULTILINE)
    assert dict(left).keys() == {"quick-curves", "ablation"}
    assert "no row of the table has seed=0" in dict(left)["quick-curves"]
    assert "it lacks runs of one method with different loss weights" in dict(left)["ablation"]
    assert old.read_bytes() == b"as it was"
    assert drawn == OTHERS | QUICK - {"quick-curves"}


@pytest.mark.usefixtures("quickly")
def test_no_table_is_no_error(run):
    code, shown, drawn = run(None)
    assert (code, shown.err, drawn) == (0, "", OTHERS)
    for name, pictures in OF_QUICK.items():
        assert re.search(
            f"left as they are: {', '.join(pictures)} \\(there is no .*{name}", shown.out
        )


@pytest.mark.usefixtures("quickly")
def test_a_damaged_table_is_an_error_that_stops_no_other_picture(run):
    code, shown, drawn = run("method,preset\ncomm,quick\n")
    assert (code, drawn) == (2, OTHERS)
    assert re.fullmatch(r"(error: .* lacks the columns .*\n){2}", shown.err)


@pytest.mark.usefixtures("quickly")
def test_a_table_that_contradicts_itself_is_an_error(run, results):
    first = results[results["seed"] == 0]
    again = first[first["method"] == "clip"].assign(run="again")
    code, shown, drawn = run(pd.concat([first, again]))
    assert code == 2
    assert {"quick-curves", "ablation", "strength"} | OTHERS <= drawn
    named = re.findall(r"^error: (\S+): .*clip .*occurs more than once", shown.err, re.MULTILINE)
    assert named == ["interactions", "synergy", "dynamics", "information"]


def test_the_pictures_of_the_pages_are_those_that_are_redrawn():
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    shown = {
        name for page in pages for name in re.findall(r"images/([\w-]+)\.png", page.read_text())
    }
    assert shown
    assert shown <= OTHERS | QUICK
    assert "benchmarks/redraw.py" in (ROOT / "Makefile").read_text()
