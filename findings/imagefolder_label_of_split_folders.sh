#!/usr/bin/env bash
# datasets 5.2.0: `load_dataset("imagefolder", data_dir=DIR)` of images that lie directly in
# DIR/train and DIR/test, without folders of classes, adds a column `label` that is a class label of
# the splits' names, ClassLabel(names=["test", "train"]): None in every row of train, 0 ("test") in
# every row of test. Of one folder without splits it adds no such column. Nothing is printed; a
# training that drops rows without a label drops all of them, and a test reads one class.
#
# Seen here: train None, None; test 0, 0. A metadata.csv (file_name and columns) in the folder of
# each split, or drop_labels=True, prevents it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet datasets==5.2.0 pillow
HF_HOME="$folder/cache" HF_HUB_OFFLINE=1 "$folder/env/bin/python" - "$folder/data" <<'PY'
import sys
from pathlib import Path

import datasets
from PIL import Image

datasets.disable_progress_bars()
root = Path(sys.argv[1])
for place in ("split/train", "split/test", "flat"):
    (root / place).mkdir(parents=True)
    for k in range(2):
        Image.new("RGB", (4, 4), (k, 0, 0)).save(root / place / f"{place[0]}{place[-1]}{k}.png")

split = datasets.load_dataset("imagefolder", data_dir=str(root / "split"))
features = split["train"].features
flat = datasets.load_dataset("imagefolder", data_dir=str(root / "flat"))["train"].features
dropped = datasets.load_dataset("imagefolder", data_dir=str(root / "split"), drop_labels=True)
assert "label" in features, "images in folders of splits have no label now"
values = {part: split[part]["label"][:] for part in split}
print(f"datasets {datasets.__version__}: {features['label']}, {values}; in one folder: {list(flat)}")
assert features["label"].names == ["test", "train"], features["label"]
assert values == {"train": [None, None], "test": [0, 0]}, values
assert "label" not in flat, "images in one folder have a label now"
assert "label" not in dropped["train"].features
PY
