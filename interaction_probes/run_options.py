"""The options of ``python -m interaction_probes.run``, and what its command lines ask for."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import tyro

from interaction_probes.common.cli import parse
from interaction_probes.common.number_texts import read_number
from interaction_probes.common.spelling import given_options, option_value
from interaction_probes.execution.grid import Pairs, configs_for_pairs, parse_weights
from interaction_probes.experiment.data import with_image_checksum
from interaction_probes.experiment.initialisation import with_existing_batch
from interaction_probes.experiment.own_dataset import with_dataset
from interaction_probes.settings.config import RunConfig, from_dict
from interaction_probes.settings.derived_inputs import without_derived_inputs
from interaction_probes.settings.fields import field_kinds, option_of
from interaction_probes.settings.heeded import (
    check_goes_with_data,
    check_heeded,
    without_generated,
)
from interaction_probes.settings.method_settings import preset_for_method, usual_values
from interaction_probes.settings.plain_types import value_of
from interaction_probes.settings.presets import default_preset, find_preset, for_datasets
from interaction_probes.storage.run_folder import read_object
from trifeature.dataset.folder_pairs import has_pairs
from trifeature.dataset.folder_samples import has_samples

_DESCRIPTION = """Pretrain a multimodal method on Trifeature pairs and measure the redundancy (R),
uniqueness (U1, U2) and synergy (S) that its representation captures. By default two runs are
executed in parallel: one is pretrained on unbiased pairs and measures R, U1 and U2, the other is
pretrained on biased pairs and measures S. With --data one run learns from a dataset of your own,
and every label of it is probed. Run the same command again to resume: a finished run is
skipped, an interrupted one resumes from its checkpoint."""

_RULE_OPTIONS = ("--pair-rule-strength", "--triple-rule-strength")


@dataclass(frozen=True)
class Command:
    """The command line.

    Attributes:
        pairs: design of the pretraining pairs. unbiased: only the shape is shared; biased: the
            texture → colour rule holds in every pair, too; both: one run with each; design: exactly
            what the --design options specify. With --modalities 3: pair-biased: the rule of texture
            1 and colour 3 holds in every sample; triple-biased: that of the three textures; both:
            one run with each of the three; design: by --pair-rule-strength and
            --triple-rule-strength. With --images, the pairs that lie in the folder are
            used where neither --pairs nor --design options nor --n-pairs are given.
        out: folder of the run folders, one per run.
        device: device of every run: cpu, cuda, cuda:N, or auto for a GPU if there is one.
        threads: CPU threads of each run; 0 takes OMP_NUM_THREADS, or divides the cores among the
            runs where that is not set.
        cache: folder in which rendered images are stored, with checksums, and reused by later runs.
        config: config.json of an earlier run, to repeat it with the same settings.
        list: print the methods with their papers, objectives, loss terms and representations, and
            exit.
        plan: time a few training steps, print the estimated time and memory of the runs, and exit.
            Before a long run the estimate is printed anyway.
        tensorboard: also write the metrics and losses as TensorBoard event files into each run
            folder.
    """

    settings: Annotated[RunConfig, tyro.conf.arg(name="")]
    list: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    plan: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    tensorboard: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    pairs: Pairs = "both"
    out: Path = Path("runs")
    device: str = "auto"
    threads: int = 0
    cache: Path | None = None
    config: Path | None = None
    own_pairs: tyro.conf.Suppress[bool] = False  # nothing on the command line asks for others
    own_batch: tyro.conf.Suppress[bool] = False  # the batch is asked for, and no preset's

    @property
    def configs(self) -> Sequence[RunConfig]:
        """Configurations of the runs; one per design of the pairs.

        Raises:
            ValueError: the images of --images or the dataset of --data cannot be used, or an option
                has no effect on data.
        """
        check_heeded(self.settings)  # before the data are read, and before any plan
        if self.settings.data.path:
            settings = with_dataset(self.settings)
            settings = settings if self.own_batch else with_existing_batch(settings)
            check_heeded(settings)  # again, as the kinds of its modalities are known
            return [settings]
        settings = with_dataset(self.settings)
        settings = with_image_checksum(settings, self.own_pairs)
        folder, more = settings.folder.path, settings.modalities > 2
        used = self.own_pairs and (has_samples if more else has_pairs)(folder)
        return configs_for_pairs(settings, "design" if used else self.pairs)


def read_command(words: Sequence[str]) -> Command:
    """What the words of a command line ask for.

    Raises:
        ValueError: words contradict each other, or a file that they name cannot be used.
        SystemExit: code 2 after one line on stderr for what the parser refuses, code 0 after
            ``--help``.
    """
    words = _split_weights(words)
    command: Command = parse(
        Command,
        words,
        prog="python -m interaction_probes.run",
        description=_DESCRIPTION,
        default=_defaults(words),
    )
    _check_design(words, command.pairs)
    if command.settings.data.path:
        _check_goes_with_data(words)
    if command.settings.folder.path and not _asks_for_pairs(words):
        command = replace(command, own_pairs=True)
    return replace(command, own_batch=_asks_for_batch(words, command.settings))


def _split_weights(words: Sequence[str]) -> list[str]:
    """Split ``--weights term=number,…``, the form of ``sweep``, into the words of ``run``.

    Raises:
        ValueError: the weights are malformed, or a term is given twice.
    """
    result: list[str] = []
    weights: list[str] = []  # term, number, term, number, …
    option = ""
    prefix = "--weights="
    split = [
        part
        for word in words
        for part in ([prefix[:-1], word[len(prefix) :]] if word.startswith(prefix) else [word])
    ]
    for word in split:
        option = word if word.startswith("--") else option
        parts = [word]
        if option == "--weights" and "=" in word and word != option:
            parts = [part for pair in parse_weights(word).items() for part in map(str, pair)]
        result += parts
        weights += parts if option == "--weights" and word != option else []
    terms = weights[::2]
    if repeated := next((term for term in terms if terms.count(term) > 1), None):
        raise ValueError(f"--weights: {repeated} given twice")
    return result


def _check_design(words: Sequence[str], pairs: Pairs) -> None:
    """Refuse a --design.mapping-strength that --pairs would override.

    Raises:
        ValueError: the strength is given without --pairs design.
    """
    if "--design.mapping-strength" in given_options(words) and pairs != "design":
        raise ValueError(
            f"--design.mapping-strength needs --pairs design: --pairs {pairs} sets the strength to "
            "0 or 1"
        )


def _check_goes_with_data(words: Sequence[str]) -> None:
    """Refuse options of generated images beside --data.

    Raises:
        ValueError: one is given.
    """
    given = given_options(words)
    if "--pairs" in given:
        raise ValueError("--pairs is of generated images, not of a dataset: leave it out")
    check_goes_with_data(name for name in field_kinds() if option_of(name) in given)


def _asks_for_pairs(words: Sequence[str]) -> bool:
    """Whether options say how pairs are drawn, so that those of a folder of images are not used."""
    given = given_options(words)
    named = {"--pairs", "--n-pairs", "--config", *_RULE_OPTIONS} & given
    return bool(named) or any(option.startswith("--design.") for option in given)


def _asks_for_batch(words: Sequence[str], settings: RunConfig) -> bool:
    """Whether the batch is a user's: by its option, or in a --config that has not the preset's."""
    usual = usual_values(settings.preset, settings.preset_version, settings.method)
    named = usual is None or value_of(usual, "optim.batch") != settings.optim.batch
    return named or "--optim.batch" in given_options(words)


def _defaults(words: list[str]) -> Command:
    """Default values of all options, from --config or --preset."""
    path, preset = option_value(words, "--config"), option_value(words, "--preset")
    if path is not None:
        for option in ("--preset", "--preset-version"):
            if option_value(words, option) is not None:
                raise ValueError(f"--config sets all options of a preset: omit {option}")
        stored = _stored_config(Path(path))
        try:
            settings = without_derived_inputs(from_dict(stored))
            if option_value(words, "--data") and not settings.data.path:
                # its grid, too, was of generated images
                settings = for_datasets(without_generated(settings))
            method = option_value(words, "--method") or settings.method
            if method != settings.method:
                settings = preset_for_method(settings, method)
            return Command(settings, pairs="design", config=Path(path))
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
    version = _whole_number(words, "--preset-version")
    own_data = bool(option_value(words, "--data"))
    if preset is None:
        settings = default_preset(_whole_number(words, "--modalities") or 2, own_data, version)
    else:
        settings = find_preset(preset, version)
        settings = for_datasets(settings) if own_data else settings
    method = option_value(words, "--method") or settings.method
    return Command(preset_for_method(settings, method))


def _stored_config(path: Path) -> dict[str, Any]:
    """What --config names.

    Raises:
        ValueError: there is no such file, or it is not the config.json of a run folder.
    """
    takes = "--config takes the config.json of a run folder"
    if path.is_dir():
        inside = path / "config.json"
        raise ValueError(f"{path} is a folder; {takes}" + f": {inside}" * inside.is_file())
    stored = read_object(path)
    if stored is None:
        raise ValueError(f"no file {path}; {takes}")
    if path.name == "run.json" and "status" in stored:
        raise ValueError(f"{path} says how a run went; {takes}: {path.with_name('config.json')}")
    return stored


def _whole_number(words: Sequence[str], option: str) -> int | None:
    """An option's value; None where it is no whole number, which the parser refuses."""
    text = option_value(words, option)
    with contextlib.suppress(ValueError):
        return None if text is None else read_number(int, text)
    return None
