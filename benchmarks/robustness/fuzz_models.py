"""Damage a model file in 10,000 ways: the loader refuses it with one line, or what it loads parses.

    python benchmarks/robustness/fuzz_models.py [--files 10000] [--seed 1] [--model toy]

A third of the files are damaged as a disk or a network would: bytes flipped, cut out, put in, the end missing. All of
these must be refused. The others are forged: after the damage the SHA-256 in the file is made to fit, so that the
checks of the contents are all that is left: values of the header replaced by others of any type and size, removed,
doubled, nested a thousand deep; bytes of its text changed; shapes and types of arrays; weights. These must be refused
with a ModelError of one line, or load as a model that gives two sentences trees with one root; every tenth also reads
raw text.

Each file has 3 seconds of computing and the process 300 MB more than at the start: a hang, a blow-up, any other
exception, or code run from a file (a canary is planted in some) is a failure; exit status 1. By default the damaged
model is one that is trained on the spot; `--model PATH` takes another (slow if it is large).
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import io
import json
import os
import pickle
import random
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

from material import Hang, limit_memory, peak_megabytes, time_limit, toy_model, tree_problem

import arcparser
from arcparser.errors import ModelError, UsageError
from arcparser.treebank.sentence import Sentence

SENTENCES = [["Dogs", "chase", "cats", "."], ["Hi"]]
TEXT = b"Dogs don't chase cats. Hi!\n\nThey're (mostly) asleep...\n"
NASTY: list[Any] = [
    None, True, False, 0, 1, -1, 2, 255, 2**31, 2**63, 10**18, 10**30, -(10**30), 0.5, 1e308, float("inf"),
    float("nan"), "", "0", "8", "weights", "a\tb", "a\nb", "\0", "\ud800", "é" * 1000, "x" * 100_000, [], {}, [[]],
    [None], {"": None}, ["a", "b"], [1, 2], [10**12], [10**30, 0], [-1], [2**40, 2**40], "F16", "F64", "BF16",
    "U8", "BOOL", "|O", "model", "checkpoint", [0, 2**62], [0, 10**9], {"hidden": 10**9}, {"LAS": "x"},
    {"dtype": "F16", "shape": [1], "data_offsets": [0, 2]},
]  # fmt: skip


BEGINNING = rb'{"__metadata__":{"arcparser":"{\"format\":3,\"sha256\":\"'  # of the listing, before the digest
NO_DIGEST = b"0" * 64


def split(data: bytes) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    """Return the header of a model file, the entries of its arrays, and the arrays."""
    end = 8 + int.from_bytes(data[:8], "little")
    entries = json.loads(data[8:end])
    header = json.loads(entries.pop("__metadata__")["arcparser"])
    return {name: value for name, value in header.items() if name not in ("format", "sha256")}, entries, data[end:]


def members(value: dict[str, Any], *, ascii_only: bool = False) -> bytes:
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


def damage_bytes(data: bytes, rng: random.Random) -> bytes:
    """Return `data` with some bytes flipped, cut out, put in, or the end missing."""
    damaged = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 3, 10])):
        # As often near the beginning, where the header is, as anywhere.
        at = rng.randrange(len(damaged) if rng.random() < 0.5 else min(len(damaged), 3000)) if damaged else 0
        kind = rng.randrange(5)
        if kind == 0:
            damaged[at : at + 1] = bytes(byte ^ 1 << rng.randrange(8) for byte in damaged[at : at + 1])
        elif kind == 1:
            del damaged[at : at + rng.choice([1, 2, 100])]
        elif kind == 2:
            damaged[at:at] = rng.randbytes(rng.choice([1, 4, 100]))
        elif kind == 3:
            damaged[at : at + 8] = rng.randbytes(8)
        else:
            del damaged[max(at, 1) :]
    return bytes(damaged)


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


def damage_values(value: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """Return a copy of a JSON object with some values replaced, removed or doubled."""
    damaged = copy.deepcopy(value)
    for _ in range(rng.choice([1, 1, 1, 2, 5])):
        *path, last = rng.choice(places(damaged))
        target: Any = damaged
        for key in path:
            target = target[key]
        action, nasty = rng.randrange(5), copy.deepcopy(rng.choice(NASTY))
        if action == 0:
            del target[last]
        elif action == 1 and isinstance(target, list):
            target.insert(rng.randrange(len(target) + 1), copy.deepcopy(rng.choice([target[last], nasty])))
        elif action == 2 and type(target[last]) is int:
            target[last] += rng.choice([-1, 1, 2, 1000, 2**31, 2**62, -(2**31)])
        elif action == 3 and isinstance(target, dict):  # under another name, or that of another
            target[rng.choice(["weights", "9.form.table", "", *target])] = target.pop(last)
        else:
            target[last] = nasty
        if not places(damaged):
            break
    return damaged


def forge(header: dict[str, Any], entries: dict[str, Any], arrays: bytes, rng: random.Random, canary: Path) -> bytes:
    """Return a file with a fitting digest and something wrong in it."""
    kind = rng.randrange(10)
    if kind <= 2:
        return join(members(damage_values(header, rng), ascii_only=rng.random() < 0.5), members(entries), arrays)
    if kind <= 4:
        return join(members(header), members(damage_values(entries, rng)), arrays)
    texts = [bytearray(members(header)), bytearray(members(entries))]
    if kind == 5:  # bytes of a text
        text = rng.choice(texts)
        for _ in range(rng.choice([1, 2, 20])):
            text[rng.randrange(len(text))] = rng.randrange(256)
        return join(bytes(texts[0]), bytes(texts[1]), arrays)
    if kind == 6:  # something else in the place of a text, or another size
        sizes = [0, 1, 8, 100, 10**6, 10**8, 2**31, 2**63, 2**64 - 1, rng.randrange(20_000)]
        other = [
            b"",
            b"null",
            b"[]",
            b"{}",
            b"[" * 50_000,
            b',"a":' + b'{"a":' * 50_000,
            b"9" * 10_000,
            b'"',
            rng.randbytes(50),
        ]
        size = rng.choice(sizes).to_bytes(8, "little") if rng.random() < 0.5 else None
        if size is None:
            texts[rng.randrange(2)] = bytearray(rng.choice(other))
        return join(bytes(texts[0]), bytes(texts[1]), arrays, size=size)
    if kind == 7:  # weights: any bits
        weights = bytearray(arrays)
        for _ in range(rng.choice([1, 10, 1000])):
            weights[rng.randrange(len(weights))] = rng.randrange(256)
        return join(bytes(texts[0]), bytes(texts[1]), bytes(weights))
    if kind == 8:  # more or fewer of them
        other = [b"", arrays[: rng.randrange(len(arrays))], arrays + b"\0\0", arrays * 2]
        return join(bytes(texts[0]), bytes(texts[1]), rng.choice(other))
    return plant(header, entries, rng, canary)


def plant(header: dict[str, Any], entries: dict[str, Any], rng: random.Random, canary: Path) -> bytes:
    """Return a file with a pickle in it, or in its place, that would make the folder `canary`."""

    class Canary:
        def __reduce__(self) -> Any:
            return os.mkdir, (os.fspath(canary),)

    trap = pickle.dumps(Canary())
    dtype = rng.choice(["|O", "O", "object", "U8", "F16"])
    entry = {"dtype": dtype, "shape": [rng.choice([1, len(trap) // 2, len(trap)])], "data_offsets": [0, len(trap)]}
    planted = join(members(header), members({"vectors": entry}), trap)
    return rng.choice([trap, planted, join(members(header), members(entries), trap)])


def check(file: Path, *, must_fail: bool, with_text: bool) -> str:
    """Load a file and return how it went.

    Raises:
        AssertionError: It was loaded though it must not, gave no tree, or was refused with a bad message.
    """
    try:
        parser = arcparser.load(file)
    except ModelError as error:
        message = str(error)
        if "\n" in message or not message.startswith(str(file)) or len(message) > 500:
            raise AssertionError(f"not a good message: {message[:300]!r}") from None
        return "refused"
    if must_fail:
        raise AssertionError("was loaded")
    for sentence in parser.parse_many(SENTENCES):
        if not isinstance(sentence, Sentence) or (problem := tree_problem(sentence.heads)):
            raise AssertionError(f"no tree: {problem}")
        sentence.to_bytes()
    if with_text:
        try:
            read = parser.model.segmentation.read(io.BytesIO(TEXT), lines=False, name="text")
            for item in parser.parse_stream(read):
                item.to_bytes()
        except (ModelError, UsageError) as error:
            if "\n" in str(error) or len(str(error)) > 500:
                raise AssertionError(f"not a good message: {str(error)[:300]!r}") from None
            return "loaded, and refused to read text"
    return "loaded, and parsed"


def main() -> int:
    """Damage, load, count; 1 if anything failed."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--files", type=int, default=10_000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--model", type=Path, help="model file to damage (default: a toy model)")
    args = arguments.parse_args()
    rng = random.Random(args.seed)
    counts: Counter[str] = Counter()
    failures = 0
    slowest = 0.0
    start = time.process_time()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole = (args.model or toy_model(folder / "toy.arcparser")).read_bytes()
        header, entries, arrays = split(whole)
        if join(members(header), members(entries), arrays) != whole:
            sys.exit("a forged file would be refused for its form alone: bring split and join up to date")
        file, canary = folder / "damaged.arcparser", folder / "canary"
        # The undamaged model, with text: this also imports spaCy before memory is limited.
        if check(args.model or folder / "toy.arcparser", must_fail=False, with_text=True) != "loaded, and parsed":
            sys.exit("the undamaged model cannot be loaded")
        limited = limit_memory(300)
        warnings.simplefilter("ignore", RuntimeWarning)  # forged weights may overflow
        for number in range(args.files):
            as_by_a_disk = number % 3 == 0
            data = damage_bytes(whole, rng) if as_by_a_disk else forge(header, entries, arrays, rng, canary)
            file.write_bytes(data)
            began = time.process_time()
            try:
                with time_limit(3):
                    outcome = check(file, must_fail=as_by_a_disk and data != whole, with_text=number % 10 == 1)
                if canary.exists():
                    raise AssertionError("code from the file was run")
                counts[f"{'damaged' if as_by_a_disk else 'forged'}: {outcome}"] += 1
            except (Exception, Hang) as error:
                failures += 1
                if failures <= 20:
                    print(f"file {number}: {type(error).__name__}: {str(error)[:300]}", file=sys.stderr)
                    traceback.print_tb(error.__traceback__)
            slowest = max(slowest, time.process_time() - began)
    print(f"{args.files:,} damaged model files of {len(whole):,} bytes: {failures} failures")
    for name, count in sorted(counts.items()):
        print(f"  {count:,} {name}")
    print(f"  slowest file {slowest:.2f} s, all {time.process_time() - start:.0f} s of computing")
    print(f"  peak memory {peak_megabytes():.0f} MB" + ("" if limited else " (no limit could be set)"))
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
