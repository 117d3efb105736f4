"""The checksum that a user expects of data of their own."""

import re


def check_expected_checksum(sha256: str, path: str, needs: str) -> None:
    """Refuse what cannot be a checksum, or one of nothing.

    Args:
        sha256: the checksum; empty where none is expected.
        path: what it is of; empty where that is not given.
        needs: the error where it is of nothing.

    Raises:
        ValueError: there is such a mistake.
    """
    if sha256 and not re.fullmatch("[0-9a-f]{64}", sha256):
        raise ValueError(f"a sha256 is 64 hexadecimal digits, not {sha256!r}")
    if sha256 and not path:
        raise ValueError(needs)
