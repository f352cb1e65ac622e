"""Damage CoNLL-U in 100,000 ways: the reader gives a correct read or a clean error.

    python benchmarks/robustness/fuzz_reader.py [--inputs 100000] [--seed 1] [FILE.conllu ...]

Each input is one to three sentences of the files (by default those of `corpora/`) with one to six damages: bytes cut,
put in or changed, lines and columns dropped, doubled or swapped, ids and heads altered, other encodings, truncation.
For each of them

- reading with `on_invalid="pass"` gives back every byte, or one error of one line that begins with the file's name;
- reading with `on_invalid="raise"` fails at the first bad sentence, with that sentence's error, or not at all;
- each sentence that was read is a tree or a TreeError; every 20th input is also turned into TokenLists of the
  `conllu` package and evaluated against the undamaged sentences, every 50th is parsed by a toy model: every
  sentence gets a tree, and no byte but HEAD, DEPREL and empty tags differs.

Anything else, more than 2 seconds of computing for one input, or 500 MB more memory than at the start, is a failure:
it is printed and the exit status is 1.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from foreign_bytes import foreign_bytes
from material import FILES, Hang, limit_memory, peak_megabytes, time_limit, toy_model, tree_problem

import arcparser
from arcparser.errors import AlignmentError, ArcparserError, ConlluError, InputError, TreeError, UsageError
from arcparser.evaluation.conll18 import evaluate_sentences
from arcparser.parsing.parser import Parser
from arcparser.treebank.reader import OtherLines, read_blocks
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.tree import check_tree

NAME = "damaged.conllu"
PIECES = [
    b"\t", b"\t\t", b"\n", b"\n\n", b"\r", b"\r\n", b"\0", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"#",
    b"# ", b"_", b"0", b"-1", b"1-", b"2.", b"1-2", b"0.1", b"|", b"=", b" ", b"\xc2\xa0", b"\xe2\x80\xa8", b"\x0b",
    b"999999999999", b"9" * 5000, b"1e3", "٣".encode(), b"1\t" * 10, b"a" * 100_000, b"\n" * 50,
]  # fmt: skip


def damage_bytes(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    length = rng.choice([0, 0, 1, 1, 3, 20, 500])
    piece = rng.choice(PIECES) if rng.random() < 0.7 else rng.randbytes(rng.randint(0, 4))
    return data[:at] + piece + data[at + length :]


def damage_lines(data: bytes, rng: random.Random) -> bytes:
    lines = data.split(b"\n")
    a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
    kind = rng.randrange(4)
    if kind == 0:
        del lines[a]
    elif kind == 1:
        lines.insert(a, lines[b])
    elif kind == 2:
        lines[a], lines[b] = lines[b], lines[a]
    elif a != b:
        lines[a] += lines[b]
        del lines[b]
    return b"\n".join(lines)


def damage_columns(data: bytes, rng: random.Random) -> bytes:
    lines = data.split(b"\n")
    rows = [i for i, line in enumerate(lines) if b"\t" in line]
    if not rows:
        return data
    at = rng.choice(rows)
    columns = lines[at].split(b"\t")
    a, b = rng.randrange(len(columns)), rng.randrange(len(columns))
    kind = rng.randrange(5)
    if kind == 0:
        del columns[a]
    elif kind == 1:
        columns.insert(a, columns[b])
    elif kind == 2:
        columns[a], columns[b] = columns[b], columns[a]
    elif kind == 3:
        columns[a] = rng.choice(PIECES)
    else:
        columns[0] = b"%d%s%d" % (rng.randint(0, 30), rng.choice([b"", b"-", b"."]), rng.randint(0, 30))
    lines[at] = b"\t".join(columns)
    return b"\n".join(lines)


def damage_heads(data: bytes, rng: random.Random) -> bytes:
    lines = data.split(b"\n")
    for at, line in enumerate(lines):
        columns = line.split(b"\t")
        if len(columns) == 10 and rng.random() < 0.2:
            columns[6] = rng.choice([b"0", b"1", b"2", b"99", b"_", b"", b"-1", b"1.1", columns[0]])
            lines[at] = b"\t".join(columns)
    return b"\n".join(lines)


def damage_whole(data: bytes, rng: random.Random) -> bytes:
    kind = rng.randrange(6)
    if kind == 0:
        return data[: rng.randrange(len(data) + 1)]
    if kind == 1:
        return data[rng.randrange(len(data) + 1) :]
    if kind == 2:
        return data.replace(b"\n", rng.choice([b"\r\n", b"\r", b"\n\n", b""]))
    if kind == 3:
        return data.decode("utf-8", "replace").encode(rng.choice(["utf-16", "utf-16-le", "utf-32", "utf-8-sig"]))
    if kind == 4:
        return data.decode("utf-8", "replace").encode("latin-1", "replace")
    return data.replace(b"\t", rng.choice([b" ", b"    ", b"\t\t", b","]))


DAMAGES: list[Callable[[bytes, random.Random], bytes]] = [
    damage_bytes, damage_bytes, damage_bytes, damage_lines, damage_columns, damage_columns, damage_heads, damage_whole,
]  # fmt: skip


def check_message(error: Exception) -> None:
    """One line that begins with the name of the file."""
    text = str(error)
    if "\n" in text or "\r" in text or len(text) > 500 or not text.startswith(NAME):
        raise AssertionError(f"not a good message: {text[:300]!r}")


def check(data: bytes, counts: Counter[str], original: list[Sentence], parser: Parser, number: int) -> None:
    """Everything that has to hold for one input; raises what is wrong."""
    try:
        items = list(read_blocks(io.BytesIO(data), on_invalid="pass", name=NAME))
    except InputError as error:
        check_message(error)
        counts["refused as a whole"] += 1
        return
    if b"".join(item.to_bytes() for item in items) != data:
        raise AssertionError("bytes differ")
    errors = [item.error for item in items if isinstance(item, OtherLines) and item.error is not None]
    for error in errors:
        check_message(error)
    try:
        list(read_blocks(io.BytesIO(data), on_invalid="raise", name=NAME))
        if errors:
            raise AssertionError("an error was not raised")
    except ConlluError as error:
        if str(error) != str(errors[0]):
            raise AssertionError(f"{error} was raised instead of {errors[0]}") from error
    counts["malformed sentences"] += len(errors)
    sentences = [item for item in items if isinstance(item, Sentence)]
    for sentence in sentences:
        try:
            check_tree(sentence)
            counts["sentences that are trees"] += 1
        except TreeError as error:
            check_message(error)
            counts["sentences that are no trees"] += 1
    if number % 20 == 0:
        check_further(sentences, original)
    if number % 50 == 0 and sum(map(len, sentences)) < 2000:
        parsed = b"".join(item.to_bytes() for item in parser.parse_stream(items))
        if foreign_bytes(data, parsed):
            raise AssertionError("parsing changed other bytes")
        for sentence in sentences:
            if problem := tree_problem(sentence.heads):
                raise AssertionError(f"parsed to what is no tree: {problem}")
        counts["inputs parsed"] += 1


def check_further(sentences: list[Sentence], original: list[Sentence]) -> None:
    for sentence in sentences:
        try:
            arcparser.from_tokenlist(arcparser.to_tokenlist(sentence))
        except (ConlluError, UsageError) as error:
            if "\n" in str(error):
                raise AssertionError(f"not one line: {error}") from error
    try:
        evaluate_sentences(original, sentences)
    except (TreeError, AlignmentError) as error:
        if "\n" in str(error):
            raise AssertionError(f"not one line: {error}") from error


def main() -> int:
    """Damage, read, count; 1 if anything failed."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("file", nargs="*", type=Path, help="CoNLL-U to damage (default: the project's corpora)")
    arguments.add_argument("--inputs", type=int, default=100_000)
    arguments.add_argument("--seed", type=int, default=1)
    args = arguments.parse_args()
    blocks = [item.to_bytes() for file in args.file or FILES for item in read_blocks(file)]
    with tempfile.TemporaryDirectory() as folder:
        parser = arcparser.load(toy_model(Path(folder) / "toy.arcparser"))
    limited = limit_memory(500)
    rng = random.Random(args.seed)
    counts: Counter[str] = Counter()
    failures = 0
    slowest = 0.0
    start = time.process_time()
    for number in range(args.inputs):
        chosen = rng.sample(blocks, rng.randint(1, 3))
        data = b"".join(chosen)
        for _ in range(rng.choice([1, 1, 1, 2, 3, 6])):
            data = rng.choice(DAMAGES)(data, rng)
        began = time.process_time()
        try:
            original = list(arcparser.read_conllu(io.BytesIO(b"".join(chosen)))) if number % 20 == 0 else []
            with time_limit(2):
                check(data, counts, original, parser, number)
        except (Exception, Hang) as error:
            if isinstance(error, ArcparserError) or failures < 20:
                print(f"input {number}: {type(error).__name__}: {error}\n{data[:300]!r}", file=sys.stderr)
                traceback.print_exc()
            failures += 1
        slowest = max(slowest, time.process_time() - began)
    print(f"{args.inputs:,} damaged inputs: {failures} failures")
    for name, count in sorted(counts.items()):
        print(f"  {count:,} {name}")
    print(f"  slowest input {slowest:.2f} s, all {time.process_time() - start:.0f} s of computing")
    print(f"  peak memory {peak_megabytes():.0f} MB" + ("" if limited else " (no limit could be set)"))
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
