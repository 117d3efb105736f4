"""Which of the finished runs of one training lends its checkpoint to other controls."""

from some_runs import write

from interaction_probes.settings.fields import with_fields
from interaction_probes.storage.reuse import find_reusable
from trifeature import GENERATOR_VERSION


def test_a_run_of_another_generator_lends_nothing_and_hides_none_that_does(tmp_path, smoke):
    def finished(number, controls, generator):
        path = tmp_path / f"{number}-{smoke.preset}-{smoke.pairs}-s{smoke.seed}-x"
        status = {"status": "finished", "versions": {"generator": generator}}
        write(path, with_fields(smoke, {"probe.controls": controls}), status)
        (path / "checkpoint.pt").touch()
        return path

    finished(1, "mlp", GENERATOR_VERSION - 1)
    wanted = with_fields(smoke, {"probe.controls": "shuffled"})
    assert find_reusable(wanted, tmp_path) is None
    current = finished(2, "bilinear", GENERATOR_VERSION)
    found = find_reusable(wanted, tmp_path)
    assert found is not None
    assert found.path == current
