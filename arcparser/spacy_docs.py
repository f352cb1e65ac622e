"""See spaCy's Docs as the parser sees sentences, and set trees, tags and scores in them.

Tokens of white space are no words: each hangs on the token before it (at the start of a sentence, on the one after
it). The root is its own head.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from spacy.attrs import DEP, HEAD, SENT_START
from spacy.parts_of_speech import IDS as POS_IDS
from spacy.tokens import Doc, Token

from arcparser.errors import UsageError
from arcparser.text.sentence_splitter import SentenceSplitter, sentence_starts
from arcparser.types import Bools

ROOT, SPACE_LABEL, SPACE_TAG = "ROOT", "dep", "_SP"
EXTENSIONS = ("arc_score", "label_score")
_registered: set[str] = set()  # those of them that are this module's, not somebody else's


@dataclass(frozen=True)
class Layout:
    """Hold a Doc of N tokens as the parser wants it.

    Attributes:
        sentences: The forms of the words of each sentence that has some.
        words: The places of all W words in the Doc.
        starts: Whether a sentence begins at the token, [N].
    """

    sentences: list[list[str]]
    words: list[int]
    starts: Bools


def layout_of(doc: Doc, splitter: SentenceSplitter | None) -> Layout:
    """Find words and sentences of a Doc; `splitter` decides where its `is_sent_start` is None."""
    words: list[int] = []
    forms: list[str] = []
    spaces: list[str] = []  # after each word, [W]
    for i, token in enumerate(doc):
        text = token.text
        if not text.isspace():
            words.append(i)
            forms.append(text)
            spaces.append(token.whitespace_)
        elif spaces:
            spaces[-1] += token.text_with_ws
    given = doc.to_array([SENT_START]).reshape(-1).astype(np.int64)  # [N]: 1 yes, -1 no, 0 nobody has decided
    starts = given == 1
    starts[:1] = True
    if words and not given[words].all():
        after = 0  # the token after the last word
        for word, begins in zip(words, sentence_starts(forms, spaces, splitter)):
            # White space before it may begin the sentence: that of the document, or by the decision of others.
            if begins and given[word] == 0 and not starts[after:word].any():
                starts[word] = True
            after = word + 1
    number = np.cumsum(starts)[words].tolist()  # [W]: of the word's sentence
    sentences: dict[int, list[str]] = {}
    for sentence, form in zip(number, forms):
        sentences.setdefault(sentence, []).append(form)
    return Layout(list(sentences.values()), words, starts)


def space_heads(layout: Layout) -> list[int]:
    """Return the head of each token, `[N]`, right for white space: the token before it, or after it at a start."""
    bounds = [*np.flatnonzero(layout.starts).tolist(), len(layout.starts)]
    is_word = np.zeros(len(layout.starts), np.bool_)
    is_word[layout.words] = True
    heads = list(range(-1, len(layout.starts) - 1))
    for begin, end in zip(bounds, bounds[1:]):
        if not is_word[begin]:
            first = next((i for i in range(begin, end) if is_word[i]), begin)  # a word, if there is one
            heads[begin : first + 1] = [*range(begin + 1, first + 1), first]
    return heads


def pos_id(upos: str) -> int:
    """Return spaCy's number of a UPOS: others than those of Universal Dependencies become X, none stays none."""
    return int(POS_IDS.get("" if upos == "_" else upos, POS_IDS["X"]))


def tag_of(xpos: str, upos: str) -> str:
    """Return the TAG of a word: XPOS, or UPOS if there is none."""
    return xpos if xpos != "_" else "" if upos == "_" else upos


def well_formed(feats: str) -> str:
    """Leave out of FEATS what spaCy cannot read; return "" for `_`."""
    return "|".join([feature for feature in feats.split("|") if feature.count("=") == 1])


def set_trees(doc: Doc, heads: Sequence[int], labels: Sequence[int], starts: Bools) -> None:
    """Set the trees of all N tokens of a Doc, and where its sentences begin.

    Args:
        doc: The Doc.
        heads: The place of each token's head, its own for a root, [N].
        labels: The number of each token's label, [N].
        starts: Whether a sentence begins at the token, [N].
    """
    offsets = np.array(heads, np.int64) - np.arange(len(doc))  # [N]
    set_array: Any = doc.from_array  # its type hints know only some arrays
    set_array([HEAD, DEP], np.stack([offsets.view(np.uint64), np.array(labels, np.uint64)], axis=1))
    # spaCy has derived sentences from the trees, but gives up on some that are far from projective.
    set_array([SENT_START], np.where(starts, 1, -1).astype(np.int64).view(np.uint64))


def register_extensions() -> None:
    """Register the extensions of tokens, and of Docs; those that somebody else has registered stay.

    Raises:
        UsageError: One of those cannot be set.
    """
    for name in EXTENSIONS:
        if not Token.has_extension(name):
            Token.set_extension(name, default=None)
            _registered.add(name)
            continue
        _, method, getter, setter = Token.get_extension(name)
        if method is not None or (getter is not None and setter is None):
            problem = f"token._.{name} is an extension that cannot be set"
            raise UsageError(f'{problem}: remove it, or leave "scores" out of the settings of arcparser')
    for name, of_doc in (("arc_scores", _arc_scores), ("label_scores", _label_scores)):
        if not Doc.has_extension(name):
            Doc.set_extension(name, getter=of_doc)


def forget_scores(doc: Doc) -> None:
    """Take away the scores that an earlier parse has set: none may stay with another tree, nor on white space."""
    if doc.user_data and _registered:
        kept = {key: value for key, value in doc.user_data.items() if not _is_score(key)}
        if len(kept) < len(doc.user_data):
            doc.user_data.clear()
            doc.user_data.update(kept)


def set_scores(doc: Doc, words: Sequence[int], arcs: Sequence[float], labels: Sequence[float]) -> None:
    """Set the scores of words, which are given by their places in the Doc."""
    for place, arc, label in zip(words, arcs, labels):
        token = doc[place]._
        token.arc_score, token.label_score = arc, label


def scores_of(token: Token) -> tuple[float, float] | None:
    """Return the scores of arc and label of a token; None if it has none."""
    if not all(Token.has_extension(name) for name in EXTENSIONS):
        return None
    arc, label = token._.arc_score, token._.label_score
    return (arc, label) if isinstance(arc, float) and isinstance(label, float) else None


def _arc_scores(doc: Doc) -> list[float | None]:
    return [token._.arc_score for token in doc]


def _label_scores(doc: Doc) -> list[float | None]:
    return [token._.label_score for token in doc]


def _is_score(key: object) -> bool:
    """Tell whether spaCy keeps one of this module's extensions under a key of `doc.user_data`."""
    return isinstance(key, tuple) and len(key) == 4 and key[0] == "._." and key[1] in _registered
