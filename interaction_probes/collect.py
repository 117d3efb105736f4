"""``python -m interaction_probes.collect``: the metrics of many runs as one tidy table."""

import io
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import tyro

from interaction_probes.analysis.merge import merge, read_collected
from interaction_probes.common.cli import friendly_errors, parse
from interaction_probes.common.writing import table_as_csv, write_atomically
from interaction_probes.execution.grid import format_weights
from interaction_probes.settings.config import RunConfig, to_dict
from interaction_probes.settings.fields import field_kinds, value_of
from interaction_probes.settings.presets import PRESETS
from interaction_probes.storage.find_runs import Runs, drop_superseded, read_runs

_DESCRIPTION = """Collect finished runs into one tidy table: a row per run, epoch, task, probe and
metric, with what made it. Fields that differ between the runs, or from their preset, get a column.
Tables that were collected before, on another machine say, may stand beside folders of runs."""

#: Fields that are columns of every table, or stand in one.
_SAID = ("method", "preset", "seed", "weights", "design.shared_strength", "design.mapping_strength")
_PROVENANCE = ("seconds", "parameters", "device", "processor", "precision", "threads", "commit")
#: Which file a method of a user's own was in: its checksum, where any run here has such a method.
_FILE = "method_file"
#: Epochs that a half-done run had done, where any run here is one.
_HALF_DONE = "half_done"


@dataclass(frozen=True)
class Collect:
    """The command line.

    Attributes:
        runs: folders that hold run folders, at any depth, and tables that were collected before; a
            run that several have is taken from the first.
        out: the table, .csv, or .parquet where pyarrow is installed.
        half_done: take half-done runs too, as far as they have been probed; a column of this name
            has their epochs.
    """

    runs: tyro.conf.Positional[tuple[Path, ...]]
    out: Annotated[Path, tyro.conf.arg(aliases=["-o"])] = Path("results.csv")
    half_done: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; user mistakes end it with one line and code 2."""
    with friendly_errors():
        command: Collect = parse(
            Collect,
            arguments,
            prog="python -m interaction_probes.collect",
            description=_DESCRIPTION,
        )
        if command.out.suffix not in _WRITERS:
            known = " or ".join(_WRITERS)
            raise ValueError(f"a table ends in {known}, not in {command.out.suffix!r}")
        table, left_out = gather(command.runs, command.half_done)
        for name, reason in left_out.items():
            print(f"left out {name}: {reason}", file=sys.stderr)
        if table.empty:
            hint = "" if command.half_done else "; --half-done takes those that have begun"
            raise ValueError(f"{', '.join(map(str, command.runs))} holds no finished run{hint}")
        write_atomically(command.out, _WRITERS[command.out.suffix](table))
        for name, count in unknown(table).items():
            runs = f"{count} run{'s' if count > 1 else ''}"
            print(f"{name} stays empty for {runs}: their table does not tell it", file=sys.stderr)
        count = table["run"].nunique()
        print(
            f"{count} run{'s' if count > 1 else ''}, {len(table)} rows in {command.out}"
            f"{f'; {len(left_out)} left out' if left_out else ''}"
        )


def gather(sources: Sequence[Path], half_done: bool = False) -> tuple[pd.DataFrame, dict[str, str]]:
    """The runs of folders and of tables as one table, and why others are left out.

    Args:
        sources: the folders and tables.
        half_done: whether half-done runs of the folders count.

    Raises:
        ValueError: nothing to gather, a folder without runs, or a damaged table.
        OSError: a table cannot be read.
    """
    # Among its folders `run` leaves figures, which a shell's runs/* names too.
    sources = [source for source in sources if source.suffix != ".png"]
    if not sources:
        raise ValueError("name a folder of runs, such as runs")
    tables: dict[str, pd.DataFrame] = {}
    folders: dict[str, Runs] = {}
    left_out: dict[str, str] = {}
    for source in sources:
        if source.suffix in _WRITERS and not source.is_dir():
            tables[str(source)] = read_collected(source)
        elif source.is_file():
            known = " or ".join(_WRITERS)
            raise ValueError(f"{source} is neither a folder of runs nor a {known} table")
        else:
            folders[str(source)], amiss = read_runs(source, half_done)
            left_out |= amiss
    left_out |= drop_superseded(folders)
    # A field that any of them tells is told of every run whose config is there.
    fields = set(_varying([config for runs in folders.values() for _, config, _ in runs.values()]))
    for table in tables.values():
        fields |= {name for name in field_kinds() if name in table and name not in _SAID}
    told = [name for name in field_kinds() if name in fields]
    for table in tables.values():
        _fill(table, told)
    tables |= {source: _table(runs, told) for source, runs in folders.items()}
    tables = {str(source): tables[str(source)] for source in sources}  # the first one counts
    if len(tables) == 1:
        return next(iter(tables.values())), left_out
    table, twice = merge(tables)
    return table, left_out | twice


def _fill(table: pd.DataFrame, fields: Sequence[str]) -> None:
    """Give a collected table columns for fields that it has none for: they are the presets'."""
    presets = {name: to_dict(preset) for name, preset in PRESETS.items()}
    for name in fields:
        if name not in table:
            usual = {preset: _plain(value_of(plain, name)) for preset, plain in presets.items()}
            table[name] = table["preset"].map(usual)


def unknown(table: pd.DataFrame) -> dict[str, int]:
    """Fields of the configuration → of how many runs the table does not tell them.

    Another version may not have had the field, or the preset.
    """
    plain = to_dict(RunConfig())
    told = [name for name in field_kinds() if name in table and name not in _SAID]
    filled = [name for name in told if value_of(plain, name) not in (None, "")]
    empty = table.isna() | (table == "")
    counts = {name: table.loc[empty[name], "run"].nunique() for name in filled}
    return {name: count for name, count in counts.items() if count}


def collect(root: Path | str) -> tuple[pd.DataFrame, dict[str, str]]:
    """The finished runs under a folder as one table, and why the others are left out.

    Columns: ``run`` (its folder, relative to the root, or the root's own name where that is a run's
    folder), those of metrics.csv, the design's strengths, ``weights`` as ``--weights`` takes them
    (empty: the method's own), each field of the configuration that differs between the runs or from
    the preset, and what made it: seconds, parameters, device, processor, precision, threads,
    commit, ``method_file`` (which version of a user's own method, where a run is of one) and
    versions; what a run does not say stays empty. Lists are JSON.

    Raises:
        ValueError: no folder of runs.
    """
    runs, left_out = read_runs(Path(root))
    left_out |= drop_superseded({str(root): runs})
    return _table(runs, _varying([config for _, config, _ in runs.values()])), left_out


def _table(runs: Runs, fields: Sequence[str]) -> pd.DataFrame:
    """Runs as one table, with a column for each of some fields of the configuration."""
    parts = []
    for name, (metrics, config, status) in runs.items():
        columns = {"run": name} | {key: metrics[key] for key in metrics}
        columns |= {
            key: [value] * len(metrics) for key, value in _columns(config, status, fields).items()
        }
        parts.append(pd.DataFrame(columns))
    table = pd.concat(parts) if parts else pd.DataFrame({_FILE: [], _HALF_DONE: []})
    return table.drop(columns=[name for name in (_FILE, _HALF_DONE) if table[name].isna().all()])


def _varying(configs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Fields of more than one value or not of the preset's, those aside that have a column anyway.

    What all runs here have otherwise than their preset, runs of another machine may not.
    """
    named = {str(config.get("preset")) for config in configs}
    presets = [to_dict(preset) for name, preset in PRESETS.items() if name in named]
    names = [name for name in field_kinds() if name not in _SAID]
    every = [*configs, *presets]
    return [name for name in names if len({_text(_field(c, name)) for c in every}) > 1]


def _field(config: Mapping[str, Any], name: str) -> Any:
    """A field's value; None where another version of the project did not have it."""
    try:
        return value_of(config, name)
    except (KeyError, TypeError):
        return None


def _columns(
    config: Mapping[str, Any], status: Mapping[str, Any], varying: Sequence[str]
) -> dict[str, Any]:
    strengths = {
        name: _field(config, f"design.{name}") for name in ("shared_strength", "mapping_strength")
    }
    weights = {"weights": format_weights(_field(config, "weights") or {})}
    chosen = {name: _plain(_field(config, name)) for name in varying}
    made = {name: status.get(name) for name in _PROVENANCE}
    made[_FILE] = _short_sums(status.get(_FILE))
    made[_HALF_DONE] = None if status.get("status") == "finished" else status.get("epoch")
    versions = status.get("versions") or {}
    return strengths | weights | chosen | made | {f"{k}_version": v for k, v in versions.items()}


def _short_sums(told: Any) -> str | None:
    """Checksums shortened, in a form that no reader of tables takes for a number, as 12e45 is."""
    if not isinstance(told, str):
        return None
    return re.sub("[0-9a-f]{64}", lambda found: f"sha256:{found[0][:12]}", told)


def _plain(value: Any) -> Any:
    return _text(value) if isinstance(value, list | dict) else value


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _parquet(table: pd.DataFrame) -> bytes:
    if find_spec("pyarrow") is None:  # pandas writes through it
        raise ValueError("a .parquet table needs pyarrow: pip install pyarrow, or name a .csv file")
    # A column of numbers and text, such as threads of which one run had "1, then 2", is text.
    mixed = [name for name in table if table[name].dropna().map(type).nunique() > 1]
    content = io.BytesIO()
    table.assign(**{name: _as_text(table[name]) for name in mixed}).to_parquet(content, index=False)
    return content.getvalue()


def _as_text(column: pd.Series) -> pd.Series:
    return column.map(str, na_action="ignore")


_WRITERS = {".csv": table_as_csv, ".parquet": _parquet}


if __name__ == "__main__":
    main()
