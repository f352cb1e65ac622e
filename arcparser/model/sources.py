"""Say what a model comes from: the models, word vectors and encoders that went into it, and what these come from.

The list is flat: after a source come those that it comes from itself, one deeper. A model that was continued twice, the
first time with vectors, has

    depth 1  parent   the second model
    depth 2  parent   the first model
    depth 2  vectors  what the second model was trained with
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from arcparser.errors import count

if TYPE_CHECKING:
    from arcparser.model.model import Card

_MODELS = ("parent", "teacher", "member")
KINDS = (*_MODELS, "vectors", "encoder")
_MOST = 10_000
_YOUNGER = {"words", "width"}
_LARGEST_COUNT = 2**63


@dataclass(frozen=True, kw_only=True)
class Source:
    """Something that a model comes from.

    Attributes:
        kind: "parent" (the training began with its weights), "teacher", "member" (its networks are in this model),
            "vectors" or "encoder".
        name: Of the model or the encoder, or the file or pipeline of the vectors.
        treebank: What a model was trained on.
        license: As it was stated; empty if it was not.
        digest: SHA-256 as a model file or an encoder states it, or that of the vectors.
        sentences: How many a model was trained on.
        words: How many have a vector, and
        width: how many numbers it has.
        depth: 1 for what the model comes from, 2 for what that comes from.
    """

    kind: str
    name: str
    treebank: str = ""
    license: str = ""
    digest: str = ""
    sentences: int = 0
    words: int = 0
    width: int = 0
    depth: int = 1

    def text(self) -> str:
        """Return it in a line for people."""
        facts = [
            self.treebank if self.treebank != self.name else "",
            count(self.sentences, "sentence") if self.sentences else "",
            f"{count(self.words, 'word')} of width {self.width}" if self.words else "",
            self.license or "license not stated",
            f"SHA-256 {self.digest[:12]}…" if self.digest else "",
        ]
        return f"{self.kind} {self.name} ({', '.join(filter(None, facts))})"


def model_source(kind: str, card: Card, digest: str) -> tuple[Source, ...]:
    """Return a model as a source, and after it what it comes from itself.

    Args:
        kind: What it is to the new model.
        card: Its card.
        digest: Of its file.
    """
    found = Source(
        kind=kind,
        name=card.name,
        treebank=card.treebank,
        license=card.license,
        digest=digest,
        sentences=card.train_sentences,
    )
    return (found, *(replace(source, depth=source.depth + 1) for source in card.sources))


def other_licenses(license: str, sources: Iterable[Source]) -> list[Source]:
    """Return the models among sources that are under another license, each license once.

    How a license is spelled makes no difference. Vectors and encoders, which are under licenses of another kind as a
    rule, are not among them.
    """
    others: dict[str, Source] = {}
    for source in sources:
        if source.kind in _MODELS and source.license and _plain(source.license) != _plain(license):
            others.setdefault(_plain(source.license), source)
    return list(others.values())


def license_warnings(license: str, sources: Iterable[Source]) -> list[str]:
    """Return a line for each license of a source that the model's own says nothing of."""
    own = f"license {license}" if license else "no license is stated"
    return [
        f"warning: {own}, but {source.kind} {source.name} is under {source.license}: the model's card has both"
        for source in other_licenses(license, sources)
    ]


def sources_to_json(sources: Sequence[Source]) -> list[dict[str, Any]]:
    """Return the values of each source, without younger ones that say nothing, which former versions do not know."""
    return [{name: v for name, v in asdict(source).items() if v or name not in _YOUNGER} for source in sources]


def sources_from_json(values: Any) -> tuple[Source, ...]:
    """Make sources of a list of their values.

    Raises:
        ValueError: The values are not what sources are made of.
        TypeError: Likewise.
    """
    if not isinstance(values, (list, tuple)) or len(values) > _MOST:
        raise ValueError("bad sources")
    found = tuple(Source(**value) for value in values)
    before = 0
    for source in found:
        texts = source.kind, source.name, source.treebank, source.license, source.digest
        numbers = source.sentences, source.words, source.width, source.depth
        if not all(type(text) is str for text in texts) or not all(type(number) is int for number in numbers):
            raise ValueError("bad sources")
        if source.kind not in KINDS or not all(0 <= number < _LARGEST_COUNT for number in numbers):
            raise ValueError("bad sources")
        if not 1 <= source.depth <= before + 1:
            raise ValueError("bad sources")
        before = source.depth
    return found


def chain_text(sources: Sequence[Source]) -> list[str]:
    """Return a line for each source, indented by what it belongs to."""
    return ["  " * (source.depth - 1) + source.text() for source in sources]


def _plain(license: str) -> str:
    """Return a license without what is spelled in different ways: "CC-BY-SA 4.0" is "CC BY-SA-4.0"."""
    return "".join(filter(str.isalnum, license.casefold()))
