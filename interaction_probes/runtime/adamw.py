"""AdamW as torch has it, without the import of its compiler."""

import inspect

import torch


class AdamW(torch.optim.AdamW):
    """torch's AdamW without the wrapping that is there for torch.compile.

    Its methods import the compiler when they are first called, two seconds and 70 MB of every
    process; nothing is compiled here.
    """

    step = torch.no_grad()(inspect.unwrap(torch.optim.AdamW.step))


for _name in ("add_param_group", "load_state_dict", "state_dict", "zero_grad"):
    setattr(AdamW, _name, inspect.unwrap(getattr(torch.optim.AdamW, _name)))
