"""Learn from a treebank how raw text becomes its sentences."""

from __future__ import annotations

from collections.abc import Sequence

from arcparser.text.multiword import learn_multiword
from arcparser.text.retokenizer import train_retokenizer
from arcparser.text.segmentation import Segmentation
from arcparser.text.sentence_splitter import train_splitter
from arcparser.text.tokenizer import Tokenizer
from arcparser.treebank.sentence import Sentence


def learn(sentences: Sequence[Sentence], language: str, *, seed: int) -> Segmentation:
    """Learn from a treebank's `# text`, SpaceAfter and multiword tokens; seconds for 200 thousand words."""
    tokenizer = Tokenizer(language)
    splitter = train_splitter(sentences, tokenizer, seed=seed)
    retokenizer = train_retokenizer(sentences, tokenizer, seed=seed)
    return Segmentation(
        language,
        tokenizer.segmenter,
        rules=None if tokenizer.rules == language else tokenizer.rules,
        sentence_boundaries=None if splitter is None else splitter.classifier,
        token_boundaries=retokenizer.boundaries,
        multiword=learn_multiword(sentences),
    )
