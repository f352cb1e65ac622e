"""What a network begins with: all that an older one knows, and more."""

from __future__ import annotations

import numpy as np

from arcparser.network.initialize import continue_from, new_network
from arcparser.network.settings import Settings
from arcparser.network.vocabulary import Vocabulary, extend


def vocabulary(forms: list[str], labels: list[str]) -> Vocabulary:
    return Vocabulary(
        forms, ["a", "b"], ["NOUN"], ["NN"], ["_"], labels, [labels.index("root")], [labels.index("root")]
    )


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
