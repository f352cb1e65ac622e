"""Pickle a parser: as the path and digest of its model's file, or as the bytes of the model.

A process pool pickles `parser.parse` anew with each task. A parser that was loaded from a file becomes a hundred bytes:
the file's path and its SHA-256, which a model file carries. Whoever unpickles them loads the file, if it has that
digest. A parser that was made otherwise, or whose file is not what it was, takes the bytes of its model along; weights
are rounded there, as in every model file.

A process that unpickles the same parser again, as a pool does with each task, gets the one that it has.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from arcparser.errors import ModelError
from arcparser.files import shown_name
from arcparser.model import array_file, model_file
from arcparser.model.model import Model
from arcparser.model.registry import model_folders

_MOST = 2  # parsers that a process keeps for the next task

T = TypeVar("T")


@dataclass(frozen=True)
class Pickled:
    """Hold what is pickled of a parser.

    Attributes:
        digest: The SHA-256 in the file of its model.
        path: Where the file is, absolute; empty if `data` is given.
        data: The bytes of the file, if there is none.
    """

    digest: str
    path: str = ""
    data: bytes = b""


def pickled_file(path: Path) -> Pickled:
    """Return what is pickled of a parser whose model is loaded from a file, to be called before it is loaded."""
    return Pickled(array_file.stored_digest(path), path=os.path.abspath(path))


def pickled_bytes(model: Model) -> Pickled:
    """Return what is pickled of a parser without a file."""
    data = model_file.to_bytes(model)
    return Pickled(array_file.digest_in(data), data=data)


def is_current(pickled: Pickled) -> bool:
    """Tell whether the file is still the one that was loaded."""
    return bool(pickled.digest) and array_file.stored_digest(pickled.path) == pickled.digest


def unpickled_model(pickled: Pickled) -> Model:
    """Load the model.

    Raises:
        ModelError: Its file is not there any more, or has changed, or is damaged.
    """
    if pickled.data:
        return model_file.from_bytes(pickled.data, "the model of the pickled parser")
    name = Path(pickled.path).name
    for place in (Path(pickled.path), *(folder / name for folder in model_folders())):  # on another machine, say
        if array_file.stored_digest(place) == pickled.digest:
            return model_file.load(place)
    problem = "is gone" if not os.path.exists(pickled.path) else "has changed"
    raise ModelError(
        f"{shown_name(pickled.path)}: the model of the pickled parser {problem}: put it back, or pickle "
        "arcparser.Parser(parser.model), which takes the model along"
    )


_parsers: dict[str, Any] = {}  # of digests: the last that were unpickled in this process


def remembered(digest: str, make: Callable[[], T]) -> T:
    """Return the parser of a digest that was unpickled before, or make it."""
    parser: T | None = _parsers.get(digest)
    if parser is None:
        parser = make()
        for oldest in list(_parsers)[: len(_parsers) + 1 - _MOST]:
            _parsers.pop(oldest, None)
        _parsers[digest] = parser
    return parser
