"""Save and restore a training: everything that the next epoch starts from, in one file beside the model."""

from __future__ import annotations

import contextlib
import math
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arcparser.errors import ModelError, OutputError, UsageError, one_line
from arcparser.learning.branches import BranchedRun
from arcparser.model import array_file, model_file
from arcparser.model.model import MOST_NETWORKS, Model
from arcparser.types import Floats, PathLike

_ENTRIES = {"fingerprint", "history", "epochs", "done", "branch", "updates", "fork_updates"}
_EPOCH_ENTRIES = {"epoch", "epochs", "branch", "seconds", "train", "dev"}


@dataclass(frozen=True, slots=True)
class Saved:
    """Hold what a checkpoint has beside the run."""

    history: list[dict[str, Any]]
    best_weights: Floats


def path_of(output: PathLike) -> Path:
    """Return where the checkpoint of a training with this output lies."""
    return Path(f"{os.fspath(output)}.checkpoint")


def unfinished(output: PathLike) -> Path | None:
    """Return the model file of the training with this output, or of the part it is at, if it was interrupted."""
    parts = [*_parts(output), *_parts(held_out_of(output))]
    begun = next((part for part in parts if path_of(part).exists()), None)
    return next((part for part in _parts(held_out_of(output)) if part.is_file()), None) if begun is None else begun


def held_out_of(output: PathLike) -> Path:
    """Return where a training with this output keeps the model of its first part, without the held-out sentences."""
    return Path(f"{os.fspath(output)}.held-out")


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
    arrays = {**run.arrays(), "best": best.networks[0].weights.flat}
    array_file.write(path_of(output), "checkpoint", header, arrays)


def load(output: Path, fingerprint: str, run: BranchedRun) -> Saved | None:
    """Put `run` and its optimizer in the state that was saved; return None if there is no checkpoint.

    Raises:
        UsageError: It was made with other data or settings.
        ModelError: It is no checkpoint, or is damaged.
    """
    path = path_of(output)
    if not path.exists():
        return None
    header, arrays = array_file.read(path, "checkpoint")
    if "fingerprint" in header and header["fingerprint"] != fingerprint:
        raise UsageError(
            f"{path}: was made with other data, settings, seed or epochs: give the same as then, "
            "or --overwrite instead of --resume"
        )
    try:
        return _restore(run, header, arrays)
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
        reason = one_line(str(error))[:200]
        raise ModelError(
            f"{path}: is not a whole checkpoint ({reason}): give --overwrite instead of --resume"
        ) from error


def _restore(run: BranchedRun, header: Mapping[str, Any], arrays: dict[str, NDArray[Any]]) -> Saved:
    """Check what a checkpoint holds, and put `run` in its state.

    Raises:
        ValueError: It is not what `save` has written.
    """
    if set(header) != _ENTRIES:
        raise ValueError("other entries than a checkpoint has")
    numbers = {name: header[name] for name in _ENTRIES - {"fingerprint", "history"}}
    if not all(type(number) is int for number in numbers.values()):
        raise ValueError("a number that is none")
    best = arrays.pop("best", None)
    if best is None or best.dtype != np.float32 or not np.isfinite(best).all():
        raise ValueError("bad weights of the best epoch")
    history = header["history"]
    if not isinstance(history, list) or not history:
        raise ValueError("no history")
    run.restore(numbers, arrays, count=len(history))
    if best.shape != arrays["weights"].shape:
        raise ValueError("bad weights of the best epoch")
    for count, entry in enumerate(history):
        done, branch = run.place(count)
        _check_epoch(entry, {"epoch": done + 1, "epochs": numbers["epochs"], "branch": branch})
    return Saved(history, best)


def _check_epoch(entry: Any, expected: Mapping[str, int]) -> None:
    """Refuse what is no entry of the history of an epoch, or has other values than are `expected`.

    Raises:
        ValueError: It is none.
    """
    if not isinstance(entry, dict) or set(entry) - {"rate"} != _EPOCH_ENTRIES:  # older ones have no rate
        raise ValueError("an epoch with other entries than one has")
    if any(type(entry[name]) is not int or entry[name] != value for name, value in expected.items()):
        raise ValueError(f"another epoch in the place of epoch {expected['epoch']}")
    train, dev = entry["train"], entry["dev"]
    if not isinstance(train, dict) or not all(
        map(_is_finite, (entry["seconds"], entry.get("rate", 0), *train.values()))
    ):
        raise ValueError("an epoch with bad losses")
    if not isinstance(dev, dict) or "LAS" not in dev or not all(map(model_file.is_percentage, dev.values())):
        raise ValueError("an epoch with bad scores")


def _is_finite(value: object) -> bool:
    return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]


def remove(output: Path) -> None:
    """Remove the checkpoint: the training is done."""
    with contextlib.suppress(FileNotFoundError):
        path_of(output).unlink()


def remove_unfinished(output: PathLike) -> None:
    """Remove what an earlier training with this output has left, but its model: it would be resumed as another one's.

    Raises:
        OutputError: It cannot be removed.
    """
    parts = [*_parts(output), *_parts(held_out_of(output))]
    # What else somebody has called OUTPUT.1 is theirs.
    models = [part for part in parts[1:] if array_file.stored_digest(part)]
    for path in (*map(path_of, parts), *models):
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(f"{path}: cannot be removed: {error.strerror or error}") from error


def remove_held_out(output: Path) -> None:
    """Remove the model of the first part of a training, which is done; what tells of its epochs stays."""
    first = held_out_of(output)
    for part, whole in zip(_parts(first), _parts(output)):
        with contextlib.suppress(FileNotFoundError):
            os.replace(f"{part}.epochs.jsonl", f"{whole}.epochs.jsonl")
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def kept_if_unfinished(folder: Path, output: PathLike) -> Iterator[None]:
    """Remove a folder when the training with this output ends, unless it has left what it can be resumed from."""
    try:
        yield
    finally:
        if unfinished(output) is None:
            shutil.rmtree(folder, ignore_errors=True)
