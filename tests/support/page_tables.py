"""Tables of a page in Markdown, cell by cell."""


def cells_of(page, heading):
    """The cells of the rows of the one table whose first line begins with a heading."""
    [table] = [part for part in page.split("\n\n") if part.startswith(heading)]
    _, _, *lines = table.strip().splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
