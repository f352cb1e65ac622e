"""Write and read one file of arrays and a JSON header: the form of models and of training checkpoints.

It is a safetensors file (https://huggingface.co/docs/safetensors), which any program that knows that format can read:

    8 bytes     the size of the listing
    listing     {"__metadata__": {"arcparser": HEADER}, NAME: {"dtype": …, "shape": …, "data_offsets": …}, …}
    arrays      little-endian, C order, one after the other

HEADER is a JSON document too, in a string, and what it begins with is always at the same place:

    {"format": 3, "sha256": DIGEST, "kind": "model", …}

DIGEST is the SHA-256 of all bytes of the file but its own 64 digits. It is compared before anything else of the file is
used, so a truncated or altered file is refused. Nothing in the file is code, and safetensors checks the sizes of the
arrays against the size of the file. All of HEADER is under one key of the metadata: safetensors writes several keys in
an order that differs from run to run, and the same content shall give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from safetensors import SafetensorError

from arcparser.errors import ModelError, OutputError, clean, readable
from arcparser.files import atomic_writer, foreign_format
from arcparser.types import PathLike

FORMAT_VERSION = 3

_FORMER_MAGIC = b"arcparser "  # what files of format 1 and 2 begin with, before their version
_SIZE = 8  # bytes of the size of the listing
_BEGINNING = rb'{"__metadata__":{"arcparser":"{\"format\":'  # of the listing
_VERSION_PLACE = _SIZE + len(_BEGINNING)
_LONGEST_VERSION = 32
_DIGEST_PLACE = _VERSION_PLACE + len(rb"3,\"sha256\":\"")
_DIGEST_END = _DIGEST_PLACE + 64
_NO_DIGEST = "0" * 64

_LARGEST_LISTING = 100_000_000  # bytes; safetensors reads no larger one
_LARGE = 1 << 30  # bytes: a larger file is read only if its listing accounts for its size
_END = re.compile(rb'"data_offsets":\[\d{1,18},(\d{1,18})\]')  # of an array; within HEADER, quotes are escaped

_TYPES = {"float16", "float32", "float64", "int8", "int32", "int64", "uint8"}
_KINDS = ("model", "checkpoint")

Arrays = Mapping[str, NDArray[Any]]


def write(path: PathLike, kind: str, header: Mapping[str, Any], arrays: Arrays) -> None:
    """Write a file whole or not at all (`arcparser.files.atomic_writer`); the same content gives the same bytes.

    Args:
        path: The file.
        kind: "model" or "checkpoint".
        header: What JSON can hold.
        arrays: Arrays of 16, 32 or 64-bit floats, of 8, 32 or 64-bit integers, or of bytes, by name.

    Raises:
        OutputError: The file cannot be written.
    """
    pieces = _pieces(str(path), kind, header, arrays)
    with atomic_writer(path) as stream:
        stream.writelines(pieces)


def encode(name: str, kind: str, header: Mapping[str, Any], arrays: Arrays) -> bytes:
    """Return the bytes of a file that `write` would write.

    Args:
        name: What messages call it.
        kind: As in `write`.
        header: As in `write`.
        arrays: As in `write`.

    Raises:
        OutputError: It cannot be made.
    """
    return b"".join(_pieces(name, kind, header, arrays))


def _pieces(name: str, kind: str, header: Mapping[str, Any], arrays: Arrays) -> list[memoryview]:
    """Return the bytes of a file, in pieces: a copy of the whole would take as much memory again."""
    document = {"format": FORMAT_VERSION, "sha256": _NO_DIGEST, "kind": kind, **header}
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    text = readable(text).encode(errors="replace").decode()  # a file name may hold bytes that are no text
    contiguous = {key: np.ascontiguousarray(array) for key, array in arrays.items()}
    try:
        data = memoryview(safetensors.numpy.save(contiguous, {"arcparser": text}))
    except SafetensorError as error:  # as of a vocabulary of more than 100 MB
        raise OutputError(f"{name}: cannot be written ({error}): train with fewer forms or --vector-words") from error
    if data[_DIGEST_PLACE:_DIGEST_END] != _NO_DIGEST.encode():
        raise RuntimeError("safetensors does not write the metadata first")
    return [data[:_DIGEST_PLACE], memoryview(_digest(data)), data[_DIGEST_END:]]


def read(path: PathLike, kind: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return the header and the arrays of a file of this `kind`.

    Raises:
        ModelError: The file is missing, is something else, has another version, or is damaged.
    """
    return decode(_read_bytes(Path(path), kind), str(path), kind)


def digest_in(data: bytes) -> str:
    """Return the digest that the bytes of a file, or the first 200 of them, say that they have; empty if they do not.

    It is not compared with them here: that is done where they are read.
    """
    return (
        data[_DIGEST_PLACE:_DIGEST_END].decode("ascii", "replace") if data[_SIZE:_VERSION_PLACE] == _BEGINNING else ""
    )


def stored_digest(path: PathLike) -> str:
    """Return `digest_in` the file; empty if it cannot be read."""
    try:
        with open(path, "rb") as stream:
            return digest_in(stream.read(_DIGEST_END))
    except OSError:
        return ""


def decode(data: bytes, file: str, kind: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return the header and the arrays that are in the bytes of a file of this `kind`.

    Args:
        data: The bytes.
        file: What messages call the file.
        kind: As in `write`.

    Raises:
        ModelError: They are something else, have another version, or are damaged.
    """
    version = data[_VERSION_PLACE : _VERSION_PLACE + _LONGEST_VERSION].partition(b",")[0]
    if version != b"%d" % FORMAT_VERSION:
        raise _other_version(file, version, kind)
    damaged = ModelError(f"{file}: is damaged (its checksum does not fit): {_advice(kind)}")
    if _digest(memoryview(data)) != data[_DIGEST_PLACE:_DIGEST_END]:
        raise damaged
    # From here on the file is as it was written; what follows guards against one that was written by others.
    try:
        listing = json.loads(data[_SIZE : _SIZE + int.from_bytes(data[:_SIZE], "little")])
        header = json.loads(listing["__metadata__"]["arcparser"])
        arrays = safetensors.numpy.load(data)
        if any(array.dtype.name not in _TYPES for array in arrays.values()):
            raise damaged
        del header["format"], header["sha256"]
        found = header.pop("kind")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, SafetensorError) as error:
        raise damaged from error
    if found != kind:
        other = found if found in _KINDS else "file of another kind"
        advice = _advice(kind, "give the file that --output named")
        raise ModelError(f"{file}: is an arcparser {other}, not a {kind}: {advice}")
    return header, arrays


def _read_bytes(file: Path, kind: str) -> bytes:
    """Return what is in a file that begins like those of this format.

    Raises:
        ModelError: It is missing or begins otherwise, or is large without a reason.
    """
    try:
        with open(file, "rb") as stream:
            beginning = stream.read(_VERSION_PLACE)
            if beginning[_SIZE:] == _BEGINNING:  # whatever else it is, it may be large
                stream.seek(0)
                if _is_padded(stream):
                    raise ModelError(f"{file}: is damaged (it is larger than its arrays): {_advice(kind)}")
                return stream.read()
            beginning += stream.read(_LONGEST_VERSION)
    except FileNotFoundError:
        raise ModelError(f"{file}: no such file: check the path, or train a model with arcparser train") from None
    except OSError as error:
        raise ModelError(f"{file}: cannot be read: {error.strerror or error}") from error
    if beginning.startswith(_FORMER_MAGIC):
        raise _other_version(file, beginning[len(_FORMER_MAGIC) :].partition(b"\n")[0], kind)
    if (problem := foreign_format(beginning)) is not None:
        raise ModelError(f"{file}: is not an arcparser {kind}, but {problem}")
    advice = _advice(kind, "give a file made by arcparser train")
    raise ModelError(f"{file}: is not an arcparser {kind}: {advice}")


def _is_padded(stream: BinaryIO) -> bool:
    """Tell whether a large file holds more than its listing says, and go back to its beginning."""
    size = os.fstat(stream.fileno()).st_size
    if size < _LARGE:
        return False
    listing = int.from_bytes(stream.read(_SIZE), "little")
    ends = [int(end) for end in _END.findall(stream.read(min(listing, _LARGEST_LISTING)))]
    stream.seek(0)
    return size != _SIZE + listing + max(ends, default=0)


def _advice(kind: str, of_model: str = "copy or train it again") -> str:
    """Return what to do: whatever is wrong with a checkpoint, a training can do without."""
    return "give --overwrite instead of --resume to train anew" if kind == "checkpoint" else of_model


def _other_version(file: Path | str, version: bytes, kind: str) -> ModelError:
    shown = clean(version.decode("ascii", "replace")[:20])
    again = "give --overwrite instead of --resume" if kind == "checkpoint" else "train it again"
    return ModelError(
        f"{file}: has format version {shown}, and this arcparser reads {FORMAT_VERSION}: "
        f"{again}, or install the version of arcparser that made it"
    )


def _digest(data: memoryview) -> bytes:
    """Return the SHA-256 of a file but for the place of its own digits, as 64 hexadecimal digits."""
    digest = hashlib.sha256(data[:_DIGEST_PLACE])
    digest.update(data[_DIGEST_END:])
    return digest.hexdigest().encode()
