#!/usr/bin/env bash
# safetensors 0.8.0 (and numpy 2.4.6): `save` writes the entries of `metadata` in an order that
# changes from call to call, so one state saved twice gives different files, and a checksum of the
# file says "changed" where nothing has. Without metadata, or with one entry, the bytes are stable.
#
# Seen here: 20 calls with six entries gave 19 different files; 20 calls without metadata gave 1.
# Whoever compares exports by the sum of the file has to sum the tensors, or to write the header
# in an order of their own.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet safetensors==0.8.0 numpy==2.4.6
"$folder/env/bin/python" - <<'PY'
import hashlib

import numpy as np
from safetensors import __version__
from safetensors.numpy import load, save

state = {"weight": np.arange(4, dtype=np.float32)}
metadata = {f"key{k}": str(k) for k in range(6)}


def files(**options):
    written = [save(state, **options) for _ in range(20)]
    assert all((load(one)["weight"] == state["weight"]).all() for one in written)
    return len({hashlib.sha256(one).hexdigest() for one in written})


with_entries, without = files(metadata=metadata), files()
print(f"safetensors {__version__}: {with_entries} different files with metadata, {without} without")
assert without == 1, "files without metadata differ, too"
assert with_entries > 1, "the order of metadata is stable now"
PY
