"""View the words and tokens of a sentence as objects.

A `Word` is a place in a `Sentence`: it holds no annotation itself, is made when it is asked for, and shows what the
sentence holds now. What is set is written into the sentence. Two Words are equal if they are the same place of the same
`Sentence` object.

The arcs are read from an index that the sentence makes when it is first needed (`arcparser.treebank.tree.TreeIndex`),
so that going through a tree costs no search.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from operator import index
from typing import TYPE_CHECKING, NoReturn

from arcparser.errors import TreeError, UsageError, clean, quote, unfit
from arcparser.treebank.attributes import Attributes, Misc, joined, space_follows, without_scores
from arcparser.treebank.columns import (
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
    numerals,
)
from arcparser.treebank.tree import TreeIndex, find_cycle, wrong_head

if TYPE_CHECKING:
    from arcparser.treebank.sentence import Sentence


class Word:
    """A word of a sentence: `sentence[0]` is word 1.

    Columns that are not annotated are `_`, as in CoNLL-U and in the lists of the sentence. `lemma`, `upos`, `xpos`,
    `feats`, `deprel`, `head`, `head_id` and `misc` can be set. A new head or relation removes the scores of the former
    arc from MISC.
    """

    __slots__ = ("_position", "_sentence")

    def __init__(self, sentence: Sentence, position: int) -> None:
        self._sentence = sentence
        self._position = position

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Word):
            return NotImplemented
        return self._sentence is other._sentence and self._position == other._position

    def __hash__(self) -> int:
        return hash((id(self._sentence), self._position))

    def __str__(self) -> str:
        return self.form

    def __repr__(self) -> str:
        row = self._row
        return f"<Word {self.id}: {clean(row[FORM])} {clean(row[UPOS])}, {clean(row[DEPREL])} of {clean(row[HEAD])}>"

    @property
    def sentence(self) -> Sentence:
        """The sentence that the word is in."""
        return self._sentence

    @property
    def id(self) -> int:
        """ID: the number of the word in its sentence, from 1."""
        return self._position + 1

    @property
    def form(self) -> str:
        """FORM: the word as it is written."""
        return self._row[FORM]

    @property
    def lemma(self) -> str:
        """LEMMA: the form that a dictionary has, `_` if there is none.

        Raises:
            UsageError: What is set is no string, or has a tab or line break in it.
        """
        return self._row[LEMMA] or "_"

    @lemma.setter
    def lemma(self, value: str) -> None:
        self._set(LEMMA, value)

    @property
    def upos(self) -> str:
        """UPOS: the universal part of speech, `_` if there is none.

        Raises:
            UsageError: What is set is no string, or has a tab or line break in it.
        """
        return self._row[UPOS] or "_"

    @upos.setter
    def upos(self, value: str) -> None:
        self._set(UPOS, value)

    @property
    def xpos(self) -> str:
        """XPOS: the part of speech in the treebank's own tagset, `_` if there is none.

        Raises:
            UsageError: What is set is no string, or has a tab or line break in it.
        """
        return self._row[XPOS] or "_"

    @xpos.setter
    def xpos(self, value: str) -> None:
        self._set(XPOS, value)

    @property
    def feats(self) -> Attributes:
        """FEATS as a mapping that cannot be changed; several values stay one string, `Acc,Dat`.

        A mapping or a string can be set as a whole. The keys of a mapping are written in alphabetical order, as UD
        asks for; `str(word.feats)` is the column.

        Raises:
            UsageError: What is set is neither, or cannot be written to FEATS.
        """
        return Attributes(self._row[FEATS] or "_")

    @feats.setter
    def feats(self, value: Mapping[str, str] | str) -> None:
        if isinstance(value, Mapping) and not isinstance(value, Attributes):
            value = dict(sorted(value.items(), key=lambda item: str(item[0]).lower()))
        self._set(FEATS, _as_column("feats", value))

    @property
    def deprel(self) -> str:
        """DEPREL: the relation to the head, `_` if there is none.

        Raises:
            UsageError: What is set is no string, or has a tab or line break in it.
        """
        return self._row[DEPREL] or "_"

    @deprel.setter
    def deprel(self, value: str) -> None:
        self._set(DEPREL, value)
        self._drop_scores()

    @property
    def deps(self) -> str:
        """DEPS: the enhanced dependencies as `head:relation|head:relation`, `_` if there is none."""
        return self._row[DEPS] or "_"

    @property
    def misc(self) -> Misc:
        """MISC as a mapping, whose keys can be set and deleted; `str(word.misc)` is the column, byte for byte.

        A mapping or a string can be set as a whole.

        Raises:
            UsageError: What is set is neither, or cannot be written to MISC.
        """
        return Misc(self._row)

    @misc.setter
    def misc(self, value: Mapping[str, str] | str) -> None:
        self._set(MISC, _as_column("misc", value))

    @property
    def head_id(self) -> int:
        """HEAD: the id of the head, 0 for the root.

        Raises:
            TreeError: HEAD is missing or no word of the sentence; what is set is no id of a word, or would make the
                word depend on itself.
            UsageError: What is set is no whole number.
        """
        head = self._tree.heads[self._position]
        if head < 0:
            self._sentence.fail_head(self._position)
        return head

    @head_id.setter
    def head_id(self, value: int) -> None:
        try:
            head = index(value)
        except TypeError:
            raise unfit("head_id", value, "the id of a word, 0 for the root") from None
        heads = self._tree.heads
        size = len(heads)
        if not 0 <= head <= size:
            raise TreeError(f"word {self.id} ({quote(self.form)}): {wrong_head(head, size)}")
        above = head
        for _ in range(size):  # a file may have a cycle, which never comes to an end
            if above == self.id:
                how = "be its own head" if head == self.id else f"depend on itself by its head {head}"
                advice = f"set another head, or first that of word {head}" if head != self.id else "set another head"
                raise TreeError(f"word {self.id} ({quote(self.form)}) would {how}: {advice}")
            if above <= 0:
                break
            above = heads[above - 1]
        self._row[HEAD] = numerals(size)[head]
        self._sentence.forget_tree()
        self._drop_scores()

    @property
    def head(self) -> Word | None:
        """The word that this one depends on; None for the root.

        Raises:
            TreeError: See `head_id`.
            UsageError: What is set is neither a Word of the same sentence nor None.
        """
        head = self._tree.heads[self._position]
        if head > 0:
            return Word(self._sentence, head - 1)
        if head < 0:
            self._sentence.fail_head(self._position)
        return None

    @head.setter
    def head(self, value: Word | None) -> None:
        if value is not None and not isinstance(value, Word):
            raise unfit("head", value, "a Word of the sentence, or None for the root; head_id takes a number")
        if value is not None and value._sentence is not self._sentence:
            raise UsageError(f"word {value.id} ({quote(value.form)}) is of another sentence: give a word of this one")
        self.head_id = value.id if value is not None else 0

    @property
    def children(self) -> list[Word]:
        """The words that depend on this one, in the order of the sentence."""
        sentence = self._sentence
        return [Word(sentence, at) for at in self._tree.children.get(self._position + 1, ())]

    @property
    def left_children(self) -> list[Word]:
        """The children that stand before the word, in the order of the sentence."""
        return [child for child in self.children if child._position < self._position]

    @property
    def right_children(self) -> list[Word]:
        """The children that stand after the word, in the order of the sentence."""
        return [child for child in self.children if child._position > self._position]

    @property
    def subtree(self) -> list[Word]:
        """The word and all words that depend on it, directly or not, in the order of the sentence.

        Raises:
            TreeError: The word depends on itself.
        """
        children = self._tree.children
        places = []
        level = [self._position]
        while level:
            places += level
            level = list(chain.from_iterable([children.get(at + 1, ()) for at in level]))
            if self._position in level:
                self._fail_cycle()
        return [Word(self._sentence, at) for at in sorted(places)]

    @property
    def ancestors(self) -> list[Word]:
        """The head of the word, the head of that, and so on to the root.

        Raises:
            TreeError: HEAD of one of them is missing or no word of the sentence, or the heads are a cycle.
        """
        heads = self._tree.heads
        found: list[Word] = []
        word = self._position + 1
        while word:
            if heads[word - 1] < 0:
                self._sentence.fail_head(word - 1)
            if len(found) > len(heads):
                self._fail_cycle()
            word = heads[word - 1]
            if word:
                found.append(Word(self._sentence, word - 1))
        return found

    @property
    def token(self) -> Token:
        """The token that the word is written in: a multiword token, or one of the word alone."""
        return Token(self._sentence, self._position, self._multiword_token)

    @property
    def space_after(self) -> bool:
        """Whether white space follows the word in the text; none follows within a multiword token."""
        token = self._multiword_token
        if token is None:
            return space_follows(self._row[MISC])
        return token.last == self.id and space_follows(token.misc)

    @property
    def arc_score(self) -> float | None:
        """The probability of the head, from 0 to 1, as `ArcScore` in MISC has it; None if there is none."""
        return _number(self.misc.get("ArcScore"))

    @property
    def label_score(self) -> float | None:
        """The probability of the relation, from 0 to 1, as `LabelScore` in MISC has it; None if there is none."""
        return _number(self.misc.get("LabelScore"))

    @property
    def _row(self) -> list[str]:
        return self._sentence.columns_of(self._position)

    @property
    def _tree(self) -> TreeIndex:
        return self._sentence.tree_index()

    @property
    def _multiword_token(self) -> MultiwordToken | None:
        number = self._position + 1
        return next((t for t in self._sentence.multiword_tokens if t.first <= number <= t.last), None)

    def _set(self, column: int, value: str) -> None:
        check_values([value])
        self._row[column] = value or "_"

    def _drop_scores(self) -> None:
        row = self._row
        row[MISC] = without_scores(row[MISC])
        self._sentence.scores = None

    def _fail_cycle(self) -> NoReturn:
        heads = [max(head, 0) for head in self._tree.heads]
        cycle = find_cycle(heads)
        self._sentence.fail(TreeError, "depends on itself: correct a HEAD", cycle[0] - 1)


class Token:
    """A token of the text: a multiword token, or a word that is not part of one."""

    __slots__ = ("_multiword_token", "_position", "_sentence")

    def __init__(self, sentence: Sentence, position: int, multiword_token: MultiwordToken | None) -> None:
        self._sentence = sentence
        self._position = position if multiword_token is None else multiword_token.first - 1
        self._multiword_token = multiword_token

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Token):
            return NotImplemented
        return self._sentence is other._sentence and self._position == other._position

    def __hash__(self) -> int:
        return hash((id(self._sentence), self._position))

    def __str__(self) -> str:
        return self.form

    def __repr__(self) -> str:
        words = f", {' '.join(word.form for word in self.words)}" if self.multiword else ""
        return f"<Token {self.id}: {clean(self.form + words)}>"

    @property
    def id(self) -> str:
        """ID: `2-3` for a multiword token of words 2 and 3, `2` for word 2 alone."""
        token = self._multiword_token
        return str(self._position + 1) if token is None else f"{token.first}-{token.last}"

    @property
    def form(self) -> str:
        """How the token is written."""
        token = self._multiword_token
        return self._sentence.columns_of(self._position)[FORM] if token is None else token.form

    @property
    def misc(self) -> Attributes:
        """MISC of the token's line as a mapping that cannot be changed; `str(token.misc)` is the column."""
        token = self._multiword_token
        return Attributes(self._sentence.columns_of(self._position)[MISC] if token is None else token.misc)

    @property
    def words(self) -> list[Word]:
        """The words that the token covers."""
        token = self._multiword_token
        end = self._position + 1 if token is None else token.last
        return [Word(self._sentence, at) for at in range(self._position, end)]

    @property
    def multiword(self) -> bool:
        """Whether it is a multiword token (which may cover one word only)."""
        return self._multiword_token is not None

    @property
    def space_after(self) -> bool:
        """Whether white space follows the token in the text."""
        return space_follows(str(self.misc))


def tokens_of(sentence: Sentence) -> list[Token]:
    """Return the tokens of the text, in order."""
    tokens: list[Token] = []
    done = 0
    for multiword_token in sentence.multiword_tokens:
        tokens += [Token(sentence, at, None) for at in range(done, multiword_token.first - 1)]
        tokens.append(Token(sentence, done, multiword_token))
        done = multiword_token.last
    return tokens + [Token(sentence, at, None) for at in range(done, len(sentence))]


def _as_column(name: str, value: Mapping[str, str] | str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return joined(value)
    raise unfit(name, value, "a mapping of strings, or a string as in CoNLL-U")


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
