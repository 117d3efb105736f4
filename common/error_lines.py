"""An error of another library in a line."""


def first_line(error: Exception, wordless: str = "") -> str:
    """The first line of what an error says.

    Args:
        error: the error.
        wordless: what stands for one that says nothing; its class by default.
    """
    return next(iter(str(error).splitlines()), wordless or type(error).__name__)
