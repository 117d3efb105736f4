"""``python -m interaction_probes.features RUN -o file.npz``: features and labels of the probes.

The file contains the joint representations of all images, after the last epoch, of the train/test
split of the probes, with the labels of every task, for classifiers of any other library.
Of a run on a dataset it has the representations of the training, validation and test rows.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from interaction_probes.common.cli import friendly_errors, parse
from interaction_probes.datasets.schema import PARTS
from trifeature import PairedImages
from trifeature.dataset.image_samples import ImageSamples

from .embed import Command, pairs_or_samples, run_title

if TYPE_CHECKING:
    import torch

    from interaction_probes.contrast.method import Method
    from interaction_probes.settings.config import RunConfig


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the command; a mistake of the user is one line on stderr and exit code 2."""
    with friendly_errors():
        command: Command = parse(
            Command,
            arguments,
            prog="python -m interaction_probes.features",
            description="Write features and labels of a run's probes: their train/test split.",
        )
        _execute(command)


def _execute(command: Command) -> None:
    from interaction_probes.common.writing import write_arrays
    from interaction_probes.experiment.data import dataset
    from interaction_probes.experiment.loading import check_output_path, load_model
    from interaction_probes.runtime.devices import allocate

    check_output_path(command.out, ".npz", "features are")
    device = allocate(command.device, 0, 1).device
    config, method, epoch = load_model(command.run, device)
    if config.data.path:
        arrays = dataset_features(config, method)
        write_arrays(command.out, arrays | {"title": run_title(config), "epoch": epoch})
        counts = ", ".join(f"{len(arrays[f'{part}_rows'])} samples of {part}" for part in PARTS)
        print(f"{command.out}: {counts}, {arrays['train_features'].shape[1]} features")
        return
    data = dataset(config, command.cache)
    arrays = probed_features(config, method, data, device)
    write_arrays(command.out, arrays | {"title": run_title(config), "epoch": epoch})
    what = pairs_or_samples(config)
    shapes = ", ".join(
        f"{len(arrays[f'{name}_index'])} {what} to {name}" for name in ("fit", "score")
    )
    print(f"{command.out}: {shapes}, {arrays['fit_features'].shape[1]} features")


def probed_features(
    config: "RunConfig", method: "Method", data: PairedImages | ImageSamples, device: "torch.device"
) -> dict[str, Any]:
    """Features and labels of the probes; ``fit_…``: training split, ``score_…``: test split.

    Returns:
        ``fit_features`` float32 [n, d]; ``fit_index`` int64 [n, images], the rows of all
        images in the images of their split; ``fit_R`` and so on, int64 [n], the labels of each
        task; likewise ``score_…``.
    """
    from interaction_probes.experiment.evaluation.representations import represent
    from interaction_probes.experiment.opened_data import probed_inputs

    arrays: dict[str, Any] = {}
    for name, images, pairs in zip(
        ("fit", "score"),
        probed_inputs(config, data, device),
        (data.probe_train, data.probe_test),
        strict=True,
    ):
        arrays[f"{name}_features"] = represent(method, images, pairs.index, config)
        arrays[f"{name}_index"] = pairs.index
        arrays |= {f"{name}_{task}": labels for task, labels in pairs.labels.items()}
    return arrays


def dataset_features(config: "RunConfig", method: "Method") -> dict[str, Any]:
    """Features and labels of a dataset, of each part of its split.

    Returns:
        ``train_features`` float32 [n, d]; ``train_rows`` int64 [n], the rows of the dataset;
        ``train_NAME`` [n] or [n, k], the values of the label NAME; likewise ``validation_…`` and
        ``test_…``. A label that is called features or rows is ``train_label.NAME``.
    """
    from interaction_probes.datasets.file_states import FileStates
    from interaction_probes.experiment.own_dataset import own_dataset
    from interaction_probes.training.encoding import combine_modalities, encode_modalities

    files = FileStates.of(config.data.path)
    data = own_dataset(config)
    arrays: dict[str, Any] = {}
    for part in PARTS:
        rows = getattr(data.split, part)
        encoded = encode_modalities(method, data.modalities, config.optim, rows)
        arrays[f"{part}_features"] = combine_modalities(method, encoded)
        arrays[f"{part}_rows"] = rows
        arrays |= {_key_of_label(part, label.name): label.values[rows] for label in data.labels}
    files.check(data)
    return arrays


def _key_of_label(part: str, name: str) -> str:
    """The key of a label; no name has a dot, so that one with it takes the place of no array."""
    return f"{part}_label.{name}" if name in ("features", "rows") else f"{part}_{name}"


if __name__ == "__main__":
    main()
