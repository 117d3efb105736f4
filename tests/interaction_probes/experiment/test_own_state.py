"""What a method of a user's own keeps outside its parameters: resumed, or refused in a line."""

import json
import random
from dataclasses import replace

import numpy as np
import pytest
import ranks_of_stateful_methods
import torch
from stopping import Interrupted, content, stop_after
from three_images import as_many_as_needed

from interaction_probes.experiment.loading import load_model
from interaction_probes.experiment.runner import run
from interaction_probes.settings.registry import METHODS, find_method
from interaction_probes.storage.run_folder import RunFolder

CPU = torch.device("cpu")


@pytest.fixture
def three_epochs(brief):
    """A run that is stopped after its second of three epochs."""
    return replace(brief, optim=replace(brief.optim, epochs=3))


@pytest.mark.parametrize(
    "method",
    [
        "stateful_methods:Counting",
        "stateful_methods:Queueing",
        "stateful_methods:Drawing",
        "stateful_methods:Remembering",
        "stateful_methods:OwnOptimizer",
        "unsavable_methods:Restoring",
    ],
)
def test_what_a_method_keeps_goes_on(three_epochs, tmp_path, method):
    config = replace(three_epochs, method=method)
    whole = run(config, tmp_path / "whole", CPU)
    with pytest.raises(Interrupted):
        run(config, tmp_path / "parts", CPU, stop_after(2))
    parts = run(config, tmp_path / "parts", CPU)
    assert content(parts) == content(whole)
    assert (parts.path / "checkpoint.pt").read_bytes() == (
        whole.path / "checkpoint.pt"
    ).read_bytes()


def test_a_number_that_no_seed_repeats_is_saved(three_epochs, tmp_path):
    config = replace(three_epochs, method="stateful_methods:Entropy")
    with pytest.raises(Interrupted):
        run(config, tmp_path, CPU, stop_after(1))
    [path] = tmp_path.iterdir()
    factor = load_model(path, CPU)[1].factor
    assert load_model(run(config, tmp_path, CPU).path, CPU)[1].factor == factor


def test_a_loaded_model_has_what_it_keeps(brief, tmp_path):
    folder = run(replace(brief, method="stateful_methods:Counting"), tmp_path, CPU)
    steps = brief.optim.epochs * (brief.n_pairs // brief.optim.batch)
    assert load_model(folder.path, CPU)[1].steps == steps


def refused(config, out, words):
    """The run ends in one line; its last good checkpoint stays, for when the method is mended."""
    with pytest.raises(ValueError, match=words) as caught:
        run(config, out, CPU)
    assert "\n" not in str(caught.value)
    [path] = out.iterdir()
    assert RunFolder(path).load_checkpoint()["epoch"] == 0


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "Unsavable",
            r"Unsavable keeps memory \(an unsavable_methods\.Memory\), which a checkpoint",
        ),
        ("Teacher", r"Teacher keeps teacher \(a torch\.nn\.modules\.linear\.Linear\)"),
        ("Iterating", r"Iterating keeps schedule \(a generator\)"),
        ("OfTheClass", r"OfTheClass\.steps changes during training.*keep it on self"),
        ("OfADefault", r"OfADefault\.weight changes during training.*keep it on self"),
        ("OfAFunction", r"OfAFunction\.weight changes during training.*keep it on self"),
        ("Viewing", r"Viewing keeps first \(a tensor that shares its memory with another\)"),
        ("ArrayView", r"ArrayView keeps first \(an array that shares its memory with another\)"),
        ("Alias", r"Alias keeps alias \(a tensor that shares its memory with another\)"),
        ("Hooked", r"Hooked keeps values of its hooks, which a checkpoint cannot hold"),
        ("OfTheFile", r"unsavable_methods\.calls changes during training.*keep it on self"),
    ],
)
def test_what_would_be_lost_is_refused_at_the_first_epoch(brief, tmp_path, name, words):
    refused(replace(brief, method=f"unsavable_methods:{name}"), tmp_path, words)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Growing", r"cannot be read back: queue has the shape \[\d+\], and \[1\] in a fresh"),
        ("Late", r"cannot be read back: a fresh method has no scale of shape \[3\]"),
        ("Forgetting", r"cannot be read back: _extra_state comes back changed"),
    ],
)
def test_what_cannot_be_read_back_is_refused_at_the_first_epoch(brief, tmp_path, name, words):
    refused(replace(brief, method=f"unreadable_methods:{name}"), tmp_path, words)


def test_a_number_of_numpy_is_refused_before_anything_is_trained(brief, tmp_path):
    config = replace(brief, method="unreadable_methods:NumpyNumber")
    words = r"could not be read back: get_extra_state of the method returns a numpy\.float64; "
    with pytest.raises(ValueError, match=words):
        run(config, tmp_path, CPU, lambda p: pytest.fail(p.line))
    [path] = tmp_path.iterdir()
    assert not (path / "checkpoint.pt").exists()


@pytest.mark.parametrize("name", ["Constant", "Excused"])
def test_what_never_changes_or_may_be_lost_is_not_refused(brief, tmp_path, name):
    folder = run(replace(brief, method=f"unsavable_methods:{name}"), tmp_path, CPU)
    assert folder.read_json("run.json")["status"] == "finished"
    assert "attributes" not in folder.load_checkpoint()


@pytest.mark.parametrize("method", METHODS)
def test_the_methods_of_the_toolkit_keep_nothing_outside(brief, tmp_path, method):
    optim = replace(brief.optim, epochs=find_method(method).phases)
    config = replace(brief, method=method, optim=optim)
    config = as_many_as_needed(config)
    assert "attributes" not in run(config, tmp_path, CPU).load_checkpoint()


def test_global_states_are_the_callers_own_again(brief, tmp_path):
    states = np.random.get_state()[1].tolist(), random.getstate()
    run(replace(brief, method="stateful_methods:Drawing"), tmp_path, CPU)
    assert (np.random.get_state()[1].tolist(), random.getstate()) == states


def test_a_term_without_weight_changes_nothing_that_is_kept(brief, tmp_path):
    """Its value is logged once an epoch, which a counter must not count."""
    config = replace(brief, method="stateful_methods:Counting", weights={"pairs": 0.0})
    folder = run(config, tmp_path, CPU)
    steps = brief.optim.epochs * (brief.n_pairs // brief.optim.batch)
    assert load_model(folder.path, CPU)[1].steps == steps


def test_what_differs_between_ranks_is_refused_on_every_rank(in_two_processes, tmp_path):
    """Rank 0 alone writes checkpoints."""
    kept = {
        "PerRank": "queue",
        "PerRankBuffer": "queue",
        "PerRankTeacher": "teacher",
        "PerRankExtra": "_extra_state",
        "NameOfOneRank": "not all have queue",
    }
    same = ["OnAllRanks", "GatheredBuffer"]
    in_two_processes(ranks_of_stateful_methods.__file__, tmp_path, *same, *kept)
    for rank in range(2):
        told = json.loads((tmp_path / f"{rank}.json").read_text())
        assert [told[name] for name in same] == ["done", "done"]
        for name, value in kept.items():
            assert told[name].startswith(f"{name} keeps other values on every rank ({value})")
