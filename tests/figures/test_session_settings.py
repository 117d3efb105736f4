"""Every figure is the same bytes whatever matplotlibrc and backend a session has."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from control_tables import control_table
from curve_tables import table as curve_table
from hostile_session import hostile_session, matplotlibrc, png
from profile_tables import profile_table

from interaction_probes.analysis.confusion import read_confusion
from interaction_probes.analysis.published import read_published
from interaction_probes.figures.__main__ import FIGURES, main
from interaction_probes.figures.ablation import ablation
from interaction_probes.figures.confusion import confusion
from interaction_probes.figures.controls.factors import factors
from interaction_probes.figures.controls.model_pid import model_pid
from interaction_probes.figures.curves import curves
from interaction_probes.figures.drawing.save import as_svg
from interaction_probes.figures.dynamics import dynamics
from interaction_probes.figures.embedding import Features, embedding
from interaction_probes.figures.exported import read_exported
from interaction_probes.figures.growth import growth, read_growth
from interaction_probes.figures.information import information
from interaction_probes.figures.interactions import interactions
from interaction_probes.figures.profile import profile
from interaction_probes.figures.samples import samples
from interaction_probes.figures.strength import strength
from interaction_probes.figures.synergy import synergy
from trifeature import FactorCounts, Geometry, ImageDesign, PairDesign, generate
from trifeature.dataset.export import export

ROOT = Path(__file__).parents[2]
CONFUSION = ROOT / "results" / "quick" / "confusion_3_epochs.csv"
DYNAMICS = ROOT / "results" / "paper" / "h200.csv"


@dataclass(frozen=True)
class Sources:
    """What figures are drawn from."""

    results: object
    data: object

    def draw(self, name):
        """A figure by its name."""
        of_results = {
            "synergy": synergy,
            "information": information,
            "dynamics": dynamics,
            "ablation": ablation,
            "strength": strength,
        }
        if name in of_results:
            return of_results[name](self.results)
        return {
            "interactions": lambda: interactions(self.results, read_published()),
            "curves": lambda: curves(curve_table(seeds=(0, 1)), {"R": 99.0}),
            "confusion": lambda: confusion(self.one_confusion()),
            "growth": lambda: growth(self.two_growths()),
            "embedding": lambda: embedding(self.features()),
            "samples": lambda: samples(self.data),
            "profile": lambda: profile(profile_table(["comm"])),
            "factors": lambda: factors(control_table(["comm"])),
            "model_pid": lambda: model_pid(control_table(["comm"])),
        }[name]()

    def one_confusion(self):
        """Of one method: the panels of another are drawn alike."""
        table = read_confusion(CONFUSION)
        return table[table["method"] == "comm"]

    def two_growths(self):
        """The first two curves: a panel each, as every other."""
        table = read_growth(ROOT / "results" / "growth.csv")
        return table[table["what"].isin(table["what"].unique()[:2])]

    def features(self):
        """Representations of two factors."""
        rng = np.random.default_rng(0)
        values = np.array([["a", "b", "c"], ["no", "yes", ""]])
        factors = np.stack([np.arange(60) % 3, np.arange(60) % 2], axis=1)
        return Features(rng.normal(size=(60, 4)), factors, np.array(["x", "y"]), values, "title")


@pytest.fixture(scope="module")
def sources(results, tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    images, pairs = ImageDesign(Geometry(24, 16, 5), FactorCounts(4, 4, 4), 1), PairDesign()
    export(generate(images, pairs, 1, 200), folder, "npz", images, pairs, 1)
    # A user's own method is drawn like another, and two seeds like three.
    few = results[(results["method"] != "my.module:Own") & (results["seed"] < 2)]
    return Sources(few, read_exported(folder))


@pytest.mark.parametrize("name", [*sorted(FIGURES), "curves"])
def test_settings_of_a_session_change_no_figure(sources, name):
    plain = png(sources.draw(name))
    with hostile_session():
        assert png(sources.draw(name)) == plain


def test_settings_that_change_before_a_figure_is_saved_are_not_taken(sources):
    """A notebook draws it in one cell and saves it in another."""
    figure = sources.draw("dynamics")
    expected = png(sources.draw("dynamics"))
    with hostile_session():
        assert png(figure) == expected


@pytest.mark.parametrize("letters", [False, True])
def test_a_figure_of_the_report_is_drawn_as_ever(sources, letters):
    plain = as_svg(sources.draw("dynamics"), letters)
    assert ("<text" in plain) == letters
    with hostile_session():
        assert as_svg(sources.draw("dynamics"), letters) == plain


def test_a_name_with_dollar_signs_is_no_formula(sources):
    weights = sources.results["weights"].str.replace("joint=0.0", r"a$\b$=0")
    renamed = sources.results.assign(weights=weights)
    assert "$" in "".join(renamed["weights"])
    assert png(ablation(renamed))


@pytest.mark.parametrize(("name", "table"), [("dynamics", DYNAMICS), ("confusion", CONFUSION)])
def test_the_command_takes_neither_a_matplotlibrc_nor_a_backend(tmp_path, name, table):
    words = [name, str(table), "--where", "method=comm", "-o"]
    main([*words, str(tmp_path / "plain.png")])  # its own settings, whatever the session's are
    settings = {"MATPLOTLIBRC": str(matplotlibrc(tmp_path / "matplotlibrc"))}
    settings["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    command = [sys.executable, "-m", "interaction_probes.figures", *words, tmp_path / "set.png"]
    subprocess.run(command, env=os.environ | settings, cwd=ROOT, check=True, capture_output=True)
    assert (tmp_path / "set.png").read_bytes() == (tmp_path / "plain.png").read_bytes()


def test_the_session_keeps_its_backend(sources):
    before = matplotlib.get_backend()
    with hostile_session():
        png(sources.draw("confusion"))
    assert matplotlib.get_backend() == before
