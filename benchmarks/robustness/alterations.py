"""Alter a model or checkpoint file one thing at a time, with a digest that fits: each key, each value, each array.

What `array_file` writes is taken apart (`split`) and put together again (`join`) whatever is in it. `alterations`
yields every alteration there is of a header and its arrays: keys removed and added, values replaced by others of any
type and size, lists shortened, doubled and filled, arrays of other types, shapes and numbers. None is drawn at random.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

BEGINNING = rb'{"__metadata__":{"arcparser":"{\"format\":3,\"sha256\":\"'  # of the listing, before the digest
NO_DIGEST = b"0" * 64

Json = dict[str, Any]
Arrays = dict[str, NDArray[Any]]

# What takes the place of each value. Text that cannot be stored (half a surrogate pair) is written as an escape.
VALUES: list[Any] = [
    None, True, False, 0, 1, -1, 7, 10**9, 2**63, 10**30, 10**4000, 0.5, -0.5, 1e308, float("inf"), float("nan"),
    "", "0", "x", "a\tb", "a\nb", "\0", "\ud800", "en.lex_attrs", "tokenizer_exceptions", "os", "../../etc",
    "x" * 100_000, [], {}, [[]], [None], [0], ["x"], [-1], ["x"] * 50_000, {"": None}, {"x": 1}, {"LAS": "x"},
]  # fmt: skip
_NAMES = {
    "float16": "F16",
    "float32": "F32",
    "float64": "F64",
    "int8": "I8",
    "int32": "I32",
    "int64": "I64",
    "uint8": "U8",
}
_TYPES = {name: np.dtype(kind) for kind, name in _NAMES.items()}
_NUMBERS = [
    np.nan, np.inf, -np.inf, 1e20, -1e20, 1e38, -1e38, 65504.0, -65504.0, -0.0, 0.0, 1.0, -1.0, 6e-8, 1e-40,
]  # fmt: skip


def split(data: bytes) -> tuple[Json, Json, bytes]:
    """Return the header of a file, the entries of its arrays, and the arrays."""
    end = 8 + int.from_bytes(data[:8], "little")
    entries = json.loads(data[8:end])
    header = json.loads(entries.pop("__metadata__")["arcparser"])
    return {name: value for name, value in header.items() if name not in ("format", "sha256")}, entries, data[end:]


def members(value: Json, *, ascii_only: bool = False) -> bytes:
    """Return the text of the members of a JSON object that go on after others, and its end."""
    text = json.dumps(value, ensure_ascii=ascii_only, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return b"," + text[1:] if value else b"}"


def join(header: bytes, entries: bytes, arrays: bytes, *, size: bytes | None = None) -> bytes:
    """Return a file whose digest fits, of what `members` returns; `size`: the 8 bytes at its beginning."""
    quoted = header.replace(b"\\", rb"\\").replace(b'"', rb"\"")
    listing = b"".join((BEGINNING, NO_DIGEST, rb"\"", quoted, b'"}', entries))
    listing += b" " * (-len(listing) % 8)
    data = (len(listing).to_bytes(8, "little") if size is None else size) + listing + arrays
    place = 8 + len(BEGINNING)
    end = place + len(NO_DIGEST)
    return data[:place] + hashlib.sha256(data[:place] + data[end:]).hexdigest().encode() + data[end:]


def unpack(entries: Json, arrays: bytes) -> Arrays:
    """Return the arrays of a file by name."""
    found = {}
    for name, entry in entries.items():
        start, end = entry["data_offsets"]
        found[name] = np.frombuffer(arrays[start:end], _TYPES[entry["dtype"]]).reshape(entry["shape"])
    return found


def pack(header: Json, arrays: Arrays) -> bytes:
    """Return a file of this header and these arrays, whose digest fits."""
    entries: Json = {}
    data = b""
    # safetensors wants wide numbers first: so all begin where their type lets them.
    for name, array in sorted(arrays.items(), key=lambda item: -item[1].dtype.itemsize):
        place = [len(data), len(data) + array.nbytes]
        entries[name] = {"dtype": _NAMES[array.dtype.name], "shape": list(array.shape), "data_offsets": place}
        data += array.tobytes()
    return join(members(header, ascii_only=True), members(entries), data)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return paths to what is in a JSON value: all keys, and a few elements of long lists."""
    found = [path] if path else []
    if isinstance(value, dict):
        for key in value:
            found += places(value[key], (*path, key))
    elif isinstance(value, list):
        for index in {*range(min(len(value), 3)), *range(max(0, len(value) - 2), len(value))}:
            found += places(value[index], (*path, index))
    return found


def alterations(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the name of each alteration of a file, and the altered file."""
    header, entries, raw = split(data)
    arrays = unpack(entries, raw)
    for name in ("splitter.weights", "retokenizer.weights"):  # any power of 2 will do: the files are many
        if name in arrays:
            arrays[name] = arrays[name][:64]
    yield "nothing", pack(header, arrays)
    for name, altered in header_alterations(header):
        yield name, pack(altered, arrays)
    for name, changed in array_alterations(arrays):
        yield name, pack(header, changed)


def header_alterations(header: Json) -> Iterator[tuple[str, Json]]:
    """Yield copies of a header in which one thing is another."""
    for path in places(header):
        shown = ".".join(map(str, path))
        yield f"{shown} removed", _changed(header, path, remove=True)
        value = _at(header, path)
        for other in VALUES:
            if type(other) is not type(value) or other != value:
                yield f"{shown} = {str(other)[:30]!r}", _changed(header, path, other)
        if isinstance(value, list) and value:
            for name, other in (
                ("shortened", value[:-1]),
                ("halved", value[: len(value) // 2]),
                ("longer", [*value, value[-1]]),
                ("doubled", value * 2),
                ("reversed", value[::-1]),
                ("filled with 0", [0] * len(value)),
                ("filled with texts", ["x"] * len(value)),
                ("filled with lists", [[]] * len(value)),
            ):
                yield f"{shown} {name}", _changed(header, path, other)
        if isinstance(value, dict):
            yield f"{shown} with one more", _changed(header, (*path, "one more"), 1)
        if type(value) is int:
            for step in (-1, 1, 1000):
                yield f"{shown} {step:+}", _changed(header, path, value + step)
    yield "one more entry", {**header, "one more": 1}


def array_alterations(arrays: Arrays) -> Iterator[tuple[str, Arrays]]:
    """Yield copies of the arrays in which one, or all, are others."""
    for name, array in arrays.items():
        yield f"{name} removed", {other: kept for other, kept in arrays.items() if other != name}
        for kind in _TYPES.values():
            if kind != array.dtype:
                with np.errstate(all="ignore"):
                    yield f"{name} as {kind}", {**arrays, name: array.astype(kind)}
        flat = array.reshape(-1)
        for shape, changed in (
            ("flat", flat),
            ("transposed", array.T if array.ndim > 1 else flat[:, None]),
            ("of one number", flat[:1]),
            ("empty", flat[:0]),
            ("without a number", flat[:-1]),
            ("with a number more", np.append(flat, flat[:1])),
            ("with a dimension more", array[None]),
            ("twice", np.concatenate((array, array))),
        ):
            if changed.shape != array.shape:
                yield f"{name} {shape}", {**arrays, name: np.ascontiguousarray(changed)}
        for number in _numbers(array.dtype):
            if flat.size:
                one = flat.copy()
                one[len(one) // 2] = number
                yield f"{name}: one {number}", {**arrays, name: one.reshape(array.shape)}
                yield f"{name}: all {number}", {**arrays, name: np.full_like(array, number)}
    yield "one more array", {**arrays, "one.more": np.zeros(3, np.float16)}
    yield "no arrays", {}
    for size in (1.0, 100.0, 65504.0, 1e20, 1e38):
        filled = {name: _signs(array, size) for name, array in arrays.items()}
        yield f"all arrays of ±{size}", filled


def _numbers(dtype: np.dtype[Any]) -> list[Any]:
    with np.errstate(all="ignore"):
        return [np.array(number).astype(dtype)[()] for number in _NUMBERS]


def _signs(array: NDArray[Any], size: float) -> NDArray[Any]:
    """Return numbers of one size, half of them negative, in an order that is always the same."""
    signs = np.random.default_rng(1).choice([-1.0, 1.0], array.shape)
    with np.errstate(all="ignore"):
        return (signs * size).astype(array.dtype)


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def _changed(header: Json, path: tuple[Any, ...], value: Any = None, *, remove: bool = False) -> Json:
    """Return a copy with another value under `path`, or with none."""
    changed = copy.deepcopy(header)
    target = _at(changed, path[:-1])
    if remove:
        del target[path[-1]]
    else:
        target[path[-1]] = copy.deepcopy(value)
    return changed
