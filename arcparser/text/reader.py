"""Read raw text: `read_text` finds sentences and tokens, `read_lines` takes each line as a sentence.

`read_words` also takes the words as they are, between spaces: for text that others have tokenized.

    bytes → characters → paragraphs → spaCy's tokens → sentences → the treebank's tokens and words → `Sentence`

Text streams: in memory are a few paragraphs, or `_LIMIT` characters of one that has no end. Tokens, multiword tokens
and spacing (SpaceAfter, SpacesAfter, SpacesBefore in MISC, see `arcparser.text.spacing`) give back the text character
by character. What happens to characters out of the ordinary (`read_words` says what is otherwise there):

- A byte-order mark at the beginning is left out. It alone is not given back.
- White space is what Unicode and spaCy call so. It separates tokens and is noted in MISC, never a word or part of one,
  except for a space inside a word where the treebank has such words. In `# text` each run of it is one space.
- Other control and format characters (a bell, a soft hyphen, a zero-width space) belong to the token they are in.
- NUL and bytes that are not UTF-8 are errors: the file is no text, or is in another encoding.
- Text of white space only has no sentence that could keep it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from arcparser.errors import InputError
from arcparser.text.multiword import MOST_WORDS, Table, join_tokens, split_token
from arcparser.text.retokenizer import Retokenizer
from arcparser.text.sentence_splitter import PIECE, REACH, SentenceSplitter, is_too_long, sentence_starts
from arcparser.text.spacing import is_paragraph_break, spacing_misc
from arcparser.text.stream import ANY_SPACE, ASCII_SPACE, cut_place, decode
from arcparser.treebank.columns import MultiwordToken
from arcparser.treebank.reader import OtherLines
from arcparser.treebank.sentence import Sentence

_LIMIT = 1 << 13  # characters of a paragraph that are looked at together
_TOGETHER = 1 << 13  # characters of whole paragraphs from which on no further one is looked at together with them
_LINE_LIMIT = 1 << 16  # characters of a line that make one sentence: no parser wants longer ones
_MAX_SPACE = 1 << 20  # characters of white space in a row; it is kept in memory to be noted in MISC
_FORMS = 100_000  # whose split is remembered

# From a line end (what str.splitlines() takes for one) to the next character that is no white space.
_LINE_ENDS = re.compile("[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]\\s*")

# What stands between ASCII white space, without other white space at its edges.
_WORD = re.compile(r"\S(?:[^\t-\r\x1c- ]*\S)?")


@dataclass(frozen=True)
class Document:
    """Say what a text is called in an output that it shares with others.

    Attributes:
        id: The id of the document, which begins those of its sentences.
        followed: Another document follows. Its last token then cannot say SpaceAfter=No: no text goes on in another.
    """

    id: str
    followed: bool


@dataclass(frozen=True)
class Place:
    """Say where in a text begins what is read of it: after white space, or at its beginning.

    Attributes:
        line: The number of its first line, from 1.
        space: The white space before it; None at the beginning.
        sentence: The number of its first sentence, from 1.
    """

    line: int = 1
    space: str | None = None
    sentence: int = 1


BEGINNING = Place()

Span = tuple[int, int]
Tokenize = Callable[[str], list[Span]]  # such as an `arcparser.text.tokenizer.Tokenizer`
Starts = Callable[[Sequence[str], Sequence[str]], list[bool]]


def read_text(
    stream: BinaryIO,
    *,
    tokenizer: Tokenize,
    splitter: SentenceSplitter | None = None,
    retokenizer: Retokenizer | None = None,
    multiword: Table | None = None,
    name: str | None = None,
    pauses: bool = False,
    document: Document | None = None,
    newline_ends: bool = False,
    place: Place = BEGINNING,
) -> Iterator[Sentence | OtherLines]:
    """Read the sentences of raw text in UTF-8, with `# newpar`, `# sent_id`, `# text` and spacing in MISC.

    Args:
        stream: The text, as bytes.
        tokenizer: Makes the first tokens.
        splitter: Decides where sentences begin; None: rules.
        retokenizer: Corrects spaCy's tokens; None: they stay.
        multiword: The table of multiword tokens (`arcparser.text.multiword`).
        name: What error messages call the stream.
        pauses: Where reading would wait for whoever writes, give the sentences of the paragraphs that have ended, and
            then OtherLines without bytes. White space that comes later is noted before the next word.
        document: Begins with `# newdoc`, and its id and a hyphen begin each sent_id.
        newline_ends: Each line end ends a sentence, as otherwise a blank line does.
        place: Where in the text the stream begins.

    Raises:
        InputError: The text has a NUL, bytes that are not UTF-8, or more than 1 MiB of white space in a row.
    """

    def starts(tokens: Sequence[str], spaces_after: Sequence[str]) -> list[bool]:
        if newline_ends:
            spaces_after = [f"{space}\n\n" if _ends_line(space) else space for space in spaces_after]
        return sentence_starts(tokens, spaces_after, splitter)

    def is_end(space: str) -> bool:
        return is_paragraph_break(space) or (newline_ends and _ends_line(space))

    builder = _Builder(tokenizer, retokenizer, multiword or {}, starts, document, place)
    yield from _read(stream, builder, is_end, _LIMIT, _name(stream, name), pauses)


def read_lines(
    stream: BinaryIO,
    *,
    tokenizer: Tokenize,
    retokenizer: Retokenizer | None = None,
    multiword: Table | None = None,
    name: str | None = None,
    pauses: bool = False,
    document: Document | None = None,
    place: Place = BEGINNING,
) -> Iterator[Sentence | OtherLines]:
    """Read the sentences of text with one sentence on each line.

    Blank lines are no sentences; the line ends are in SpacesAfter, and a paragraph begins after a blank line. A line of
    more than 65,536 characters is cut at white space.

    Args:
        stream: The text, as bytes.
        tokenizer: Makes the first tokens.
        retokenizer: As in `read_text`.
        multiword: As in `read_text`.
        name: As in `read_text`.
        pauses: As in `read_text`, but for lines instead of paragraphs.
        document: As in `read_text`.
        place: As in `read_text`.

    Raises:
        InputError: As in `read_text`.
    """
    builder = _Builder(tokenizer, retokenizer, multiword or {}, _line_starts, document, place)
    yield from _read(stream, builder, _ends_line, _LINE_LIMIT, _name(stream, name), pauses)


def read_words(
    stream: BinaryIO,
    *,
    name: str | None = None,
    pauses: bool = False,
    document: Document | None = None,
    place: Place = BEGINNING,
) -> Iterator[Sentence | OtherLines]:
    """Read the sentences of tokenized text, with one sentence on each line and spaces between its words.

    The words are what is between ASCII white space: nothing is split or joined. Other white space inside a word (a
    no-break space) is part of it; at its edges it is spacing. All else is as in `read_lines`.

    Args:
        stream: The text, as bytes.
        name: As in `read_text`.
        pauses: As in `read_lines`.
        document: As in `read_text`.
        place: As in `read_text`.

    Raises:
        InputError: As in `read_text`.
    """

    def words(text: str) -> list[Span]:
        return [match.span() for match in _WORD.finditer(text)]

    builder = _Builder(words, None, {}, _line_starts, document, place)
    yield from _read(stream, builder, _ends_line, _LINE_LIMIT, _name(stream, name), pauses, ASCII_SPACE)


def _line_starts(tokens: Sequence[str], spaces_after: Sequence[str]) -> list[bool]:
    return [True, *map(_ends_line, spaces_after[:-1])]


def _ends_line(space: str) -> bool:
    return "\n" in space or "\r" in space


def _name(stream: BinaryIO, name: str | None) -> str:
    return name or str(getattr(stream, "name", "<stream>"))


def _read(
    stream: BinaryIO,
    builder: _Builder,
    is_end: Callable[[str], bool],
    limit: int,
    name: str,
    pauses: bool,
    last_space: re.Pattern[str] = ANY_SPACE,
) -> Iterator[Sentence | OtherLines]:
    """Read sentences, cutting the text where `is_end` is true of white space, and stretches longer than `limit`.

    Where a cut falls depends on the text alone, not on the chunks that it comes in, unless there are `pauses`.
    """
    text = ""
    place = builder.place
    chunks = decode(stream, name, pauses=pauses, line=place.line, begun=place.space is not None)
    more = True
    while more:
        chunk = next(chunks, None)
        more, paused = chunk is not None, chunk == ""
        text += chunk or ""
        while text:
            whole = 0  # end of the last stretch that is complete
            for match in _LINE_ENDS.finditer(text):
                end = match.end()
                if end - whole > limit or (end == len(text) and not paused):
                    break
                if is_end(match[0]):
                    whole = end
                    if whole >= _TOGETHER:
                        break
            enough = whole >= _TOGETHER
            if not more and not enough and len(text) - whole <= limit:
                whole = len(text)
                builder.ending = True
            if whole:
                yield from builder.sentences(text[:whole])
                text = text[whole:]
            if enough:
                continue
            if len(text) <= limit:
                break
            cut = cut_place(text, limit, last_space)
            if cut == len(text) and more:
                if len(text) > limit + _MAX_SPACE:
                    raise InputError("more than 1 MiB of white space in a row: this is no text", name)
                break
            done = yield from builder.open_end(text[:cut])
            text = text[done:]
        if paused:
            yield OtherLines(b"", 0)


class _Builder:
    """A maker of sentences of stretches of text, which knows what goes on from one stretch to the next."""

    def __init__(
        self,
        tokenizer: Tokenize,
        retokenizer: Retokenizer | None,
        multiword: Table,
        starts: Starts,
        document: Document | None,
        place: Place,
    ) -> None:
        self.tokenizer = tokenizer
        self.retokenizer = retokenizer
        self.multiword = multiword
        self.splits: dict[str, Sequence[str] | None] = {}  # of forms by the table of multiword tokens
        self.starts = starts
        self.prefix = "" if document is None else f"{document.id}-"
        self.number = place.sentence  # of the next sentence
        self.after = place.space  # white space after the last sentence; None: there was none
        self.before = ""  # white space before the next one: at the beginning of the text, or after a pause
        self.document = document
        self.place = place
        begins = document is not None and place.space is None
        self.opening = [f"# newdoc id = {document.id}"] if document and begins else []  # of the next sentence
        self.ending = False  # the stretch is the last one of the text

    def sentences(self, text: str) -> Iterator[Sentence]:
        """Yield all sentences of a text that ends where a sentence ends."""
        spans = self.tokenizer(text)
        yield from self._sentences(text, spans, self._starts(text, spans))

    def open_end(self, text: str) -> Generator[Sentence, None, int]:
        """Yield the sentences of a text that goes on, as far as they do not depend on what follows.

        Returns:
            How many characters they take.
        """
        spans = self.tokenizer(text)
        starts = self._starts(text, spans)
        sure = [token for token in starts if 0 < token <= len(spans) - REACH]
        done = spans[sure[-1]][0] if sure else len(text)
        if sure:
            spans, starts = spans[: sure[-1]], starts[: starts.index(sure[-1])]
        yield from self._sentences(text[:done], spans, starts)
        return done

    def _starts(self, text: str, spans: list[Span]) -> list[int]:
        """Return the tokens that begin a sentence."""
        tokens = [text[start:end] for start, end in spans]
        starts = self.starts(tokens, _spaces(text, spans)) if spans else []
        return [token for token, begins in enumerate(starts) if begins]

    def _sentences(self, text: str, spans: list[Span], starts: list[int]) -> Iterator[Sentence]:
        """Yield the sentences of a text, given spaCy's tokens and which of them begin a sentence."""
        if not spans:
            self.before += text
            return
        self.before += text[: spans[0][0]]
        begins = [spans[token][0] for token in starts]
        meetings: dict[int, list[int]] = {}
        if self.retokenizer is not None:
            spans, meetings = self.retokenizer(text, spans, begins)
        forms = [text[start:end] for start, end in spans]
        spaces = _spaces(text, spans)
        words: list[Sequence[str] | None] = [None] * len(forms)  # of tokens that are several words
        for token, places in meetings.items():
            if len(places) >= MOST_WORDS:
                continue
            bounds = [spans[token][0], *places, spans[token][1]]
            words[token] = [text[begin:end] for begin, end in zip(bounds, bounds[1:])]
        if self.multiword:
            self._look_up(forms, spaces, spans, words, set(begins))
        at = 0
        for end in [*begins[1:], len(text)]:
            first, at = at, bisect_left(spans, (end, 0), at)
            sizes = [1 if several is None else len(several) for several in words[first:at]]
            for begin, cut in _cut(sizes, spans, spaces, first):
                sentence = forms[begin:cut], spaces[begin:cut], words[begin:cut]
                yield self._sentence(*sentence, last=self.ending and cut == len(spans))

    def _look_up(
        self,
        forms: list[str],
        spaces: list[str],
        spans: list[Span],
        words: list[Sequence[str] | None],
        begins: set[int],
    ) -> None:
        """Join tokens and split them into words by the table of multiword tokens; the lists change in place."""
        glued = [not space and end not in begins for space, (_, end) in zip(spaces, spans)]
        for first, last in reversed(join_tokens(forms, glued, self.multiword)):
            forms[first:last] = ["".join(forms[first:last])]
            spaces[first:last] = [spaces[last - 1]]
            spans[first:last] = [(spans[first][0], spans[last - 1][1])]
            words[first:last] = [None]
        if len(self.splits) > _FORMS:
            self.splits.clear()
        self.splits.update((form, split_token(form, self.multiword)) for form in set(forms) - self.splits.keys())
        for token, several in enumerate(map(self.splits.__getitem__, forms)):
            if several:
                words[token] = several

    def _sentence(
        self, forms: list[str], spaces: list[str], parts: list[Sequence[str] | None], *, last: bool
    ) -> Sentence:
        """Make one sentence of its tokens, the space after each, and the words of those that have several."""
        new_paragraph = self.after is None or is_paragraph_break(self.after + self.before)
        spacings = ["_" if space == " " else spacing_misc(space) for space in spaces]
        if self.before:
            spacings[0], self.before = spacing_misc(spaces[0], before=self.before), ""
        if last and self.document is not None and self.document.followed:
            spacings[-1] = spacings[-1].replace("SpaceAfter=No", "SpacesAfter=")
        words, misc, ranges = _split_words(forms, spacings, parts)
        text = "".join([f"{form} " if space else form for form, space in zip(forms, spaces)])
        comments, self.opening = self.opening, []
        comments += ["# newpar"] if new_paragraph else []
        comments += [f"# sent_id = {self.prefix}{self.number}", f"# text = {text.rstrip(' ')}"]
        self.number += 1
        self.after = spaces[-1]
        return Sentence.from_words(words, comments=comments, misc=misc, multiword_tokens=ranges)


def _split_words(
    forms: list[str], spacings: list[str], parts: list[Sequence[str] | None]
) -> tuple[list[str], list[str], list[MultiwordToken]]:
    """Return the words of tokens, MISC of each word, and the multiword tokens."""
    if parts.count(None) == len(parts):
        return forms, spacings, []
    words: list[str] = []
    misc: list[str] = []
    ranges: list[MultiwordToken] = []
    for form, spacing, several in zip(forms, spacings, parts):
        if several is None:
            words.append(form)
            misc.append(spacing)
        else:
            ranges.append(MultiwordToken(len(words) + 1, len(words) + len(several), form, spacing))
            words += several
            misc += "_" * len(several)
    return words, misc, ranges


def _cut(sizes: list[int], spans: list[Span], spaces: list[str], first: int) -> Iterator[tuple[int, int]]:
    """Cut a sentence at white space that is too long once its tokens are corrected.

    Args:
        sizes: The number of words of each of its tokens.
        spans: The spans of these and other tokens.
        spaces: The white space after each of them.
        first: The first token of the sentence.
    """
    end = first + len(sizes)
    if is_too_long(sum(sizes), lambda: spans[end - 1][1] - spans[first][0]):
        words, begin, space = 0, first, first
        for token, size in enumerate(sizes, start=first):
            if words + size > PIECE:
                cut = space if space > begin else token
                yield begin, cut
                words, begin = sum(sizes[cut - first : token - first]), cut
            words += size
            if spaces[token] and words > PIECE // 2:
                space = token + 1
        first = begin
    yield first, end


def _spaces(text: str, spans: list[Span]) -> list[str]:
    """Return the white space after each token."""
    starts, ends = zip(*spans)
    return [text[end:begin] for end, begin in zip(ends, (*starts[1:], len(text)))]
