"""AdamW as torch has it, without the import of its compiler."""

import inspect

import torch

#: Methods that import the compiler when they are first called.
UNWRAPPED = ("add_param_group", "load_state_dict", "state_dict", "step", "zero_grad")


class AdamW(torch.optim.AdamW):
    """torch's AdamW without the decorators that are there for torch.compile.

    They import ``torch._dynamo`` at the first call: 1.6 s and 70 MB of every process (torch 2.13,
    two cores), and nothing is compiled here. torch has no public switch: `Optimizer.__init__`
    itself calls a decorated method. Where a version of torch has no such decorators, these are
    torch's own methods.
    """


for _name in UNWRAPPED:
    setattr(AdamW, _name, inspect.unwrap(getattr(torch.optim.AdamW, _name)))
# One of the decorators of step switches gradients off.
AdamW.step = torch.no_grad()(AdamW.step)  # type: ignore[method-assign]
