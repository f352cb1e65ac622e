"""Measure what hostile input costs `arcparser parse` beside ordinary text: seconds a megabyte, and peak memory.

    python benchmarks/robustness/hostile_text.py [--model NAME_OR_PATH] [--size 1.0] [--only KIND ...]

Ordinary text is that of the project's English corpus, over and over. Hostile is what may be taken for one long word,
one long sentence, or no text: punctuation and symbols without white space, digits, addresses, emoji, white space alone,
lines of one character, CoNLL-U of comments alone. Each is parsed by a process of its own, on one thread, as text and as
lines; the time is the CPU time of the process less what it takes for an empty file, so that other work on the machine
disturbs it little. Exit status 1 if a kind of text costs more than `--most` (5) times as much per byte as ordinary
text, or if its peak memory is more than `--memory` (300) megabytes above that of ordinary text. POSIX only.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from material import COMMAND, CORPORA

import arcparser

Kind = Callable[[random.Random], Iterator[str]]

PUNCTUATION = "!?.,;:-_'\"()[]{}/\\|@#$%^&*+=~`<>"


def _repeat(*pieces: str) -> Kind:
    def pieces_of(chance: random.Random) -> Iterator[str]:
        while True:
            yield chance.choice(pieces)

    return pieces_of


def _ordinary(chance: random.Random) -> Iterator[str]:
    sentences = list(arcparser.read_conllu(CORPORA / "en_arc/en_arc-ud-train.conllu"))
    while True:
        for number, sentence in enumerate(sentences):
            words = sentence.text.split()
            # A text that repeats itself would cost less than real ones do: they have new words.
            at = chance.randrange(len(words))
            words[at] = "".join(chance.sample(words[at], len(words[at])))
            yield " ".join(words) + ("\n\n" if number % 5 == 4 else " ")


def _numbers(_: random.Random) -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield f"w{number} "


def _letters(chance: random.Random) -> Iterator[str]:
    while True:
        yield chr(chance.randrange(0x4E00, 0x9FFF))


def _address(_: random.Random) -> Iterator[str]:
    yield "http://www.example.com/"
    while True:
        yield "path/"


SPACES = "".join(chr(code) for code in range(sys.maxunicode + 1) if chr(code).isspace())
KINDS: dict[str, Kind] = {
    **{
        f"{mark} over and over": _repeat(mark)
        for mark in ("!", ".", ",", "-", "'", '"', "(", ")", "/", "=", "…", "*", "#", "%")
    },
    "mixed punctuation": _repeat(*PUNCTUATION),
    "punctuation in words": _repeat(*PUNCTUATION, "a", "B", "7"),
    "mixed punctuation, spaces": _repeat(*PUNCTUATION, " "),
    "brackets": _repeat("(", ")", "[", "]", "{", "}"),
    "quotes": _repeat("'", '"', "“", "”", "‘", "’", "``", "''"),
    "() over and over": _repeat("()"),
    "a over and over": _repeat("a"),
    "letters": _repeat(*"abcdefghijklmnopqrstuvwxyz"),
    "letters and case": _repeat(*"abcABC"),
    "a. over and over": _repeat("a."),
    "A. over and over": _repeat("A."),
    "a.b": _repeat(*(f"{letter}." for letter in "abcdefghijklmnop")),
    "a's": _repeat("a's", "b'd", "n't"),
    "don't glued": _repeat("don't"),
    "a-b": _repeat("a-", "b-"),
    "a/b": _repeat("a/", "b/"),
    "a@b": _repeat("a@", "b."),
    "digits": _repeat(*"0123456789"),
    "digits and dots": _repeat(*(f"{digit}." for digit in range(10))),
    "digits and commas": _repeat(*(f"{digit}," for digit in range(10))),
    "addresses": _repeat("http://www.example.com/a/b?c=d&e=f#g", "https://example.org/", "www.a.b/"),
    "addresses, spaces": _repeat("http://www.example.com/a/b?c=d&e=f#g ", "me@example.org "),
    "one address": _address,
    "emoji": _repeat("😀", "👍🏽", "👩‍👩‍👧", "❤️"),
    "combining marks": _repeat("\u0301", "\u0308", "e"),
    "one letter with marks": _repeat("\u0301"),
    "zero width": _repeat("\u200b", "\u200d", "\ufeff", "\u00ad"),
    "control characters": _repeat("\x01", "\x07", "\x1b", "\x7f"),
    "Chinese": _letters,
    "smileys": _repeat(":-)", ":(", ";-D", "xD", "<3"),
    "currency": _repeat("$", "€", "£", "¥"),
    "tags": _repeat("<b>", "</b>", "<br/>", "&amp;"),
    "spaces": _repeat(" "),
    "line ends": _repeat("\n"),
    "white space of all kinds": _repeat(*SPACES),
    "a word, then spaces": _repeat("a" + " " * 200),
    "empty lines between words": _repeat("a\n\n\n\n"),
    "one character a line": _repeat("a\n", "b\n", ".\n"),
    "one character a paragraph": _repeat("a\n\n", "b\n\n"),
    "one character, spaces": _repeat("a ", "b ", "I "),
    "one mark, spaces": _repeat(". ", ", ", "! "),
    "line ends mixed": _repeat("a\r\n", "b\n", "c\r", "d\r\n\r\n"),
    "odd line ends": _repeat("ab\u2028", "cd\u2029", "ef\x85", "gh\v", "ij\f", "kl\x1c"),
    "no-break spaces": _repeat("ab\u00a0", "cd\u3000", "ef\u2003"),
    "ever new words": _numbers,
}


def made(kind: Kind, size: int, seed: int) -> bytes:
    """So many bytes of a kind."""
    pieces, length = [], 0
    for piece in kind(random.Random(seed)):
        pieces.append(piece)
        length += len(piece.encode())
        if length >= size:
            break
    return "".join(pieces).encode()


def measure(file: Path, model: str, format_: str, limit: float) -> tuple[float, float]:
    """CPU seconds and peak megabytes of a parse; infinite seconds if it fails, or is stopped."""
    import resource

    def stop() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (int(limit) + 1, int(limit) + 2))

    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    command = [*COMMAND, "parse", str(file), "--model", model, "--format", format_]
    running = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment, preexec_fn=stop
    )
    _, status, usage = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    peak = usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    seconds = usage.ru_utime + usage.ru_stime
    return (float("inf") if running.returncode else seconds), peak


def main() -> int:
    """Print a line for each kind; 1 if one is above the limits."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--model", default="en_ewt", help="default: en_ewt")
    arguments.add_argument("--size", type=float, default=1.0, metavar="MB", help="of each text (default 1)")
    arguments.add_argument("--only", nargs="+", metavar="KIND", help="kinds by name (default: all)")
    arguments.add_argument("--formats", nargs="+", default=["text", "lines"], choices=["text", "lines", "words"])
    arguments.add_argument("--most", type=float, default=5.0, metavar="X", help="times as much as ordinary text")
    arguments.add_argument("--memory", type=float, default=300.0, metavar="MB", help="more than ordinary text")
    arguments.add_argument("--seed", type=int, default=1)
    args = arguments.parse_args()
    if not hasattr(os, "wait4"):
        sys.exit("this system does not tell the memory of a process that has ended: run it on Linux or macOS")
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "text.txt")
        file.write_bytes(b"a")
        start = min(measure(file, args.model, "text", 100)[0] for _ in range(3))  # the first reads files from disk
        file.write_bytes(made(_ordinary, int(args.size * 1e6), args.seed))
        seconds, ordinary_peak = min(measure(file, args.model, "text", 1000) for _ in range(3))
        ordinary = (seconds - start) / args.size
        print(f"{'ordinary text':32} text  {ordinary:7.1f} s/MB         peak {ordinary_peak:5.0f} MB", flush=True)
        limit = start + 4 * args.most * ordinary * args.size  # what takes longer is stopped
        jobs: list[tuple[str, str, bytes]] = []
        kinds = KINDS if args.only is None else {name: KINDS[name] for name in args.only}
        for name, kind in kinds.items():
            jobs += [(name, format_, made(kind, int(args.size * 1e6), args.seed)) for format_ in args.formats]
        if args.only is None:
            jobs.append(("comments alone", "conllu", b"# a comment\n" * int(args.size * 1e6 / 12)))
            jobs.append(("comments and blank lines", "conllu", b"# a comment\n\n" * int(args.size * 1e6 / 13)))
        for name, format_, data in jobs:
            file.write_bytes(data)
            seconds, peak = measure(file, args.model, format_, limit)
            times = (seconds - start) / args.size / ordinary
            bad = times > args.most or peak > ordinary_peak + args.memory
            failed += bad
            shown = f"{ordinary * times:7.1f} s/MB  {times:5.1f} x  peak {peak:5.0f} MB"
            print(f"{name:32} {format_:6} {shown}{'  <- above the limit' if bad else ''}", flush=True)
    print(f"{len(jobs)} inputs of {args.size:g} MB: {failed} above the limits")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
