"""``python -m interaction_probes.figures NAME results.csv -o FILE``: every figure by command."""

import argparse
import difflib
import math
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

import pandas as pd
from matplotlib.figure import Figure

from interaction_probes.analysis.conditions import filter_rows
from interaction_probes.analysis.confusion import read_confusion
from interaction_probes.analysis.dataset_rows import check_of_images, is_of_datasets
from interaction_probes.analysis.published import SHIPPED, read_published
from interaction_probes.analysis.results_table import read_results
from interaction_probes.analysis.subset_profiles import check_of_pairs
from interaction_probes.figures.drawing.caption import in_latex, take_caption
from interaction_probes.figures.drawing.save import check_suffix, save
from interaction_probes.figures.drawing.style import COLUMN, PAGE

from .ablation import ablation
from .confusion import confusion
from .controls.factors import factors
from .controls.model_pid import model_pid
from .datasets.label_ablation import label_ablation
from .datasets.label_curves import label_dynamics
from .datasets.subset_profile import subset_profile
from .dynamics import dynamics
from .embedding import embedding, read_features
from .exported import read_exported
from .growth import growth, read_growth
from .information import information
from .interactions import interactions
from .profile import profile
from .samples import samples
from .strength import strength
from .synergy import synergy

_Options = argparse.Namespace


def _of_table(draw: Callable[..., Figure]) -> Callable[[_Options], Figure]:
    return lambda options: draw(_rows_of_pairs(options), width=options.width)


def _of_images(draw: Callable[..., Figure]) -> Callable[[_Options], Figure]:
    return lambda options: draw(_rows_of_images(options), width=options.width)


def _rows_of_pairs(options: _Options) -> pd.DataFrame:
    table = _rows_of_images(options)
    check_of_pairs(table, f"the figure {options.name}")
    return table


def _rows_of_images(options: _Options) -> pd.DataFrame:
    table = filter_rows(read_results(options.table), options.where)
    check_of_images(table, f"the figure {options.name}")
    return table


def _of_labels_or(
    of_images: Callable[..., Figure], of_dataset: Callable[..., Figure]
) -> Callable[[_Options], Figure]:
    """A figure that runs on a dataset have in a form of their own, of labels in place of tasks."""

    def draw(options: _Options) -> Figure:
        table = filter_rows(read_results(options.table), options.where)
        found = of_dataset if is_of_datasets(table) else of_images
        return found(table, width=options.width)

    return draw


def _interactions(options: _Options) -> Figure:
    table = _rows_of_pairs(options)
    published = read_published(options.published or SHIPPED)
    if options.published:
        measured, shipped = set(table["method"]), set(read_published()["method"])
        for name in published["method"]:
            if name not in measured | shipped:
                close = difflib.get_close_matches(name, measured | shipped, n=1)
                hint = f"; did you mean {close[0]}?" if close else ""
                raise ValueError(f"{options.published}: the table has no method {name!r}{hint}")
    return interactions(table, published, options.width)


def _confusion(options: _Options) -> Figure:
    return confusion(filter_rows(read_confusion(options.table), options.where), options.width)


def _embedding(options: _Options) -> Figure:
    return embedding(read_features(options.table), options.width)


def _samples(options: _Options) -> Figure:
    return samples(read_exported(options.table), options.width)


def _growth(options: _Options) -> Figure:
    return growth(filter_rows(read_growth(options.table), options.where), options.width)


#: Name → (what it shows, how it is drawn from the command's options).
FIGURES: dict[str, tuple[str, Callable[[_Options], Figure]]] = {
    "interactions": ("R, U1, U2 and S of every method beside published values", _interactions),
    "dynamics": (
        "R, U, S and their mean, or labels, against epochs, a line per method",
        _of_labels_or(dynamics, label_dynamics),
    ),
    "ablation": (
        "the same for one method under other loss weights",
        _of_labels_or(ablation, label_ablation),
    ),
    "synergy": ("AUC of S, and what of it was learnt", _of_table(synergy)),
    "information": ("bits captured in bits available, stacked per task", _of_table(information)),
    "profile": (
        "bits captured by each subset of three images, or of a dataset's modalities",
        _of_labels_or(profile, subset_profile),
    ),
    "model_pid": ("which bits of a pair predictions use (--controls pid)", _of_table(model_pid)),
    "factors": ("bits of every factor of every image (--controls factors)", _of_table(factors)),
    "strength": ("captured bits against true bits as the design grows", _of_images(strength)),
    "confusion": ("which classes are mistaken for which, from confusion.csv", _confusion),
    "embedding": ("a map of representations, from an .npz of features", _embedding),
    "growth": ("seconds and memory against sizes, from results/growth.csv", _growth),
    "samples": ("factors, mapping and pairs, from a folder of generated data", _samples),
}


#: Figures that are drawn from something else than a table.
_WITHOUT_ROWS = ("embedding", "samples")
#: Inches that a figure can be wide: in less, titles of neighbouring panels overlap.
_NARROWEST, _WIDEST = 3.0, 12.0


class _Parser(argparse.ArgumentParser):
    """Says a mistake in one line, as every command of the project does."""

    def error(self, message: str) -> NoReturn:
        unknown = re.match(r"unrecognized arguments: (\S+)", message)
        if unknown:
            close = difflib.get_close_matches(unknown[1], self._option_string_actions, n=1)
            message += f"; did you mean {close[0]}?" if close else ""
        print(f"error: {message}", file=sys.stderr)
        sys.exit(2)


def _inches(text: str) -> float:
    """A width by its name or as a number of inches."""
    named = {"page": PAGE, "column": COLUMN}
    try:
        width = named[text] if text in named else float(text)
    except ValueError:
        width = math.nan
    if not _NARROWEST <= width <= _WIDEST:
        raise argparse.ArgumentTypeError(
            f"a width is page, column or {_NARROWEST:g} to {_WIDEST:g} inches, not {text!r}"
        )
    return width


def _parser() -> _Parser:
    listed = "\n".join(f"  {name:<14}{summary}" for name, (summary, _) in FIGURES.items())
    parser = _Parser(
        prog="python -m interaction_probes.figures",
        description="Draw a figure from a table of results, from features or from data.",
        epilog=f"figures:\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", help="which figure")
    parser.add_argument(
        "table",
        type=Path,
        help="results.csv; confusion.csv for confusion, features.npz for embedding, growth.csv for "
        "growth, a folder of data for samples",
    )
    parser.add_argument(
        "-o", "--out", type=Path, required=True, help="the file to write: .png, .svg or .pdf"
    )
    parser.add_argument(
        "--width",
        type=_inches,
        default="page",
        help=f"page ({PAGE} in), column ({COLUMN} in, one of two) or a number of inches",
    )
    parser.add_argument(
        "--no-caption",
        action="store_true",
        help="leave the small print out of the picture, and print it as LaTeX",
    )
    parser.add_argument(
        "--where",
        nargs="+",
        action="extend",
        default=[],
        metavar="COLUMN=VALUE",
        help="draw these rows only; VALUE,VALUE for several, COLUMN!=VALUE for all others",
    )
    parser.add_argument(
        "--published",
        type=Path,
        help="method, task, accuracy (%%) to mark in interactions, in place of the shipped ones",
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw one figure; any mistake of the user's is one line on stderr and exit code 2."""
    parser = _parser()
    given = sys.argv[1:] if arguments is None else arguments
    if not given:
        parser.error(
            "name a figure, what it is drawn from and a file to write, such as interactions "
            f"results.csv -o interactions.pdf; the figures are {', '.join(FIGURES)}"
        )
    options = parser.parse_args(given)
    if options.name not in FIGURES:
        close = difflib.get_close_matches(options.name, FIGURES, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        parser.error(f"no figure {options.name!r}; choose from {', '.join(FIGURES)}{hint}")
    if options.where and options.name in _WITHOUT_ROWS:
        parser.error(f"{options.name} is not drawn from rows of results: --where keeps none of it")
    if options.published and options.name != "interactions":
        parser.error(f"{options.name} shows no published values: leave --published out")
    try:
        check_suffix(options.out)
        if not options.out.parent.is_dir():
            raise ValueError(f"no folder {options.out.parent}")
        if options.out.exists() and options.table.exists() and options.out.samefile(options.table):
            raise ValueError(f"{options.out} is what is drawn from: name another file to write")
        figure = FIGURES[options.name][1](options)
        caption_text = in_latex(take_caption(figure)) if options.no_caption else ""
        save(figure, options.out)
        print("\n".join(filter(None, [str(options.out), caption_text])), flush=True)
    except OSError as error:
        where = f": {error.filename}" if error.filename is not None else ""
        parser.error(f"{(error.strerror or str(error)).lower()}{where}")
    except ValueError as error:
        parser.error(" ".join(str(error).split()))
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
