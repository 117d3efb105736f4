"""Redraw the pictures of the README and the docs from the committed tables, in seconds.

Run with ``python benchmarks/redraw.py [--quick results/quick] [--paper results/paper]
[--growth results/growth.csv] [--out docs/images]``; ``make figures`` does this. The first folder
has tables of the quick preset from ``interaction_probes.collect``: the study, and the run of CoMM
and seed 0 that ``make run`` does. The second has those of the presets ``paper`` and ``paper-112``,
and ``growth.csv`` is the table of ``benchmarks/speed/growth.py``. pairs.png shows data generated
from seed 0. confusion.png is drawn from results/quick/confusion_3_epochs.csv, model-pid.png and
factors.png from results/quick/since_comm.csv, three-profile.png and three-strength.png from
results/three_images/study.csv.gz.

A picture whose table or rows are missing is reported in a line and left unchanged: this is no
error. A damaged or contradictory table is an error: the other pictures are drawn, then the command
exits with code 2.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from interaction_probes.analysis.conclusions.emergence import emergence
from interaction_probes.analysis.conditions import filter_rows
from interaction_probes.analysis.confusion import read_confusion
from interaction_probes.analysis.published import PUBLISHED, read_published
from interaction_probes.analysis.results_table import check_one_run_per_seed, read_results
from interaction_probes.analysis.row_filters import (
    default_loss_rows,
    linear_probe_rows,
    usual_design_rows,
)
from interaction_probes.analysis.table_files import MissingRows
from interaction_probes.common.cli import friendly_errors
from interaction_probes.figures.ablation import ablation
from interaction_probes.figures.confusion import confusion
from interaction_probes.figures.controls.factors import factors
from interaction_probes.figures.controls.model_pid import model_pid
from interaction_probes.figures.curves import curves
from interaction_probes.figures.drawing.save import save
from interaction_probes.figures.dynamics import dynamics
from interaction_probes.figures.exported import read_exported
from interaction_probes.figures.growth import growth, read_growth
from interaction_probes.figures.information import information
from interaction_probes.figures.interactions import interactions
from interaction_probes.figures.profile import profile
from interaction_probes.figures.samples import samples
from interaction_probes.figures.strength import strength
from interaction_probes.figures.synergy import synergy
from trifeature import ImageDesign, PairDesign, generate
from trifeature.dataset.export import export

ROOT = Path(__file__).parents[1]
CONFUSION = ROOT / "results" / "quick" / "confusion_3_epochs.csv"
SINCE_COMM = ROOT / "results" / "quick" / "since_comm.csv"
THREE_IMAGES = ROOT / "results" / "three_images" / "study.csv.gz"
METHOD, SEED = "comm", 0  # of the learning curves


def learning_curves(table: pd.DataFrame) -> Figure:
    """The learning curves of one seed, from unbiased and from biased pairs."""
    rows = filter_rows(
        usual_design_rows(default_loss_rows(table)), [f"method={METHOD}", f"seed={SEED}"]
    )
    check_one_run_per_seed(linear_probe_rows(rows, "accuracy"), ["method", "pairs", "task"])
    return curves(rows, PUBLISHED[METHOD].accuracy, emergence(rows))


def pairs() -> Figure:
    """Factors, mapping and pairs of the default design."""
    images, design = ImageDesign(), PairDesign()
    with tempfile.TemporaryDirectory() as folder:
        export(generate(images, design, SEED), Path(folder), "npz", images, design, SEED)
        return samples(read_exported(Path(folder)))


#: Table of the quick preset → its pictures, each with the function that draws it.
OF_QUICK: dict[str, dict[str, Callable[[pd.DataFrame], Figure]]] = {
    "run_seed_0.csv": {"quick-curves": learning_curves},
    "study.csv": {
        "interactions": lambda table: interactions(table, read_published()),
        "synergy": synergy,
        "dynamics": dynamics,
        "ablation": ablation,
        "information": information,
        "strength": strength,
    },
}
#: Table at the paper's scale → its pictures.
OF_PAPER: dict[str, dict[str, Callable[[pd.DataFrame], Figure]]] = {
    "h200.csv": {"paper-dynamics": dynamics},
    "paper_112.csv": {"paper-112-curves": learning_curves},
}


#: Methods of three images that three-profile.png leaves out.
WITHOUT_PROFILE = ("cross_self", "triangle", "simclr", "random_init", "pixels")
#: Picture → function that draws it from its own table.
OF_CONFUSION: dict[str, Callable[[pd.DataFrame], Figure]] = {"confusion": confusion}
#: Pictures of the controls of the methods since CoMM.
OF_CONTROLS: dict[str, Callable[[pd.DataFrame], Figure]] = {
    "model-pid": model_pid,
    "factors": factors,
}


def profiles(table: pd.DataFrame) -> Figure:
    """The profiles of the methods of three images, but for those that room is lacking for."""
    return profile(filter_rows(table, [f"method!={','.join(WITHOUT_PROFILE)}"]))


#: Pictures of the study of three images.
OF_THREE_IMAGES: dict[str, Callable[[pd.DataFrame], Figure]] = {
    "three-profile": profiles,
    "three-strength": strength,
}
OF_GROWTH: dict[str, Callable[[pd.DataFrame], Figure]] = {"growth": growth}


def redraw(quick: Path, paper: Path, growth_table: Path, out: Path) -> bool:
    """Draw every picture whose table is there; returns False if a table or a picture had errors.

    Raises:
        OSError: a picture cannot be written.
    """
    drawings: dict[str, Callable[[], Figure]] = {"pairs": pairs}
    succeeded = True
    for path, read, pictures in (
        *((quick / name, read_results, pictures) for name, pictures in OF_QUICK.items()),
        *((paper / name, read_results, pictures) for name, pictures in OF_PAPER.items()),
        (CONFUSION, read_confusion, OF_CONFUSION),
        (SINCE_COMM, read_results, OF_CONTROLS),
        (THREE_IMAGES, read_results, OF_THREE_IMAGES),
        (growth_table, read_growth, OF_GROWTH),
    ):
        try:
            table = read(path)
            drawings |= {name: partial(draw, table) for name, draw in pictures.items()}
        except FileNotFoundError:
            print(f"left as they are: {', '.join(pictures)} (there is no {path})")
        except ValueError as error:
            print(f"error: {error}", file=sys.stderr)
            succeeded = False
    for name, draw in drawings.items():
        try:
            save(draw(), out / f"{name}.png")
            print(out / f"{name}.png")
        except MissingRows as error:
            print(f"left as it is: {name} ({error})")
        except ValueError as error:
            print(f"error: {name}: {error}", file=sys.stderr)
            succeeded = False
    return succeeded


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", type=Path, default=ROOT / "results" / "quick")
    parser.add_argument("--paper", type=Path, default=ROOT / "results" / "paper")
    parser.add_argument("--growth", type=Path, default=ROOT / "results" / "growth.csv")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    arguments = parser.parse_args()
    if not arguments.out.is_dir():
        parser.error(f"no folder {arguments.out}")
    tables = arguments.quick, arguments.paper, arguments.growth
    with friendly_errors():
        sys.exit(0 if redraw(*tables, arguments.out) else 2)


if __name__ == "__main__":
    main()
