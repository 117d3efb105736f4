"""Two processes that train methods with state of their own: what each run says."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import torch

from interaction_probes.contrast.distributed import rank
from interaction_probes.experiment.runner import run
from interaction_probes.runtime.distributed import process_group
from interaction_probes.settings.presets import PRESETS

if __name__ == "__main__":
    torch.set_num_threads(1)
    out = Path(sys.argv[1])
    smoke = PRESETS["smoke"]
    told = {}
    with process_group(torch.device("cpu")):
        for name in sys.argv[2:]:
            config = replace(
                smoke,
                method=f"methods_of_ranks:{name}",
                images=replace(smoke.images, renders=1),
                n_pairs=100,
                optim=replace(smoke.optim, epochs=1, precision="fp32"),
                probe=replace(smoke.probe, strengths=(0.1,), controls=()),
            )
            try:
                run(config, out, torch.device("cpu"))
                told[name] = "done"
            except ValueError as error:
                told[name] = str(error)
        (out / f"{rank()}.json").write_text(json.dumps(told))
