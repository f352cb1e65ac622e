"""One file of JSON and arrays: the form of models and of training checkpoints.

    arcparser 2\\n                   the format and its version
    <bytes of the header>\\n         in decimal
    header                          JSON: {"kind": …, "arrays": [[name, type, [shape]], …], …}
    arrays                          little-endian, C order, one after the other
    SHA-256                         32 bytes, of all that comes before

Nothing in it is code. Sizes are checked against the size of the file before anything is made of them, and the digest
before anything is used: a truncated or altered file is refused.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arcparser.errors import ModelError
from arcparser.files import atomic_writer
from arcparser.types import PathLike

FORMAT_VERSION = 2

_MAGIC = b"arcparser "
_TYPES = {"<f2", "<f4", "<f8", "<i4", "<i8"}
_KINDS = ("model", "checkpoint")
_DIGEST = 32
_LONGEST_LINE = 32

Arrays = Mapping[str, NDArray[Any]]


def write(path: PathLike, kind: str, header: Mapping[str, Any], arrays: Arrays) -> None:
    """Write a file whole or not at all (`arcparser.files.atomic_writer`). The same content, the same bytes."""
    stored = {name: np.ascontiguousarray(a, dtype=a.dtype.newbyteorder("<")) for name, a in arrays.items()}
    listing = [[name, a.dtype.str, list(a.shape)] for name, a in stored.items()]
    text = json.dumps({"kind": kind, **header, "arrays": listing}, ensure_ascii=False, separators=(",", ":"))
    encoded = text.encode(errors="replace")  # a treebank's file name may hold bytes that are no text
    digest = hashlib.sha256()
    with atomic_writer(path) as stream:
        pieces: list[bytes | memoryview] = [_MAGIC + b"%d\n%d\n" % (FORMAT_VERSION, len(encoded)), encoded]
        pieces += [a.data.cast("B") for a in stored.values() if a.size]
        for piece in pieces:
            digest.update(piece)
            stream.write(piece)
        stream.write(digest.digest())


def read(path: PathLike, kind: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The header and the arrays of a file of this `kind`.

    Raises:
        ModelError: The file is missing, is something else, has another version, or is damaged.
    """
    file = Path(path)
    try:
        with open(file, "rb") as stream:
            data = stream.read(len(_MAGIC))
            if data == _MAGIC:  # whatever else it is, it may be large
                data += stream.read()
    except FileNotFoundError:
        raise ModelError(f"{file}: no such file: check the path, or train a model with arcparser train") from None
    except OSError as error:
        raise ModelError(f"{file}: cannot be read: {error.strerror or error}") from error
    if not data.startswith(_MAGIC):
        raise ModelError(f"{file}: is not an arcparser {kind}: give a file made by arcparser train")
    version, _, rest = data[len(_MAGIC) : len(_MAGIC) + _LONGEST_LINE].partition(b"\n")
    if version != b"%d" % FORMAT_VERSION:
        shown = version.decode("ascii", "replace")[:20]
        raise ModelError(
            f"{file}: has format version {shown}, and this arcparser reads {FORMAT_VERSION}: "
            "train it again, or install the version of arcparser that made it"
        )
    damaged = ModelError(f"{file}: is damaged (its checksum does not fit): copy or train it again")
    if hashlib.sha256(memoryview(data)[:-_DIGEST]).digest() != data[-_DIGEST:]:
        raise damaged
    # From here on the file is as it was written; what follows guards against one that was written by others.
    try:
        size, newline, _ = rest.partition(b"\n")
        start = len(_MAGIC) + len(version) + 1 + len(size) + 1
        end = start + int(size)
        if not newline or not start <= end <= len(data) - _DIGEST:
            raise damaged
        header = json.loads(data[start:end])
        arrays: dict[str, NDArray[Any]] = {}
        for name, dtype, shape in header.pop("arrays"):
            if type(name) is not str or dtype not in _TYPES or any(type(n) is not int or n < 0 for n in shape):
                raise damaged
            count = math.prod(shape)
            if count * np.dtype(dtype).itemsize > len(data) - _DIGEST - end:
                raise damaged
            arrays[name] = np.frombuffer(data, dtype, count, end).reshape(shape)
            end += arrays[name].nbytes
        if end != len(data) - _DIGEST:
            raise damaged
        found = header.pop("kind")
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise damaged from error
    if found != kind:
        other = found if found in _KINDS else "file of another kind"
        raise ModelError(f"{file}: is an arcparser {other}, not a {kind}: give the file that --output named")
    return header, arrays
