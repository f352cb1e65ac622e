"""Count the random texts with odd white space that do not come back from the CoNLL-U that they become.

    python benchmarks/robustness/odd_spaces.py [--model NAME_OR_PATH] [--texts 200] [--seed 1]

Each text is made of words and punctuation with white space of every kind between them: no-break spaces, spaces of
other widths, tabs, and line ends from LF to U+2029. It is parsed as raw text and as lines. The text must be what the
tokens and the white space in MISC give back; arcparser must read its own output byte for byte, and the `conllu` package
must find the same tokens and MISC in it. If `udvalidate` (the package udtools) is installed, the output of all texts
must have no error of its level 1. Exit status 1 if anything fails.
"""

from __future__ import annotations

import argparse
import io
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import conllu
from material import DEV

import arcparser
from arcparser.errors import ArcparserError
from arcparser.treebank.sentence import Sentence

SPACES = [chr(code) for code in range(sys.maxunicode + 1) if chr(code).isspace()]
FREQUENT = " " * 20 + "\n\n\n\t\r\u00a0\u2028\u3000"
NAMED = {r"\s": " ", r"\t": "\t", r"\n": "\n", r"\r": "\r", r"\p": "|", "\\\\": "\\"}


def random_text(chance: random.Random, words: list[str]) -> str:
    """Words with white space of one or more characters between them, before them and after them; or none."""
    parts = []
    for _ in range(chance.randint(1, 30)):
        parts.append(chance.choice(words) if chance.random() < 0.9 else chance.choice([".", "!", "|", "\\", r"\u00A0"]))
        kinds = SPACES if chance.random() < 0.4 else FREQUENT
        parts.append("".join(chance.choice(kinds) for _ in range(chance.choice([0, 1, 1, 1, 1, 1, 2, 3]))))
    before = chance.choice(SPACES) if chance.random() < 0.2 else ""
    return before + "".join(parts)


def space(value: str) -> str:
    """White space from its escapes, said once more."""
    return re.sub(r"\\(u[0-9A-F]{4}|.)", lambda m: NAMED.get(m[0]) or chr(int(m[1][1:], 16)), value)


def text_of(data: bytes) -> str:
    """The text that CoNLL-U is of, by the words of its own lines."""
    text = []
    covered = 0
    for line in data.decode().split("\n"):
        columns = line.split("\t")
        if len(columns) != 10:
            covered = 0
            continue
        first, _, last = columns[0].partition("-")
        if int(first) <= covered:
            continue
        covered = int(last) if last else 0
        misc = dict(attribute.partition("=")[::2] for attribute in columns[9].split("|"))
        after = "" if "SpaceAfter" in misc else space(misc["SpacesAfter"]) if "SpacesAfter" in misc else " "
        text += space(misc.get("SpacesBefore", "")), columns[1], after
    return "".join(text)


def tokens(sentence: Sentence) -> list[tuple[str, str]]:
    """FORM and MISC of all lines that are no comments."""
    rows = (line.split("\t") for line in sentence.to_conllu().split("\n") if line and not line.startswith("#"))
    return [(columns[1], columns[9]) for columns in rows]


def problems(text: str, data: bytes) -> Iterator[str]:
    """What is wrong with the CoNLL-U of a text."""
    if text_of(data) != (text if text.strip() else ""):
        yield "another text comes back"
    sentences = list(arcparser.read_conllu(io.BytesIO(data)))
    if b"".join(sentence.to_bytes() for sentence in sentences) != data:
        yield "other bytes come back"
    found = [
        [(t["form"], "|".join(f"{k}={v}" for k, v in (t["misc"] or {}).items()) or "_") for t in sentence]
        for sentence in conllu.parse(data.decode())
    ]
    if found != [tokens(sentence) for sentence in sentences]:
        yield "conllu finds other tokens"


def validate(data: bytes) -> int | None:
    """Count the errors of udvalidate's level 1; None if it is not installed."""
    command = shutil.which("udvalidate") or shutil.which("udvalidate", path=str(Path(sys.executable).parent))
    if command is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "all.conllu")
        file.write_bytes(data)
        run = subprocess.run(
            [command, "--lang", "ud", "--level", "1", "--max-err", "0", "--no-warnings", str(file)],
            capture_output=True,
            text=True,
            check=False,
        )
    shown = [line for line in (run.stdout + run.stderr).splitlines() if "L1" in line]
    for line in shown[:10]:
        print(line)
    return len(shown) or int(run.returncode != 0)


def main() -> int:
    """Read all texts; 1 if anything fails."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--model", default="en_ewt", help="default: en_ewt")
    arguments.add_argument("--texts", type=int, default=200, metavar="N")
    arguments.add_argument("--seed", type=int, default=1)
    args = arguments.parse_args()
    chance = random.Random(args.seed)
    words = sorted({form for sentence in arcparser.read_conllu(DEV) for form in sentence.forms}) + [
        "don't",
        "10",
        "U.S.",
    ]
    texts = [random_text(chance, words) for _ in range(args.texts)]
    failed = 0
    written = []
    parser = arcparser.load(args.model)
    for lines in (False, True):
        for text in texts:
            read = parser.model.segmentation.read(io.BytesIO(text.encode()), lines=lines, name="<text>")
            written.append(b"".join(item.to_bytes() for item in parser.parse_stream(read)))
            for problem in problems(text, written[-1]):
                failed += 1
                print(f"{text!r} ({'lines' if lines else 'text'}): {problem}")
    print(f"{len(texts)} texts, {len(SPACES)} kinds of white space, {len(written)} outputs: {failed} failures")
    errors = validate(b"".join(written))
    print("udvalidate is not installed" if errors is None else f"udvalidate --level 1: {errors} errors")
    return int(failed > 0 or bool(errors))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ArcparserError as error:
        sys.exit(str(error))
