"""Explain the parse of one sentence, step by step: what the parser saw, considered, did, and would learn.

In every state the classifier has one distribution a over N actions: SHIFT, SWAP, and LEFT-ARC and RIGHT-ARC with each
label (`arcparser.network.transition_scorer`, `arcparser.network.label_scorer`). It is factored, P(action) =
P(transition) · P(label | transition, head, dependent), and the parser is greedy in that order: the most probable
transition, then its most probable label. That action need not have the largest product: SHIFT at 0.4 exceeds LEFT-ARC
at 0.6 if no single label takes two thirds.

With a gold tree, the oracle names the correct action j of the very states that the parser comes to, also after its
mistakes (`arcparser.transition.oracle`). Then the loss is −ln a_j nats, and its gradient on the logit z_k of each
action is a_k − y_k, with y_j = 1 and all other y_k = 0. The logit of an action is the sum of its transition's logit
and the logarithm of its label's probability, so a is the softmax of the z; `docs/model.md` derives how a − y, summed
over labels, becomes the gradients of the two softmaxes.

Worked example of a state of "Dogs chase cats", with the stack [ROOT Dogs chase] and the buffer [cats]:

    action              a      y    a − y      the loss of LEFT-ARC(nsubj), the correct action, is
    LEFT-ARC(nsubj)   0.80     1   −0.20       −ln 0.80 = 0.22 nats
    SHIFT             0.15     0   +0.15
    LEFT-ARC(obj)     0.05     0   +0.05

What comes out (`arcparser.viz.explanation`) is shown in the terminal by `arcparser.viz.explain_terminal`, in a browser
by `arcparser.viz.explain_page`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from arcparser.errors import UsageError, count, quote, unfit
from arcparser.network.label_scorer import choose_labels
from arcparser.network.transition_scorer import choose_transitions
from arcparser.nn.softmax import cross_entropy, logits_gradient, softmax
from arcparser.parsing.parser import Parser
from arcparser.parsing.predictor import Scorers, predictor_of
from arcparser.transition.arc_standard import LEFT_ARC, MISSING, RIGHT_ARC, TRANSITIONS, States
from arcparser.transition.features import GRAPH_FEATURES, POSITIONS, extract
from arcparser.transition.oracle import Oracle
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.tokenlist import AnySentence, as_sentence
from arcparser.treebank.tree import check_tree
from arcparser.types import Floats
from arcparser.viz.explanation import Action, Arc, Explanation, Follow, Step

LONGEST = 250  # words: twice as many steps, each with a stack and a buffer, are more than anybody looks at


def explain(
    parser: Parser,
    words: AnySentence,
    gold: AnySentence | None = None,
    *,
    follow: Follow = "parser",
    top: int = 8,
) -> Explanation:
    """Parse one sentence and keep everything that can be shown of it.

    The actions are those of `parser.parse(words)`. With `follow="oracle"` the oracle's are made instead, which is how
    training sees the sentence before it explores; the parser's choices are still told.

    Args:
        parser: The parser whose choices are explained.
        words: A list of words, a Sentence or a `conllu` TokenList; tags and tree are not looked at.
        gold: The same words with the right tree, as a Sentence or a TokenList.
        follow: Whose actions are made, the parser's or the oracle's.
        top: How many actions a step is to show at first.

    Raises:
        ModelError: The weights are so large that what is computed with them is no number.
        UsageError: No words, too many, or others than the gold tree's; nothing to follow.
        TreeError: `gold` is no tree with one root.
    """
    if not isinstance(parser, Parser):
        raise unfit("the parser", parser, "a Parser, as arcparser.load returns it")
    sentence = as_sentence(words)
    tree = None if gold is None else as_sentence(gold)
    _check_request(sentence, tree, follow, top)
    arcs = None if tree is None else _gold_arcs(tree, sentence)
    vocabulary = parser.model.vocabulary
    # A predictor of its own: what is shown does not depend on what the parser has read before, to the last digit.
    scorers = predictor_of(parser.model).scorers(sentence.forms)
    states = States(np.array([len(sentence)]), children=scorers.transition_scorer.children)
    oracle = None if arcs is None else Oracle(states, [[arc.head for arc in arcs]])
    steps: list[Step] = []
    made: list[Arc] = []
    while len(states.active):
        chosen = _chosen(states, scorers)
        decision = _Decision(chosen=chosen, made=chosen)
        if oracle is not None and arcs is not None:
            correct, remark = _correct(states, scorers, int(oracle.transitions()[0]), arcs, vocabulary.labels)
            done = correct if follow == "oracle" else chosen
            decision = _Decision(chosen=chosen, made=done, correct=correct, remark=remark)
        step = _step(states, scorers, vocabulary.labels, tuple(made), decision)
        steps.append(step)
        arc = step.arc_of(step.actions[step.made])
        if arc is not None:
            made.append(arc)
        transition, label = decision.made
        (states if oracle is None else oracle).apply(np.array([transition]), np.array([label]))
    tags = [vocabulary.upos[i] if vocabulary.upos else "_" for i in scorers.tags[:, 0]]
    return Explanation(
        words=("ROOT", *sentence.forms),
        tags=("", *tags),
        steps=tuple(steps),
        arcs=tuple(made),
        gold=arcs,
        actions=2 + 2 * len(vocabulary.labels),
        model=parser.card.name,
        language=parser.card.language,
        follow=follow,
        top=top,
    )


_Choice = tuple[int, int]  # transition, label id (MISSING for none)


@dataclass(frozen=True, slots=True)
class _Decision:
    """Hold what is chosen by the parser, made, and (given a gold tree) correct in a state; the rest is as in `Step`."""

    chosen: _Choice
    made: _Choice
    correct: _Choice | None = None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Distribution:
    """The K legal actions of a state and their probabilities, in float64.

    Attributes:
        choices: Transition and label of each action.
        a: P(action), `[K]`: the products of the two below, which sum to 1 up to 1e-15.
        of_transition: P(transition), `[K]`.
        of_label: P(label | transition, head, dependent), `[K]`; 1 without a label.
    """

    choices: list[_Choice]
    a: Floats
    of_transition: Floats
    of_label: Floats


def _check_request(sentence: Sentence, gold: Sentence | None, follow: str, top: int) -> None:
    """Refuse what cannot be explained.

    Raises:
        UsageError: Too many words, or an option has an impossible value.
    """
    if len(sentence) > LONGEST:
        raise UsageError(f"a sentence of {len(sentence)} words: only {LONGEST} can be shown, give a shorter one")
    if type(top) is not int:
        raise unfit("top", top, "a number of actions, at least 1")
    if top < 1:
        raise UsageError(f"top {top}: show at least 1 action")
    if not isinstance(follow, str) or follow not in ("parser", "oracle"):
        raise UsageError(f"follow {quote(follow)}: use parser or oracle")
    if follow == "oracle" and gold is None:
        raise UsageError("the oracle can be followed only with a gold tree: give one")


def _gold_arcs(gold: Sentence, sentence: Sentence) -> tuple[Arc, ...]:
    """Return the arc of each word in the gold tree.

    Raises:
        UsageError: It has other words than the sentence.
        TreeError: It is no tree with one root.
    """
    for number, (word, other) in enumerate(zip(sentence.forms, gold.forms), start=1):
        if word != other:
            raise UsageError(
                f"word {number} is {quote(word)}, but {quote(other)} in the gold tree: give the same words"
            )
    if len(gold) != len(sentence):
        raise UsageError(f"{count(len(sentence), 'word')}, but {len(gold)} in the gold tree: give the same words")
    heads = check_tree(gold)
    return tuple(Arc(head, word, label) for word, (head, label) in enumerate(zip(heads, gold.deprels), start=1))


def _chosen(states: States, scorers: Scorers) -> _Choice:
    """Choose what the greedy parser does, by the functions that it does it with."""
    transition = choose_transitions(scorers.transition_scorer, extract(states), states.legal())
    label = choose_labels(states, transition, scorers.label_scorer, scorers.transition_scorer.rows, scorers.masks)
    return int(transition[0]), int(label[0])


def _correct(
    states: States, scorers: Scorers, transition: int, gold: Sequence[Arc], labels: Sequence[str]
) -> tuple[_Choice, str]:
    """Return the oracle's transition with the label of the gold arc, and a remark where there is no such arc or label.

    There the model's own best label stands in: no label is right, so none should be blamed.
    """
    positions, heads, dependents = states.arc(np.array([transition]))
    if not len(positions):
        return (transition, MISSING), ""
    arc = gold[int(dependents[0]) - 1]
    legal = scorers.masks.legal(heads)[0]
    label = labels.index(arc.label) if arc.label in labels else MISSING
    remark = ""
    if arc.head != heads[0]:
        remark = "the gold head is out of reach after an earlier mistake; this is the best that is left"
    if label == MISSING or not legal[label]:
        best = choose_labels(
            states, np.array([transition]), scorers.label_scorer, scorers.transition_scorer.rows, scorers.masks
        )
        label = int(best[0])
        remark = remark or f"the model has no action with the gold label {arc.label} here; its best label stands in"
    return (transition, label), remark


def _step(states: States, scorers: Scorers, labels: Sequence[str], arcs: tuple[Arc, ...], decision: _Decision) -> Step:
    """Describe the one state that is left, with what is considered and done in it."""
    of_state = distribution(states, scorers)
    loss = gradient = None
    if decision.correct is not None:
        j = np.intp(of_state.choices.index(decision.correct))
        loss = float(cross_entropy(of_state.a, j)) + 0.0  # not -0.0
        gradient = logits_gradient(of_state.a, j)
    order = np.argsort(-of_state.a, kind="stable").tolist()
    place = {of_state.choices[k]: i for i, k in enumerate(order)}
    row = states.active[0]
    stack = states.stack[row, : states.top[row] + 1]
    buffer = states.buffer[row, states.front[row] :]
    features = extract(states)
    # [networks, 2, G]: of each network the probabilities and their logarithms; some models have none.
    of_networks = scorers.transition_scorer.graph_features(features)[0].reshape(-1, 2, len(GRAPH_FEATURES))
    graph = of_networks[:, 0].mean(axis=0).tolist() if len(of_networks) else []
    return Step(
        stack=tuple(stack[stack != MISSING].tolist()),
        buffer=tuple(buffer[buffer != MISSING].tolist()),
        arcs=arcs,
        actions=tuple(_action(of_state, k, labels, gradient) for k in order),
        chosen=place[decision.chosen],
        made=place[decision.made],
        correct=None if decision.correct is None else place[decision.correct],
        loss=loss,
        remark=decision.remark,
        positions=tuple(
            (name, None if word == MISSING else word) for name, word in zip(POSITIONS, features.words[0].tolist())
        ),
        graph=tuple(zip(GRAPH_FEATURES, graph)),
    )


def _action(distribution: Distribution, k: int, labels: Sequence[str], gradient: Floats | None) -> Action:
    """Describe the action k of a distribution; `gradient [K]` is the loss's."""
    transition, label = distribution.choices[k]
    return Action(
        transition=TRANSITIONS[transition],
        label=None if label == MISSING else labels[label],
        probability=float(distribution.a[k]),
        of_transition=float(distribution.of_transition[k]),
        of_label=None if label == MISSING else float(distribution.of_label[k]),
        gradient=None if gradient is None else float(gradient[k]),
    )


def distribution(states: States, scorers: Scorers) -> Distribution:
    """Compute the probabilities of the legal actions of the one state that is left, in float64 whatever the model's."""
    rows = scorers.transition_scorer.rows[states.active]  # [1, L+2]
    legal = states.legal()
    of_transition = softmax(scorers.transition_scorer.logits(extract(states)).astype(np.float64), legal)[0]  # [4]
    choices: list[_Choice] = []
    first: list[float] = []
    second: list[float] = []
    for transition in np.flatnonzero(legal[0]).tolist():
        if transition not in (LEFT_ARC, RIGHT_ARC):
            choices.append((transition, MISSING))
            first.append(of_transition[transition])
            second.append(1.0)
            continue
        _, heads, dependents = states.arc(np.array([transition]))
        logits = scorers.label_scorer.logits(np.array([transition]), rows[:, heads[0] + 1], rows[:, dependents[0] + 1])
        allowed = scorers.masks.legal(heads)
        of_label = softmax(logits.astype(np.float64), allowed)[0]  # [labels]
        for label in np.flatnonzero(allowed[0]).tolist():
            choices.append((transition, label))
            first.append(of_transition[transition])
            second.append(of_label[label])
    return Distribution(choices, np.array(first) * np.array(second), np.array(first), np.array(second))
