"""The files that data are read from, as they were when a run began to read them."""

from dataclasses import dataclass
from pathlib import Path

from .schema import MultimodalDataset

#: Ends of the names of files in a folder that modalities stay in. Others are read whole, and a run
#: may write its own beside them.
_MAPPED = (".npy", ".h5", ".hdf5")


@dataclass(frozen=True)
class FileStates:
    """Name, size and time of change of each file.

    Attributes:
        source: a file, or a folder with all that lies in it; something else (a function) has none.
        states: in the order of their names.
    """

    source: str
    states: tuple[tuple[str, int, int], ...]

    @classmethod
    def of(cls, source: str) -> "FileStates":
        """The files as they are now.

        Raises:
            OSError: they cannot be read.
        """
        path = Path(source)
        inside = sorted(path.rglob("*")) if path.is_dir() else [path] if path.exists() else []
        found = ((str(file), file.stat()) for file in inside)
        return cls(source, tuple((name, one.st_size, one.st_mtime_ns) for name, one in found))

    def check(self, dataset: MultimodalDataset) -> None:
        """Compare the files of a dataset with what they are now.

        A dataset that was read into memory does not mind; modalities on disk are read as they are
        needed.

        Raises:
            ValueError: they have changed.
            OSError: one cannot be read any more.
        """
        on_disk = any(modality.on_disk for modality in dataset.modalities)
        if on_disk and FileStates.of(self.source)._mapped() != self._mapped():
            raise ValueError(
                f"the data in {self.source} changed while they were read; nothing that was made of "
                "them since is kept: put them back and repeat the command, or start anew with what "
                "they are now"
            )

    def _mapped(self) -> list[tuple[str, int, int]]:
        """The states of the files that modalities can stay in."""
        return [each for each in self.states if each[0] == self.source or each[0].endswith(_MAPPED)]
