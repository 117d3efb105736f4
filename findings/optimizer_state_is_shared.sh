#!/usr/bin/env bash
# torch 2.13.0: `optimizer.load_state_dict(other.state_dict())` shares the moments of `other`, where
# `module.load_state_dict(other.state_dict())` copies. Two optimisers then write into one momentum:
# branches of a training that start from one state in memory (two cooldowns of one run, say) change
# each other, and what comes out depends on the order in which they take their steps. Nothing warns.
#
# Seen here: with SGD, AdamW and Muon the branch that is trained beside another ends elsewhere than
# the same branch alone; through a deep copy it ends with the same bytes. AdamW's count
# of steps is shared, too, so its bias correction is also that of the steps of both.
# Who branches a training in memory deep-copies the state first.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
OMP_NUM_THREADS=1 "$folder/env/bin/python" - <<'PY'
import copy

import torch

BATCHES = torch.randn(30, 16, 6, generator=torch.Generator().manual_seed(0))
KINDS = {
    "SGD": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9),
    "AdamW": lambda p: torch.optim.AdamW(p, lr=0.01),
    "Muon": lambda p: torch.optim.Muon(p, lr=0.01),
}


def step(layer, optimizer, batch):
    optimizer.zero_grad()
    (layer(batch) - batch.flip(1)).square().mean().backward()
    optimizer.step()


def trunk(kind):
    torch.manual_seed(0)
    layer = torch.nn.Linear(6, 6, bias=False)
    optimizer = kind(layer.parameters())
    for batch in BATCHES[:10]:
        step(layer, optimizer, batch)
    return layer, optimizer


def branch(layer, optimizer, kind, hand_over):
    own = torch.nn.Linear(6, 6, bias=False)
    own.load_state_dict(layer.state_dict())
    state = kind(own.parameters())
    state.load_state_dict(hand_over(optimizer.state_dict()))
    return own, state


def end_of_first(kind, hand_over, beside):
    """The weights of one branch, alone or while a second one is trained in turn with it."""
    whole = trunk(kind)
    first, second = (branch(*whole, kind, hand_over) for _ in range(2))
    shared = {
        name: value.data_ptr() == second[1].state[second[0].weight][name].data_ptr()
        for name, value in first[1].state[first[0].weight].items()
        if torch.is_tensor(value)
    }
    for k in range(10):
        step(*first, BATCHES[10 + k])
        if beside:
            step(*second, BATCHES[20 + k])
    return first[0].weight.detach(), shared


for name, kind in KINDS.items():
    alone, shared = end_of_first(kind, lambda state: state, beside=False)
    beside, _ = end_of_first(kind, lambda state: state, beside=True)
    copied, apart = end_of_first(kind, copy.deepcopy, beside=True)
    far = float((alone - beside).abs().max())
    print(f"torch {torch.__version__}, {name}: shared {shared}, the branch ends {far:.4f} elsewhere")
    assert all(shared.values()), f"{name}: {shared}: loading copies now"
    assert not torch.equal(alone, beside), f"{name}: branches do not change each other now"
    assert torch.equal(alone, copied), f"{name}: a deep copy is not enough"
    assert not any(apart.values())
PY
