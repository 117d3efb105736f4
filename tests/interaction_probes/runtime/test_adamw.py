"""AdamW without decorators gives the bits of torch.optim.AdamW."""

import subprocess
import sys

import pytest
import torch

from interaction_probes.runtime.adamw import UNWRAPPED, AdamW

#: Decorators of torch that change nothing where nothing is compiled, but for gradients in step.
HARMLESS = {
    "_disable_dynamo.<locals>.inner",
    "_use_grad_for_differentiable.<locals>._use_grad",
    # torch adds this one anew to every class of optimisers, so to ours as well
    "Optimizer.profile_hook_step.<locals>.wrapper",
}


@pytest.mark.parametrize("name", UNWRAPPED)
def test_only_known_decorators_are_removed(name):
    """New decorators of a version of torch have to be read before they are removed."""
    method = getattr(torch.optim.AdamW, name)
    while hasattr(method, "__wrapped__"):
        decorator = method.__code__.co_qualname
        assert decorator in HARMLESS, (
            f"torch {torch.__version__} decorates AdamW.{name} with {decorator}, which "
            "interaction_probes.runtime.adamw removes: check that it is harmless"
        )
        method = method.__wrapped__


def trained(kind, fused, steps=6, after=None):
    """Parameters after some steps by an optimizer that is replaced after the second one.

    Args:
        kind: the class of the optimizer.
        fused: whether it is fused.
        steps: how many.
        after: the class of its replacement, which continues from its state; `kind` by default.
    """
    torch.manual_seed(0)
    model, late = torch.nn.Linear(5, 3), torch.nn.Linear(3, 2)
    options = {"lr": 0.1, "weight_decay": 0.2, "fused": fused}
    optimizer = kind(model.parameters(), **options)
    for step in range(steps):
        if step == 2:
            state = optimizer.state_dict()
            optimizer = (after or kind)(model.parameters(), **options)
            optimizer.load_state_dict(state)
        if step == 4:
            optimizer.add_param_group({"params": late.parameters(), "weight_decay": 0.0})
        optimizer.zero_grad()
        late(model(torch.randn(7, 5))).square().sum().backward()
        optimizer.step()
    return [*model.parameters(), *late.parameters()], optimizer.state_dict()


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize(
    ("kind", "after"),
    [(AdamW, AdamW), (AdamW, torch.optim.AdamW), (torch.optim.AdamW, AdamW)],
    ids=["ours", "ours, then torch's", "torch's, then ours"],
)
def test_steps_and_states_equal_torchs(fused, kind, after):
    ours, our_state = trained(kind, fused, after=after)
    torchs, state = trained(torch.optim.AdamW, fused)
    for one, other in zip(ours, torchs, strict=True):
        assert torch.equal(one, other)
        assert one.requires_grad
    assert our_state["param_groups"] == state["param_groups"]
    assert our_state["state"].keys() == state["state"].keys()
    for key, values in state["state"].items():
        assert values.keys() == our_state["state"][key].keys()
        assert all(torch.equal(value, our_state["state"][key][n]) for n, value in values.items())
    start, _ = trained(AdamW, fused, steps=0)
    assert all(not torch.equal(one, before) for one, before in zip(ours, start, strict=True))


def test_a_step_does_not_import_a_compiler():
    code = (
        "import sys, torch; from interaction_probes.runtime.adamw import AdamW; "
        "model = torch.nn.Linear(2, 1); optimizer = AdamW(model.parameters(), fused=True); "
        "optimizer.zero_grad(); model(torch.ones(1, 2)).sum().backward(); optimizer.step(); "
        "optimizer.load_state_dict(optimizer.state_dict()); "
        "print(sorted({'torch._dynamo', 'sympy', 'scipy.linalg'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
