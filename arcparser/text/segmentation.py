"""From raw text to sentences as one treebank has them: what a model knows of tokens and sentence boundaries.

Three things are learned from the treebank: corrections of spaCy's tokens (`arcparser.text.retokenizer`), sentence
boundaries (`arcparser.text.sentence_splitter`), and multiword tokens (`arcparser.text.multiword`). Where nothing was
learned there are rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from arcparser.text.multiword import learn_multiword
from arcparser.text.reader import read_lines, read_text
from arcparser.text.retokenizer import Retokenizer, train_retokenizer
from arcparser.text.sentence_splitter import SentenceSplitter, train_splitter
from arcparser.text.tokenizer import Tokenizer
from arcparser.treebank.sentence import Sentence

# Of the features that the splitter and the retokenizer read: weights that were learned on others mean nothing.
FEATURES_VERSION = 1


@dataclass(frozen=True)
class Segmentation:
    """How raw text of `language` becomes sentences: by rules, but for what `learn` has learned.

    Attributes:
        language: A UD or ISO 639 code such as "en".
        segmenter: What segments Chinese (`arcparser.text.tokenizer.Tokenizer`).
        splitter: Decides where sentences begin; None: rules.
        retokenizer: Corrects spaCy's tokens; None: they stay.
        multiword: The table of multiword tokens.
    """

    language: str
    segmenter: str | None = None
    splitter: SentenceSplitter | None = None
    retokenizer: Retokenizer | None = None
    multiword: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def read(self, stream: BinaryIO, *, lines: bool, name: str) -> Iterator[Sentence]:
        """Read the sentences of a text.

        Args:
            stream: The text, in UTF-8.
            lines: Each line is a sentence.
            name: What error messages call the stream.

        Raises:
            InputError: The text has a NUL, bytes that are not UTF-8, or more than 1 MiB of white space in a row.
        """
        tokenizer = Tokenizer(self.language, segmenter=self.segmenter)
        if lines:
            return read_lines(
                stream, tokenizer=tokenizer, retokenizer=self.retokenizer, multiword=self.multiword, name=name
            )
        return read_text(
            stream,
            tokenizer=tokenizer,
            splitter=self.splitter,
            retokenizer=self.retokenizer,
            multiword=self.multiword,
            name=name,
        )


def learn(sentences: Sequence[Sentence], language: str, *, seed: int) -> Segmentation:
    """Learn from a treebank's `# text`, SpaceAfter and multiword tokens; seconds for 200 thousand words."""
    tokenizer = Tokenizer(language)
    return Segmentation(
        language,
        tokenizer.segmenter,
        train_splitter(sentences, tokenizer, seed=seed),
        train_retokenizer(sentences, tokenizer, seed=seed),
        learn_multiword(sentences),
    )
