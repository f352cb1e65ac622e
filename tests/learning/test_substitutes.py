"""Words that stand for each other, and sentences of which some are replaced."""

from __future__ import annotations

import numpy as np

from arcparser.learning.examples import Examples, encode_treebank
from arcparser.learning.substitutes import NO_GROUP
from arcparser.network import vocabulary

FORMS = [["Dogs", "chase", "cats"], ["cats", "see", "mice", "near", "trees"]]
TAGS = [
    (["NOUN", "VERB", "NOUN"], ["N", "V", "N"], ["Number=Plur", "_", "Number=Plur"]),
    (
        ["NOUN", "VERB", "NOUN", "ADP", "NOUN"],
        ["N", "V", "N", "IN", "N"],
        ["Number=Plur", "_", "Number=Plur", "_", "_"],
    ),
]
ARCS = [([2, 0, 2], ["nsubj", "root", "obj"]), ([2, 0, 2, 5, 2], ["nsubj", "root", "obj", "case", "obl"])]
LEMMAS = [["dog", "chase", "cat"], ["cat", "see", "mouse", "near", "tree"]]


def examples() -> Examples:
    return encode_treebank(vocabulary.build(FORMS, TAGS, ARCS, LEMMAS), FORMS, TAGS, ARCS, LEMMAS)


def test_a_group_has_the_words_of_the_same_tags_and_relation() -> None:
    e = examples()
    found = {}
    for example, forms in zip(e.sentences, FORMS):
        for form, group in zip(forms, example.groups.tolist()):
            if group == NO_GROUP:
                found[form] = set()
                continue
            first = e.substitutes.starts[group]
            words = e.substitutes.words[first : first + e.substitutes.sizes[group]]
            found.setdefault(form, set()).update(e.forms[word] for word in words)
    assert found == {
        "Dogs": {"Dogs", "cats"},
        "cats": {"Dogs", "cats", "mice"},  # as a subject and as an object
        "mice": {"cats", "mice"},
        "chase": {"chase", "see"},
        "see": {"chase", "see"},
        "near": set(),
        "trees": {"trees"},  # it has other FEATS
    }


def test_a_word_is_replaced_with_its_lemma_rule_and_nothing_else_changes() -> None:
    e = examples()
    rule_of = {word: rule for x in e.sentences for word, rule in zip(x.words.tolist(), x.lemma_rules.tolist())}
    given = e.sentences[1]
    before = given.words.tolist(), given.lemma_rules.tolist()
    rng = np.random.default_rng(0)
    seen = set()
    for _ in range(50):
        words, rules = e.substitutes.replace(given.words, given.lemma_rules, given.groups, share=0.5, rng=rng)
        assert rules.tolist() == [rule_of[word] for word in words.tolist()]
        seen.add(tuple(e.forms[word] for word in words.tolist()))
    assert (given.words.tolist(), given.lemma_rules.tolist()) == before
    assert [set(column) for column in zip(*seen)] == [
        {"cats", "Dogs"},
        {"see", "chase"},
        {"mice", "cats"},
        {"near"},
        {"trees"},
    ]


def test_a_batch_has_other_words_and_the_same_tree() -> None:
    e = examples()
    plain = e.batch([0, 1])
    batches = [e.batch([0, 1], substituted=0.5, rng=np.random.default_rng(seed)) for seed in range(20)]
    for batch in batches:
        assert batch.gold_heads == plain.gold_heads
        for field in ("heads", "tags", "labels", "numbers"):
            assert np.array_equal(getattr(batch, field), getattr(plain, field))
    assert len({batch.lemma_rules.tobytes() for batch in batches}) > 3
    assert len({batch.words.spelling.characters.tobytes() for batch in batches}) > 3
    unchanged = e.batch([0, 1], substituted=0.0, rng=np.random.default_rng(0))
    assert np.array_equal(unchanged.words.spelling.characters, plain.words.spelling.characters)


def test_the_same_seed_gives_the_same_words() -> None:
    e = examples()
    first, second = (e.batch([1, 0], substituted=0.7, rng=np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(first.words.spelling.characters, second.words.spelling.characters)
    assert first.lemma_rules.tolist() == second.lemma_rules.tolist()
