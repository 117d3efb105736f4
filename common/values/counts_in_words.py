"""How many values cannot be used, in words."""


def missing_count(number: int) -> str:
    """How many values are missing, in words.

    >>> missing_count(1), missing_count(2)
    ('1 missing value', '2 missing values')
    """
    return f"{number} missing value{'' if number == 1 else 's'}"


def unusable_count(number: int) -> str:
    """How many values are no finite numbers, in words.

    >>> unusable_count(1), unusable_count(2)
    ('1 value that is missing or not finite', '2 values that are missing or not finite')
    """
    kind = "value that is" if number == 1 else "values that are"
    return f"{number} {kind} missing or not finite"
