"""torch's AdamW without the import of torch's compiler."""

import inspect

import torch

#: Methods whose decorators import the compiler at the first call.
UNWRAPPED = ("add_param_group", "load_state_dict", "state_dict", "step", "zero_grad")


class AdamW(torch.optim.AdamW):
    """``torch.optim.AdamW`` without the decorators that serve torch.compile.

    The decorators import ``torch._dynamo`` at the first call, which costs every process 1.6 s and
    70 MB (torch 2.13, two cores), and nothing is compiled here. torch has no public switch:
    `Optimizer.__init__` itself calls a decorated method. In versions of torch without these
    decorators the methods are torch's unchanged.
    """


for _name in UNWRAPPED:
    setattr(AdamW, _name, inspect.unwrap(getattr(torch.optim.AdamW, _name)))
# One of the removed decorators of step disables gradients.
AdamW.step = torch.no_grad()(AdamW.step)  # type: ignore[method-assign]
