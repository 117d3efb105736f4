"""Do the unfinished runs of an experiment: where one fails, the command ends before its table."""

import sys
from collections.abc import Sequence
from pathlib import Path

from interaction_probes.execution.backends import worker_pool
from interaction_probes.execution.sweep_executor import ExecutionSettings, execute_runs
from interaction_probes.experiment.runner import folder_name
from interaction_probes.settings.config import RunConfig
from interaction_probes.storage.run_folder import state_of


def finish(configs: Sequence[RunConfig], out: Path, processes: int) -> None:
    """Execute the unfinished ones of some runs, a thread each.

    Args:
        configs: the runs.
        out: folder of the runs.
        processes: how many at a time.

    Raises:
        SystemExit: as :func:`execute`.
    """
    pending = [c for c in configs if state_of(out / folder_name(c)).name != "finished"]
    if pending:
        with worker_pool(processes, None):
            # an equal share of the progress bar each
            execute(ExecutionSettings(out, "cpu", 1, None, None), pending, [1.0] * len(pending))


def execute(
    settings: ExecutionSettings, configs: Sequence[RunConfig], seconds: Sequence[float]
) -> None:
    """Execute runs, and end the command with exit code 1 where one of them is unfinished then.

    Args:
        settings: where they are executed and saved.
        configs: the runs.
        seconds: expected duration of each.

    Raises:
        SystemExit: a run failed, or another process has it locked.
    """
    if failed := sum(execute_runs(settings, configs, seconds)):
        print(f"error: {failed} runs are unfinished; repeat the command", file=sys.stderr)
        sys.exit(1)
