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

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from operator import index
from typing import Any, Literal, NoReturn, overload

from arcparser.errors import ConlluError, TreeError, UsageError, as_list, clean, count, quote
from arcparser.treebank.attributes import space_follows, without_scores
from arcparser.treebank.columns import (
    BLANK,
    COLUMN_NAMES,
    DEPREL,
    DEPS,
    FEATS,
    FORM,
    HEAD,
    LEMMA,
    MISC,
    UPOS,
    XPOS,
    MultiwordToken,
    check_values,
    checked_words,
    numerals,
    read_heads,
    whole_numbers,
)
from arcparser.treebank.lines import Lines, Part, lines_of_words
from arcparser.treebank.scores import ArcScores
from arcparser.treebank.tree import TreeIndex, tree_problem, unread_head
from arcparser.treebank.word import Token, Word, tokens_of

TagMode = Literal["fill", "retag", "keep"]

# The function that draws a sentence for a notebook. It is above this room and loads much, so it is known by its name
# alone, and found when a notebook asks for the first picture: whoever parses loads nothing, and no import runs up.
_PICTURE = "arcparser.viz.picture:sentence_picture"


class Sentence:
    """A sentence of CoNLL-U, made by `read_conllu`, `parse_conllu` or `Sentence.from_words`, not by calling it.

    It is a sequence of its words: `sentence[0]` is word 1, `len` counts words, slices are lists. Word positions in the
    methods count from 0; values in `heads` are CoNLL-U ids (0 is the artificial root).

    Two sentences are equal if they have the same comments, words, multiword tokens and empty nodes, column by column,
    whatever file they are from and however their lines end.

    Attributes:
        lines: All lines of the block.
        multiword_tokens: The multiword tokens, in order.
        empty_nodes: The ids of empty nodes: (5, 1) is 5.1.
        source: The name of the file.
        line: The 1-based number of the block's first line in the file; 0 if it is not from a file.
        scores: How sure the parser is of the tree that it set, if it was asked; None once another tree is set.
    """

    __slots__ = ("_rows", "_tree", "empty_nodes", "line", "lines", "multiword_tokens", "scores", "source")
    __hash__ = None  # type: ignore[assignment]  # its contents change

    def __init__(
        self,
        parts: list[Part],
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
        self.lines = Lines(parts, eols=eols, bom=bom)
        self._rows = rows
        self._tree: TreeIndex | None = None
        self.multiword_tokens = tuple(multiword_tokens)
        self.empty_nodes = tuple(empty_nodes)
        self.source = source
        self.line = line
        self.scores: ArcScores | None = None

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
        parts, rows, tokens = lines_of_words(forms, comments=comments, misc=misc, multiword_tokens=multiword_tokens)
        return cls(parts, rows, multiword_tokens=tokens, source=source, line=line)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Sentence:
        """Make the sentence of a `to_dict`, or of `json.loads` of a `to_json` (`arcparser.treebank.sentence_dict`).

        Raises:
            UsageError: It is no mapping, lacks words, or has keys or values in it that are not those of a sentence.
        """
        from arcparser.treebank.sentence_dict import from_dict

        return from_dict(data)

    def copy(self) -> Sentence:
        """Return a sentence of its own with the same contents."""
        rows = [row.copy() for row in self._rows]
        fresh = iter(rows)
        lines = self.lines
        copy = Sentence(
            [part if isinstance(part, str) else next(fresh) for part in lines.parts],
            rows,
            multiword_tokens=self.multiword_tokens,
            empty_nodes=self.empty_nodes,
            eols=lines.eols and lines.eols.copy(),
            bom=lines.bom,
            source=self.source,
            line=self.line,
        )
        copy.lines.added = lines.added
        copy.scores = self.scores
        return copy

    __copy__ = copy

    def __len__(self) -> int:
        """Return the number of words; multiword-token lines and empty nodes are not counted."""
        return len(self._rows)

    def __iter__(self) -> Iterator[Word]:
        return iter(self.words)

    @overload
    def __getitem__(self, place: int) -> Word: ...

    @overload
    def __getitem__(self, place: slice) -> list[Word]: ...

    def __getitem__(self, place: int | slice) -> Word | list[Word]:
        places = range(len(self._rows))
        if isinstance(place, slice):
            return [Word(self, at) for at in places[place]]
        try:
            return Word(self, places[place])
        except TypeError:
            problem = f"words have whole numbers from 0, or slices of them, not {quote(place)}"
            raise TypeError(problem) from None
        except IndexError:
            raise IndexError(f"no word {quote(place)} in a sentence of {count(len(self), 'word')}") from None

    def __eq__(self, other: object) -> bool:
        return self._contents() == other._contents() if isinstance(other, Sentence) else NotImplemented

    def _contents(self) -> tuple[list[str], list[list[str]], list[str]]:
        return self.comments, self._rows, sorted(self.lines.others())

    def __repr__(self) -> str:
        more = " ..." if len(self) > 8 else ""
        name = "" if self.sent_id is None else f" {clean(self.sent_id)}"
        return f"<Sentence{name} of {count(len(self), 'word')}: {clean(' '.join(self.forms[:8]))}{more}>"

    @property
    def words(self) -> list[Word]:
        """The words, as objects."""
        return [Word(self, at) for at in range(len(self._rows))]

    @property
    def tokens(self) -> list[Token]:
        """The tokens of the text: multiword tokens, and words that are not part of one.

        >>> don_t = MultiwordToken(2, 3, "don't")
        >>> sentence = Sentence.from_words(["I", "do", "n't"], multiword_tokens=[don_t])
        >>> [(token.form, [word.form for word in token.words]) for token in sentence.tokens]
        [('I', ['I']), ("don't", ['do', "n't"])]
        """
        return tokens_of(self)

    @property
    def root(self) -> Word | None:
        """The word whose HEAD is 0, the first one if there are several; None if there is none."""
        return next((Word(self, at) for at, row in enumerate(self._rows) if row[HEAD] == "0"), None)

    @property
    def text(self) -> str:
        """The sentence as it is read: its `# text` comment, or else its tokens, spaced as MISC says."""
        return self.lines.comment_value("text") or "".join(
            [f"{token.form} " if space_follows(str(token.misc)) else token.form for token in self.tokens]
        ).rstrip(" ")

    @property
    def rows(self) -> list[list[str]]:
        """The ten columns of each word; what is written into them is written as it is."""
        self._tree = None  # the caller may write a HEAD
        return self._rows

    def columns_of(self, position: int) -> list[str]:
        """Return the columns of the word at `position` (0-based), for a `Word` to read."""
        return self._rows[position]

    def tree_index(self) -> TreeIndex:
        """Return the arcs to be looked up, as they were when they were last asked for or changed."""
        tree = self._tree
        if tree is None:
            tree = self._tree = TreeIndex.of(self._rows)
        return tree

    def forget_tree(self) -> None:
        """Forget the arcs that `tree_index` has read, once HEAD of a word has changed."""
        self._tree = None

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        """Return what a notebook shows of the sentence, by MIME types (`arcparser.viz.picture.sentence_picture`)."""
        from pkgutil import resolve_name

        return resolve_name(_PICTURE)(self, include=include, exclude=exclude)

    def column(self, column: int) -> list[str]:
        """Return one column (FORM, LEMMA ...) of all words, as strings, `_` where it is empty.

        Raises:
            UsageError: There is no such column.
        """
        try:
            return [row[index(column)] or "_" for row in self._rows]
        except (TypeError, IndexError):
            raise UsageError(f"no column {quote(column)}: give a number from 0 (ID) to 9 (MISC)") from None

    @property
    def forms(self) -> list[str]:
        """FORM of each word: the word as it is written."""
        return [row[FORM] for row in self._rows]

    @property
    def lemmas(self) -> list[str]:
        """LEMMA of each word: the form that a dictionary has, `_` if there is none."""
        return [row[LEMMA] or "_" for row in self._rows]

    @property
    def upos(self) -> list[str]:
        """UPOS of each word: the universal part of speech, `_` if there is none."""
        return [row[UPOS] or "_" for row in self._rows]

    @property
    def xpos(self) -> list[str]:
        """XPOS of each word: the part of speech in the treebank's own tagset, `_` if there is none."""
        return [row[XPOS] or "_" for row in self._rows]

    @property
    def feats(self) -> list[str]:
        """FEATS of each word: morphological features as `Key=Value|Key=Value`, `_` if there is none."""
        return [row[FEATS] or "_" for row in self._rows]

    @property
    def deprels(self) -> list[str]:
        """DEPREL of each word: the relation to the head, `_` if there is none."""
        return [row[DEPREL] or "_" for row in self._rows]

    @property
    def deps(self) -> list[str]:
        """DEPS of each word: the enhanced dependencies as `head:relation|head:relation`, `_` if there is none."""
        return [row[DEPS] or "_" for row in self._rows]

    @property
    def misc(self) -> list[str]:
        """MISC of each word: anything else as `Key=Value|Key=Value`, `_` if there is none."""
        return [row[MISC] or "_" for row in self._rows]

    @property
    def heads(self) -> list[int]:
        """HEAD of each word: 0 for the root, else the 1-based id of a word.

        Raises:
            TreeError: A HEAD is anything else.
        """
        heads = read_heads(self._rows)
        if min(heads) < 0:
            self.fail_head(heads.index(-1))
        return heads

    def fail_head(self, position: int) -> NoReturn:
        """Raise the error of the word at `position` (0-based), whose HEAD is missing or no word of the sentence.

        Raises:
            TreeError: That error.
        """
        self.fail(TreeError, unread_head(self._rows[position][HEAD], len(self)), position)

    @property
    def comments(self) -> list[str]:
        """The comment lines, with their `#`, without line endings."""
        return self.lines.comments()

    @property
    def sent_id(self) -> str | None:
        """The value of the first `# sent_id = ...` comment; None if there is none.

        What is set is written into that comment, or into a new one before the other comments of the sentence, but after
        `# newdoc` and `# newpar`.

        Raises:
            UsageError: What is set is no string, has a tab or line break in it, or is empty.
        """
        return self.lines.comment_value("sent_id")

    @sent_id.setter
    def sent_id(self, value: str) -> None:
        self.lines.set_comment("sent_id", value)

    def word_line(self, position: int) -> int:
        """Return the 1-based line in the file of the word at `position` (0-based).

        Raises:
            UsageError: There is no such word.
        """
        self._row(position)
        return self.line + self.lines.word_line(position)

    def _row(self, position: int) -> list[str]:
        """Return the columns of the word at `position` (0-based), or raise UsageError."""
        try:
            return self._rows[index(position)]
        except (TypeError, IndexError):
            raise UsageError(f"no word {quote(position)}: give a place from 0 to {len(self._rows) - 1}") from None

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
        raise kind(self._at_word(problem, position), self.source, self.word_line(position or 0) if self.line else None)

    def _at_word(self, problem: str, position: int | None) -> str:
        return problem if position is None else f"word {position + 1} ({quote(self._rows[position][FORM])}): {problem}"

    def set_tree(self, heads: Sequence[int], deprels: Sequence[str]) -> None:
        """Write HEAD and DEPREL of every word, and forget how sure a parser was of the former tree.

        Args:
            heads: Of each of the n words 0 for the root, else the 1-based id of a word, [n].
            deprels: The label of each word's arc, [n].

        `scores` are dropped, and those in MISC (`arcparser.treebank.attributes`) are removed; nothing else
        changes.

        Raises:
            TreeError: A head is not in 0 to n, or the heads are not one tree with one root.
            UsageError: There are not n of them, a head is no number, or a label is no string, or has a tab or line
                break in it.
        """
        size = len(self._rows)
        heads = as_list("heads", heads, "a list of a number for each word")
        deprels = as_list("deprels", deprels, "a list of a string for each word")
        if len(heads) != size or len(deprels) != size:
            problem = f"{count(len(heads), 'head')} and {count(len(deprels), 'deprel')} for {count(size, 'word')}"
            raise UsageError(f"{problem}: give one for each word")
        heads = whole_numbers(heads)
        check_values(deprels)
        fault = tree_problem(heads)
        if fault is not None:
            raise TreeError(self._at_word(*fault))
        self.set_checked_tree(heads, deprels)

    def set_checked_tree(self, heads: Sequence[int], deprels: Sequence[str]) -> None:
        """Do what `set_tree` does with lists that are known to be a tree, such as the parser's."""
        names = numerals(len(self._rows))
        self.scores = None
        for row, head, deprel in zip(self._rows, heads, deprels):
            row[HEAD] = names[head]
            row[DEPREL] = deprel or "_"
            if row[MISC] != "_":
                row[MISC] = without_scores(row[MISC])
        self._tree = None

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
        untagged = [row[UPOS] in BLANK for row in self._rows]
        if mode == "fill" and not any(untagged):
            return
        for column, values in ((UPOS, upos), (XPOS, xpos), (FEATS, feats)):
            if values is None:
                continue
            values = self._checked_column(column, values)
            if mode == "retag":
                for row, value in zip(self._rows, values):
                    row[column] = value or "_"
            else:
                for row, value, fill in zip(self._rows, values, untagged):
                    if fill and row[column] in BLANK:
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
        for row, lemma in zip(self._rows, self._checked_column(LEMMA, lemmas)):
            if mode == "retag" or row[LEMMA] in BLANK:
                row[LEMMA] = lemma or "_"

    def _checked_column(self, column: int, values: Sequence[str]) -> list[str]:
        """Return the values of a column for all words, if they are such.

        Raises:
            UsageError: They are not one for each word, or one is no string or has a tab or line break in it.
        """
        values = as_list(COLUMN_NAMES[column], values, "a list of a string for each word")
        if len(values) != len(self._rows):
            problem = f"{len(values)} values of {COLUMN_NAMES[column]} for {count(len(self._rows), 'word')}"
            raise UsageError(f"{problem}: give one for each word")
        check_values(values)
        return values

    def clear_deps(self) -> None:
        """Empty DEPS of every word and empty node, as enhanced dependencies are stale once HEAD has changed."""
        for row in self._rows:
            row[DEPS] = "_"
        self.lines.clear_deps()

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
        if row[MISC] in BLANK:
            row[MISC] = attributes
            return
        keys = {attribute.partition("=")[0] for attribute in attributes.split("|")}
        kept = [attribute for attribute in row[MISC].split("|") if attribute.partition("=")[0] not in keys]
        row[MISC] = "|".join([*kept, attributes])

    def to_conllu(self) -> str:
        """Return the whole block as text, comments and closing blank line included.

        It is character for character what was read, but for what was set.
        """
        return self.lines.text()

    __str__ = to_conllu

    def to_bytes(self) -> bytes:
        """Return the block as it goes into a file: `to_conllu` in UTF-8."""
        return self.to_conllu().encode("utf-8")

    def to_dict(self) -> dict[str, Any]:
        """Return the sentence as strings, numbers, lists and dictionaries (`arcparser.treebank.sentence_dict`)."""
        from arcparser.treebank.sentence_dict import to_dict

        return to_dict(self)

    def to_json(self, *, indent: int | None = None) -> str:
        """Return `to_dict` as JSON, on one line or indented by so many spaces."""
        import json

        return json.dumps(self.to_dict(), ensure_ascii=False, indent=indent)

    def to_tree(self) -> dict[str, Any]:
        """Return the root as a dictionary of its columns and its "children", which are such dictionaries themselves.

        Raises:
            TreeError: The heads are not one tree with one root.
        """
        from arcparser.treebank.sentence_dict import to_tree

        return to_tree(self)


def check_tag_mode(mode: TagMode) -> None:
    """Check what `Sentence.set_tags` is to do.

    Raises:
        UsageError: There is no such mode.
    """
    if not isinstance(mode, str) or mode not in ("fill", "retag", "keep"):
        raise UsageError(f"tag mode {quote(mode)}: use fill, retag or keep")
