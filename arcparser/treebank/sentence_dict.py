"""Turn a sentence into a dictionary of strings, numbers and lists, as JSON has them, and back.

    {"sent_id": "s1",
     "text": "I don't.",
     "comments": ["# sent_id = s1", "# text = I don't."],
     "words": [{"id": 1, "form": "I", "lemma": "I", "upos": "PRON", "xpos": "PRP", "feats": "Case=Nom|Number=Sing",
                "head": 2, "deprel": "nsubj", "deps": "_", "misc": "_"}, ...],
     "multiword_tokens": [{"id": "2-3", "form": "don't", ..., "head": None, ..., "misc": "SpaceAfter=No"}],
     "empty_nodes": [{"id": "3.1", ...}]}

- Each line has the ten columns by their names: `id` is a number for words and a string for other lines, `head` a
  number, None where it is `_`, or the string that it is if it is neither; all others are the strings of CoNLL-U.
- `sent_id` and `text` are the values of these comments, None without them, and `comments` has all comments.

Of a dictionary that is turned into a sentence only `words` is needed, and of a word only `form`. Columns that are left
out or None are `_`. A `sent_id` or `text` that the comments lack or have otherwise is written into them.

What is lost: line endings, blank lines, and where a comment stands among the words; comments come first.
"""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral
from typing import TYPE_CHECKING, Any

from arcparser.errors import ConlluError, UsageError, as_list, quote, unfit
from arcparser.treebank.columns import COLUMN_NAMES, FORBIDDEN, FORM, HEAD, ID, check_values
from arcparser.treebank.sentence_reader import parse_block
from arcparser.treebank.tree import check_tree

if TYPE_CHECKING:
    from arcparser.treebank.sentence import Sentence

_KEYS = tuple(name.lower() for name in COLUMN_NAMES)
_SENTENCE_KEYS = ("sent_id", "text", "comments", "words", "multiword_tokens", "empty_nodes")


def to_dict(sentence: Sentence) -> dict[str, Any]:
    """Return a sentence as a dictionary."""
    others = [line.split("\t") for line in sentence.lines.others()]
    return {
        "sent_id": sentence.sent_id,
        "text": sentence.lines.comment_value("text"),
        "comments": sentence.comments,
        "words": [_word(columns) for columns in sentence.rows],
        "multiword_tokens": [_line(columns) for columns in others if "-" in columns[ID]],
        "empty_nodes": [_line(columns) for columns in others if "." in columns[ID]],
    }


def to_tree(sentence: Sentence) -> dict[str, Any]:
    """Return the root of a sentence as a dictionary, with its children.

    Raises:
        TreeError: The heads are not one tree with one root.
    """
    heads = check_tree(sentence, require_deprels=False)
    words = [{**_word(columns), "children": []} for columns in sentence.rows]
    for word, head in zip(words, heads):
        if head:
            words[head - 1]["children"].append(word)
    return words[heads.index(0)]


def from_dict(data: Mapping[str, Any]) -> Sentence:
    """Make the sentence of a dictionary.

    Raises:
        UsageError: It is no mapping, lacks words, or has keys or values in it that are not those of a sentence.
    """
    _check_keys("the sentence", data, _SENTENCE_KEYS)
    comments = as_list("comments", _of(data, "comments"), "a list of comment lines")
    lines = [_comment(comment) for comment in comments]
    # Where each line stands: after which word, of what kind, and which of its kind.
    rows: list[tuple[tuple[int, int, int], str]] = []
    for number, word in enumerate(as_list("words", _of(data, "words"), "a list of words"), start=1):
        rows.append(((number, 1, 0), _columns(f"word {number}", word, str(number))))
    for number, token in enumerate(as_list("multiword_tokens", _of(data, "multiword_tokens"), "a list"), start=1):
        text = _columns(f"multiword token {number}", token, "")
        rows.append(((_number(text.partition("-")[0]), 0, number), text))
    for number, node in enumerate(as_list("empty_nodes", _of(data, "empty_nodes"), "a list"), start=1):
        text = _columns(f"empty node {number}", node, "")
        rows.append(((_number(text.partition(".")[0]), 2, number), text))
    lines += [text for _, text in sorted(rows)]
    try:
        sentence = parse_block("\n".join(lines) + "\n\n", line=0)
    except ConlluError as error:
        raise UsageError(f"the sentence: {error.problem}") from None
    if sentence is None:
        raise UsageError('a sentence without words: give "words" at least one')
    for key in ("text", "sent_id"):
        value = data.get(key)
        if value is not None and not (isinstance(value, str) and value == sentence.lines.comment_value(key)):
            sentence.lines.set_comment(key, value)
    return sentence


def _word(columns: list[str]) -> dict[str, Any]:
    return {**_line(columns), "id": int(columns[ID])}


def _line(columns: list[str]) -> dict[str, Any]:
    line: dict[str, Any] = dict(zip(_KEYS, columns))
    head = columns[HEAD]
    line["head"] = None if head == "_" else int(head) if str(_number(head)) == head else head
    return line


def _number(text: str) -> int:
    """Return a plain number of at most nine digits, and -1 for all else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _of(data: Mapping[str, Any], key: str) -> Any:
    value = data.get(key)
    return () if value is None else value


def _check_keys(name: str, data: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    if not isinstance(data, Mapping):
        raise unfit(name, data, "a dictionary as to_dict returns it")
    unknown = next((key for key in data if key not in keys), None)
    if unknown is not None:
        raise UsageError(f"{name} has a key {quote(unknown)}: its keys are {', '.join(keys)}")


def _comment(comment: object) -> str:
    if not isinstance(comment, str):
        raise unfit("a comment", comment, "a string")
    if FORBIDDEN.search(comment.replace("\t", " ")):
        raise UsageError(f"the comment {quote(comment)} has a line break in it: give several comments")
    return comment if comment.startswith("#") else f"# {comment}"


def _columns(name: str, line: Mapping[str, Any], identifier: str) -> str:
    """Return the line of a word, multiword token or empty node, checked but for its id."""
    _check_keys(name, line, _KEYS)
    columns = []
    for column, key in enumerate(_KEYS):
        value = line.get(key)
        if value is None:
            value = identifier if column == ID else "_"
        elif column in (ID, HEAD) and isinstance(value, Integral) and not isinstance(value, bool):
            value = str(int(value)) if abs(int(value)) < 10**9 else quote(value)
        if not isinstance(value, str):
            wanted = "a number" if column in (ID, HEAD) else "a string"
            raise unfit(f"{key} of {name}", value, wanted)
        columns.append(value)
    if line.get("form") is None:
        raise UsageError(f'{name} has no form: give it a "{_KEYS[FORM]}"')
    check_values(columns)
    return "\t".join(columns)
