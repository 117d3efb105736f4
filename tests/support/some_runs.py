"""Folders of runs as `collect` finds them: finished, half done, failed and damaged."""

from interaction_probes.analysis.schema import Measurement, RunIdentity
from interaction_probes.settings.config import to_dict
from interaction_probes.settings.fields import with_fields
from interaction_probes.storage.run_folder import RunFolder

STATUS = {
    "status": "finished",
    "seconds": 12.5,
    "device": "cpu",
    "threads": 1,
    "parameters": 99,
    "commit": "abc",
    "versions": {"torch": "2.6", "generator": 1},
}
ROWS = [(0, "R", "exact", "bits", 2.0), (1, "S", "linear", "auc", 0.1 + 0.2)]


def write(path, config, status=STATUS):
    path.mkdir(parents=True)
    folder = RunFolder(path)
    folder.write_json("config.json", to_dict(config))
    folder.write_json("run.json", status)
    identity = RunIdentity(config.method, config.preset, config.pairs, config.seed)
    folder.write_metrics(identity, [Measurement(*row) for row in ROWS])


def some_runs(tmp_path, smoke):
    """Three finished runs, and four that are not."""
    root = tmp_path / "runs"
    write(root / "a", smoke)
    write(root / "b", with_fields(smoke, {"optim.lr": "0.5", "design.mapping_strength": "0.25"}))
    ablated = with_fields(smoke, {"probe.controls": "mlp"})
    write(root / "deeper" / "c", type(smoke)(**{**vars(ablated), "weights": {"views": 0.0}}))
    write(root / "half", smoke, {"status": "running", "epoch": 1})
    write(root / "damaged", smoke)
    (root / "damaged" / "metrics.csv").write_text("nothing")
    (root / "failed").mkdir()
    (root / "failed" / "failure.json").write_text('{"reason": "out of memory"}')
    write(root / "headless", smoke)
    (root / "headless" / "config.json").unlink()
    return root
