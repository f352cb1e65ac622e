"""Words in place of others: of their kind, as often as asked, and nothing but words."""

from __future__ import annotations

import numpy as np

import arcparser
from arcparser.batches import encode_treebank
from arcparser.substitutes import OPEN_CLASSES, Substitutes, kind_of

from .toy import DEV, columns, random_network

SENTENCES = list(arcparser.read_conllu(DEV))


def test_open_classes_with_the_same_tags_deprel_and_capital_are_of_one_kind() -> None:
    dogs = kind_of("dogs", ("NOUN", "NNS", "Number=Plur"), "nsubj")
    assert dogs == kind_of("cats", ("NOUN", "NNS", "Number=Plur"), "nsubj")
    assert dogs is not None
    for form, tags, deprel in (
        ("Cats", ("NOUN", "NNS", "Number=Plur"), "nsubj"),
        ("cat", ("NOUN", "NN", "Number=Sing"), "nsubj"),
        ("cats", ("NOUN", "NNS", "Number=Plur"), "obj"),
    ):
        assert kind_of(form, tags, deprel) not in (dogs, None)
    assert kind_of("of", ("ADP", "IN", "_"), "case") is None
    assert kind_of("x", ("_", "_", "_"), "dep") is None  # a treebank without tags: nothing is known of its words


def test_words_are_drawn_as_often_as_the_treebank_has_them() -> None:
    # Words 0, 1 and 2 are of one kind, 0 three times as often as the others; 3 stands alone; 4 has no kind.
    words = [0, 1, 0, 2, 0, 3, 4]
    substitutes = Substitutes(words, ["a"] * 5 + ["b", None])
    at = np.array([0, 3, 5, 6] * 5000)
    given = np.array(words)[at]
    drawn = substitutes.draw(given, substitutes.kinds[at], 0.5, np.random.default_rng(1))
    np.testing.assert_array_equal(given, np.array(words)[at])  # what goes in stays
    for place, expected in ((0, (0.8, 0.1, 0.1, 0, 0)), (1, (0.3, 0.1, 0.6, 0, 0)), (2, (0, 0, 0, 1, 0)),
                            (3, (0, 0, 0, 0, 1))):  # fmt: skip
        found = np.bincount(drawn[place::4], minlength=5) / 5000
        np.testing.assert_allclose(found, expected, atol=0.03)


def test_a_batch_with_substitutes_has_other_words_of_the_same_kind_and_the_same_tree() -> None:
    network = random_network(1)
    examples = encode_treebank(network.lexicon, *columns(SENTENCES))
    chosen = list(range(len(SENTENCES)))
    plain, nonce = examples.batch(chosen), examples.batch(chosen, 0.6, np.random.default_rng(1))
    for field in ("tags", "heads", "labels"):
        np.testing.assert_array_equal(getattr(plain, field), getattr(nonce, field))
    changed = plain.distinct != nonce.distinct
    assert 0.05 < changed.mean() < 0.6
    upos = np.array([network.lexicon.upos[i] for i in nonce.tags[:, 0]])
    assert set(upos[changed]) <= set(OPEN_CLASSES)
    for row in np.flatnonzero(changed):
        old, new = (examples.forms[batch.distinct[row]] for batch in (plain, nonce))
        assert old[:1].isupper() == new[:1].isupper()
        assert nonce.words.forms[row] == network.lexicon.form_id(new)
