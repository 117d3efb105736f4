"""The weight gradient of a convolution over RGB images, without barriers between threads."""

import torch
from torch import nn

#: oneDNN gives each thread whole blocks of this many filters.
_FILTERS_PER_BLOCK = 16


def without_barriers(convolution: nn.Conv2d) -> nn.Conv2d:
    """Compute the weight gradient of a convolution over few channels on one thread.

    In bfloat16 on a CPU with AVX-512, oneDNN divides the filters of such a convolution among the
    threads, and lets them wait for one another at every image, in a loop that never sleeps. Where
    another process uses one of the cores, every wait takes a time slice of that process: a training
    step of .3 s took .4 to 4 s. On one thread the gradient has the same bits, since each filter's
    sum is that of one thread anyway, and takes a seventh longer (1.5 and 1.3 ms for 256 images of
    48 pixels and 32 filters of 4 × 4). Only this gradient is concerned: other layers divide the
    images.

    Args:
        convolution: with 3 input channels; changed in place, and returned.
    """
    convolution.register_forward_hook(_watch)
    return convolution


def _watch(convolution: nn.Module, _: object, output: torch.Tensor) -> None:
    """Set one thread while the backward node of a forward pass is executed."""
    node = output.grad_fn
    if node is None or output.dtype != torch.bfloat16 or output.device.type != "cpu":
        return
    before = 1

    def enter(_: object) -> None:
        nonlocal before
        before = torch.get_num_threads()
        if before > 1 and output_channels % (_FILTERS_PER_BLOCK * before) == 0:
            torch.set_num_threads(1)

    def leave(*_: object) -> None:
        if torch.get_num_threads() != before:
            torch.set_num_threads(before)

    output_channels = output.shape[1]
    node.register_prehook(enter)
    node.register_hook(leave)
