"""The cases of bench.py: each returns a row with the toolkit's time and its reference's."""

import statistics
import time
from dataclasses import dataclass, replace

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from benchmarks.reference.comm import ReferenceCoMM
from benchmarks.reference.probes import reference_probe, seconds_to_encode
from benchmarks.reference.render import reference_render
from benchmarks.reference.views import reference_view
from benchmarks.speed.measure import count_flops, matmul_rate, median_seconds
from benchmarks.speed.ratios import Row
from interaction_probes.common.streams import stream
from interaction_probes.contrast.method import Batch
from interaction_probes.contrast.views.augment import augment
from interaction_probes.contrast.views.config import ViewConfig
from interaction_probes.execution.estimate import step_seconds
from interaction_probes.experiment.evaluation.epoch import probe_epoch
from interaction_probes.experiment.evaluation.representations import pixels, represent
from interaction_probes.experiment.initialisation import initialise
from interaction_probes.probing.splits import stratified_split
from interaction_probes.runtime.precision import autocast, training_dtype
from interaction_probes.runtime.torch_streams import torch_stream
from interaction_probes.settings.config import RunConfig
from interaction_probes.settings.registry import find_method
from interaction_probes.training.loss_terms import compute_terms, term_weights
from interaction_probes.training.optim import optimizer_for
from trifeature import Geometry, ImageDesign, PairedImages, generate_images

CPU = torch.device("cpu")
#: Seconds of the released code at the paper's scale on this class of machine (two Xeon cores with
#: AMX): constants noted once from its own runs, not measured by this command.
RELEASED_STEP, RELEASED_VIEWS, RELEASED_PROBING, RELEASED_EPOCH = 5.8, 0.96, 770.0, 1800.0


@dataclass(frozen=True)
class Workload:
    """How much is measured.

    Attributes:
        config: of the training step, the probing and the epoch.
        small: geometry of the first row of views; the second has the config's.
        n_rendered: images that the reference generator draws.
        n_views: views that Pillow makes.
        n_encoded: pairs that the reference encodes; the time is scaled to all pairs.
        steps: training steps that are timed.
        max_iter: iterations of scikit-learn's solver at most.
        matrix: side of the matrices whose product gives the machine's limit.
        released: whether the constants of the released code apply to this workload.
    """

    config: RunConfig
    small: Geometry
    n_rendered: int = 6
    n_views: int = 64
    n_encoded: int = 100
    steps: int = 3
    max_iter: int = 1_000
    matrix: int = 4096
    released: bool = True


def generator_row(workload: Workload) -> Row:
    """All images of a seed, against one image at a time and one pixel at a time."""
    design = workload.config.images
    sets = generate_images(design, seed=0)
    n = sum(len(images) for images in sets)
    factors = sets[0].factors[:: len(sets[0]) // workload.n_rendered][: workload.n_rendered]
    rng = np.random.default_rng(0)
    started = time.perf_counter()
    for values in factors.tolist():
        reference_render(tuple(values), design.geometry, rng)
    per_image = (time.perf_counter() - started) / len(factors)
    return Row(
        f"{n} images of {design.geometry.image} pixels",
        "uint8",
        1,
        median_seconds(lambda: generate_images(design, seed=0)),
        per_image * n,
        note=f"reference: {len(factors)} images, scaled to {n}",
    )


def views_row(workload: Workload, geometry: Geometry, n: int, released: float | None) -> Row:
    """Views with the paper's augmentation, against one image at a time by Pillow."""
    design = ImageDesign(geometry, workload.config.images.counts, renders=1)
    images = generate_images(design, seed=0)[0].images
    batch, config = pixels(images[np.arange(n) % len(images)]), ViewConfig()
    dtype = training_dtype(workload.config.optim, CPU)

    def toolkit() -> None:
        augment(batch, config, torch_stream(0, "benchmark"), geometry.image, dtype)

    chosen = images[np.arange(workload.n_views) % len(images)]
    pil_images = [Image.fromarray(image) for image in chosen]
    rng = np.random.default_rng(0)

    def reference() -> None:
        for image in pil_images:
            reference_view(image, config, geometry.image, rng)

    return _with_limit(
        Row(
            f"{n} views of {geometry.image} pixels",
            _precision_name(dtype),
            torch.get_num_threads(),
            median_seconds(toolkit),
            median_seconds(reference, 1) * n / workload.n_views,
            released,
            count_flops(toolkit),
            note=f"reference: {workload.n_views} views by Pillow on one thread, scaled to {n}",
        ),
        dtype,
        workload,
    )


def step_rows(workload: Workload) -> list[Row]:
    """A training step on given views, in float32 and in a run's precision, against the reference.

    The reference computes in float32.
    """
    config = workload.config
    batch, size = config.optim.batch, config.model.size
    views = [torch.randn(2, batch, 3, size, size) for _ in range(2)]
    model = ReferenceCoMM(config.model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5)

    def reference() -> None:
        optimizer.zero_grad()
        model.loss(views).backward()
        optimizer.step()

    seconds = median_seconds(reference, workload.steps)
    dtypes = dict.fromkeys([torch.float32, training_dtype(config.optim, CPU)])
    return [_step_row(workload, views, dtype, seconds) for dtype in dtypes]


def _step_row(
    workload: Workload, views: list[Tensor], dtype: torch.dtype, reference_seconds: float
) -> Row:
    config = workload.config
    method = initialise(find_method(config.method), config)
    method = method.to(memory_format=torch.channels_last).train()
    optimizer, weights = optimizer_for(method, config.optim), term_weights(method, {})
    # dtype and memory format as in the training loop
    cast = [
        view.flatten(0, 1).to(dtype).contiguous(memory_format=torch.channels_last) for view in views
    ]
    batch = Batch([view.unflatten(0, (2, -1)) for view in cast])

    def toolkit() -> None:
        with autocast(dtype, CPU):
            values = compute_terms(method, batch, list(weights))
        optimizer.zero_grad()
        torch.stack([weights[term] * value for term, value in values.items()]).sum().backward()
        optimizer.step()

    row = Row(
        f"training step of {config.optim.batch} pairs, views given",
        _precision_name(dtype),
        torch.get_num_threads(),
        median_seconds(toolkit, workload.steps),
        reference_seconds,
        RELEASED_STEP if workload.released else None,
        count_flops(toolkit),
    )
    return _with_limit(row, dtype, workload)


def probing_row(workload: Workload, data: PairedImages) -> Row:
    """One probing of all tasks.

    The reference encodes the pairs of each task anew, and fits each L2 penalty from zero.
    """
    config = workload.config
    method = initialise(find_method(config.method), config)
    method = method.to(memory_format=torch.channels_last)
    train, test = pixels(data.train.images), pixels(data.test.images)
    started = time.perf_counter()
    probe_epoch(method, data, train, test, config, final=False)
    seconds = time.perf_counter() - started
    encoding = seconds_to_encode(ReferenceCoMM(config.model), data, train, workload.n_encoded)
    train_features = represent(method, train, data.probe_train.index, config)
    test_features = represent(method, test, data.probe_test.index, config)
    started = time.perf_counter()
    for task in data.tasks:
        labels = data.probe_train.labels[task.name]
        reference_probe(
            (train_features, labels),
            (test_features, data.probe_test.labels[task.name]),
            config.probe.strengths,
            stratified_split(labels, stream(0, "probe", task.name)),
            workload.max_iter,
        )
    fitting = time.perf_counter() - started
    return Row(
        f"a probing: {len(data.tasks)} tasks, {len(config.probe.strengths)} L2 penalties",
        _precision_name(training_dtype(config.optim, CPU)),
        torch.get_num_threads(),
        seconds,
        encoding * len(data.tasks) + fitting,
        RELEASED_PROBING if workload.released else None,
        note=f"untrained towers; reference: {workload.n_encoded} pairs encoded, scaled to all "
        f"pairs of {len(data.tasks)} tasks ({encoding * len(data.tasks):.0f} s), and "
        f"{fitting:.0f} s of scikit-learn, {workload.max_iter} iterations at most",
    )


def epoch_row(workload: Workload, data: PairedImages, views: Row, step: Row, probing: Row) -> Row:
    """An epoch and its probing, computed from timed steps and from the rows before."""
    config = workload.config
    method = initialise(find_method(config.method), config)
    method = method.to(memory_format=torch.channels_last)
    images = pixels(data.train.images)
    seconds = statistics.median(step_seconds(method, config, data, images, workload.steps, 1))
    steps = config.n_pairs // config.optim.batch
    return Row(
        f"an epoch of {steps} steps and a probing",
        step.precision,
        torch.get_num_threads(),
        steps * seconds + probing.seconds,
        steps * (step.plain_seconds + views.plain_seconds) + probing.plain_seconds,
        RELEASED_EPOCH if workload.released else None,
        note=f"estimated: {steps} times a step with its views ({seconds:.2f} s here), and a "
        "probing; reference: likewise, from the rows above",
    )


def _with_limit(row: Row, dtype: torch.dtype, workload: Workload) -> Row:
    """Add the share of the machine's limit, which is measured now: other jobs change it."""
    assert row.operations is not None
    rate = row.operations / row.seconds
    return replace(row, limit_share=rate / matmul_rate(dtype, workload.matrix))


def _precision_name(dtype: torch.dtype) -> str:
    return {torch.float32: "fp32", torch.bfloat16: "bf16"}[dtype]
