"""Explain sentences that are given as text or in a file: find or read them, load the model, explain the parses."""

from __future__ import annotations

from collections.abc import Sequence

from arcparser.errors import ModelError, TreeError, UsageError, count
from arcparser.files import STANDARD_STREAM
from arcparser.parsing.parse_text import open_text, segment_text
from arcparser.parsing.parser import Parser, load
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.treebank import find_sentence
from arcparser.types import PathLike
from arcparser.viz.explain import explain
from arcparser.viz.explain_step import after_step
from arcparser.viz.explanation import Explanation, Follow

Tree = tuple[Sequence[int], Sequence[str]]  # heads and deprels of the words


def explain_sentences(
    text: str | None = None,
    *,
    model: PathLike,
    gold: PathLike | None = None,
    which: str | None = None,
    tree: Tree | None = None,
    follow: Follow = "parser",
    top: int = 8,
    step_size: float | None = None,
) -> list[Explanation]:
    """Explain how a model parses the sentences of a text, or one sentence of a treebank.

    Args:
        text: The text, which the model splits into sentences and words; `-` is standard input. With `gold`, the text
            of a sentence in there; with `tree`, one sentence.
        model: The model, by path or name.
        gold: A CoNLL-U file with the sentence and its right tree.
        which: The number or sent_id of the sentence in `gold`. Without it and `text`, the first is taken.
        tree: The right tree of the text.
        follow: See `arcparser.viz.explain.explain`.
        top: How many actions are shown of each step.
        step_size: Take a step of gradient descent of this size on each sentence, and show what it changes; a tree is
            needed for it.

    Raises:
        UsageError: There is no sentence, or not such a one; `tree` has heads or labels for more or fewer words; see
            `arcparser.viz.explain.explain`, too.
        InputError: `gold` or the text cannot be read, or has a sentence that is malformed or no tree.
        TreeError: `tree` is no tree.
        ModelError: The model cannot be loaded.
    """
    if gold is not None:
        if tree is not None:
            raise UsageError("a file of right trees and a tree: give one of them")
        pairs: list[tuple[Sentence, Sentence | None]] = [(found := find_sentence(gold, which or text), found)]
        parser = load(model)
    elif text is None:
        raise UsageError("nothing to explain: give a sentence, or --gold FILE")
    else:
        parser = load(model)
        sentences = _sentences(parser, text, one=tree is not None)
        pairs = [(sentence, None if tree is None else _with_tree(sentence, tree)) for sentence in sentences]
    explanations = [explain(parser, sentence, gold=right, follow=follow, top=top) for sentence, right in pairs]
    return explanations if step_size is None else [_after_step(parser, one, step_size) for one in explanations]


def _after_step(parser: Parser, explanation: Explanation, size: float) -> Explanation:
    """Take a step of gradient descent on an explained sentence, and add to the explanation what it changes.

    Raises:
        UsageError: The step is so large that nothing can be computed after it.
    """
    from arcparser.learning.one_step import one_step

    sentence = Sentence.from_words(explanation.words[1:])
    arcs = explanation.gold or ()
    sentence.set_tree([arc.head for arc in arcs], [arc.label for arc in arcs])
    step = one_step(parser, sentence, size=size, explore=explanation.follow == "parser")
    try:
        return after_step(explanation, step.parser, size=step.size, squared_gradient=step.squared_gradient)
    except ModelError as error:
        problem = "what is computed with the weights after it is no number"
        raise UsageError(f"--step-size {size:g}: {problem}: give a smaller one") from error


def _sentences(parser: Parser, text: str, *, one: bool) -> list[Sentence]:
    """Return the sentences of a text; if it is one, that of its first line."""
    if text == STANDARD_STREAM:
        opened, name = open_text(text)
        with opened as stream:
            read = segment_text(parser, stream, lines=one, newline_ends_sentence=not one, name=name)
            sentences = list(read)
    else:
        sentences = list(segment_text(parser, text, lines=one, newline_ends_sentence=not one))
    if not sentences:
        raise UsageError("nothing to explain: the text has no words")
    return sentences[:1] if one else sentences


def _with_tree(sentence: Sentence, tree: Tree) -> Sentence:
    """Return the sentence with a tree of its own.

    Raises:
        UsageError: It has heads or labels for more or fewer words.
        TreeError: It is no tree.
    """
    heads, deprels = tree
    for name, given in (("head", heads), ("deprel", deprels)):
        if len(given) != len(sentence):
            words = f"{count(len(sentence), 'word')} ({' | '.join(sentence.forms)})"
            raise UsageError(f"{count(len(given), name)} for {words}: give one for each word")
    right = Sentence.from_words(sentence.forms)
    try:
        right.set_tree(heads, deprels)
    except TreeError as error:
        raise TreeError(f"the given heads: {error.problem}") from None
    return right
