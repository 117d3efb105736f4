"""Modalities of any kind as arrays: gathered by rows, and augmented, or whole for encoding.

Arrays may be memory maps: only the rows of a batch are read, in the order of the file.
"""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from interaction_probes.contrast.distributed import local_shard
from interaction_probes.contrast.encoders.inputs import (
    InputConfig,
    InputEncoderConfig,
    KindName,
)
from interaction_probes.contrast.encoders.sequences import join_valid
from interaction_probes.contrast.method import Method
from interaction_probes.contrast.views.augment import augment, eval_transform
from interaction_probes.contrast.views.config import ViewConfig
from interaction_probes.contrast.views.noise import NoiseConfig, NoiseStreams, augment_values
from interaction_probes.runtime.torch_streams import torch_stream

from .memory_maps import only_rows
from .sources import Source, checked_views


class Modality(Protocol):
    """One modality of N samples, as of :mod:`interaction_probes.datasets`."""

    @property
    def name(self) -> str:
        """Its name, for messages."""

    @property
    def kind(self) -> KindName:
        """What it is: vectors, sequences or images."""

    @property
    def values(self) -> np.ndarray:
        """[N, d], [N, T, d] or [N, h, w, c]: an array or a memory map.

        Images are uint8 in 0..255 or floating point in [0, 1].
        """

    @property
    def lengths(self) -> np.ndarray | None:
        """Of sequences int64 [N], the valid steps, which come first; None where all are."""


def describe(
    modality: Modality,
    encoder: InputEncoderConfig | None = None,
    noise: NoiseConfig | None = None,
) -> InputConfig:
    """The description of a modality that a model is built from.

    Args:
        modality: arrays.
        encoder: of vectors and sequences; the kind's default where none is given.
        noise: their augmentation; the default where none is given.

    Raises:
        ValueError: a shape that is not of the kind, or lengths that are not 1 to T.
    """
    values, lengths = modality.values, modality.lengths
    try:
        described = InputConfig(
            modality.kind,
            tuple(int(size) for size in values.shape[1:]),
            lengths is not None,
            encoder or InputEncoderConfig(),
            noise or NoiseConfig(),
        )
    except ValueError as error:
        raise ValueError(f"modality {modality.name}: {error}") from error
    if lengths is not None:
        lengths = np.asarray(lengths)
        if lengths.shape != (len(values),) or not np.issubdtype(lengths.dtype, np.integer):
            raise ValueError(
                f"modality {modality.name}: lengths are whole numbers [{len(values)}], not "
                f"{lengths.dtype} {[*lengths.shape]}"
            )
        wrong = np.flatnonzero((lengths < 1) | (lengths > values.shape[1]))
        if len(wrong):
            raise ValueError(
                f"modality {modality.name}: lengths are 1 to {values.shape[1]}, and row {wrong[0]} "
                f"has {lengths[wrong[0]]}"
            )
    return described


def check_modalities(method: Method, modalities: Sequence[Modality]) -> int:
    """How many samples there are of modalities that a method was built for.

    Raises:
        ValueError: other kinds or shapes than the method's, or numbers of samples that differ.
    """
    if len(modalities) != method.modalities:
        raise ValueError(f"the method has {method.modalities} modalities, not {len(modalities)}")
    for m, modality in enumerate(modalities):
        wanted, found = method.config.described(m), describe(modality)
        fixed = found.kind, found.padded, () if found.kind == "images" else found.shape
        if fixed != (wanted.kind, wanted.padded, () if wanted.kind == "images" else wanted.shape):
            raise ValueError(
                f"modality {modality.name} is {_words(found)}, and the method was built for "
                f"{_words(wanted)}"
            )
    counts = {modality.name: len(modality.values) for modality in modalities}
    if len(set(counts.values())) > 1:
        listed = ", ".join(f"{name} {count}" for name, count in counts.items())
        raise ValueError(f"modalities have equally many samples, not {listed}")
    return next(iter(counts.values()))


def _words(described: InputConfig) -> str:
    padded = " of several lengths" if described.padded else ""
    return f"{described.kind}{padded} {[*described.shape]}"


def gather(array: np.ndarray, rows: np.ndarray) -> Tensor:
    """Rows of an array or of a memory map, read in the order of the file: [len(rows), …]."""
    order = np.argsort(rows, kind="stable")
    part = np.empty((len(rows), *array.shape[1:]), array.dtype)
    with only_rows(array, rows[order]):
        part[order] = array[rows[order]]
    return torch.from_numpy(part)


def gather_lengths(modality: Modality, rows: np.ndarray) -> Tensor | None:
    """The lengths of some rows: int64, on the CPU; None where no step is padded."""
    if modality.lengths is None:
        return None
    return torch.from_numpy(np.asarray(modality.lengths)[rows].astype(np.int64))


def valid_steps(lengths: Tensor | None, steps: int) -> Tensor | None:
    """Which steps are valid: bool [n, steps]; None where no step is padded."""
    return None if lengths is None else torch.arange(steps) < lengths[:, None]


def as_images(values: Tensor) -> Tensor:
    """[n, h, w, 1 or 3] → [n, 3, h, w]; grey images have three equal channels."""
    return values.permute(0, 3, 1, 2).expand(-1, 3, -1, -1).contiguous()


def plain_inputs(method: Method, modality: int, given: Modality, rows: np.ndarray) -> Tensor:
    """Some samples of a modality as a method's `encode` reads them, without augmentation."""
    values = gather(given.values, rows)
    if given.kind == "images":
        return eval_transform(as_images(values), method.config.size)
    lengths = gather_lengths(given, rows)
    return join_valid(values.float(), valid_steps(lengths, values.shape[1]))


class ModalitySource(Source):
    """Samples of n modalities, each an array of vectors, sequences or images.

    Every modality has random streams of its own, and noise and dropped steps have too. The rows of
    a next batch are read by a thread during the step before it, so that no step waits for a disk.

    Args:
        method: the model, on its device, which was built for these modalities.
        modalities: arrays of all samples.
        rows: int64 [N], the samples that are trained on; all where none are given.
        views: strengths of the augmentation of images.

    Raises:
        ValueError: modalities that the method was not built for, numbers of samples that differ,
            or rows that do not exist.
    """

    def __init__(
        self,
        method: Method,
        modalities: Sequence[Modality],
        rows: np.ndarray | None,
        views: ViewConfig,
    ) -> None:
        samples = check_modalities(method, modalities)
        self.rows = np.arange(samples) if rows is None else np.asarray(rows)
        if len(self.rows) and not 0 <= self.rows.min() <= self.rows.max() < samples:
            raise ValueError(
                f"rows are 0 to {samples - 1}, not {self.rows.min()} to {self.rows.max()}"
            )
        self.modalities = modalities
        self.n_views, self.size = method.n_views, method.config.size
        self.image_views = checked_views(method, views)
        described = [method.config.described(m) for m in range(method.modalities)]
        self.described = [replace(d, noise=method.noise_views(d.noise)) for d in described]
        self.device = next((p.device for p in method.parameters()), torch.device("cpu"))
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="rows of the next batch")
        self._next: tuple[Tensor, Future[list[Tensor]]] | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def streams(self, seed: int, epoch: int) -> list[NoiseStreams | torch.Generator]:
        return [
            torch_stream(seed, "augmentation", epoch, m)
            if described.kind == "images"
            else NoiseStreams(
                torch_stream(seed, "noise", epoch, m), torch_stream(seed, "drop", epoch, m)
            )
            for m, described in enumerate(self.described)
        ]

    def views(
        self,
        rows: Tensor,
        streams: Sequence[NoiseStreams | torch.Generator],
        dtype: torch.dtype,
    ) -> list[Tensor]:
        own, values = self._own(rows), self._values(rows)
        return [
            self._views(m, own, values[m], len(rows), stream, dtype).unflatten(
                0, (self.n_views, -1)
            )
            for m, stream in enumerate(streams)
        ]

    def prepare(self, rows: Tensor) -> None:
        self._next = rows, self._reader.submit(self._gather, self._own(rows))

    def _own(self, rows: Tensor) -> np.ndarray:
        """Which rows of the arrays are this process's share of a batch."""
        return self.rows[rows[local_shard(len(rows))].numpy()]

    def _values(self, rows: Tensor) -> list[Tensor]:
        """This process's rows of a batch, per modality."""
        prepared, self._next = self._next, None
        if prepared is not None and torch.equal(prepared[0], rows):
            return prepared[1].result()
        return self._gather(self._own(rows))

    def _gather(self, own: np.ndarray) -> list[Tensor]:
        return [gather(modality.values, own) for modality in self.modalities]

    def _views(
        self,
        modality: int,
        own: np.ndarray,
        values: Tensor,
        batch: int,
        stream: NoiseStreams | torch.Generator,
        dtype: torch.dtype,
    ) -> Tensor:
        """The views of one modality, one view of all samples after another."""
        given, n = self.modalities[modality], self.n_views
        whole, shard = batch * n, local_shard(batch, n)
        values = values.to(self.device, non_blocking=True)
        if isinstance(stream, torch.Generator):
            images = as_images(values).repeat(n, 1, 1, 1)
            return augment(images, self.image_views, stream, self.size, dtype, whole, shard)
        repeated = values.float().repeat(n, *[1] * (values.ndim - 1))
        lengths = gather_lengths(given, own)
        if lengths is not None:
            lengths = lengths.repeat(n)
        noise = self.described[modality].noise
        views = augment_values(repeated, noise, stream, lengths, whole, shard)
        valid = valid_steps(lengths, values.shape[1])
        return join_valid(views, None if valid is None else valid.to(self.device))
