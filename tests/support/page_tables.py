"""Tables of a page in Markdown, cell by cell, and numbers as pages write them."""

from decimal import ROUND_HALF_UP, Decimal


def cells_of(page, heading):
    """The cells of the rows of the one table whose first line begins with a heading."""
    [table] = [part for part in page.split("\n\n") if part.startswith(heading)]
    _, _, *lines = table.strip().splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def written(value, places=1, signed=False):
    """A number as a page writes it: halves are rounded up, and of three places no 0 leads."""
    step = Decimal(1).scaleb(-places)
    text = str(Decimal(str(round(value, 6))).quantize(step, ROUND_HALF_UP))
    if signed:
        text = text.removeprefix("-") if Decimal(text) == 0 else f"{Decimal(text):+}"
        text = text.replace("-", "−")
    return text.removeprefix("0") if places == 3 else text


def seeds_of(cell):
    """Seeds as a cell lists them: "20, 1000 to 1002"; an empty one lists none."""
    seeds = []
    for part in cell.split(", ") if cell else ():
        first, _, last = part.partition(" to ")
        seeds += range(int(first), int(last or first) + 1)
    return seeds
