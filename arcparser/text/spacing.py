r"""Note the white space between words as CoNLL-U does, and restore the raw text that a treebank was made from.

MISC says what follows a word (or, for words written together, a multiword token) in the text:

    nothing noted      one space
    SpaceAfter=No      nothing                                  (https://universaldependencies.org/misc.html)
    SpacesAfter=\s\n   this very white space, in UDPipe's escapes (https://ufal.mff.cuni.cz/udpipe/1/users-manual)
    SpacesBefore=...   white space before it, at the beginning of a text

The escapes are \s space, \t tab, \n line feed, \r carriage return, \p vertical bar, \\ backslash, and \u with four
hexadecimal digits for other white space: \u00A0 is a no-break space, as in UD's treebanks. Values that hold such a
character itself are read as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from arcparser.treebank.lines import NEW_PARAGRAPH
from arcparser.treebank.sentence import Sentence

_ESCAPES = {" ": r"\s", "\t": r"\t", "\n": r"\n", "\r": r"\r", "|": r"\p", "\\": r"\\"}
_UNESCAPED = {escape: space for space, escape in _ESCAPES.items()}
_TO_ESCAPE = re.compile(r"[\s|\\]")
_ESCAPE = re.compile(r"\\(?:[strnp\\]|u([0-9A-Fa-f]{4}))")


def escape_spaces(space: str) -> str:
    """Write white space as a value of SpacesAfter or SpacesBefore."""
    return _TO_ESCAPE.sub(lambda match: _ESCAPES.get(match[0]) or f"\\u{ord(match[0]):04X}", space)


def unescape_spaces(value: str) -> str:
    """Return the white space that a value of SpacesAfter or SpacesBefore stands for."""
    return _ESCAPE.sub(_unescape, value)


def _unescape(match: re.Match[str]) -> str:
    if match[1] is None:
        return _UNESCAPED[match[0]]
    character = chr(int(match[1], 16))
    return match[0] if character == "\0" or "\ud800" <= character <= "\udfff" else character  # those are no text


def spacing_misc(after: str, *, before: str = "") -> str:
    r"""Write MISC of a word with this white space after it (and before it); "_" for a single space.

    >>> spacing_misc(""), spacing_misc(" "), spacing_misc(" \n", before="\t")
    ('SpaceAfter=No', '_', 'SpacesBefore=\\t|SpacesAfter=\\s\\n')
    """
    if after == " " and not before:
        return "_"
    values = [f"SpacesBefore={escape_spaces(before)}"] if before else []
    if not after:
        values.append("SpaceAfter=No")
    elif after != " ":
        values.append(f"SpacesAfter={escape_spaces(after)}")
    return "|".join(values)


def spaces_around(misc: str) -> tuple[str, str]:
    """Return the white space before and after a word whose MISC this is; SpacesAfter outranks SpaceAfter=No."""
    if "Space" not in misc:
        return "", " "
    before, after, exact = "", " ", None
    for attribute in misc.split("|"):
        key, _, value = attribute.partition("=")
        if key == "SpaceAfter" and value == "No":
            after = ""
        elif key == "SpacesAfter":
            exact = unescape_spaces(value)
        elif key == "SpacesBefore":
            before = unescape_spaces(value)
    return before, after if exact is None else exact


def is_paragraph_break(space: str) -> bool:
    """Return whether white space holds a blank line (two line ends of any kind)."""
    return len(space) > 1 and len(f"{space}.".splitlines()) > 2


@dataclass(frozen=True)
class Passage:
    """A paragraph of a treebank as raw text.

    Attributes:
        text: The text.
        tokens: Start and end of each token, in characters of `text`.
        words: The words of each token: one, or those of a multiword token.
        sentence_starts: The index of the first token of each sentence.
    """

    text: str
    tokens: list[tuple[int, int]]
    words: list[tuple[str, ...]]
    sentence_starts: list[int]


def passages(sentences: Iterable[Sentence]) -> Iterator[Passage]:
    """Yield the paragraphs of a treebank, which begin at `# newpar` and `# newdoc`; all is one if there are none."""
    text: list[str] = []
    size = 0
    tokens: list[tuple[int, int]] = []
    words: list[tuple[str, ...]] = []
    starts: list[int] = []
    for sentence in sentences:
        if tokens and _begins_paragraph(sentence):
            yield Passage(_until_last_token(text, tokens), tokens, words, starts)
            text, size, tokens, words, starts = [], 0, [], [], []
        starts.append(len(tokens))
        for token in sentence.tokens:
            before, after = spaces_around(str(token.misc))
            start = size + len(before)
            tokens.append((start, start + len(token.form)))
            words.append(tuple([word.form for word in token.words]))
            text += before, token.form, after
            size = start + len(token.form) + len(after)
    if tokens:
        yield Passage(_until_last_token(text, tokens), tokens, words, starts)


def _until_last_token(text: list[str], tokens: list[tuple[int, int]]) -> str:
    """Join the parts, without the spacing after the last token, which may itself end in white space."""
    return "".join(text)[: tokens[-1][1]]


def _begins_paragraph(sentence: Sentence) -> bool:
    return any(NEW_PARAGRAPH.match(comment) for comment in sentence.comments)
