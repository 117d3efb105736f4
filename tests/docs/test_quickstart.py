"""The quickstart: its cells run from top to bottom, and it converts to a notebook."""

import json
import re
from pathlib import Path

import pytest

SOURCE = (Path(__file__).parents[2] / "docs" / "quickstart.py").read_text()


def cells_of(text):
    """(kind, source) of every cell of a script in the percent format."""
    for part in re.split(r"^# %%", text, flags=re.MULTILINE)[1:]:
        head, _, body = part.partition("\n")
        if head.strip() == "[markdown]":
            lines = [line.removeprefix("#").removeprefix(" ") for line in body.strip().splitlines()]
            yield "markdown", "\n".join(lines)
        else:
            assert not head.strip()
            yield "code", body.strip()


def notebook_of(text):
    """The script as a notebook of format 4.5."""
    cells = []
    for k, (kind, source) in enumerate(cells_of(text)):
        cell = {"id": f"cell-{k}", "cell_type": kind, "metadata": {}, "source": source}
        cells.append(cell | ({"outputs": [], "execution_count": None} if kind == "code" else {}))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": kernel},
        "cells": cells,
    }


def test_cells_alternate_between_words_and_code():
    kinds = [kind for kind, _ in cells_of(SOURCE)]
    assert kinds[0] == kinds[-1] == "markdown"
    assert kinds.count("code") >= 6
    for kind, source in cells_of(SOURCE):
        if kind == "code":
            compile(source, "cell", "exec")
        assert "# %%" not in source


def test_it_is_a_valid_notebook():
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
    nbformat.validate(nbformat.reads(json.dumps(notebook_of(SOURCE)), as_version=4))


@pytest.mark.slow
def test_the_notebook_runs_in_a_kernel(tmp_path):
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
    client = pytest.importorskip("nbclient", reason="nbclient is not installed")
    notebook = nbformat.reads(json.dumps(notebook_of(SOURCE)), as_version=4)
    client.NotebookClient(notebook, timeout=300).execute(cwd=str(tmp_path))
    pictures = [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    assert len(pictures) >= 2


@pytest.mark.slow
def test_the_cells_run_from_top_to_bottom(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    names: dict = {}
    for kind, source in cells_of(SOURCE):
        if kind == "code":
            exec(source, names)
    names["plt"].close("all")
    shown = capsys.readouterr().out
    assert "51 training images, 164 pairs to learn from" in shown
    assert re.search(r"^S  whether colour.*R 0\.00  U1 0\.00  U2 0\.00  S 0\.81$", shown, re.M)
    assert "epoch 2/2" in shown
    scores = names["scores"].set_index("task")
    assert list(scores.index) == ["R", "U1", "U2", "S"]
    assert (scores["accuracy_low"] <= scores["accuracy"]).all()
    assert (names["folder"].path / "learning.png").stat().st_size > 10_000
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]
