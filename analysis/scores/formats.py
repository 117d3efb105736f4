"""How a table of scores is written: Markdown, LaTeX, CSV.

Tables are of text cells; notes that stand below them are in ``table.attrs["notes"]``, and cells in
bold, as (row, column), in ``table.attrs["bold"]`` where it has any.
"""

from collections.abc import Callable

import pandas as pd

from interaction_probes.common.writing import table_as_csv

#: What marks a cell that has a note below the table.
MARKS = "†‡§¶"
_TEX = {
    **{sign: f"\\{sign}" for sign in "&%#_${}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "−": "$-$",
    "–": "--",
    "†": r"$^{\dagger}$",
    "‡": r"$^{\ddagger}$",
    "§": r"$^{\S}$",
    "¶": r"$^{\P}$",
}


def _markdown(table: pd.DataFrame) -> str:
    body = _body(table, lambda cell: cell.replace("|", r"\|"), "**{}**".format)
    rows = [list(table.columns), ["---"] * len(table.columns), *body]
    lines = [f"| {' | '.join(row)} |\n" for row in rows]
    below = table.attrs["notes"]
    return "".join([*lines, f"\n{'; '.join(below)}\n" if below else ""])


def as_latex(table: pd.DataFrame, caption: str = "", label: str = "") -> str:
    r"""A table for the package booktabs.

    Args:
        table: text cells.
        caption: LaTeX, as it stands in ``\caption{…}``; with it the table is a float.
        label: what ``\ref`` names the float by.
    """
    body = _body(table, _in_tex, r"\textbf{{{}}}".format)
    head, *lines = [" & ".join(row) + r" \\" for row in [[*map(_in_tex, table.columns)], *body]]
    columns = "l" * len(table.columns)
    parts = [rf"\begin{{tabular}}{{{columns}}}", r"\toprule", head, r"\midrule", *lines]
    parts += [r"\bottomrule", r"\end{tabular}"]
    below = _in_tex("; ".join(table.attrs["notes"]))
    parts += [rf"\par{{\footnotesize {below}}}"] if below else []
    if caption or label:
        top = [r"\begin{table}", r"\centering"]
        top += [rf"\caption{{{caption}}}"] if caption else []
        top += [rf"\label{{{label}}}"] if label else []
        parts = [*top, *parts, r"\end{table}"]
    return "\n".join(parts) + "\n"


def _in_tex(text: str) -> str:
    return "".join(_TEX.get(sign, sign) for sign in text)


def _body(
    table: pd.DataFrame, escape: Callable[[str], str], bold: Callable[[str], str]
) -> list[list[str]]:
    """The cells below the head, escaped, some of them in bold."""
    strong = table.attrs.get("bold", ())
    return [
        [
            bold(escape(cell)) if (row, column) in strong else escape(cell)
            for column, cell in zip(table.columns, cells, strict=True)
        ]
        for row, cells in enumerate(table.to_numpy().tolist())
    ]


#: Suffix → how a table is written.
WRITERS = {
    ".md": _markdown,
    ".tex": as_latex,
    ".csv": lambda table: table_as_csv(table).decode(),
}
