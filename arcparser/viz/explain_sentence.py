"""Explain a sentence that is given as text or in a file: find or read it, load the model, explain the parse."""

from __future__ import annotations

from arcparser.errors import UsageError
from arcparser.parsing.parse_text import segment_text
from arcparser.parsing.parser import Parser, load
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.treebank import find_sentence
from arcparser.types import PathLike
from arcparser.viz.explain import explain
from arcparser.viz.explanation import Explanation, Follow


def explain_sentence(
    text: str | None = None,
    *,
    model: PathLike,
    gold: PathLike | None = None,
    which: str | None = None,
    follow: Follow = "parser",
    top: int = 8,
) -> Explanation:
    """Explain how a model parses one sentence, given as text or out of a treebank.

    Args:
        text: The sentence: the first line with words in it. With `gold`, the text of a sentence in there.
        model: The model, by path or name.
        gold: A CoNLL-U file with the sentence and its right tree.
        which: The number or sent_id of the sentence in `gold`. Without it and `text`, the first is taken.
        follow: See `arcparser.viz.explain.explain`.
        top: How many actions are shown of each step.

    Raises:
        UsageError: There is no sentence, or not such a one; see `arcparser.viz.explain.explain`, too.
        InputError: `gold` cannot be read, or has a sentence that is malformed or no tree.
        ModelError: The model cannot be loaded.
    """
    if gold is not None:
        tree = find_sentence(gold, which or text)
        return explain(load(model), tree, gold=tree, follow=follow, top=top)
    if text is None:
        raise UsageError("nothing to explain: give a sentence, or --gold FILE")
    parser = load(model)
    return explain(parser, _first_line(parser, text), follow=follow, top=top)


def _first_line(parser: Parser, text: str) -> Sentence:
    sentence = next(segment_text(parser, text, lines=True), None)
    if sentence is None:
        raise UsageError("nothing to explain: the text has no words")
    return sentence
