"""``python -m trifeature``: mistakes, help, and what options of runs are called here."""

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from interaction_probes.settings.fields import field_kinds, option_of
from trifeature.__main__ import Generate, main
from trifeature.options_of_runs import EQUIVALENTS


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            ["generat"],
            "no command 'generat'; choose from generate, preview, audit; did you mean gen",
        ),
        (["generate", "--out", "x", "--sed", "1"], "no option --sed; did you mean --seed?"),
        *(
            (["generate", "--out", "x", option, "4"], f"no option {option}; it is {here} here")
            for option, here in EQUIVALENTS.items()
        ),
        (
            ["audit", "--images.geometry.image", "40"],
            "no option --images.geometry.image; audit draws no images: it is --image of generate",
        ),
        (["audit", "--images.counts.shape=4"], "no option --images.counts.shape; it is --shapes"),
        (["audit", "--shared", "colour", "--unique", "colour"], "cannot be both the shared and"),
        (["audit", "--shapes", "11"], "the shape factor has 2 to 10 values, not 11"),
        (["audit", "--pairs", "0"], "at least 1 pair is needed, not 0"),
        (["audit", "--seed", "-1"], "a seed is 0 or more, not -1"),
        (["audit", "--mapping-strength", "2"], "mapping_strength lies in [0, 1], not 2.0"),
        (["audit", "--mapped", "texture", "color"], "did you mean colour?"),
        (["generate", "--out", "."], ". is the current folder; name a new folder"),
        (["preview", "--out", "x", "--image", "40"], "an image of 40 pixels cannot hold"),
        *(
            (
                ["generate", "--out", "x", "--kind", "vectors", option, value],
                f"{option} is an option of images, which --kind vectors does not draw: omit it",
            )
            for option, value in (
                ("--preset", "paper"),
                ("--image", "3"),
                ("--shape", "-1"),
                ("--period", "9"),
            )
        ),
    ],
)
def test_mistakes_are_one_line(words, expected, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert expected in error
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_the_module_runs(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "trifeature", "preview", "--out", str(tmp_path), "--preset", "papr"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert (
        done.stderr == "error: --preset is one of quick, paper, not 'papr'; did you mean paper?\n"
    )


def test_without_arguments_all_commands_are_listed(capsys):
    main([])
    shown = capsys.readouterr().out
    found = re.findall(r"^  python -m trifeature (\w+) +\w", shown, re.MULTILINE)
    assert found == ["generate", "preview", "audit"]
    for name in found:
        with pytest.raises(SystemExit) as ended:
            main([name, "--help"])
        assert ended.value.code == 0


def test_options_of_runs_have_a_name_here_each():
    """Both names exist, the fields are run's, and the page has the table."""
    shown = {option_of(name) for name in field_kinds()}
    assert set(EQUIVALENTS) <= shown
    own = {f"--{field.name.replace('_', '-')}" for field in fields(Generate)}
    assert set(EQUIVALENTS.values()) <= own
    page = (Path(__file__).parents[2] / "docs" / "data.md").read_text()
    assert all(f"`{here}`" in page for here in EQUIVALENTS.values())
