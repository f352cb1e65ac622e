"""Hold what a model knows of raw text: how it becomes sentences as one treebank has them.

Three things are learned from a treebank (`arcparser.text.learn`): sentence boundaries
(`arcparser.text.sentence_splitter`), corrections of spaCy's tokens (`arcparser.text.retokenizer`), and multiword tokens
(`arcparser.text.multiword`). Where nothing was learned there are rules.

Every model has a segmentation, and most parses read no raw text: the modules that read it are imported when they are
needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from arcparser.errors import ModelError
from arcparser.text.boundary_classifier import BoundaryClassifier, TokenBoundaries

if TYPE_CHECKING:
    from arcparser.text.reader import Document, Place, Tokenize
    from arcparser.text.retokenizer import Retokenizer
    from arcparser.text.sentence_splitter import SentenceSplitter
    from arcparser.text.tokenizer import Tokenizer
    from arcparser.text.word_splitter import WordSplitter
    from arcparser.treebank.reader import OtherLines
    from arcparser.treebank.sentence import Sentence

# Of the features that the splitter and the retokenizer read: weights that were learned on others mean nothing.
FEATURES_VERSION = 1
SEGMENTERS = ("char", "jieba")  # of Chinese


@dataclass(frozen=True)
class Segmentation:
    """Turn raw text of `language` into sentences: by rules, but for what was learned.

    Attributes:
        language: A UD or ISO 639 code such as "en".
        segmenter: What segments Chinese (`arcparser.text.tokenizer.Tokenizer`).
        rules: The language of spaCy's rules that it was learned with, if it is another one: `xx` where spaCy has none.
            They are used even if spaCy has rules of the language by now, or the package that these need.
        sentence_boundaries: Of the places after tokens; None: rules decide where sentences begin.
        token_boundaries: None: spaCy's tokens stay.
        multiword: The table of multiword tokens.
        features_version: The `FEATURES_VERSION` that both kinds of boundaries were learned with.
    """

    language: str
    segmenter: str | None = None
    rules: str | None = None
    sentence_boundaries: BoundaryClassifier | None = None
    token_boundaries: TokenBoundaries | None = None
    multiword: Mapping[str, Sequence[str]] = field(default_factory=dict)
    features_version: int = FEATURES_VERSION

    @property
    def splitter(self) -> SentenceSplitter | None:
        """The learned decision where sentences begin; None for rules.

        Raises:
            ModelError: It was learned with other features.
        """
        if self.sentence_boundaries is None:
            return None
        from arcparser.text.sentence_splitter import SentenceSplitter

        self._check_features()
        return SentenceSplitter(self.sentence_boundaries)

    @property
    def retokenizer(self) -> Retokenizer | None:
        """The learned corrections of spaCy's tokens; None if nothing corrects them.

        Raises:
            ModelError: They were learned with other features.
        """
        if self.token_boundaries is None:
            return None
        from arcparser.text.retokenizer import Retokenizer

        self._check_features()
        return Retokenizer(self.token_boundaries)

    @property
    def word_splitter(self) -> WordSplitter | None:
        """What splits words of given sentences; None if the treebank has no multiword tokens.

        Raises:
            ModelError: Another version of arcparser learned how to split them.
        """
        if not self.multiword:
            return None
        from arcparser.text.word_splitter import WordSplitter

        return WordSplitter(self.multiword, self.retokenizer, self.tokenizer)

    @property
    def tokenizer(self) -> Tokenizer:
        """A new tokenizer, which serves one thread at a time; making it takes a tenth of a second."""
        from arcparser.text.tokenizer import Tokenizer

        return Tokenizer(self.rules or self.language, segmenter=self.segmenter)

    def _check_features(self) -> None:
        """Refuse what was learned with other features than there are."""
        if self.features_version != FEATURES_VERSION:
            raise ModelError(
                "another version of arcparser learned how this model splits text: "
                "train it again, or parse CoNLL-U as it is"
            )

    def read(
        self,
        stream: BinaryIO,
        *,
        lines: bool,
        name: str,
        pauses: bool = False,
        document: Document | None = None,
        newline_ends: bool = False,
        tokenizer: Tokenize | None = None,
        place: Place | None = None,
    ) -> Iterator[Sentence | OtherLines]:
        """Read the sentences of a text.

        Args:
            stream: The text, in UTF-8.
            lines: Each line is a sentence.
            name: What error messages call the stream.
            pauses: As in `arcparser.text.reader.read_text`.
            document: What the text is called in an output that it shares with others.
            newline_ends: Each line end ends a sentence, but a line may have several.
            tokenizer: That of this segmentation, if it is there from another text.
            place: Where in the text the stream begins; None: at its beginning.

        Raises:
            ModelError: Another version of arcparser learned how to split it.
            InputError: The text has a NUL, bytes that are not UTF-8, or more than 1 MiB of white space in a row.
        """
        from arcparser.text.reader import BEGINNING, read_lines, read_text

        tokenizer = tokenizer or self.tokenizer
        retokenizer = self.retokenizer
        if lines:
            return read_lines(
                stream,
                tokenizer=tokenizer,
                retokenizer=retokenizer,
                multiword=self.multiword,
                name=name,
                pauses=pauses,
                document=document,
                place=place or BEGINNING,
            )
        return read_text(
            stream,
            tokenizer=tokenizer,
            splitter=self.splitter,
            retokenizer=retokenizer,
            multiword=self.multiword,
            name=name,
            pauses=pauses,
            document=document,
            newline_ends=newline_ends,
            place=place or BEGINNING,
        )
