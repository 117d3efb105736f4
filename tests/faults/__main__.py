"""``python -m tests.faults --kills 20 --stops 12``: kills and stops, and what came of them.

From the project's folder, on Linux. It ends with code 1 where a run differed from the undisturbed
one, left a traceback, or left a process.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported
sys.path.insert(0, str(Path(__file__).parents[1] / "support"))  # its tiny method

import torch

from interaction_probes.execution.grid import configs_for_pairs
from interaction_probes.settings.fields import as_options, with_fields
from interaction_probes.settings.presets import find_preset

from . import harness


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=20, help="SIGKILLs at random moments")
    parser.add_argument("--stops", type=int, default=12, help="signals to the command, in turn")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--method", default="tiny_method:Tiny")
    parser.add_argument("--seed", type=int, default=0, help="names the moments")
    parser.add_argument("--forked", action="store_true", help="spare imports and curves")
    options = parser.parse_args()
    torch.set_num_threads(1)
    fields = {"method": options.method, "n_pairs": "100", "optim.epochs": str(options.epochs)}
    fields |= {"images.renders": "1", "probe.strengths": "0.1", "optim.precision": "fp32"}
    fields |= {"probe.every": "2", "probe.controls": "shuffled"}
    configs = configs_for_pairs(with_fields(find_preset("smoke"), fields), "both")
    with tempfile.TemporaryDirectory() as folder:
        out, started = Path(folder), time.perf_counter()
        whole = [harness.do(config, out / "whole") for config in configs]
        span = (time.perf_counter() - started) / len(configs)
        print(f"undisturbed: {span:.1f} s a run of {options.epochs} epochs")

        for after in (False, True):
            place = out / f"writes-{after}"
            tally = harness.kill_at_writes(configs[1], place, whole[1], after)
            moment = "right after" if after else "just before"
            print(
                f"SIGKILL {moment} writes: {tally.deaths} deaths, epochs saved by then "
                f"{tally.epochs}, {tally.torn} with half a file; equal"
            )

        tally = harness.kill_at_random(configs[1], out, whole[1], span, options.kills, options.seed)
        print(
            f"SIGKILL at random moments: {tally.deaths} deaths in {tally.rounds} runs, epochs "
            f"saved by then {tally.epochs}, {tally.torn} with half a file; equal"
        )

        words = as_options(configs[1])
        words[words.index("--pairs") + 1] = "both"
        words += ["--device", "cpu", "--threads", "1"]
        tallies = harness.stop_at_random(
            words, out, out / "whole", span, options.stops, options.seed, not options.forked
        )
        for name, tally in tallies.items():
            if tally.deaths:
                print(
                    f"{name} to the command: {tally.deaths} times, it ended within "
                    f"{max(tally.seconds):.1f} s, its last process within "
                    f"{max(tally.lingering):.1f} s; equal"
                )


if __name__ == "__main__":
    main()
