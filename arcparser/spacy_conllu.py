"""Make Docs of CoNLL-U, and CoNLL-U of Docs.

Tokens of a Doc are words: those of a multiword token (*du*: *de le*) are tokens of their own, as in `spacy convert`.
What a Doc has no place for is in `doc.user_data["arcparser"]`, in lists, which `doc.to_bytes` and `DocBin` keep:

    tokens            how many tokens there were, as nothing of the rest holds of others
    comments          [token, [line, ...]]: the comments of the sentence that begins at this token
    multiword_tokens  [first token, last token, form, MISC]
    misc              [token, MISC]: where it says more than the spaces

White space other than a space after a word (SpacesAfter) becomes a token of white space, as spaCy's tokenizer makes it.
DEPS and empty nodes are left out, as an arc that is changed makes them stale.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from spacy import attrs
from spacy.language import Language
from spacy.tokens import Doc, Token
from spacy.vocab import Vocab

from arcparser.errors import as_list, unfit
from arcparser.spacy_docs import (
    ROOT,
    SPACE_LABEL,
    SPACE_TAG,
    layout_of,
    pos_id,
    register_extensions,
    scores_of,
    set_scores,
    set_trees,
    space_heads,
    well_formed,
)
from arcparser.text.spacing import spaces_around, spacing_misc
from arcparser.treebank.attributes import Attributes, without_scores
from arcparser.treebank.columns import (
    BLANK,
    DEPREL,
    FEATS,
    FORM,
    HEAD,
    LEMMA,
    MISC,
    UPOS,
    XPOS,
    MultiwordToken,
    check_values,
)
from arcparser.treebank.reader import parse_conllu
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.tree import check_tree

_KEY = "arcparser"
_SPACING = frozenset({"SpaceAfter", "SpacesAfter", "SpacesBefore"})


def from_conllu(nlp: Language | Vocab, sentences: str | Sentence | Iterable[Sentence]) -> Doc:
    """Make one Doc of sentences, with all that they are annotated with.

    Args:
        nlp: A pipeline, or its vocab. Nothing of it is run; `nlp(doc)` does that.
        sentences: A Sentence, several of them, or a string of CoNLL-U.

    Returns:
        The Doc. A sentence without HEADs has no tree. `ArcScore` and `LabelScore` in MISC become extensions of tokens.

    Raises:
        ConlluError: The string is no CoNLL-U.
        TreeError: HEAD of a word is missing, while others have one, or the heads are no tree.
        UsageError: It is none of these.
    """
    if isinstance(sentences, str):
        sentences = list(parse_conllu(sentences))
    elif isinstance(sentences, Sentence):
        sentences = [sentences]
    given = as_list("the argument of from_conllu", sentences, "a Sentence, several, or a string of CoNLL-U")
    for sentence in given:
        if not isinstance(sentence, Sentence):
            raise unfit("a sentence of from_conllu", sentence, "Sentences, as read_conllu reads them, or a string")
    words = list(_words(given))
    doc, places = _blank_doc(nlp if isinstance(nlp, Vocab) else nlp.vocab, words)
    if words:
        _annotate(doc, words, places)
        doc.user_data[_KEY] = {"tokens": len(doc), **_kept(given, words, places)}
        _read_scores(doc, words, places)
    return doc


def to_conllu(doc: Doc) -> str:
    """Write a Doc as CoNLL-U; see `to_sentences`."""
    return "".join([sentence.to_conllu() for sentence in to_sentences(doc)])


def to_sentences(doc: Doc) -> list[Sentence]:
    """Make Sentences of a Doc, with all that it is annotated with.

    White space becomes what MISC says of the spaces after a word, so that the text can be restored. The root has HEAD 0
    and the relation `root`. Scores, if the Doc has some, are `ArcScore` and `LabelScore` in MISC. A Doc without
    sentence boundaries is one sentence.

    Raises:
        UsageError: It is no Doc, or a token has a tab or a line break in it.
    """
    if not isinstance(doc, Doc):
        raise unfit("the argument of to_conllu", doc, "a Doc; span.as_doc() makes one of a Span")
    kept, spacings = _Kept(doc), _spacings(doc)
    spans = list(doc.sents) if doc.has_annotation("SENT_START") else [doc[:]]
    sentences = [[token for token in span if not token.is_space] for span in spans]
    words = [tokens for tokens in sentences if tokens]
    return [_sentence(tokens, number, spacings, kept) for number, tokens in enumerate(words, start=1)]


class _Word(NamedTuple):
    """A word with the white space around it, and its number in its sentence."""

    row: list[str]
    number: int
    before: str
    after: str
    has_tree: bool


def _words(sentences: Iterable[Sentence]) -> Iterator[_Word]:
    for sentence in sentences:
        rows = sentence.rows
        has_tree = any(row[HEAD] not in BLANK for row in rows)
        if has_tree:
            check_tree(sentence, require_deprels=False)
        for token in sentence.tokens:
            before, after = spaces_around(str(token.misc))
            of_token = token.words
            for word in of_token:
                first, last = word == of_token[0], word == of_token[-1]
                row = rows[word.id - 1]
                yield _Word(row, word.id, before if first else "", after if last else "", has_tree)


def _blank_doc(vocab: Vocab, words: Sequence[_Word]) -> tuple[Doc, list[int]]:
    """Make a Doc of words and the white space around them; return it, and the place of each word in it."""
    forms: list[str] = []
    spaces: list[bool] = []
    places: list[int] = []
    for word in words:
        if word.before:
            forms.append(word.before)
            spaces.append(False)
        places.append(len(forms))
        forms.append(word.row[FORM])
        spaces.append(word.after.startswith(" "))
        if word.after[spaces[-1] :]:
            forms.append(word.after[spaces[-1] :])
            spaces.append(False)
    starts: list[bool | int | None] = [False] * len(forms)
    for word, place in zip(words, places):
        starts[place] = word.number == 1 and place != places[0]
    starts[:1] = [True] * len(forms[:1])  # white space before the first word is of its sentence
    return Doc(vocab, forms, spaces=spaces, sent_starts=starts), places


def _annotate(doc: Doc, words: Sequence[_Word], places: Sequence[int]) -> None:
    """Set tags, lemmas and trees of a Doc of N tokens."""
    add, add_morph = doc.vocab.strings.add, doc.vocab.morphology.add
    space = pos_id("SPACE"), add(SPACE_TAG), add_morph("")
    values = [(*space, token.orth) for token in doc]  # [N]: of white space, until words are set
    layout = layout_of(doc, None)
    heads, labels = space_heads(layout), [add(SPACE_LABEL)] * len(doc)  # [N]
    for at, (word, place) in enumerate(zip(words, places)):
        given = [word.row[column] for column in (XPOS, LEMMA, DEPREL)]
        xpos, lemma, deprel = ["" if value in BLANK else value for value in given]
        values[place] = pos_id(word.row[UPOS]), add(xpos), add_morph(well_formed(word.row[FEATS])), add(lemma)
        head = int(word.row[HEAD]) if word.has_tree else 0
        heads[place] = places[at - word.number + head] if head else place
        if word.has_tree and not head and deprel in ("root", ""):
            deprel = ROOT
        labels[place] = add(deprel if word.has_tree else "")
    set_array: Any = doc.from_array  # its type hints know only some arrays
    set_array([attrs.POS, attrs.TAG, attrs.MORPH, attrs.LEMMA], np.array(values, np.uint64))
    if any(word.has_tree for word in words):
        set_trees(doc, heads, labels, layout.starts)


def _kept(sentences: Sequence[Sentence], words: Sequence[_Word], places: Sequence[int]) -> dict[str, Any]:
    """Return what the Doc has no place for."""
    comments, tokens, misc = [], [], []
    first = 0
    for sentence in sentences:
        comments.append([places[first], list(sentence.comments)])
        within: set[int] = set()
        for token in sentence.multiword_tokens:
            at = range(first + token.first - 1, first + token.last)
            within.update(at)
            tokens.append([places[at[0]], places[at[-1]], token.form, token.misc])
        for at_word in range(first, first + len(sentence)):
            word = words[at_word]
            text = without_scores(word.row[MISC])
            if text != ("_" if at_word in within else spacing_misc(word.after, before=word.before)):
                misc.append([places[at_word], text])
        first += len(sentence)
    return {"comments": comments, "multiword_tokens": tokens, "misc": misc}


def _read_scores(doc: Doc, words: Sequence[_Word], places: Sequence[int]) -> None:
    scored = []
    for word, place in zip(words, places):
        attributes = Attributes(word.row[MISC])
        try:
            scored.append((place, float(attributes["ArcScore"]), float(attributes["LabelScore"])))
        except (KeyError, ValueError):
            continue
    if scored:
        register_extensions()
        set_scores(doc, *zip(*scored))


def _spacings(doc: Doc) -> dict[int, tuple[str, str]]:
    """Return the white space before and after each word, by its place; before only at the beginning of the Doc."""
    found: dict[int, tuple[str, str]] = {}
    before, last = "", -1
    for token in doc:
        if not token.is_space:
            last = token.i
            found[last] = before, token.whitespace_
            before = ""
        elif last < 0:
            before += token.text_with_ws
        else:
            found[last] = found[last][0], found[last][1] + token.text_with_ws
    return found


class _Kept:
    """Hold what `_kept` has put into a Doc, to be looked up; nothing, if its tokens have changed since then."""

    def __init__(self, doc: Doc) -> None:
        kept: Any = doc.user_data.get(_KEY, {})
        if kept and kept["tokens"] != len(doc):
            kept = {}
        self.comments: dict[int, list[str]] = dict(map(tuple, kept.get("comments", ())))  # type: ignore[arg-type]
        self.misc: dict[int, str] = dict(map(tuple, kept.get("misc", ())))  # type: ignore[arg-type]
        self.multiword_tokens = [MultiwordToken(*token) for token in kept.get("multiword_tokens", ())]


def _sentence(words: Sequence[Token], number: int, spacings: Mapping[int, tuple[str, str]], kept: _Kept) -> Sentence:
    """Make the Sentence of some words of a Doc, the `number`th of it."""
    numbers = {token.i: at for at, token in enumerate(words, start=1)}
    misc = [_with_spaces(kept.misc.get(token.i, "_"), spacings[token.i]) for token in words]
    tokens = []
    for token in kept.multiword_tokens:
        if token.first in numbers and token.last in numbers:
            first, last = numbers[token.first], numbers[token.last]
            for at in range(first, last + 1):
                misc[at - 1] = kept.misc.get(words[at - 1].i, "_")
            around = spacings[token.first][0], spacings[token.last][1]
            tokens.append(MultiwordToken(first, last, token.form, _with_spaces(token.misc or "_", around)))
    comments = kept.comments.get(words[0].i)
    forms = [token.text for token in words]
    sentence = Sentence.from_words(forms, comments=comments or (), misc=misc, multiword_tokens=tokens)
    if comments is None:
        text = sentence.text
        sentence.lines.set_comment("sent_id", str(number))
        sentence.lines.set_comment("text", text)
    _set_columns(sentence, words, numbers)
    return sentence


def _with_spaces(misc: str, around: tuple[str, str]) -> str:
    """Return MISC that says this white space before and after; as it is, if it does."""
    if spaces_around(misc) == around:
        return misc
    others = [part for part in misc.split("|") if part != "_" and part.partition("=")[0] not in _SPACING]
    spaces = spacing_misc(around[1], before=around[0])
    return "|".join([*others, *([] if spaces == "_" else [spaces])]) or "_"


def _set_columns(sentence: Sentence, words: Sequence[Token], numbers: Mapping[int, int]) -> None:
    """Set tags, lemmas, tree and scores of a Sentence as its tokens have them."""
    rows = sentence.rows
    for row, token in zip(rows, words):
        feats = "|".join(sorted(str(token.morph).split("|"), key=str.lower))  # UD's order is not spaCy's
        values = [token.lemma_, token.pos_, token.tag_, feats]
        check_values(values)
        row[LEMMA], row[UPOS], row[XPOS], row[FEATS] = [value or "_" for value in values]
    if not any(token.dep for token in words):
        return
    heads, deprels = [], []
    for token in words:
        head = token.head
        while head.is_space and head.head != head:  # another parser's: white space is no word
            head = head.head
        heads.append(0 if head == token else numbers.get(head.i, 0))
        deprels.append("root" if token.dep_ == ROOT else token.dep_ or "_")
    sentence.set_tree(heads, deprels)
    for at, token in enumerate(words):
        scores = scores_of(token)
        if scores is not None:
            sentence.add_misc(at, f"ArcScore={scores[0]:.4f}|LabelScore={scores[1]:.4f}")
