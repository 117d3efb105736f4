"""A folder of images that somebody adapted on purpose."""

import json
from pathlib import Path


def unlist(folder: Path, *entries: str) -> None:
    """Delete entries from its manifest, as docs/formats.md says."""
    manifest = json.loads((folder / "manifest.json").read_text())
    for entry in entries:
        del manifest[entry]
    (folder / "manifest.json").write_text(json.dumps(manifest))
