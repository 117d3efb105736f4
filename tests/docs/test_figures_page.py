"""The commands that docs/figures.md shows are commands that work."""

import re
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from control_tables import control_table
from profile_tables import profile_table
from quick_figures import without_layout

from interaction_probes import report
from interaction_probes.figures import __main__ as figures
from interaction_probes.figures.drawing import style
from trifeature import Geometry, ImageDesign, PairDesign, generate
from trifeature.dataset.export import export

PAGE = (Path(__file__).parents[2] / "docs" / "figures.md").read_text()
COMMANDS = [
    line.removeprefix("python -m interaction_probes.")
    for block in re.findall(r"```sh\n(.*?)```", PAGE, flags=re.DOTALL)
    for line in block.splitlines()
]
DRAWN = [line for line in COMMANDS if line.startswith("figures")]
[WRITTEN] = [line for line in COMMANDS if line.startswith("report")]


def test_the_page_names_every_figure() -> None:
    assert {line.split()[1] for line in DRAWN} == set(figures.FIGURES)
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, flags=re.MULTILINE)) == set(figures.FIGURES)
    assert len(COMMANDS) == len(DRAWN) + 6  # report, make, data, two sweeps, embed


@pytest.fixture
def folder(results, tmp_path, monkeypatch):  # type: ignore[no-untyped-def]
    """A folder that holds what the commands read."""
    monkeypatch.chdir(tmp_path)
    few = results[results["method"].isin(["comm", "clip"]) & (results["seed"] == 0)]
    pd.concat([few, control_table()]).to_csv("results.csv", index=False)
    profile_table(["comm"]).to_csv("three.csv", index=False)
    Path("mine.csv").write_text("method,task,accuracy\ncomm,S,60\n")
    Path("growth.csv").write_text(
        "what,value,seconds,peak_mb,threads,version\nstep by batch,32,1,2,1,0\n"
    )
    tasks = [("R", ("a", "b")), ("U1", ("a", "b")), ("U2", ("a", "b")), ("S", ("no", "yes"))]
    Path("confusion.csv").write_text(
        "method,preset,pairs,seed,epoch,task,probe,true,predicted,count\n"
        + "".join(
            f"comm,quick,unbiased,0,1,{task},linear,{true},{guess},5\n"
            for task, names in tasks
            for true in names
            for guess in names
        )
    )
    features = np.random.default_rng(0).normal(size=(30, 3))
    names, values = np.array(["R"]), np.array([["a", "b"]])
    factors = (features[:, :1] > 0).astype(int)
    np.savez(
        "features.npz", features=features, factors=factors, names=names, values=values, title=""
    )
    images, pairs = ImageDesign(Geometry(24, 16, 5), renders=1), PairDesign()
    export(generate(images, pairs, 0, 100), Path("data-npz"), "npz", images, pairs, 0)
    return tmp_path


@pytest.mark.slow
def test_the_commands_work(folder, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    without_layout(monkeypatch)  # the tests of each figure lay it out
    monkeypatch.setitem(style._SETTINGS, "pdf.fonttype", 3)  # written sooner than whole letters
    for line in DRAWN:
        words = shlex.split(line)[1:]
        figures.main(words)
        assert Path(words[words.index("-o") + 1]).stat().st_size > 5000, line
    report.main(shlex.split(WRITTEN)[1:])
    code = re.search(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    assert code
    exec(code[1], {})
