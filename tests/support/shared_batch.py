"""What a layer and a gather give on a batch, alone or with the batch shared among processes."""

import sys
from unittest import mock

import torch
import torch.distributed as dist
from torch import nn

from interaction_probes.contrast import row_blocks
from interaction_probes.contrast.distributed import average, gather, local_shard, rank, world_size
from interaction_probes.contrast.heads import project_groups, projection_head
from interaction_probes.contrast.losses import nce
from interaction_probes.contrast.sync_batchnorm import synchronise

SHAPES = {
    "1d": (nn.BatchNorm1d, (8, 3)),
    "1d of sequences": (nn.BatchNorm1d, (8, 3, 5)),
    "2d": (nn.BatchNorm2d, (8, 3, 4, 2)),
    "3d": (nn.BatchNorm3d, (8, 3, 2, 3, 2)),
}
SETTINGS = {
    "default": {},
    "plain": {"affine": False},
    "no running statistics": {"track_running_stats": False},
    "mean of all": {"momentum": None},
}


def seeded(seed, *shape, dtype=torch.float64):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def observed(module, x, weight):
    """Outputs, gradients and buffers of two training steps' forward passes and one backward."""
    module = module.to(x.dtype).train()
    if world_size() > 1:
        synchronise(module)
    own = local_shard(len(x))
    inputs = x[own].clone().requires_grad_()
    module(inputs.detach() * 3 + 1)
    out = module(inputs)
    (out * weight[own]).sum().backward()
    gradients = [p.grad for p in module.parameters()]
    average(gradients)
    # A sum over samples is the mean over processes of sums that are so many times as large.
    found = {"out": gather(out.detach()), "input": gather(inputs.grad)}
    found |= {f"gradient {k}": g * world_size() for k, g in enumerate(gradients)}
    found |= {name: buffer.clone() for name, buffer in module.named_buffers()}
    module.eval()
    return found | {"eval": module(x).detach()}


def layers():
    found = {}
    for shape_name, (kind, shape) in SHAPES.items():
        for name, settings in SETTINGS.items():
            torch.manual_seed(0)
            layer = kind(3, **settings)
            for p in layer.parameters():
                nn.init.normal_(p)
            x, weight = seeded(1, *shape) + 2, seeded(2, *shape)
            found[f"{shape_name}, {name}"] = observed(layer, x, weight)
    torch.manual_seed(0)
    # torch's own keeps its moments in float32 there, too
    rough = nn.BatchNorm2d(3)
    x = (seeded(1, 8, 3, 4, 4) + 2).bfloat16()
    own = local_shard(8)
    if world_size() > 1:
        synchronise(rough)
    out = rough(x[own].contiguous(memory_format=torch.channels_last))
    found["bfloat16"] = {"out": gather(out.detach()), "mean": rough.running_mean.clone()}
    return found


class Heads(nn.Module):
    """A head on two groups of rows, as losses use it."""

    def __init__(self):
        super().__init__()
        self.head = projection_head((3, 4, 4, 2))

    def forward(self, x):
        return project_groups(self.head, torch.stack([x, x.square()])).transpose(0, 1)


def heads():
    torch.manual_seed(0)
    return {"head": observed(Heads(), seeded(3, 8, 3), seeded(4, 8, 2, 2))}


def gathers():
    """For two processes whose losses weigh the rows of all in ways of their own."""
    weights = torch.stack([seeded(5, 2, 6), seeded(6, 2, 6)])
    found = {}
    for name, dtype in (("fine", torch.float64), ("bfloat16", torch.bfloat16)):
        x = seeded(7, 2, 6).to(dtype)
        if world_size() == 1:
            gathered = x.clone().requires_grad_()
            (gathered * weights.mean(0)).sum().backward()
            found[name] = {"whole": gathered.detach(), "gradient": gathered.grad}
            continue
        own = x[:, local_shard(6)].clone().requires_grad_()
        whole = gather(own, dim=1)
        (whole * weights[rank()]).sum().backward()
        found[name] = {"whole": whole.detach(), "gradient": gather(own.grad, 1) / world_size()}
    labels = torch.arange(6)
    found["labels"] = {"whole": gather(labels[local_shard(6)])}
    return found


def losses():
    """InfoNCE of the whole batch: shared in blocks of 5 of the 12 rows, alone at once.

    Blocks are kept and not computed anew: torch would import its compiler for that, seconds of
    either process, and test_blocks.py tests it in one.
    """
    x = seeded(8, 2, 6, 3)
    own = x[:, local_shard(6)].clone().requires_grad_()
    entries = 5 * 12 if world_size() > 1 else row_blocks.ENTRIES
    kept = mock.patch.object(row_blocks, "checkpoint", lambda compute, *of, **_: compute(*of))
    with mock.patch.object(row_blocks, "ENTRIES", entries), kept:
        loss = nce(*gather(own, dim=1))
        loss.backward()
    return {"loss": {"value": loss.detach(), "gradient": gather(own.grad, 1) / world_size()}}


def means():
    mixed = [torch.ones(2, 2), torch.ones(3, dtype=torch.float64), torch.zeros(())]
    for k, tensor in enumerate(mixed):
        tensor += k + 2 * rank() - (world_size() - 1)
    mixed[0] = mixed[0].T
    average(mixed)
    return {"means": dict(enumerate(mixed))}


def everything():
    return {**layers(), **heads(), **gathers(), **losses(), **means()}


def refusal():
    """What odd batches are answered with."""
    try:
        local_shard(7)
    except ValueError as error:
        return str(error)
    return ""


if __name__ == "__main__":
    torch.set_num_threads(1)
    dist.init_process_group("gloo")
    torch.save((everything(), refusal()), f"{sys.argv[1]}/{rank()}.pt")
    dist.destroy_process_group()
