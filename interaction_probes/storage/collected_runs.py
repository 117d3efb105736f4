"""Run folders and tables that were collected before, as one tidy table."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from interaction_probes.analysis.collected_tables import merge_tables, read_collected
from interaction_probes.analysis.table_files import TABLE_SUFFIXES
from interaction_probes.settings.config import RunConfig, to_dict
from interaction_probes.settings.fields import field_kinds, format_weights
from interaction_probes.settings.method_settings import alike_versions, usual_values
from interaction_probes.settings.plain_types import value_of
from interaction_probes.settings.stored_config import with_unstored

from .find_runs import Runs, drop_superseded, read_runs

#: Fields of the configuration that every table has in a column of its own name, or in another.
_FIELDS_WITH_COLUMNS = (
    "method",
    "preset",
    "preset_version",
    "seed",
    "weights",
    "design.shared_strength",
    "design.mapping_strength",
)
#: Entries of run.json that are columns of every table.
_PROVENANCE = (
    "seconds",
    "parameters",
    "device",
    "processor",
    "precision",
    "threads",
    "commit",
    "format",
)
_VERSION = "preset_version"
#: Column of the checksum of a user's own method's file, where any run is of such a method.
_FILE = "method_file"
#: Column of whether a user's own method learns from labels, where any run's does.
_SEES_LABELS = "sees_labels"
#: Column of the epochs that an unfinished run has done, where any run is unfinished.
_HALF_DONE = "half_done"
#: Columns that a table has only where any run fills them.
_WHERE_FILLED = (_FILE, _SEES_LABELS, _HALF_DONE)


def collect_runs(root: Path | str) -> tuple[pd.DataFrame, dict[str, str]]:
    """The finished runs under a folder as one table, and why the others are left out.

    Columns: ``run`` (its folder, relative to the root, or the root's own name where that is a run's
    folder), ``preset_version`` (one for runs that the preset's versions do not tell apart, the
    latest, so that a version that changed one method keeps no other from a common mean), those of
    metrics.csv, the design's strengths, ``weights`` as ``--weights`` takes them
    (empty: the method's own), each field of the configuration that differs between the runs or from
    the preset, and provenance: seconds, parameters, device, processor, precision, threads, commit,
    ``format`` (the version of the run folder's format; empty where run.json has none),
    ``effective_rank`` and ``collapsed`` of the linear probe's representation at each row's epoch,
    ``method_file`` (which version of a user's own method, where a run is of one), ``sees_labels``
    (where one learns from labels) and versions. What run.json does not have stays empty. Lists are
    JSON.

    Raises:
        ValueError: no folder of runs.
    """
    runs, left_out = read_runs(Path(root))
    left_out |= drop_superseded({str(root): runs})
    table = _table(runs, _varying_fields([config for _, config, _ in runs.values()]))
    return _with_common_versions(table), left_out


def gather(sources: Sequence[Path], half_done: bool = False) -> tuple[pd.DataFrame, dict[str, str]]:
    """The runs of folders and of tables as one table, and why others are left out.

    Args:
        sources: the folders and tables.
        half_done: whether unfinished runs of the folders count.

    Raises:
        ValueError: nothing to gather, a folder without runs, a damaged table, or one of a later
            version.
        OSError: a table cannot be read.
    """
    # `run` leaves figures among the run folders, which a shell's runs/* names too.
    sources = [source for source in sources if source.suffix != ".png"]
    if not sources:
        raise ValueError("name a folder of runs, such as runs")
    tables: dict[str, pd.DataFrame] = {}
    folders: dict[str, Runs] = {}
    left_out: dict[str, str] = {}
    for source in sources:
        if source.suffix in TABLE_SUFFIXES and not source.is_dir():
            tables[str(source)] = read_collected(source)
        elif source.is_file():
            known = " or ".join(TABLE_SUFFIXES)
            raise ValueError(f"{source} is neither a folder of runs nor a {known} table")
        else:
            folders[str(source)], reasons = read_runs(source, half_done)
            left_out |= reasons
    left_out |= drop_superseded(folders)
    # A field that one source has a column of gets one for every run whose config is there.
    configs = [config for runs in folders.values() for _, config, _ in runs.values()]
    fields = set(_varying_fields(configs))
    for table in tables.values():
        fields |= {name for name in _other_fields() if name in table}
    columns = [name for name in field_kinds() if name in fields]
    for table in tables.values():
        if _VERSION not in table:  # collected before there was a second one
            table[_VERSION] = 1
        _add_preset_values(table, columns)
    tables |= {source: _table(runs, columns) for source, runs in folders.items()}
    tables = {str(source): tables[str(source)] for source in sources}  # the first one counts
    if len(tables) == 1:
        return _with_common_versions(next(iter(tables.values()))), left_out
    table, twice = merge_tables(tables)
    return _with_common_versions(table), left_out | twice


def unknown_fields(table: pd.DataFrame) -> dict[str, int]:
    """Fields of the configuration → the number of runs that the table has no value of.

    Another version may not have had the field, or the preset.
    """
    defaults = to_dict(RunConfig())
    columns = [name for name in _other_fields() if name in table]
    filled = [name for name in columns if value_of(defaults, name) not in (None, "")]
    empty = {name: table[name].isna() | (table[name] == "") for name in filled}
    counts = {name: table.loc[empty[name], "run"].nunique() for name in filled}
    return {name: count for name, count in counts.items() if count}


def _other_fields() -> list[str]:
    """The fields of the configuration that get a column only where runs differ in them."""
    return [name for name in field_kinds() if name not in _FIELDS_WITH_COLUMNS]


def _add_preset_values(table: pd.DataFrame, fields: Sequence[str]) -> None:
    """Add columns of fields that a collected table lacks: its runs have their presets' values."""
    named = [*zip(table["preset"], table[_VERSION], table["method"], strict=True)]
    usual = {
        key: values
        for key in set(named)
        if (values := usual_values(str(key[0]), int(key[1]), str(key[2]))) is not None
    }
    for name in fields:
        if name not in table:
            cells = {key: _cell(value_of(config, name)) for key, config in usual.items()}
            table[name] = [cells.get(key) for key in named]


def _with_common_versions(table: pd.DataFrame) -> pd.DataFrame:
    """A table in which runs that a preset's versions do not tell apart have one version.

    It is the latest that sets for the method of every run what the run's own version sets. Where a
    preset has none for all of its runs, each has the latest that does for itself.
    """
    if table.empty:
        return table
    numbers = pd.to_numeric(table[_VERSION], errors="coerce").fillna(0).astype(int)
    named = [*zip(table["preset"], numbers, table["method"], strict=True)]
    alike = {key: alike_versions(str(key[0]), key[1], str(key[2])) for key in set(named) if key[1]}
    common: dict[Any, frozenset[int]] = {}
    for (preset, *_), versions in alike.items():
        common[preset] = common.get(preset, versions) & versions
    latest = {key: max(common[key[0]] or versions) for key, versions in alike.items()}
    shown = [latest.get(key, own) for key, own in zip(named, table[_VERSION], strict=True)]
    return table.assign(**{_VERSION: shown})


def _table(runs: Runs, fields: Sequence[str]) -> pd.DataFrame:
    """Runs as one table, with a column for each of some fields of the configuration."""
    parts = []
    for name, (metrics, config, status) in runs.items():
        columns = {"run": name} | {key: metrics[key] for key in metrics}
        columns |= {
            key: [value] * len(metrics) for key, value in _columns(config, status, fields).items()
        }
        # Whole numbers, also beside runs that have no format.
        parts.append(pd.DataFrame(columns).astype({"format": "Int64"}))
    table = pd.concat(parts) if parts else pd.DataFrame(columns=_WHERE_FILLED)
    if "collapsed" in table:  # whole numbers, also beside runs of earlier versions
        table["collapsed"] = table["collapsed"].astype("Int64")
    return table.drop(columns=[name for name in _WHERE_FILLED if table[name].isna().all()])


def _varying_fields(configs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Fields that get a column: those in which configs differ from each other or from the preset.

    A value that all runs here share and that is not the preset's may differ from the runs of
    another machine.
    """
    named = {
        (str(config.get("preset")), int(config.get(_VERSION, 1)), str(config.get("method")))
        for config in configs
    }
    presets = [usual_values(*each) for each in sorted(named)]
    every = [
        *(with_unstored(config) for config in configs),
        *(preset for preset in presets if preset is not None),
    ]
    return [name for name in _other_fields() if len({_text(_field(c, name)) for c in every}) > 1]


def _field(config: Mapping[str, Any], name: str) -> Any:
    """A field's value; None where another version of the project did not have it."""
    try:
        return value_of(config, name)
    except (KeyError, TypeError):
        return None


def _columns(
    config: Mapping[str, Any], status: Mapping[str, Any], fields: Sequence[str]
) -> dict[str, Any]:
    """The cells that are the same in all rows of a run, by column."""
    config = with_unstored(config)
    strengths = {
        name: _field(config, f"design.{name}") for name in ("shared_strength", "mapping_strength")
    }
    weights: dict[str, Any] = {"weights": format_weights(_field(config, "weights") or {})}
    weights[_VERSION] = int(config.get(_VERSION, 1))
    chosen = {name: _cell(_field(config, name)) for name in fields}
    made = {name: status.get(name) for name in _PROVENANCE}
    made[_FILE] = _short_checksums(status.get(_FILE))
    made[_SEES_LABELS] = status.get(_SEES_LABELS)
    made[_HALF_DONE] = None if status.get("status") == "finished" else status.get("epoch")
    versions = status.get("versions") or {}
    return strengths | weights | chosen | made | {f"{k}_version": v for k, v in versions.items()}


def _short_checksums(text: Any) -> str | None:
    """Checksums shortened, in a form that no reader of tables takes for a number, as 12e45 is."""
    if not isinstance(text, str):
        return None
    return re.sub("[0-9a-f]{64}", lambda found: f"sha256:{found[0][:12]}", text)


def _cell(value: Any) -> Any:
    return _text(value) if isinstance(value, list | dict) else value


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
