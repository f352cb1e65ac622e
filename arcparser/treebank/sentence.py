"""Hold one CoNLL-U sentence line by line, so that only the columns that change are written anew.

CoNLL-U (https://universaldependencies.org/format.html): a sentence is a block of lines closed by a blank line; a word
is a line of ten columns separated by tabs. A `Sentence` holds the block as a list of lines. Words (ids 1, 2, 3 ...) are
kept split into columns; comments, multiword-token lines (3-4), empty nodes (5.1) and blank lines stay as they were
read. Joining the lines again gives the bytes that were read, whatever they were: repeated keys, double spaces, CRLF, a
byte-order mark, a missing last newline.

Where the format is silent or files in the wild are looser, this reader
- accepts comments between and after the words (the format has them before), and keeps them in place;
- accepts empty columns other than ID and FORM: they count as `_` and are written as they came, unless filled;
- accepts a byte-order mark at the start of any block, as `cat` of several files leaves it;
- accepts only plain decimal ids and heads: "01" and "+1" are errors;
- refuses a carriage return that is not part of a CRLF line ending: tools disagree on whether it ends a line.

Left out: the contents of FEATS, DEPS and MISC are not checked here (that is the job of the UD validator).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from operator import index
from typing import Literal, NamedTuple, NoReturn

from arcparser.errors import ConlluError, TreeError, UsageError, as_list, clean, count, quote
from arcparser.treebank.checks import FORBIDDEN, checked_words, whole_numbers
from arcparser.treebank.scores import Scores

ID, FORM, LEMMA, UPOS, XPOS, FEATS, HEAD, DEPREL, DEPS, MISC = range(10)
COLUMN_NAMES = ("ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC")

TagMode = Literal["fill", "retag", "keep"]

# The function that draws a sentence for a notebook. It is above this room and loads much, so it is known by its name
# alone, and found when a notebook asks for the first picture: whoever parses loads nothing, and no import runs up.
_PICTURE = "arcparser.viz.picture:sentence_picture"

EMPTY_NODE = re.compile(r"([0-9]{1,9})\.([0-9]{1,9})")

# "0", "1", "2" ... as strings and back: comparing with a ready string costs less than int() or str(), and
# unlike int() the table knows no "+1", "1_0" or " 1".
_NUMERALS = [str(number) for number in range(1025)]
_NUMBERS = {numeral: number for number, numeral in enumerate(_NUMERALS)}


class MultiwordToken(NamedTuple):
    """Words `first` to `last` (1-based, inclusive), which are written together as `form`."""

    first: int
    last: int
    form: str
    misc: str = "_"


class Token(NamedTuple):
    """A token of the text: a multiword token, or a word that is not part of one.

    Attributes:
        form: How it is written.
        misc: Its MISC, which says what space follows.
        words: The forms of the words that it covers.
        multiword: It is a multiword token (which may cover one word only).
    """

    form: str
    misc: str
    words: tuple[str, ...]
    multiword: bool


class Sentence:
    """A sentence of CoNLL-U, made by `read_conllu`, `from_tokenlist` or `Sentence.from_words`, not by calling it.

    Word positions in the methods count from 0; values in `heads` are CoNLL-U ids (0 is the artificial root).

    Attributes:
        rows: The ten columns of each word.
        multiword_tokens: The multiword tokens, in order.
        empty_nodes: The ids of empty nodes: (5, 1) is 5.1.
        source: The name of the file.
        line: The 1-based number of the block's first line in the file; 0 if it is not from a file.
        scores: How sure the parser is of the tree that it set, if it was asked; None once another tree is set.
    """

    __slots__ = ("_bom", "_eols", "_parts", "empty_nodes", "line", "multiword_tokens", "rows", "scores", "source")

    def __init__(
        self,
        parts: list[str | list[str]],
        rows: list[list[str]] | None = None,
        *,
        multiword_tokens: Sequence[MultiwordToken] = (),
        empty_nodes: Sequence[tuple[int, int]] = (),
        eols: list[str] | None = None,
        bom: str = "",
        source: str | None = None,
        line: int = 0,
    ) -> None:
        if rows is None:
            raise UsageError("Sentence(...) takes the lines of a file: make one of words by Sentence.from_words(words)")
        self._parts = parts  # one per line: the text as it was read, or a word's columns (the lists in rows)
        self._eols = eols  # line endings, one per line; None when all are "\n"
        self._bom = bom
        self.rows = rows
        self.multiword_tokens = tuple(multiword_tokens)
        self.empty_nodes = tuple(empty_nodes)
        self.source = source
        self.line = line
        self.scores: Scores | None = None

    @classmethod
    def from_words(
        cls,
        words: Iterable[str],
        *,
        comments: Iterable[str] = (),
        misc: Sequence[str] | None = None,
        multiword_tokens: Sequence[MultiwordToken] = (),
        source: str | None = None,
        line: int = 0,
    ) -> Sentence:
        """Make a new sentence of untagged, unattached words.

        Args:
            words: The forms of n words.
            comments: Comment lines; their leading "# " may be left out.
            misc: MISC of each word, [n]; "" counts as `_`.
            multiword_tokens: Words that are written together, in order.
            source: What messages call the place that the words are from.
            line: Its line, from 1; 0 if there is none.

        Raises:
            UsageError: A word is empty or has a tab, a line break, NUL or half a surrogate pair in it; multiword tokens
                are out of order; there are no words at all.
        """
        forms = checked_words(words)
        if misc is not None:
            misc = as_list("misc", misc, "a list of a string for each word")
            if len(misc) != len(forms):
                problem = f"{count(len(misc), 'MISC value')} for {count(len(forms), 'word')}"
                raise UsageError(f"{problem}: give one for each word")
        comments = as_list("comments", comments, "a list of comment lines")
        check_values([*comments, *(misc or ())])
        parts: list[str | list[str]] = [text if text.startswith("#") else f"# {text}" for text in comments]
        multiword_tokens = _checked_multiword_tokens(multiword_tokens)
        names = numerals(len(forms))
        rows = [[names[i], form, "_", "_", "_", "_", "_", "_", "_", "_"] for i, form in enumerate(forms, start=1)]
        for row, value in zip(rows, misc or ()):
            row[MISC] = value or "_"
        if not multiword_tokens:
            return cls([*parts, *rows, "", ""], rows, source=source, line=line)
        starts = {token.first: token for token in multiword_tokens}
        covered = 0
        for number, row in enumerate(rows, start=1):
            token = starts.pop(number, None)
            if token is not None:
                if not token.form or not covered < token.first <= token.last <= len(rows):
                    raise UsageError(f"{quote(token, 80)} overlaps another, or is empty: correct its words and form")
                columns = [f"{token.first}-{token.last}", token.form, *("_" * 7), token.misc or "_"]
                parts.append("\t".join(columns))
                covered = token.last
            parts.append(row)
        if starts:
            token = starts.popitem()[1]
            raise UsageError(f"{quote(token, 80)} begins at a word that does not exist: correct its words")
        parts += ["", ""]
        return cls(parts, rows, multiword_tokens=multiword_tokens, source=source, line=line)

    def copy(self) -> Sentence:
        """Return a sentence of its own with the same contents."""
        rows = [row.copy() for row in self.rows]
        fresh = iter(rows)
        copy = Sentence(
            [part if isinstance(part, str) else next(fresh) for part in self._parts],
            rows,
            multiword_tokens=self.multiword_tokens,
            empty_nodes=self.empty_nodes,
            eols=self._eols,
            bom=self._bom,
            source=self.source,
            line=self.line,
        )
        copy.scores = self.scores
        return copy

    def __len__(self) -> int:
        """Return the number of words; multiword-token lines and empty nodes are not counted."""
        return len(self.rows)

    def __repr__(self) -> str:
        more = " ..." if len(self) > 8 else ""
        return f"<Sentence of {len(self)} words: {clean(' '.join(self.forms[:8]))}{more}>"

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        """Return what a notebook shows of the sentence, by MIME types (`arcparser.viz.picture.sentence_picture`)."""
        from pkgutil import resolve_name

        return resolve_name(_PICTURE)(self, include=include, exclude=exclude)

    def column(self, column: int) -> list[str]:
        """Return one column (FORM, LEMMA ...) of all words, as strings.

        Raises:
            UsageError: There is no such column.
        """
        try:
            return [row[index(column)] for row in self.rows]
        except (TypeError, IndexError):
            raise UsageError(f"no column {quote(column)}: give a number from 0 (ID) to 9 (MISC)") from None

    @property
    def forms(self) -> list[str]:
        """FORM of each word: the word as it is written."""
        return [row[FORM] for row in self.rows]

    @property
    def lemmas(self) -> list[str]:
        """LEMMA of each word: the form that a dictionary has, `_` if there is none."""
        return [row[LEMMA] for row in self.rows]

    @property
    def upos(self) -> list[str]:
        """UPOS of each word: the universal part of speech, `_` if there is none."""
        return [row[UPOS] for row in self.rows]

    @property
    def xpos(self) -> list[str]:
        """XPOS of each word: the part of speech in the treebank's own tagset, `_` if there is none."""
        return [row[XPOS] for row in self.rows]

    @property
    def feats(self) -> list[str]:
        """FEATS of each word: morphological features as `Key=Value|Key=Value`, `_` if there is none."""
        return [row[FEATS] for row in self.rows]

    @property
    def deprels(self) -> list[str]:
        """DEPREL of each word: the relation to the head, `_` if there is none."""
        return [row[DEPREL] for row in self.rows]

    @property
    def deps(self) -> list[str]:
        """DEPS of each word: the enhanced dependencies as `head:relation|head:relation`, `_` if there is none."""
        return [row[DEPS] for row in self.rows]

    @property
    def misc(self) -> list[str]:
        """MISC of each word: anything else as `Key=Value|Key=Value`, `_` if there is none."""
        return [row[MISC] for row in self.rows]

    @property
    def heads(self) -> list[int]:
        """HEAD of each word: 0 for the root, else the 1-based id of a word.

        Raises:
            TreeError: A HEAD is anything else.
        """
        size = len(self.rows)
        short = size < len(_NUMBERS)
        numbers = _NUMBERS if short else {numeral: i for i, numeral in enumerate(numerals(size))}
        heads = [numbers.get(row[HEAD], -1) for row in self.rows]
        if min(heads) < 0 or max(heads) > size:
            position = next(i for i, head in enumerate(heads) if not 0 <= head <= size)
            head = self.rows[position][HEAD]
            if head in ("_", ""):
                problem = "HEAD is missing: the word needs one (0 for the root)"
            else:
                problem = f"HEAD {quote(head)} is no word of this sentence: give a number from 0 to {size}"
            self.fail(TreeError, problem, position)
        return heads

    def tokens(self) -> Iterator[Token]:
        """Yield the tokens of the text: multiword tokens, and words that are not part of one.

        >>> don_t = MultiwordToken(2, 3, "don't")
        >>> sentence = Sentence.from_words(["I", "do", "n't"], multiword_tokens=[don_t])
        >>> [(token.form, token.words) for token in sentence.tokens()]
        [('I', ('I',)), ("don't", ('do', "n't"))]
        """
        rows = self.rows
        done = 0
        for first, last, form, misc in self.multiword_tokens:
            for row in rows[done : first - 1]:
                yield Token(row[FORM], row[MISC], (row[FORM],), False)
            yield Token(form, misc, tuple([row[FORM] for row in rows[first - 1 : last]]), True)
            done = last
        for row in rows[done:]:
            yield Token(row[FORM], row[MISC], (row[FORM],), False)

    @property
    def comments(self) -> list[str]:
        """The comment lines, with their `#`, without line endings."""
        return [part for part in self._parts if isinstance(part, str) and part.startswith("#")]

    @property
    def sent_id(self) -> str | None:
        """The value of the first `# sent_id = ...` comment; None if there is none."""
        return self._comment_value("sent_id")

    @property
    def text_comment(self) -> str | None:
        """The value of the first `# text = ...` comment; None if there is none."""
        return self._comment_value("text")

    def _comment_value(self, key: str) -> str | None:
        for comment in self.comments:
            name, equals, value = comment[1:].partition("=")
            if equals and name.strip() == key:
                return value.strip()
        return None

    def word_line(self, position: int) -> int:
        """Return the 1-based line in the file of the word at `position` (0-based).

        Raises:
            UsageError: There is no such word.
        """
        self._row(position)
        lines = [at for at, part in enumerate(self._parts) if not isinstance(part, str)]
        return self.line + lines[position]

    def _row(self, position: int) -> list[str]:
        """Return the columns of the word at `position` (0-based), or raise UsageError."""
        try:
            return self.rows[index(position)]
        except (TypeError, IndexError):
            raise UsageError(f"no word {quote(position)}: give a place from 0 to {len(self.rows) - 1}") from None

    def fail(self, kind: type[ConlluError | TreeError], problem: str, position: int | None = None) -> NoReturn:
        """Raise an error with the place of a word.

        Args:
            kind: The exception to raise.
            problem: What is wrong and what to do.
            position: The word, from 0; None for the sentence's first line with a word.

        Raises:
            ConlluError: If that is `kind`.
            TreeError: If that is `kind`.
        """
        word = "" if position is None else f"word {position + 1} ({quote(self.rows[position][FORM])}): "
        raise kind(word + problem, self.source, self.word_line(position or 0) if self.line else None)

    def set_tree(self, heads: Sequence[int], deprels: Sequence[str]) -> None:
        """Write HEAD and DEPREL of every word; `scores` are dropped, and nothing else changes.

        Args:
            heads: Of each of the n words 0 for the root, else the 1-based id of a word, [n].
            deprels: The label of each word's arc, [n].

        Raises:
            UsageError: There are not n of them, a head is no number in 0 to n, or a label is no string, or has a tab or
                line break in it.
        """
        size = len(self.rows)
        heads = as_list("heads", heads, "a list of a number for each word")
        deprels = as_list("deprels", deprels, "a list of a string for each word")
        if len(heads) != size or len(deprels) != size:
            problem = f"{count(len(heads), 'head')} and {count(len(deprels), 'deprel')} for {count(size, 'word')}"
            raise UsageError(f"{problem}: give one for each word")
        heads = whole_numbers(heads)
        if min(heads) < 0 or max(heads) > size:
            raise UsageError(f"a head is not in 0 to {size}: heads are 1-based word ids, 0 for the root")
        check_values(deprels)
        names = numerals(size)
        self.scores = None
        for row, head, deprel in zip(self.rows, heads, deprels):
            row[HEAD] = names[head]
            row[DEPREL] = deprel or "_"

    def set_tags(
        self,
        upos: Sequence[str] | None,
        xpos: Sequence[str] | None,
        feats: Sequence[str] | None,
        *,
        mode: TagMode = "fill",
    ) -> None:
        """Write predicted tags.

        Args:
            upos: A value for each of the n words, [n]; None leaves the column alone.
            xpos: The same for XPOS.
            feats: The same for FEATS.
            mode: `fill`: a word whose UPOS is `_` is untagged, and its empty ones of UPOS, XPOS and FEATS are filled
                in; a word that has a UPOS keeps all three columns. `retag`: all three are replaced everywhere.
                `keep`: nothing changes.

        Raises:
            UsageError: There are not n values, one is no string or has a tab or line break in it, or there is no such
                mode.
        """
        check_tag_mode(mode)
        if mode == "keep":
            return
        untagged = [row[UPOS] in ("_", "") for row in self.rows]
        if mode == "fill" and not any(untagged):
            return
        for column, values in ((UPOS, upos), (XPOS, xpos), (FEATS, feats)):
            if values is None:
                continue
            values = self._checked_column(column, values)
            if mode == "retag":
                for row, value in zip(self.rows, values):
                    row[column] = value or "_"
            else:
                for row, value, fill in zip(self.rows, values, untagged):
                    if fill and row[column] in ("_", ""):
                        row[column] = value or "_"

    def set_lemmas(self, lemmas: Sequence[str], *, mode: TagMode = "fill") -> None:
        """Write predicted lemmas.

        Args:
            lemmas: A value for each of the n words, [n].
            mode: `fill`: LEMMA is filled in where it is `_`. `retag`: it is replaced everywhere. `keep`: nothing
                changes.

        Raises:
            UsageError: There are not n values, one is no string or has a tab or line break in it, or there is no such
                mode.
        """
        check_tag_mode(mode)
        if mode == "keep":
            return
        for row, lemma in zip(self.rows, self._checked_column(LEMMA, lemmas)):
            if mode == "retag" or row[LEMMA] in ("_", ""):
                row[LEMMA] = lemma or "_"

    def _checked_column(self, column: int, values: Sequence[str]) -> list[str]:
        """Return the values of a column for all words, if they are such.

        Raises:
            UsageError: They are not one for each word, or one is no string or has a tab or line break in it.
        """
        values = as_list(COLUMN_NAMES[column], values, "a list of a string for each word")
        if len(values) != len(self.rows):
            problem = f"{len(values)} values of {COLUMN_NAMES[column]} for {count(len(self.rows), 'word')}"
            raise UsageError(f"{problem}: give one for each word")
        check_values(values)
        return values

    def clear_deps(self) -> None:
        """Empty DEPS of every word and empty node, as enhanced dependencies are stale once HEAD has changed."""
        for row in self.rows:
            row[DEPS] = "_"
        if self.empty_nodes:
            for at, part in enumerate(self._parts):
                if isinstance(part, str) and EMPTY_NODE.fullmatch(part.partition("\t")[0]):
                    columns = part.split("\t")
                    columns[DEPS] = "_"
                    self._parts[at] = "\t".join(columns)

    def add_misc(self, position: int, attributes: str) -> None:
        """Append attributes to MISC of a word; its earlier attributes of these keys are dropped.

        Args:
            position: The word, from 0.
            attributes: `Key=Value|Key=Value`.

        Raises:
            UsageError: There is no such word, or the attributes are no string or have a tab or line break in them.
        """
        check_values([attributes])
        row = self._row(position)
        if row[MISC] in ("_", ""):
            row[MISC] = attributes
            return
        keys = {attribute.partition("=")[0] for attribute in attributes.split("|")}
        kept = [attribute for attribute in row[MISC].split("|") if attribute.partition("=")[0] not in keys]
        row[MISC] = "|".join([*kept, attributes])

    def text(self) -> str:
        """Return the whole block as text, comments and closing blank line included."""
        lines = [part if isinstance(part, str) else "\t".join(part) for part in self._parts]
        if self._eols is None:
            return self._bom + "\n".join(lines)
        return self._bom + "".join([line + eol for line, eol in zip(lines, self._eols)])

    __str__ = text

    def to_bytes(self) -> bytes:
        """Return the block as it goes into a file, in UTF-8.

        It is byte for byte what was read, but for the columns that were set.
        """
        return self.text().encode("utf-8")


def check_tag_mode(mode: TagMode) -> None:
    """Check what `Sentence.set_tags` is to do.

    Raises:
        UsageError: There is no such mode.
    """
    if not isinstance(mode, str) or mode not in ("fill", "retag", "keep"):
        raise UsageError(f"tag mode {quote(mode)}: use fill, retag or keep")


def numerals(size: int) -> list[str]:
    """Return strings of at least the numbers 0 to `size` + 1, to be indexed by the number."""
    return _NUMERALS if size + 1 < len(_NUMERALS) else [str(number) for number in range(size + 2)]


def check_values(values: Sequence[str]) -> None:
    """Refuse column values that would break the line that they are written to.

    Raises:
        UsageError: A value is no string, or has a tab, a line break, NUL or half a surrogate pair in it.
    """
    try:
        joined = "".join(values)
    except TypeError:
        culprit = next(value for value in values if not isinstance(value, str))
        raise UsageError(f"{quote(culprit)} cannot be written to a CoNLL-U column: give a string") from None
    forbidden = "\t" in joined or "\n" in joined or "\r" in joined or "\0" in joined
    if forbidden or (not joined.isascii() and FORBIDDEN.search(joined)):  # half a surrogate pair cannot be encoded
        culprit = next(value for value in values if FORBIDDEN.search(value))
        what = "tab or line break" if forbidden else "half of a surrogate pair"
        raise UsageError(f"{quote(culprit)} cannot be written to a CoNLL-U column: remove the {what}")


def _checked_multiword_tokens(tokens: Iterable[MultiwordToken]) -> list[MultiwordToken]:
    """Return multiword tokens, which may be plain tuples, if they are such; not whether they fit their sentence."""
    checked = []
    for given in as_list("multiword_tokens", tokens, "a list of MultiwordTokens"):
        try:
            token = MultiwordToken(*given) if isinstance(given, (tuple, list)) else given
            token = token._replace(first=index(token.first), last=index(token.last))
        except (TypeError, AttributeError):
            advice = "give MultiwordToken(first word, last word, form)"
            raise UsageError(f"{quote(given, 60)} is no multiword token: {advice}") from None
        check_values([token.form, token.misc])
        checked.append(token)
    return checked
