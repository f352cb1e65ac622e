"""Damage a model file in 17,000 ways: the loader refuses it with one line, or what it loads parses.

    python benchmarks/robustness/fuzz_models.py [--files 10000] [--seed 1] [--model toy]

First each thing in the file is altered by itself (`alterations.py`): every key removed, every value replaced by some
forty others, every array by others of other types, shapes and sizes. What loads is described and explained, too, and
reads raw text where the alteration is one of the segmentation.

Then come `--files` at random. A third of them are damaged as a disk or a network would: bytes flipped, cut out, put in,
the end missing. All of these must be refused. The others are forged: after the damage the SHA-256 in the file is made
to fit, so that the checks of the contents are all that is left: values of the header replaced by others of any type and
size, removed, doubled, nested a thousand deep; bytes of its text changed; shapes and types of arrays; weights. These
must be refused with a ModelError of one line, or load as a model that gives two sentences trees with one root; every
tenth also reads raw text.

Each file has 3 seconds of computing and the process 600 MB of address space more than at the start (the caches of
forms reserve 384 MB of it, and touch little): a hang, a blow-up, any other
exception, or code run from a file (a canary is planted in some) is a failure; exit status 1. By default the damaged
model is one that is trained on the spot; `--model PATH` takes another (slow if it is large).
"""

from __future__ import annotations

import argparse
import copy
import io
import os
import pickle
import random
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from alterations import alterations, join, members, places, split
from material import Hang, limit_memory, peak_megabytes, time_limit, toy_model, tree_problem

import arcparser
from arcparser.errors import ModelError, UsageError
from arcparser.model.description import describe_model
from arcparser.treebank.sentence import Sentence
from arcparser.viz.explain import explain
from arcparser.viz.explain_terminal import format_text

SENTENCES = [["Dogs", "chase", "cats", "."], ["Hi"]]
TEXT = b"Dogs don't chase cats. Hi!\n\nThey're (mostly) asleep...\n"
NASTY: list[Any] = [
    None, True, False, 0, 1, -1, 2, 255, 2**31, 2**63, 10**18, 10**30, -(10**30), 0.5, 1e308, float("inf"),
    float("nan"), "", "0", "8", "weights", "a\tb", "a\nb", "\0", "\ud800", "é" * 1000, "x" * 100_000, [], {}, [[]],
    [None], {"": None}, ["a", "b"], [1, 2], [10**12], [10**30, 0], [-1], [2**40, 2**40], "F16", "F64", "BF16",
    "U8", "BOOL", "|O", "model", "checkpoint", [0, 2**62], [0, 10**9], {"hidden": 10**9}, {"LAS": "x"},
    {"dtype": "F16", "shape": [1], "data_offsets": [0, 2]},
]  # fmt: skip


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


def check(file: Path, *, must_fail: bool, with_text: bool, with_explanation: bool = False) -> str:
    """Load a file and return how it went.

    Raises:
        AssertionError: It was loaded though it must not, gave no tree, or was refused with a bad message.
    """
    try:
        parser = arcparser.load(file)
    except ModelError as error:
        if not str(error).startswith(str(file)):
            raise AssertionError(f"not a good message: {str(error)[:300]!r}") from None
        return refusal("refused", error)
    if must_fail:
        raise AssertionError("was loaded")
    try:
        for sentence in parser.parse_many(SENTENCES):
            if not isinstance(sentence, Sentence) or (problem := tree_problem(sentence.heads)):
                raise AssertionError(f"no tree: {problem}")
            sentence.to_bytes()
        if with_explanation:
            describe_model(file)
            format_text(explain(parser, SENTENCES[0]), width=80)
    except ModelError as error:  # numbers that grow beyond all bounds
        return refusal("loaded, and refused to parse", error)
    if with_text:
        try:
            read = parser.model.segmentation.read(io.BytesIO(TEXT), lines=False, name="text")
            for item in parser.parse_stream(read):
                item.to_bytes()
        except (ModelError, UsageError) as error:
            return refusal("loaded, and refused to read text", error)
    return "loaded, and parsed"


def refusal(how: str, error: Exception) -> str:
    """Return `how`, if the message of the error is a good one."""
    if not str(error).isprintable() or len(str(error)) > 500:
        raise AssertionError(f"not a good message: {str(error)[:300]!r}") from None
    return how


class Count:
    """Count how trials end, and tell of those that fail."""

    def __init__(self, canary: Path) -> None:
        self.outcomes: Counter[str] = Counter()
        self.failures = 0
        self.slowest = 0.0
        self._canary = canary

    def trial(self, name: str, kind: str, run: Callable[[], str]) -> None:
        """Run one within 3 s of computing."""
        began = time.process_time()
        try:
            with time_limit(3):
                outcome = run()
            if self._canary.exists():
                raise AssertionError("code from the file was run")
            self.outcomes[f"{kind}: {outcome}"] += 1
        except (Exception, Hang) as error:
            self.failures += 1
            if self.failures <= 20:
                print(f"{name}: {type(error).__name__}: {str(error)[:300]}", file=sys.stderr)
                traceback.print_tb(error.__traceback__)
        self.slowest = max(self.slowest, time.process_time() - began)


def main() -> int:
    """Damage, load, count; 1 if anything failed."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--files", type=int, default=10_000, help="damaged at random")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--model", type=Path, help="model file to damage (default: a toy model)")
    args = arguments.parse_args()
    rng = random.Random(args.seed)
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
        limited = limit_memory(600)
        warnings.simplefilter("error")  # no number may grow beyond all bounds unseen
        warnings.filterwarnings("ignore", "spaCy cannot tokenize")
        count = Count(canary)
        altered = 0
        for what, data in alterations(whole):
            file.write_bytes(data)
            with_text = what.startswith(("segmentation", "card.language", "splitter", "retokenizer"))
            run = partial(check, file, must_fail=False, with_text=with_text, with_explanation=True)
            count.trial(what, "altered", run)
            altered += 1
        for number in range(args.files):
            as_by_a_disk = number % 3 == 0
            data = damage_bytes(whole, rng) if as_by_a_disk else forge(header, entries, arrays, rng, canary)
            file.write_bytes(data)
            run = partial(check, file, must_fail=as_by_a_disk and data != whole, with_text=number % 10 == 1)
            count.trial(f"file {number}", "damaged" if as_by_a_disk else "forged", run)
    print(f"{altered + args.files:,} damaged model files: {count.failures} failures")
    for outcome, times in sorted(count.outcomes.items()):
        print(f"  {times:,} {outcome}")
    print(f"  slowest file {count.slowest:.2f} s, all {time.process_time() - start:.0f} s of computing")
    print(f"  peak memory {peak_megabytes():.0f} MB" + ("" if limited else " (no limit could be set)"))
    return int(count.failures > 0)


if __name__ == "__main__":
    sys.exit(main())
