"""Keep what teachers say of raw text on disk: it is asked once, and memory does not grow with it.

The arrays lie in the folder `OUTPUT.targets`, in a folder of their own for each text and teachers, and are mapped into
memory. An interrupted training finds them when it is resumed; one that comes to its end removes them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import DTypeLike, NDArray

from arcparser.files import make_folder, output_error
from arcparser.learning.targets import Keep, Layout, Targets
from arcparser.training import checkpoint
from arcparser.types import PathLike

_ZEROS = bytes(1 << 20)


class TargetFolder:
    """Hold the targets of a training with this output.

    Attributes:
        path: The folder.
    """

    def __init__(self, output: PathLike) -> None:
        self.path = Path(f"{os.fspath(output)}.targets")
        self._output = output

    def kept_if_unfinished(self) -> AbstractContextManager[None]:
        """Remove the folder when the training ends, unless it has left what it can be resumed from."""
        return checkpoint.kept_if_unfinished(self.path, self._output)

    def keeper(self, key: str, *, begin: Callable[[], object]) -> Keep:
        """Return what keeps targets here: those of this key that are there, or new ones, whole or not at all.

        Args:
            key: Of text and teachers.
            begin: Called before new ones are made.
        """

        def keep(layout: Layout, fill: Callable[[Targets], None]) -> Targets:
            folder = self.path / key
            try:
                return layout(_Mapped(folder, "r"))
            except (OSError, ValueError, EOFError):
                pass
            shutil.rmtree(folder, ignore_errors=True)
            partial = self.path / f"{key}.partial"
            shutil.rmtree(partial, ignore_errors=True)
            make_folder(partial)
            begin()
            fill(layout(_Mapped(partial, "r+")))
            os.replace(partial, folder)
            return layout(_Mapped(folder, "r"))

        return keep


class _Mapped:
    """Make arrays that are files of a folder: new ones with mode "r+", those that are there with "r".

    Raises:
        OutputError: A new one cannot be written.
        OSError: One is not there.
        ValueError: One is another array.
    """

    def __init__(self, folder: Path, mode: Literal["r", "r+"]) -> None:
        self._folder, self._mode = folder, mode

    def __call__(self, name: str, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        file = self._folder / f"{name}.npy"
        if self._mode == "r+":
            _write_zeros(file, shape, np.dtype(dtype))
        found: NDArray[Any] = np.load(file, mmap_mode=self._mode)
        if found.shape != shape or found.dtype != dtype:
            raise ValueError(f"{file}: another array")
        return found


def _write_zeros(file: Path, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """Write an array of zeros: a disk that is full says so now, where a mapped file could not."""
    header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    left = int(np.prod(shape)) * dtype.itemsize
    try:
        with open(file, "wb") as stream:
            np.lib.format.write_array_header_1_0(stream, header)
            while left > 0:
                left -= stream.write(_ZEROS[: min(left, len(_ZEROS))])
    except OSError as error:
        raise output_error(file, error) from error
