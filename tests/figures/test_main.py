"""Figures by command: what is written, and one line for every mistake."""

import importlib
import io
import itertools
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from interaction_probes.figures import __main__ as command
from interaction_probes.figures.__main__ import FIGURES, main

ROOT = Path(__file__).parents[2]
#: Figures that are drawn from other rows than the scores of a table of pairs.
OTHERS = {"confusion", "embedding", "factors", "growth", "model_pid", "profile", "samples"}
OF_RESULTS = sorted(set(FIGURES) - OTHERS)


@pytest.fixture(scope="module")
def csv(results, tmp_path_factory):
    path = tmp_path_factory.mktemp("table") / "results.csv"
    results.to_csv(path, index=False)
    return path


def complaint(capsys, *words):
    with pytest.raises(SystemExit) as stop:
        main([str(word) for word in words])
    assert stop.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    return line


@pytest.mark.parametrize("name", OF_RESULTS)
def test_every_figure_is_a_file(csv, tmp_path, name):
    out = tmp_path / f"{name}.svg"
    main([name, str(csv), "-o", str(out), "--width", "column"])
    root = ElementTree.parse(out).getroot()
    assert root.tag.endswith("svg")
    assert float(root.get("width").removesuffix("pt")) == pytest.approx(3.3 * 72)
    marks = [g for g in root.iter() if g.get("class") == "mark" and g.get("data-value")]
    assert all(mark.get("data-method") is not None for mark in marks)
    titles = [mark[0].text for mark in marks]
    assert titles == [mark.get("data-value") for mark in marks]
    assert any("CoMM, " in title and "n = 3" in title for title in titles) or name == "ablation"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_misspelt_option_is_told(csv, tmp_path, capsys):
    out = tmp_path / "f.svg"
    said = complaint(capsys, "synergy", csv, "-o", out, "--witdh", "column")
    assert said.endswith("; did you mean --width?")
    assert not out.exists()


def test_what_is_drawn_from_is_not_drawn_over(csv, tmp_path, capsys):
    """Whatever it is called."""
    path = tmp_path / "table.svg"
    path.write_bytes(csv.read_bytes())
    said = complaint(capsys, "synergy", path, "-o", path)
    assert said == f"error: {path} is what is drawn from: name another file to write"
    assert path.read_bytes() == csv.read_bytes()


@pytest.mark.parametrize(
    ("suffix", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("PNG", b"\x89PNG")]
)
def test_the_suffix_chooses_the_format(csv, tmp_path, suffix, start):
    files = [tmp_path / f"{k}.{suffix}" for k in range(2)]
    for out in files:
        main(["information", str(csv), "-o", str(out)])
    assert files[0].read_bytes().startswith(start)
    assert files[0].read_bytes() == files[1].read_bytes()


def size_and_text(path):
    """Width and height in inches, and the letters of an SVG."""
    root = ElementTree.parse(path).getroot()
    points = [float(root.get(name).removesuffix("pt")) for name in ("width", "height")]
    comments = re.findall(r"<!-- (.*?) -->", path.read_text())
    return [round(value / 72, 3) for value in points], " ".join(comments)


def test_the_caption_can_stand_elsewhere(csv, tmp_path, capsys):
    """The picture is lower by the small print, which is printed for LaTeX in its stead."""
    words = ["interactions", str(csv), "--width", "5.5", "-o"]
    main([*words, str(tmp_path / "with.svg")])
    assert capsys.readouterr().out == f"{tmp_path / 'with.svg'}\n"
    main([*words, str(tmp_path / "without.svg"), "--no-caption"])
    path, caption_text = capsys.readouterr().out.splitlines()
    assert path == str(tmp_path / "without.svg")
    assert caption_text.startswith("Linear probe, macro accuracy; n = 3 seeds;")
    assert caption_text.isascii()
    assert not re.search(r"(?<!\\)%", caption_text)
    (width, height), text = size_and_text(tmp_path / "with.svg")
    (same, lower), rest = size_and_text(tmp_path / "without.svg")
    assert width == same == 5.5
    assert 0.3 < height - lower < 1
    assert "macro accuracy" in text
    assert "macro accuracy" not in rest
    assert "accuracy (%)" in rest


@pytest.mark.parametrize("name", OF_RESULTS)
@pytest.mark.filterwarnings("error")
def test_every_figure_has_room_when_narrow_and_a_caption_for_latex(csv, tmp_path, capsys, name):
    main([name, str(csv), "-o", str(tmp_path / "x.svg"), "--width", "3", "--no-caption"])
    caption_text = capsys.readouterr().out.splitlines()[1]
    assert len(caption_text) > 100
    assert caption_text.isascii()
    assert not re.search(r"(?<!\\)[%&#_]", caption_text.replace("$_i$", ""))
    (inches, _), _ = size_and_text(tmp_path / "x.svg")
    assert inches == 3


@pytest.mark.parametrize(
    ("name", "width"),
    [
        ("interactions", 3.3),
        ("synergy", 5.5),
        ("dynamics", 3.3),
        ("dynamics", 6.8),
        ("strength", 3.3),
    ],
)
def test_a_legend_is_in_its_figure(results, name, width):
    long = results.replace({"method": {"my.module:Own": "my.module:OneOfALongNameIndeed"}})
    draw = getattr(importlib.import_module(f"interaction_probes.figures.{name}"), name)
    figure = draw(long, width=width)
    figure.draw_without_rendering()
    [legend] = figure.legends
    inside, whole = legend.get_window_extent(), figure.bbox
    assert whole.x0 <= inside.x0 < inside.x1 <= whole.x1
    assert inside.y1 <= whole.y1


@pytest.mark.parametrize("name", ["interactions", "synergy", "dynamics", "ablation"])
def test_titles_keep_apart_in_the_narrowest_figure(results, name):
    draw = getattr(importlib.import_module(f"interaction_probes.figures.{name}"), name)
    figure = draw(results, width=command._NARROWEST)
    figure.draw_without_rendering()
    boxes = [axes._left_title.get_window_extent() for axes in figure.axes]
    for left, right in itertools.combinations([box for box in boxes if box.width > 1], 2):
        assert not left.overlaps(right)
    assert max(box.x1 for box in boxes) <= figure.bbox.x1


def test_rows_can_be_chosen_and_published_values_replaced(csv, tmp_path):
    mine = tmp_path / "mine.csv"
    mine.write_text("method,task,accuracy\nclip,S,61.5\n")
    out = tmp_path / "x.svg"
    words = ["--where", "method=clip", "--published", str(mine)]
    main(["interactions", str(csv), "-o", str(out), *words])
    values = re.findall('data-value="([^"]*)"', out.read_text())
    assert all(value.startswith("CLIP") for value in values)
    assert [value for value in values if "published" in value] == ["CLIP, published: 61.5 %"]


def test_published_values_of_a_misspelt_method_are_refused(csv, tmp_path, capsys):
    mine = tmp_path / "mine.csv"
    mine.write_text("method,task,accuracy\ncomm,S,61.5\nclp,S,50\nsimclr,S,50\n")
    with pytest.raises(SystemExit):
        main(["interactions", str(csv), "-o", str(tmp_path / "x.svg"), "--published", str(mine)])
    assert "the table has no method 'clp'; did you mean clip?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["dynamic", "{csv}", "-o", "{tmp}/x.png"], "no figure 'dynamic'.*did you mean dynamics"),
        (["dynamics", "{csv}", "-o", "{tmp}/x.jpg"], "is a .png, .svg or .pdf file, not 'x.jpg'"),
        (["dynamics", "{csv}", "-o", "{tmp}/x.pgn"], "did you mean .png"),
        (
            ["dynamics", "{tmp}/none.csv", "-o", "{tmp}/x.png"],
            "no such file or directory: .*none.csv",
        ),
        (["dynamics", "{csv}", "-o", "{tmp}/none/x.png"], "no folder .*none"),
        (["dynamics", "{csv}"], "required: -o"),
        (
            ["dynamics", "{csv}", "-o", "{tmp}/x.png", "--where", "seed=9"],
            "no row of the table has seed=9",
        ),
        (["embedding", "{csv}", "-o", "{tmp}/x.png"], "is no file of features"),
        (["growth", "{csv}", "-o", "{tmp}/x.png"], "lacks the columns? what, "),
        (["samples", "{csv}", "-o", "{tmp}/x.png"], "is no folder with a manifest.json"),
        (
            ["strength", "{csv}", "-o", "{tmp}/x.png", "--where", "pairs=biased"],
            "lacks runs of different",
        ),
        (
            ["dynamics", "{csv}", "-o", "{tmp}/x.png", "--width", "colum"],
            "--width: a width is page, column or 3 to 12 inches, not 'colum'",
        ),
        (["dynamics", "{csv}", "-o", "{tmp}/x.png", "--width", "12.1"], "not '12.1'"),
        (["dynamics", "{csv}", "-o", "{tmp}/x.png", "--width", "2.9"], "not '2.9'"),
        (["dynamics", "{csv}", "-o", "{tmp}/x.png", "--width", "nan"], "not 'nan'"),
        (
            ["dynamics", "{csv}", "-o", "{tmp}/x.png", "--published", "{csv}"],
            "dynamics shows no published values",
        ),
        (["samples", "{csv}", "-o", "{tmp}/x.png", "--where", "a=1"], "--where keeps none of it"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_no_file(csv, tmp_path, capsys, words, message):
    line = complaint(capsys, *(word.format(csv=csv, tmp=tmp_path) for word in words))
    assert re.search(message, line)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("module", ["figures", "interaction_probes.figures"])
def test_both_names_of_the_module_run(module):
    done = subprocess.run(
        [sys.executable, "-m", module, "--help"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert all(name in done.stdout for name in FIGURES)


def test_a_stdout_that_takes_nothing_is_one_line(csv, tmp_path, capsys, monkeypatch):
    class Full(io.StringIO):
        def write(self, _):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stdout", Full())
    with pytest.raises(SystemExit) as stop:
        main(["interactions", str(csv), "-o", str(tmp_path / "a.svg")])
    assert stop.value.code == 2
    assert "error: no space left on device" in capsys.readouterr().err


def test_an_interrupt_is_one_line_and_leaves_nothing(tmp_path, capsys, monkeypatch):
    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "read_results", interrupt)
    with pytest.raises(SystemExit) as stop:
        main(["dynamics", "results.csv", "-o", str(tmp_path / "figure.png")])
    assert stop.value.code == 130
    assert capsys.readouterr().err == "stopped\n"
    assert list(tmp_path.iterdir()) == []


def test_without_words_the_command_says_what_to_name(capsys):
    with pytest.raises(SystemExit) as stop:
        main([])
    assert stop.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "interactions results.csv -o interactions.pdf" in line
    assert all(name in line for name in FIGURES)
