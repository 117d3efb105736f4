"""Runs that are stopped after an epoch, and what they leave."""

TABLES = ("metrics.csv", "losses.csv", "dynamics.csv", "confusion.csv", "representation.csv")


class Interrupted(Exception):
    """A stop that no code of the toolkit expects."""


def stop_after(epoch):
    """A report of progress that stops the run when an epoch has ended."""

    def report(progress):
        if progress.epoch == epoch and progress.line:
            raise Interrupted

    return report


def content(folder):
    """The bytes of a run's tables."""
    return {name: (folder.path / name).read_bytes() for name in TABLES}
