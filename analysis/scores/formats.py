"""How a table of scores is written: Markdown, LaTeX, CSV.

Tables are of text cells; notes that stand below them are in ``table.attrs["notes"]``.
"""

import pandas as pd

from interaction_probes.common.writing import as_csv

#: What marks a cell that has a note below the table.
MARKS = "†‡§¶"
_TEX_MARKS = {"†": r"$^{\dagger}$", "‡": r"$^{\ddagger}$", "§": r"$^{\S}$", "¶": r"$^{\P}$"}


def _markdown(table: pd.DataFrame) -> str:
    rows = [list(table.columns), ["---"] * len(table.columns), *table.to_numpy().tolist()]
    lines = [f"| {' | '.join(row)} |\n" for row in rows]
    below = table.attrs["notes"]
    return "".join([*lines, f"\n{'; '.join(below)}\n" if below else ""])


def _latex(table: pd.DataFrame) -> str:
    """For the package booktabs."""
    signs = {"±": "$\\pm$", "−": "$-$", "–": "--"} | _TEX_MARKS
    escape = str.maketrans({c: f"\\{c}" for c in "&%#_$"} | signs)
    rows: list[list[str]] = [list(table.columns), *table.to_numpy().tolist()]
    head, *body = [" & ".join(cell.translate(escape) for cell in row) + r" \\" for row in rows]
    columns = "l" * len(table.columns)
    parts = [rf"\begin{{tabular}}{{{columns}}}", r"\toprule", head, r"\midrule", *body]
    parts += [r"\bottomrule", r"\end{tabular}"]
    below = "; ".join(table.attrs["notes"]).translate(escape)
    return "\n".join([*parts, *([rf"\par{{\footnotesize {below}}}"] if below else [])]) + "\n"


#: Suffix → how a table is written.
WRITERS = {
    ".md": _markdown,
    ".tex": _latex,
    ".csv": lambda table: as_csv(list(table.columns), table.to_numpy().tolist()).decode(),
}
