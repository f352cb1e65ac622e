"""From raw text to sentences as one treebank has them: what a model knows of tokens and sentence boundaries.

Three things are learned from the treebank and kept in the model file: corrections of spaCy's tokens
(`arcparser.text.retokenizer`), sentence boundaries (`arcparser.text.sentence_splitter`), and multiword tokens
(`arcparser.text.multiword`). A model without them falls back to rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO

from numpy.typing import NDArray

from arcparser.errors import ModelError
from arcparser.model.model import Model
from arcparser.text.multiword import learn_multiword
from arcparser.text.reader import read_lines, read_text
from arcparser.text.retokenizer import Retokenizer, train_retokenizer
from arcparser.text.sentence_splitter import SentenceSplitter, train_splitter
from arcparser.text.tokenizer import SEGMENTERS, Tokenizer
from arcparser.treebank.sentence import Sentence

_SPLITTER, _RETOKENIZER = "splitter.", "retokenizer."
# Of the features that the splitter and the retokenizer read: weights that were learned on others mean nothing.
_FEATURES = 1


@dataclass(frozen=True)
class Segmentation:
    """Reads raw text of `language`. `learn` makes one; a model carries it (`attach`, `of`)."""

    language: str
    segmenter: str | None = None  # of Chinese: see Tokenizer
    splitter: SentenceSplitter | None = None
    retokenizer: Retokenizer | None = None
    multiword: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def read(self, stream: BinaryIO, *, lines: bool, name: str) -> Iterator[Sentence]:
        """The sentences of a text; with `lines` each line is one. Errors as in `arcparser.text.reader`."""
        tokenizer = Tokenizer(self.language, segmenter=self.segmenter)
        if lines:
            return read_lines(
                stream, tokenizer=tokenizer, retokenizer=self.retokenizer, multiword=self.multiword, name=name
            )
        return read_text(
            stream, tokenizer=tokenizer, splitter=self.splitter, retokenizer=self.retokenizer,
            multiword=self.multiword, name=name,
        )  # fmt: skip

    def attach(self, model: Model) -> Model:
        """`model` with this segmentation in it."""
        settings: dict[str, Any] = {"segmentation": {"features": _FEATURES, "segmenter": self.segmenter}}
        arrays: dict[str, NDArray[Any]] = {}
        if self.splitter is not None:
            arrays.update((_SPLITTER + name, array) for name, array in self.splitter.to_arrays().items())
        if self.retokenizer is not None:
            arrays.update((_RETOKENIZER + name, array) for name, array in self.retokenizer.to_arrays().items())
            settings["retokenizer"] = {"spaces": self.retokenizer.spaces, "glued": self.retokenizer.glued}
        card = replace(model.card, multiword={form: list(words) for form, words in self.multiword.items()})
        return replace(model, card=card, extra=arrays, extra_settings=settings)

    @classmethod
    def of(cls, model: Model) -> Segmentation:
        """The segmentation that a model carries; rules, where it carries none.

        Raises:
            ModelError: What it carries is damaged, or was learned by another version of arcparser.
        """
        name = model.card.name
        damaged = ModelError(f"{name}: its segmentation is damaged: train it again")
        made = model.extra_settings.get("segmentation", {"features": _FEATURES, "segmenter": None})
        if not isinstance(made, dict) or made.get("segmenter") not in (None, *SEGMENTERS):
            raise damaged
        if made.get("features") != _FEATURES:
            raise ModelError(f"{name}: another version of arcparser learned how its text is split: train it again")

        def part(prefix: str, classes: int) -> dict[str, NDArray[Any]]:
            found = {name[len(prefix) :]: a for name, a in model.extra.items() if name.startswith(prefix)}
            for a in found.values():
                if a.ndim != 2 or a.shape[1] != classes or a.shape[0] & (a.shape[0] - 1) or a.shape[0] < 2:
                    raise damaged
            return found

        splitter, retokenizer = part(_SPLITTER, 2), part(_RETOKENIZER, 3)
        conventions = model.extra_settings.get("retokenizer", {})
        if retokenizer and (not isinstance(conventions, dict) or set(conventions) != {"spaces", "glued"}):
            raise damaged
        return cls(
            model.card.language,
            made["segmenter"],
            SentenceSplitter.from_arrays(splitter) if "weights" in splitter else None,
            Retokenizer.from_arrays(retokenizer, **conventions) if "weights" in retokenizer else None,
            model.card.multiword,
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
