"""The rows of the table of ratios: what is measured here, and against which plain form."""

import statistics
import time
from dataclasses import dataclass, replace

import numpy as np
import torch
from PIL import Image
from plain_comm import PlainCoMM
from plain_probes import probe_plainly, seconds_to_encode
from plain_render import plain_render
from plain_views import plain_view
from ratios import Row, matrix_rate, operations_of, seconds_of
from torch import Tensor

from interaction_probes.common.streams import stream
from interaction_probes.contrast.method import Batch
from interaction_probes.contrast.views.augment import ViewConfig, augment
from interaction_probes.execution.estimate import step_seconds
from interaction_probes.experiment.evaluation import probe_epoch
from interaction_probes.experiment.representations import pixels, represent
from interaction_probes.experiment.runner import initialise
from interaction_probes.probing.splits import stratified_split
from interaction_probes.runtime.precision import autocast, training_dtype
from interaction_probes.runtime.torch_streams import torch_stream
from interaction_probes.settings.config import RunConfig
from interaction_probes.settings.registry import find_method
from interaction_probes.training.loss_terms import term_weights, terms_of
from interaction_probes.training.optim import optimizer_for
from trifeature import Geometry, ImageDesign, PairedImages, generate_images

CPU = torch.device("cpu")
#: Seconds of the public code at the paper's scale on this class of machine (two Xeon cores with
#: AMX): constants noted once from its own runs, not measured by this command.
PUBLIC_STEP, PUBLIC_VIEWS, PUBLIC_PROBING, PUBLIC_EPOCH = 5.8, 0.96, 770.0, 1800.0


@dataclass(frozen=True)
class Scale:
    """How much is measured.

    Attributes:
        config: of the training step, the probing and the epoch.
        small: geometry of the second row of views.
        rendered: images that the plain generator draws.
        viewed: views that Pillow makes.
        encoded: pairs that are encoded anew to say how long all take.
        steps: training steps that are timed.
        passes: of scikit-learn's solver at most.
        matrix: side of the matrices whose product is the machine's limit.
        public: whether the constants of the public code are of this scale.
    """

    config: RunConfig
    small: Geometry
    rendered: int = 6
    viewed: int = 64
    encoded: int = 100
    steps: int = 3
    passes: int = 1_000
    matrix: int = 4096
    public: bool = True


def generator_row(scale: Scale) -> Row:
    """All images of a seed, against one image at a time and one pixel at a time."""
    design = scale.config.images
    sets = generate_images(design, seed=0)
    n = sum(len(images) for images in sets)
    factors = sets[0].factors[:: len(sets[0]) // scale.rendered][: scale.rendered]
    rng = np.random.default_rng(0)
    started = time.perf_counter()
    for values in factors.tolist():
        plain_render(tuple(values), design.geometry, rng)
    plain = (time.perf_counter() - started) / len(factors)
    return Row(
        f"{n} images of {design.geometry.image} pixels",
        "uint8",
        1,
        seconds_of(lambda: generate_images(design, seed=0)),
        plain * n,
        note=f"plain: {len(factors)} images, scaled to {n}",
    )


def views_row(scale: Scale, geometry: Geometry, n: int, public: float | None) -> Row:
    """Views with the paper's augmentation, against one image at a time by Pillow."""
    design = ImageDesign(geometry, scale.config.images.counts, renders=1)
    images = generate_images(design, seed=0)[0].images
    batch, config = pixels(images[np.arange(n) % len(images)]), ViewConfig()
    dtype = training_dtype(scale.config.optim, CPU)

    def ours() -> None:
        augment(batch, config, torch_stream(0, "benchmark"), geometry.image, dtype)

    pictures = [Image.fromarray(image) for image in images[np.arange(scale.viewed) % len(images)]]
    rng = np.random.default_rng(0)

    def theirs() -> None:
        for picture in pictures:
            plain_view(picture, config, geometry.image, rng)

    return _limited(
        Row(
            f"{n} views of {geometry.image} pixels",
            _name(dtype),
            torch.get_num_threads(),
            seconds_of(ours),
            seconds_of(theirs, 1) * n / scale.viewed,
            public,
            operations_of(ours),
            note=f"plain: {scale.viewed} views by Pillow on one thread, scaled to {n}",
        ),
        dtype,
        scale,
    )


def step_rows(scale: Scale) -> list[Row]:
    """A training step on given views, in float32 and as runs take it, against the plain model."""
    config = scale.config
    batch, size = config.optim.batch, config.model.size
    views = [torch.randn(2, batch, 3, size, size) for _ in range(2)]
    model = PlainCoMM(config.model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5)

    def theirs() -> None:
        optimizer.zero_grad()
        model.loss(views).backward()
        optimizer.step()

    plain = seconds_of(theirs, scale.steps)
    dtypes = dict.fromkeys([torch.float32, training_dtype(config.optim, CPU)])
    return [_step_row(scale, config, views, dtype, plain) for dtype in dtypes]


def _step_row(
    scale: Scale, config: RunConfig, views: list[Tensor], dtype: torch.dtype, plain: float
) -> Row:
    method = initialise(find_method(config.method), config)
    method = method.to(memory_format=torch.channels_last).train()
    optimizer, weights = optimizer_for(method, config.optim), term_weights(method, {})
    # As the training loop makes them.
    cast = [
        view.flatten(0, 1).to(dtype).contiguous(memory_format=torch.channels_last) for view in views
    ]
    batch = Batch([view.unflatten(0, (2, -1)) for view in cast])

    def ours() -> None:
        with autocast(dtype, CPU):
            values = terms_of(method, batch, list(weights))
        optimizer.zero_grad()
        torch.stack([weights[term] * value for term, value in values.items()]).sum().backward()
        optimizer.step()

    row = Row(
        f"training step of {config.optim.batch} pairs, views given",
        _name(dtype),
        torch.get_num_threads(),
        seconds_of(ours, scale.steps),
        plain,
        PUBLIC_STEP if scale.public else None,
        operations_of(ours),
    )
    return _limited(row, dtype, scale)


def probing_row(scale: Scale, data: PairedImages) -> Row:
    """One probing of all tasks, against pairs encoded anew and one fit per task and strength."""
    config = scale.config
    method = initialise(find_method(config.method), config)
    method = method.to(memory_format=torch.channels_last)
    train, test = pixels(data.train.images), pixels(data.test.images)
    started = time.perf_counter()
    probe_epoch(method, data, train, test, config, final=False)
    ours = time.perf_counter() - started
    encoding = seconds_to_encode(PlainCoMM(config.model), data, train, scale.encoded)
    fit = represent(method, train, data.probe_train.index, config)
    score = represent(method, test, data.probe_test.index, config)
    started = time.perf_counter()
    for task in data.tasks:
        labels = data.probe_train.labels[task.name]
        probe_plainly(
            (fit, labels),
            (score, data.probe_test.labels[task.name]),
            config.probe.strengths,
            stratified_split(labels, stream(0, "probe", task.name)),
            scale.passes,
        )
    fitting = time.perf_counter() - started
    return Row(
        f"a probing: {len(data.tasks)} tasks, {len(config.probe.strengths)} strengths",
        _name(training_dtype(config.optim, CPU)),
        torch.get_num_threads(),
        ours,
        encoding * len(data.tasks) + fitting,
        PUBLIC_PROBING if scale.public else None,
        note=f"untrained towers; plain: {scale.encoded} pairs encoded, scaled to all of "
        f"{len(data.tasks)} tasks ({encoding * len(data.tasks):.0f} s), and {fitting:.0f} s of "
        f"scikit-learn, {scale.passes} passes at most",
    )


def epoch_row(scale: Scale, data: PairedImages, views: Row, step: Row, probing: Row) -> Row:
    """An epoch and its probing, from steps with their views and from the rows before."""
    config = scale.config
    method = initialise(find_method(config.method), config)
    method = method.to(memory_format=torch.channels_last)
    images = pixels(data.train.images)
    seconds = statistics.median(step_seconds(method, config, data, images, scale.steps, 1))
    steps = config.n_pairs // config.optim.batch
    return Row(
        f"an epoch of {steps} steps and a probing",
        step.precision,
        torch.get_num_threads(),
        steps * seconds + probing.seconds,
        steps * (step.plain_seconds + views.plain_seconds) + probing.plain_seconds,
        PUBLIC_EPOCH if scale.public else None,
        note=f"estimated: {steps} times a step with its views ({seconds:.2f} s here), and a "
        "probing; plain: likewise, from the rows above",
    )


def _limited(row: Row, dtype: torch.dtype, scale: Scale) -> Row:
    """The row beside the machine's limit, measured now: neighbours come and go."""
    assert row.operations is not None
    rate = row.operations / row.seconds
    return replace(row, limit_share=rate / matrix_rate(dtype, scale.matrix))


def _name(dtype: torch.dtype) -> str:
    return {torch.float32: "fp32", torch.bfloat16: "bf16"}[dtype]
