"""BatchNorm whose statistics are those of the whole batch that several processes share."""

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from .distributed import gather, world_size


class _Synchronised(_BatchNorm):
    """Means and variances of every process's rows, merged; otherwise the class that it stands for.

    ``nn.SyncBatchNorm`` computes on GPUs only. Here the processes exchange their own mean and
    variance of each channel through :func:`~interaction_probes.contrast.distributed.gather`, which
    brings the gradient back; the rest is plain arithmetic, for every device, backend and type. The
    variance of all is the mean of the variances plus the variance of the means.
    """

    def forward(self, input: Tensor) -> Tensor:
        if not self.training or world_size() == 1:
            return super().forward(input)
        self._check_input_dim(input)
        fine = input.to(torch.promote_types(input.dtype, torch.float32))
        own = torch.var_mean(fine, [0, *range(2, input.ndim)], correction=0)
        variances, means = gather(torch.stack(own)[None]).unbind(1)  # [processes, channels] each
        mean = means.mean(0)
        variance = (variances + (means - mean).square()).mean(0)
        self._follow(mean, variance, world_size() * input.numel() // input.shape[1])
        scale = torch.rsqrt(variance + self.eps)
        scale = scale if self.weight is None else scale * self.weight
        shift = -mean * scale
        shift = shift if self.bias is None else shift + self.bias
        channels = [1, -1, *[1] * (input.ndim - 2)]
        normalised = torch.addcmul(shift.view(channels), fine, scale.view(channels))
        return normalised.to(input.dtype)

    @torch.no_grad()
    def _follow(self, mean: Tensor, variance: Tensor, count: int) -> None:
        """Move the running statistics towards those of a batch of `count` values per channel."""
        if self.running_mean is None or self.running_var is None:
            return
        assert self.num_batches_tracked is not None
        self.num_batches_tracked += 1
        rate = self.momentum
        if rate is None:  # the mean over all batches
            rate = 1 / float(self.num_batches_tracked)
        unbiased = variance * (count / max(1, count - 1))
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), rate)
        self.running_var.lerp_(unbiased.to(self.running_var.dtype), rate)


class _Synchronised1d(_Synchronised, nn.BatchNorm1d):
    pass


class _Synchronised2d(_Synchronised, nn.BatchNorm2d):
    pass


class _Synchronised3d(_Synchronised, nn.BatchNorm3d):
    pass


_KINDS: dict[type, type[_Synchronised]] = {
    nn.BatchNorm1d: _Synchronised1d,
    nn.BatchNorm2d: _Synchronised2d,
    nn.BatchNorm3d: _Synchronised3d,
}


def synchronise(module: nn.Module) -> None:
    """Let every BatchNorm of a module take its statistics over all processes, from now on.

    Each stays the object that it was, an instance of its old class, with its parameters, buffers
    and hooks: checkpoints and optimisers see no difference.
    """
    for part in module.modules():
        if type(part) in _KINDS:
            part.__class__ = _KINDS[type(part)]
