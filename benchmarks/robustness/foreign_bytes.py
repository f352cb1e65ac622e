"""Count the bytes that `arcparser parse` changes and should not: there must be none.

    python benchmarks/robustness/foreign_bytes.py FOLDER [--model NAME_OR_PATH] [--untagged]

Every `*.conllu` file below FOLDER is parsed as a stream, as `arcparser parse` does it, and compared with its input
line by line. Allowed to differ are HEAD and DEPREL of words, and, of a word whose UPOS is `_`, what was empty of
UPOS, XPOS and FEATS. Every other differing byte is foreign. With `--untagged` the tags are emptied first, so that
all of them are filled in. Prints a line for each file; exit status 1 if there is a foreign byte or an error.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from itertools import zip_longest
from pathlib import Path

from arcparser.errors import ArcparserError
from arcparser.parsing.parser import Parser
from arcparser.treebank.reader import read_blocks
from arcparser.treebank.sentence import Sentence

UPOS, FEATS, HEAD, DEPREL = 3, 5, 6, 7
EMPTY = (b"", b"_")


def foreign_bytes(before: bytes, after: bytes) -> int:
    """How many bytes of two CoNLL-U files differ outside of the columns that a parse may change.

    >>> foreign_bytes(b"1\\ta\\t_\\t_\\t_\\t_\\t0\\troot\\t_\\t_\\n", b"1\\ta\\t_\\tX\\t_\\t_\\t1\\tx\\t_\\t_\\n")
    0
    """
    count = 0
    for old, new in zip_longest(before.split(b"\n"), after.split(b"\n"), fillvalue=None):
        if old == new:
            continue
        if old is None or new is None:
            count += len(old or new or b"") + 1
            continue
        a, b = old.split(b"\t"), new.split(b"\t")
        identifier = a[0].removeprefix(b"\xef\xbb\xbf")
        if len(a) != 10 or len(b) != 10 or not identifier.isdigit():
            count += differing(old, new)
            continue
        allowed = {HEAD, DEPREL}
        if a[UPOS] in EMPTY:
            allowed.update(column for column in range(UPOS, FEATS + 1) if a[column] in EMPTY)
        count += sum(differing(x, y) for i, (x, y) in enumerate(zip(a, b)) if i not in allowed)
    return count


def differing(old: bytes, new: bytes) -> int:
    """Bytes that differ place by place, and those that one side has more."""
    return sum(x != y for x, y in zip(old, new)) + abs(len(old) - len(new))


def without_tags(data: bytes) -> bytes:
    """UPOS, XPOS and FEATS of all words emptied."""
    lines = data.split(b"\n")
    for at, line in enumerate(lines):
        columns = line.split(b"\t")
        if len(columns) == 10 and columns[0].isdigit():
            columns[UPOS : FEATS + 1] = [b"_"] * 3
            lines[at] = b"\t".join(columns)
    return b"\n".join(lines)


def main() -> int:
    """One line for each file, and the sum."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--model", default="en_ewt", help="default: en_ewt")
    arguments.add_argument("--untagged", action="store_true", help="empty the tags first")
    args = arguments.parse_args()
    from arcparser.parsing.parser import load  # after --help

    parser: Parser = load(args.model)
    files = sorted(args.folder.rglob("*.conllu"))
    if not files:
        sys.exit(f"{args.folder}: no *.conllu file in it")
    foreign = words_of_all = 0
    for file in files:
        before = file.read_bytes()
        if args.untagged:
            before = without_tags(before)
        start = time.perf_counter()
        pieces, words, heads = [], 0, 0
        for item in parser.parse_stream(read_blocks(io.BytesIO(before), name=str(file))):
            pieces.append(item.to_bytes())
            if isinstance(item, Sentence):
                words += len(item)
                heads += item.heads.count(0) == 1
        after = b"".join(pieces)
        seconds = time.perf_counter() - start
        count = foreign_bytes(before, after)
        shown = file.relative_to(args.folder)
        print(
            f"{shown!s:40} {len(before):>11,} bytes {words:>9,} words {heads:>7,} trees  foreign bytes: {count}"
            f"  ({seconds:.0f} s)",
            flush=True,
        )
        foreign += count
        words_of_all += words
    print(f"{len(files)} files, {words_of_all:,} words, foreign bytes: {foreign}")
    return int(foreign > 0)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ArcparserError as error:
        sys.exit(str(error))
