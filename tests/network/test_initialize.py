"""What a network begins with: all that an older one knows, and more."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from arcparser.network.initialize import continue_from, new_network
from arcparser.network.settings import Settings
from arcparser.network.tagger import tag_weights
from arcparser.network.vocabulary import Vocabulary, extend


def vocabulary(forms: list[str], labels: list[str], feats: Sequence[str] = ("_",)) -> Vocabulary:
    root = [labels.index("root")]
    return Vocabulary(forms, ["a", "b"], ["NOUN"], ["NN"], feats, labels, root, root, lemma_rules=[""])


def test_extended_vocabulary_keeps_numbers() -> None:
    both = extend(vocabulary(["dog", "cat"], ["root", "det"]), vocabulary(["cow", "dog"], ["nsubj", "root"]))
    assert both.forms == ["dog", "cat", "cow"]
    assert both.labels == ["root", "det", "nsubj"]
    assert both.root_labels == both.root_only == [0]


def test_old_weights_are_the_beginning_of_the_new_ones() -> None:
    settings = Settings(form_width=4, character_width=3, character_hidden=2, hidden=3, tag_hidden=2)
    old = new_network(settings, vocabulary(["dog"], ["root", "det"]), seed=1)
    new = continue_from(old, extend(old.vocabulary, vocabulary(["cow"], ["nsubj", "root"])), seed=2)
    assert new.weights["form.table"].shape[0] == old.weights["form.table"].shape[0] + 1
    for name, weights in old.weights.items():
        np.testing.assert_array_equal(new.weights[name][tuple(map(slice, weights.shape))], weights)


def test_features_keep_their_weights_wherever_a_new_one_comes() -> None:
    settings = Settings(form_width=4, character_width=3, character_hidden=2, hidden=3, tag_hidden=2, feature_sums=True)
    known = vocabulary(["dog"], ["root", "det"], ["_", "Case=Nom|Number=Sing", "Number=Plur"])
    old = new_network(settings, known, seed=1)
    more = vocabulary(["cow"], ["root"], ["Abbr=Yes|Number=Dual", "Number=Sing"])
    new = continue_from(old, extend(known, more), seed=2)
    names = new.vocabulary.features.names
    assert names == ("Abbr=Yes", "Case=Nom", "Number=Dual", "Number=Plur", "Number=Sing")
    old_weights = tag_weights(old.weights, known.features.of_feats)
    new_weights = tag_weights(new.weights, new.vocabulary.features.of_feats)
    np.testing.assert_allclose(new_weights.w[:, :5], old_weights.w, rtol=1e-6)  # the old FEATS are the first
    np.testing.assert_allclose(new_weights.b[:5], old_weights.b, rtol=1e-6)
    for name in ("Case=Nom", "Number=Plur", "Number=Sing"):
        place = known.features.names.index(name)
        np.testing.assert_array_equal(new.weights["lemma.feats"][names.index(name)], old.weights["lemma.feats"][place])
