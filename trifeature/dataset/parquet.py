"""Datasets as Parquet files in the conventions of the Hugging Face hub.

An image is a struct {bytes, path} of a PNG file, a factor a column of class labels, a split a file
of data/, a set of pairs a file of pairs/ or one of samples a file of samples/, and README.md the
dataset card whose YAML header says so. Then ``datasets.load_dataset(FOLDER)`` and
``load_dataset(FOLDER, "pairs")`` or ``"samples"`` read them.
"""

import json
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from trifeature.images.factors import FACTORS, NAMES, FactorCounts
from trifeature.images.image_sets import ImageDesign, ImageSet
from trifeature.images.png import png_bytes
from trifeature.pairs.draw import PairSet

from .folders import file_names
from .manifest import SPLIT_OF_SET, Dataset, kind_of, sets_of


def check_pyarrow() -> None:
    """Refuse to go on without pyarrow.

    Raises:
        ValueError: it is not installed.
    """
    if find_spec("pyarrow") is None:
        raise ValueError("parquet needs pyarrow: pip install pyarrow")


def write_parquet(folder: Path, data: Dataset, images: ImageDesign) -> None:
    """Write data/SPLIT-00000-of-00001.parquet, a file per set and README.md to a folder.

    Raises:
        ValueError: pyarrow is not installed.
        OSError: the folder cannot be written.
    """
    check_pyarrow()
    import pyarrow as pa
    from pyarrow import parquet

    image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    schema = pa.schema([("image", image), *((factor, pa.int64()) for factor in FACTORS)])
    info = {"info": {"features": features(images.counts)}}
    schema = schema.with_metadata({"huggingface": json.dumps(info)})
    (folder / "data").mkdir()
    sizes = {}
    for split in ("train", "test"):
        columns = image_columns(getattr(data, split), split, images.renders)
        target = folder / "data" / f"{split}-00000-of-00001.parquet"
        parquet.write_table(pa.table(columns, schema=schema), target, row_group_size=1000)
        sizes[split] = parquet.read_table(target).nbytes
    (folder / kind_of(data)).mkdir()
    for name, pairs in sets_of(data).items():
        table = pa.table(pair_columns(pairs))
        parquet.write_table(table, folder / kind_of(data) / f"{name}.parquet")
    (folder / "README.md").write_text(card(data, images.counts, sizes))


def image_columns(images: ImageSet, split: str, renders: int) -> dict[str, list[Any]]:
    """The columns of a split: image {bytes, path}, and each factor's values."""
    files = file_names(images, split, renders)
    columns: dict[str, list[Any]] = {
        "image": [
            {"bytes": png_bytes(pixels), "path": file}
            for pixels, file in zip(images.images, files, strict=True)
        ]
    }
    return columns | {f: images.factors[:, k].tolist() for k, f in enumerate(FACTORS)}


def pair_columns(pairs: PairSet) -> dict[str, list[int]]:
    """The columns of a set: the rows of all images in their split, each task's labels."""
    columns = {f"image_{k + 1}": pairs.index[:, k].tolist() for k in range(pairs.modalities)}
    return columns | {task: labels.tolist() for task, labels in pairs.labels.items()}


def features(counts: FactorCounts) -> dict[str, dict[str, Any]]:
    """Column → its type, as the datasets library writes it into a Parquet file."""
    labels = {f: {"names": list(NAMES[f][: counts[f]]), "_type": "ClassLabel"} for f in FACTORS}
    return {"image": {"_type": "Image"}, **labels}


def card(data: Dataset, counts: FactorCounts, sizes: Mapping[str, int]) -> str:
    """README.md: the YAML header that the hub reads, and what the columns are.

    Args:
        data: the dataset.
        counts: of the values of each factor.
        sizes: split → bytes of its table in memory. The ``datasets`` library ignores all that the
            header says of splits where one has no size.
    """
    lines = ["---", "license: mit", "pretty_name: Trifeature", "task_categories:"]
    lines += ["- image-classification", "configs:", "- config_name: images", "  default: true"]
    lines += ["  data_files:"]
    for split in ("train", "test"):
        lines += [f"  - split: {split}", f"    path: data/{split}-*.parquet"]
    kind = kind_of(data)
    lines += [f"- config_name: {kind}", "  data_files:"]
    for name in SPLIT_OF_SET:
        lines += [f"  - split: {name}", f"    path: {kind}/{name}.parquet"]
    lines += ["dataset_info:", "- config_name: images", "  features:"]
    lines += ["  - name: image", "    dtype: image"]
    for factor in FACTORS:
        lines += [f"  - name: {factor}", "    dtype:", "      class_label:", "        names:"]
        names = NAMES[factor][: counts[factor]]
        lines += [f"          '{k}': {name}" for k, name in enumerate(names)]
    lines += ["  splits:"]
    for split in ("train", "test"):
        lines += [f"  - name: {split}", f"    num_bytes: {sizes[split]}"]
        lines += [f"    num_examples: {len(getattr(data, split))}"]
    tasks = "\n".join(f"- `{task.name}`: {task.measures}" for task in data.tasks)
    if kind == "pairs":
        what = ["pairs of them", "whose redundancy, uniqueness and synergy are"]
        numbered = "`image_1` and `image_2`"
    else:
        what = ["samples of", f"{data.modalities} of them; what each subset knows about a label is"]
        numbered = f"`image_1` to `image_{data.modalities}`"
    lines += [
        "---",
        "",
        f"# Trifeature image {kind}",
        "",
        f"Coloured, textured shapes on grey (Hermann & Lampinen, NeurIPS 2020), and {what[0]}",
        f"{what[1]} known in bits; manifest.json tells how they",
        "were drawn. Combinations of factors in `test` never occur in `train`.",
        "",
        f"`{kind}` counts rows of `train` (`pretrain`, `fit`) or of `test` (`score`) from 0, in",
        f"{numbered}, and has a column of labels per task:",
        "",
        tasks,
    ]
    return "\n".join(lines) + "\n"
