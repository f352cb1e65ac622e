"""Take one step of gradient descent on one sentence, to see what learning from it changes.

Plain gradient descent, without momentum, noise or clipping: every weight w becomes w − η ∂loss/∂w. The loss is the one
that `arcparser.viz.explain` shows: the cross-entropies of the transitions and of the labels, summed over the sentence,
in nats. For a small η it falls by about η ‖∂loss/∂w‖²; not quite, as the gradient takes what the transition scorer is
told by the graph scorer as given, as in all training.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from arcparser.errors import UsageError, unfit
from arcparser.learning.examples import Examples, encode_treebank
from arcparser.learning.loss import loss_and_gradients
from arcparser.learning.presets import TrainingSettings
from arcparser.network.network import Network
from arcparser.parsing.parser import Parser
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.tree import check_tree

_SHOWN = TrainingSettings(tag_weight=0.0, lemma_weight=0.0, graph_weight=0.0, label_weight=1.0, smoothing=0.0)


@dataclass(frozen=True)
class OneStep:
    """Hold what a step has made.

    Attributes:
        parser: The parser afterwards; the one before is as it was.
        size: The step size η.
        loss: Before the step, in nats; of several networks the mean.
        squared_gradient: ‖∂loss/∂w‖², of several networks the mean.
    """

    parser: Parser
    size: float
    loss: float
    squared_gradient: float


def one_step(parser: Parser, sentence: Sentence, *, size: float, explore: bool = False) -> OneStep:
    """Take a step on a sentence with its right tree; each of several networks learns by itself.

    Args:
        parser: The parser to begin with.
        sentence: The sentence.
        size: The step size η.
        explore: Learn in the states that the parser comes to, instead of those on the way to the right tree.

    Raises:
        UsageError: The step size is no positive number, or so large that weights are none any more.
        TreeError: The sentence is no tree.
    """
    if isinstance(size, bool) or not isinstance(size, (int, float)):
        raise unfit("the step size", size, "a number such as 0.1")
    if not 0 < size < np.inf:
        raise UsageError(f"step size {size:g}: give a number above 0, such as 0.1")
    model = parser.model
    forms = sentence.forms
    examples = encode_treebank(
        model.vocabulary,
        [forms],
        [(sentence.upos, sentence.xpos, sentence.feats)],
        [(check_tree(sentence), sentence.deprels)],
        [sentence.lemmas],
    )
    if model.pretrained is not None:
        examples = replace(examples, contexts=model.pretrained.read([forms]))
    networks, losses, norms = [], [], []
    for network in model.networks:
        changed, loss, norm = _descended(network, examples, size, explore)
        networks.append(changed)
        losses.append(loss)
        norms.append(norm)
    after = Parser(replace(model, networks=tuple(networks)))
    return OneStep(after, float(size), float(np.mean(losses)), float(np.mean(norms)))


def _descended(network: Network, examples: Examples, size: float, explore: bool) -> tuple[Network, float, float]:
    """Return the network after a step, its loss before, and the squared norm of the gradient."""
    changed = network.astype(np.float64)  # a copy
    gradients = changed.weights.like()
    losses = loss_and_gradients(
        changed, _SHOWN, examples.batch([0]), gradients, explore=1.0 if explore else 0.0, scale=1.0
    )
    with np.errstate(over="ignore", invalid="ignore"):
        changed.weights.flat[...] -= size * gradients.flat
    if not np.isfinite(changed.weights.flat).all():
        raise UsageError(f"step size {size:g}: the weights would grow beyond all bounds: give a smaller one")
    return changed, losses["transition"] + losses["label"], float(gradients.flat @ gradients.flat)
