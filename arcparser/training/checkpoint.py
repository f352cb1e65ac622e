"""Save and restore a training: everything that the next epoch starts from, in one file beside the model."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from arcparser import files
from arcparser.errors import ModelError, UsageError
from arcparser.model import array_file, model_file
from arcparser.model.model import MOST_NETWORKS, Model
from arcparser.training.branches import BranchedRun
from arcparser.types import Floats, PathLike


@dataclass(frozen=True, slots=True)
class Saved:
    """Hold what a checkpoint has beside the run."""

    history: list[dict[str, Any]]
    best_weights: Floats


def path_of(output: PathLike) -> Path:
    """Return where the checkpoint of a training with this output lies."""
    return Path(f"{os.fspath(output)}.checkpoint")


def unfinished(output: PathLike) -> Path | None:
    """Return the model file of the training with this output, or of the network it is at, if it was interrupted."""
    return next((part for part in _parts(output) if path_of(part).exists()), None)


def check_free(output: PathLike, *, networks: int = 1) -> None:
    """Find out whether a training of so many networks would replace a model or an unfinished training.

    Raises:
        UsageError: It would.
    """
    begun = unfinished(output)
    if networks > 1 and begun is None:
        begun = next((part for part in _parts(output)[1 : networks + 1] if part.is_file()), None)
    if begun is not None:
        raise UsageError(f"{begun}: its training is not finished: --resume goes on with it, --overwrite starts anew")
    if Path(output).is_file():
        raise UsageError(f"{output}: is there already: give another --output, or --overwrite to replace it")


def _parts(output: PathLike) -> list[Path]:
    """Return the model file of a training, and those of its networks by themselves, if it is of several."""
    return [Path(output), *(Path(f"{os.fspath(output)}.{k}") for k in range(1, MOST_NETWORKS + 1))]


def save(output: Path, fingerprint: str, run: BranchedRun, history: list[dict[str, Any]], best: Model) -> None:
    """Write the checkpoint after an epoch; the one before stays until this one is whole."""
    header = {"fingerprint": fingerprint, "history": history, **run.header()}
    arrays = {**run.arrays(), "best": model_file.as_stored(best.networks[0].weights.flat)}
    array_file.write(path_of(output), "checkpoint", header, arrays)


def load(output: Path, fingerprint: str, run: BranchedRun) -> Saved | None:
    """Put `run` and its optimizer in the state that was saved; return None if there is no checkpoint.

    Raises:
        UsageError: It was made with other data or settings.
        ModelError: It is damaged.
    """
    path = path_of(output)
    if not path.exists():
        return None
    header, arrays = array_file.read(path, "checkpoint")
    if header.get("fingerprint") != fingerprint:
        raise UsageError(
            f"{path}: was made with other data, settings, seed or epochs: give the same as then, "
            "or --overwrite instead of --resume"
        )
    try:
        run.restore(header, arrays)
        return Saved(list(header["history"]), arrays["best"].astype(np.float32))
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"{path}: is not a whole checkpoint ({error}): give --overwrite instead of --resume"
        ) from error


def remove(output: Path) -> None:
    """Remove the checkpoint: the training is done."""
    with contextlib.suppress(FileNotFoundError):
        path_of(output).unlink()


def remove_networks(output: PathLike) -> None:
    """Remove what an earlier training of several networks has left: they would be resumed as those of another one."""
    for part in _parts(output)[1:]:
        remove(part)
        part.unlink(missing_ok=True)


def check_writable(output: PathLike) -> None:
    """Find out before a long training whether its result can be written.

    Raises:
        OutputError: It cannot.
    """
    files.check_writable(output)
