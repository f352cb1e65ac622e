"""Find the noun chunks of trees of Universal Dependencies, in the place of spaCy's own, which know other labels.

A chunk is what spaCy's users expect: a base noun phrase, in which there is no other one. It has a noun, proper noun or
pronoun as its head, and no clause, no coordination, no adposition and no copula:

    [She] was [a good doctor] of [the old school] and [a friend] , said [Dr. Jane Miller] .

In UD the head of such a phrase may have any relation that a nominal can have (`obl` and `nmod` too, where the
adposition hangs on the noun), or that of a clause, if it is the predicate beside a copula (*a good doctor*). A chunk
goes to the left over modifiers until there is another dependent than a modifier (`case`, `cop`, `nsubj`, `cc`,
a clause), and to the right over parts of names and over adjectives (French *une maison blanche*). A possessor that
stands before its noun is within the chunk (*the man's hat*), what comes after it in its own (*[the hat] of [the man]*).
"""

from __future__ import annotations

from collections.abc import Iterator

from spacy.symbols import ADJ, NOUN, PART, PRON, PROPN  # type: ignore[attr-defined]
from spacy.tokens import Doc, Span, Token

from arcparser.errors import UsageError

_NOMINALS = (NOUN, PROPN, PRON)
# Relations of the head of a chunk, without their subtypes; those of clauses are for predicates.
_HEADS = frozenset(
    "nsubj obj iobj obl nmod appos vocative dislocated orphan list parataxis root csubj ccomp xcomp advcl acl "
    "discourse reparandum dep".split()
)
_LEFT = frozenset("det amod nummod nmod compound flat fixed goeswith clf advmod punct dep".split())
_RIGHT = frozenset("det amod nummod compound flat fixed goeswith clf punct".split())
_WITHIN = frozenset("advmod amod flat fixed goeswith compound nummod conj cc punct".split())  # a modifier on the right


def noun_chunks(doclike: Doc | Span) -> Iterator[tuple[int, int, str | int]]:
    """Yield start, end and label of the noun chunks of a Doc or Span, in order; what `doc.noun_chunks` calls.

    Raises:
        UsageError: The Doc has no trees.
    """
    doc = doclike.doc
    if not doc.has_annotation("DEP"):
        raise UsageError("the Doc has no trees, which noun chunks are found in: parse it, or read trees into it")
    label = doc.vocab.strings.add("NP")
    found = [_chunk(token) for token in doclike if _is_head(token)]
    end = 0
    # The outermost of two comes first: *the man* is not one within *the man's hat*.
    for first, last in sorted(found, key=lambda chunk: (chunk[0], -chunk[1])):
        if first >= end:
            end = last
            yield first, last, label


def _relation(token: Token) -> str:
    return token.dep_.partition(":")[0].lower()


def _is_head(token: Token) -> bool:
    """Tell whether a noun is the head of a chunk; one that is coordinated is if the first conjunct is no modifier."""
    if token.pos not in _NOMINALS:
        return False
    while _relation(token) == "conj" and token.head != token:
        token = token.head
    return _relation(token) in _HEADS


def _chunk(head: Token) -> tuple[int, int]:
    """Return start and end of the chunk of a head."""
    children = list(head.children)
    is_predicate = any(_relation(child) == "cop" for child in children)
    start = edge = head.i
    for child in reversed([child for child in children if child.i < head.i]):
        relation = _relation(child)
        # Adverbs before a predicate are of the clause, as in *she is certainly a doctor*, and so is *not* anywhere.
        of_clause = relation == "advmod" and (is_predicate or child.pos == PART)
        if relation not in _LEFT or of_clause or child.right_edge.i + 1 != edge:
            break
        edge = child.left_edge.i
        if relation != "punct":
            start = edge
    end = _right_end(head, _RIGHT)
    while head.doc[start].is_space:  # at the start of a sentence
        start += 1
    return start, end


def _right_end(word: Token, relations: frozenset[str]) -> int:
    """Return where the words end that follow a word as parts of its chunk."""
    end = edge = word.i + 1
    for child in word.rights:
        relation = _relation(child)
        if child.is_space and child.i == edge:
            edge += 1
            continue
        fits = relation in relations and (relation != "conj" or child.pos == ADJ)
        if not fits or child.left_edge.i != edge or any(_relation(left) == "case" for left in child.lefts):
            break
        edge = _right_end(child, _WITHIN)
        if relation != "punct":
            end = edge
        if edge <= child.right_edge.i:  # the rest of it is no part of the chunk
            break
    return end
