"""Read one block of CoNLL-U lines as a Sentence, with the checks that the format asks for.

Checked are the number of columns, the order of ids of words, multiword tokens and empty nodes, empty FORMs, NUL bytes
and stray carriage returns; trees are checked elsewhere (`arcparser.treebank.tree`), as a parser replaces them.

The checks of a word are two comparisons, as each word is compared with the id that is due; only lines that are no such
word are looked at more closely.
"""

from __future__ import annotations

import re

from arcparser.errors import ConlluError, quote
from arcparser.treebank.columns import EMPTY_NODE, FORM, ID, MISC, MultiwordToken, numerals
from arcparser.treebank.sentence import Sentence

_RANGE = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")


def parse_block(text: str, *, source: str | None = None, line: int = 1) -> Sentence | None:
    """Make a Sentence of one block of CoNLL-U lines.

    Args:
        text: The block, with the blank line that closes it.
        source: The name of the file, for messages.
        line: The number of the block's first line in it.

    Returns:
        The sentence; None when the block holds only comments and blank lines.

    Raises:
        ConlluError: The block is malformed.
    """
    bom = ""
    if text.startswith("\ufeff"):
        bom, text = text[0], text[1:]
    lines = text.split("\n")
    eols = None
    wrong = "\0" in text
    if "\r" in text:
        eols = ["\r\n" if piece.endswith("\r") else "\n" for piece in lines]
        eols[-1] = "\r" if lines[-1].endswith("\r") else ""
        lines = [piece.removesuffix("\r") for piece in lines]
        wrong = wrong or any("\r" in piece for piece in lines)
    parts: list[str | list[str]] = list(lines)
    rows: list[list[str]] = []
    multiword_tokens: list[MultiwordToken] = []
    empty_nodes: list[tuple[int, int]] = []
    names = numerals(text.count("\t") // 9)  # a word has nine tabs, a comment none
    expected = "1"
    for at, piece in enumerate(lines):
        columns = piece.split("\t")
        if len(columns) == 10 and columns[0] == expected and columns[1]:
            parts[at] = columns
            rows.append(columns)
            expected = names[len(rows) + 1]
        elif piece and piece[0] != "#" and piece.strip(" \t"):
            wrong = wrong or _other_row(columns, len(rows), multiword_tokens, empty_nodes) is not None
    wrong = wrong or bool(multiword_tokens and multiword_tokens[-1].last > len(rows))
    if wrong or (empty_nodes and not rows):
        # A lone half of a surrogate pair, which a string may have, is no fault of the lines.
        raise block_faults((bom + text).encode("utf-8", "replace"), source=source, line=line)[0][1]
    if not rows:
        return None
    return Sentence(
        parts,
        rows,
        multiword_tokens=multiword_tokens,
        empty_nodes=empty_nodes,
        eols=eols,
        bom=bom,
        source=source,
        line=line,
    )


def block_faults(raw: bytes, *, source: str | None = None, line: int = 1) -> list[tuple[str, ConlluError]]:
    """Return all that is wrong with the lines of a block, each with its kind; of them `parse_block` raises the first.

    Each line is looked at by itself, and the numbering of words goes on from each ID that is a number.

    Args:
        raw: The block, with the blank line that closes it.
        source: The name of the file, for messages.
        line: The number of the block's first line in it.
    """
    faults: list[tuple[str, ConlluError]] = []
    multiword_tokens: list[MultiwordToken] = []
    empty_nodes: list[tuple[int, int]] = []
    places: list[int] = []  # the lines of the multiword tokens
    words = 0
    for at, data in enumerate(raw.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=line):
        kind, wrong = "encoding", _line_fault(data)
        piece = data.decode("utf-8", "replace").removesuffix("\r")
        columns = piece.split("\t")
        if not piece.startswith("#") and piece.strip(" \t"):
            due = len(columns) == 10 and columns[ID] == str(words + 1) and columns[FORM]
            if not wrong and not due:
                kind, wrong = "format", _other_row(columns, words, multiword_tokens, empty_nodes)
            if due:
                words += 1
            elif re.fullmatch("[1-9][0-9]{0,8}", columns[ID]):
                words = int(columns[ID])
        if wrong:
            faults.append((kind, ConlluError(wrong, source, at)))
        places += [at] * (len(multiword_tokens) - len(places))
    if multiword_tokens and multiword_tokens[-1].last > words:
        first, last, *_ = multiword_tokens[-1]
        problem = f"multiword token {first}-{last} has words missing, the last one is {words}: correct its ID"
        faults.append(("format", ConlluError(problem, source, places[-1])))
    if empty_nodes and not words and not faults:
        problem = "a sentence of empty nodes only: give it at least one word"
        faults.append(("format", ConlluError(problem, source, line)))
    return faults


def _line_fault(data: bytes) -> str | None:
    """Say what is wrong with the bytes of a line."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        byte = f"byte {error.start + 1} of the line (0x{data[error.start]:02x})"
        return f"{byte} is not UTF-8: save the file as UTF-8"
    if b"\0" in data:
        return "NUL byte in the text: remove it, the file may be damaged"
    if b"\r" in data.removesuffix(b"\r"):
        return "carriage return within the line: save the file with LF or CRLF line endings"
    return None


def _other_row(
    columns: list[str], words: int, multiword_tokens: list[MultiwordToken], empty_nodes: list[tuple[int, int]]
) -> str | None:
    """Record a multiword token or empty node met after `words` words, or say what is wrong with the line."""
    if len(columns) != 10:
        found = f"{len(columns)} column" + "s" * (len(columns) > 1)
        if len(columns) == 1:
            advice = "separate columns by tabs, and sentences by a blank line"
            return f"{found} instead of 10 in {quote(columns[0])}: {advice}"
        return f"{found} instead of 10: separate columns by single tabs, and write _ for an empty one"
    identifier = columns[ID]
    if not columns[FORM]:
        return f"the FORM of {quote(identifier)} is empty: give the word"
    if match := _RANGE.fullmatch(identifier):
        first, last = int(match[1]), int(match[2])
        if first > last:
            return f"multiword token {identifier} ends before it begins: correct its ID"
        if multiword_tokens and first <= multiword_tokens[-1].last:
            return f"multiword token {identifier} overlaps the one before: correct its ID"
        if first != words + 1:
            problem = f"multiword token {identifier} stands before word {words + 1}"
            return f"{problem}: put it right before word {first}"
        multiword_tokens.append(MultiwordToken(first, last, columns[FORM], columns[MISC]))
        return None
    if match := EMPTY_NODE.fullmatch(identifier):
        major, minor = int(match[1]), int(match[2])
        previous = empty_nodes[-1] if empty_nodes else (0, 0)
        if major != words:
            return f"empty node {identifier} stands after word {words}: put it right after word {major}"
        if minor != (previous[1] + 1 if previous[0] == major else 1):
            return f"empty node {identifier} is out of order: number those after a word .1, .2, .3 ..."
        empty_nodes.append((major, minor))
        return None
    if re.fullmatch("[1-9][0-9]{0,8}", identifier):
        if int(identifier) <= words:
            hint = ", and put a blank line between sentences" if identifier == "1" else ""
            return f"ID {identifier} occurs a second time or out of order: number the words 1, 2, 3 ...{hint}"
        return f"ID {identifier} where {words + 1} was due: number the words 1, 2, 3 ... without gaps"
    return f"{quote(identifier)} is no ID: use 1 for a word, 1-2 for a multiword token, 1.1 for an empty node"
