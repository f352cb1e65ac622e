"""Noun chunks of hand-written trees: English, German-like, French."""

from __future__ import annotations

import pytest
import spacy
from spacy.tokens import Doc

import arcparser
from arcparser import spacy as arcparser_spacy
from arcparser.spacy_noun_chunks import noun_chunks

# Each word as form/UPOS/HEAD/DEPREL; the chunks as they are expected.
EXAMPLES = {
    "obliques and an adposition": (
        "en",
        "The/DET/2/det dog/NOUN/3/nsubj slept/VERB/0/root in/ADP/7/case the/DET/7/det old/ADJ/7/amod house/NOUN/3/obl",
        ["The dog", "the old house"],
    ),
    "a passive agent": (
        "en",
        "It/PRON/3/nsubj:pass was/AUX/3/aux:pass seen/VERB/0/root by/ADP/6/case a/DET/6/det man/NOUN/3/obl:agent",
        ["It", "a man"],
    ),
    "nmod in nmod": (
        "en",
        "the/DET/2/det roof/NOUN/0/root of/ADP/5/case the/DET/5/det house/NOUN/2/nmod on/ADP/8/case the/DET/8/det "
        "hill/NOUN/5/nmod",
        ["the roof", "the house", "the hill"],
    ),
    "a possessor that has one": (
        "en",
        "my/PRON/2/nmod:poss brother/NOUN/4/nmod:poss 's/PART/2/case hat/NOUN/5/nsubj fell/VERB/0/root",
        ["my brother 's hat"],
    ),
    "an apposition": (
        "en",
        "Ann/PROPN/6/nsubj ,/PUNCT/4/punct a/DET/4/det doctor/NOUN/1/appos ,/PUNCT/4/punct left/VERB/0/root",
        ["Ann", "a doctor"],
    ),
    "coordination, with a list": (
        "en",
        "cats/NOUN/0/root ,/PUNCT/4/punct big/ADJ/4/amod dogs/NOUN/1/conj and/CCONJ/7/cc the/DET/7/det "
        "mice/NOUN/1/conj",
        ["cats", "big dogs", "the mice"],
    ),
    "a coordinated modifier is within": (
        "en",
        "bread/NOUN/4/compound and/CCONJ/3/cc butter/NOUN/1/conj pudding/NOUN/0/root",
        ["bread and butter pudding"],
    ),
    "a copula, with negation and an adverb": (
        "en",
        "She/PRON/6/nsubj is/AUX/6/cop certainly/ADV/6/advmod not/PART/6/advmod a/DET/6/det doctor/NOUN/0/root",
        ["She", "a doctor"],
    ),
    "a predicate that is a clause": (
        "en",
        "I/PRON/2/nsubj think/VERB/0/root that/SCONJ/7/mark she/PRON/7/nsubj is/AUX/7/cop a/DET/7/det "
        "doctor/NOUN/2/ccomp",
        ["I", "she", "a doctor"],
    ),
    "a relative clause, and what there is": (
        "en",
        "There/PRON/2/expl are/VERB/0/root few/ADJ/4/amod dogs/NOUN/2/nsubj who/PRON/6/nsubj bark/VERB/4/acl:relcl",
        ["few dogs", "who"],
    ),
    "a flat name, and an adverb": (
        "en",
        "only/ADV/2/advmod Dr./PROPN/5/nsubj Jane/PROPN/2/flat Miller/PROPN/2/flat came/VERB/0/root",
        ["only Dr. Jane Miller"],
    ),
    "quotation marks stay outside": (
        "en",
        "he/PRON/2/nsubj read/VERB/0/root “/PUNCT/5/punct the/DET/5/det book/NOUN/2/obj ”/PUNCT/5/punct",
        ["he", "the book"],
    ),
    "German: an adjective with its object, a genitive": (
        "de",
        "der/DET/5/det auf/ADP/3/case Ruhm/NOUN/4/obl versessene/ADJ/5/amod Sohn/NOUN/8/nsubj der/DET/7/det "
        "Nachbarin/NOUN/5/nmod schläft/VERB/0/root",
        ["der auf Ruhm versessene Sohn", "der Nachbarin"],
    ),
    "German: a contraction, and a predicate at the end": (
        "de",
        "dass/SCONJ/4/mark er/PRON/4/nsubj ein/DET/4/det Arzt/NOUN/0/root im/ADP/6/case Krankenhaus/NOUN/4/nmod "
        "ist/AUX/4/cop",
        ["er", "ein Arzt", "Krankenhaus"],
    ),
    "French: adjectives after the noun, coordinated": (
        "fr",
        "une/DET/3/det grande/ADJ/3/amod maison/NOUN/0/root très/ADV/5/advmod blanche/ADJ/3/amod et/CCONJ/7/cc "
        "noire/ADJ/5/conj de/ADP/10/case la/DET/10/det ville/NOUN/3/nmod",
        ["une grande maison très blanche et noire", "la ville"],
    ),
    "French: what hangs on the adjective is outside": (
        "fr",
        "un/DET/2/det homme/NOUN/0/root fier/ADJ/2/amod de/ADP/6/case son/DET/6/det fils/NOUN/3/obl",
        ["un homme fier", "son fils"],
    ),
    "Chinese: a relative clause before the noun": (
        "zh",
        "那/DET/5/det 我/PRON/3/nsubj 买/VERB/5/acl 的/PART/3/mark 书/NOUN/0/root",
        ["我", "书"],
    ),
}


def doc_of(language: str, words: str) -> Doc:
    rows = [word.split("/") for word in words.split()]
    heads = [int(head) - 1 if head != "0" else at for at, (_, _, head, _) in enumerate(rows)]
    labels = [row[3].replace("root", "ROOT") for row in rows]
    vocab = spacy.blank(language).vocab
    vocab.get_noun_chunks = noun_chunks  # type: ignore[assignment]
    return Doc(vocab, [row[0] for row in rows], pos=[row[1] for row in rows], heads=heads, deps=labels)


@pytest.mark.parametrize("name", EXAMPLES)
def test_noun_chunks(name: str) -> None:
    language, words, expected = EXAMPLES[name]
    if language == "zh":
        language = "xx"  # the tokenizer of spaCy's Chinese needs a package
    doc = doc_of(language, words)
    assert [chunk.text for chunk in doc.noun_chunks] == expected
    assert {chunk.label_ for chunk in doc.noun_chunks} == {"NP"}
    assert not any(chunk.root.pos_ not in ("NOUN", "PROPN", "PRON") for chunk in doc.noun_chunks)


def test_of_a_span_and_without_trees() -> None:
    doc = doc_of("en", EXAMPLES["nmod in nmod"][1])
    assert [chunk.text for chunk in doc[3:].noun_chunks] == ["the house", "the hill"]
    empty = Doc(doc.vocab, ["dogs"])
    with pytest.raises(arcparser.UsageError, match="the Doc has no trees"):
        list(empty.noun_chunks)


def test_white_space_is_in_no_edge() -> None:
    vocab = spacy.blank("en").vocab
    doc = Doc(
        vocab,
        ["\t", "the", "dog", "\n", "barks"],
        pos=["SPACE", "DET", "NOUN", "SPACE", "VERB"],
        heads=[1, 2, 4, 2, 4],
        deps=["dep", "det", "nsubj", "dep", "ROOT"],
    )
    assert list(noun_chunks(doc)) == [(1, 3, vocab.strings["NP"])]


def test_the_component_installs_them_unless_told_otherwise() -> None:
    nlp = spacy.blank("en")
    own = nlp.vocab.get_noun_chunks
    nlp.add_pipe("arcparser", config={"noun_chunks": False})
    assert nlp.vocab.get_noun_chunks is own
    nlp.remove_pipe("arcparser")
    nlp.add_pipe("arcparser")
    assert [chunk.text for chunk in nlp("The dog sleeps in the house.").noun_chunks] == ["The dog", "the house"]
    assert arcparser_spacy.noun_chunks is nlp.vocab.get_noun_chunks
