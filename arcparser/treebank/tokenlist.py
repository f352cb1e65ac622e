"""Convert sentences from and to the TokenLists of the `conllu` package, and take them however they come.

The package is imported only here. A TokenList knows less than the bytes of a file: it drops comments that are no
`key = value`, merges repeated keys of comments and of FEATS and MISC, and changes spaces within a FORM. What the bytes
must keep therefore never passes through it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Union

from arcparser.errors import ConlluError, UsageError, unfit
from arcparser.treebank.columns import COLUMN_NAMES, ID, check_values
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.sentence_reader import parse_block

if TYPE_CHECKING:
    from conllu.models import TokenList

AnySentence = Union[Sequence[str], Sentence, "TokenList"]

_LONGEST_REASON = 100


def is_tokenlist(value: Any) -> bool:
    """Tell whether a value is a TokenList, without importing the package, which whoever made one has imported."""
    models = sys.modules.get("conllu.models")
    return models is not None and isinstance(value, models.TokenList)


def as_sentence(given: AnySentence, *, source: str | None = None) -> Sentence:
    """Return a sentence that came as a Sentence (which it is then), a TokenList or a list of words.

    Args:
        given: What came.
        source: What messages call the place that a TokenList is from.

    Raises:
        ConlluError: A TokenList's ids are out of order.
        UsageError: It is no sentence.
    """
    if isinstance(given, Sentence):
        return given
    if is_tokenlist(given):
        return from_tokenlist(given, source=source)  # type: ignore[arg-type]
    words: Any = given
    return Sentence.from_words(words)


def from_tokenlist(tokens: TokenList, *, source: str | None = None) -> Sentence:
    """Make the sentence that a TokenList stands for.

    Args:
        tokens: A TokenList. Columns that its tokens lack become `_`, ids that they lack 1, 2, 3 ...
        source: What messages call the place that the tokens are from.

    Raises:
        ConlluError: Ids are out of order.
        UsageError: It is no TokenList, has no words, or a value with a tab or line break in it.
    """
    from conllu.exceptions import ParseException
    from conllu.models import TokenList
    from conllu.serializer import serialize_field

    if not isinstance(tokens, TokenList):
        raise unfit("the tokens", tokens, "one TokenList of the conllu package")
    texts = {key: "" if value is None else str(value) for key, value in (tokens.metadata or {}).items()}
    lines = [f"# {key} = {text}" if text else f"# {key}" for key, text in texts.items()]
    check_values(lines)
    for number, token in enumerate(tokens, start=1):
        if not isinstance(token, Mapping):
            raise unfit(f"token {number}", token, "a mapping of columns")
        try:
            fields = [serialize_field(token.get(name.lower())) or "_" for name in COLUMN_NAMES]
        except (ParseException, TypeError, IndexError, ValueError, AttributeError) as error:
            reason = " ".join(str(error).split())
            reason = reason if len(reason) <= _LONGEST_REASON else f"{reason[:_LONGEST_REASON]}..."
            raise UsageError(f"token {number} has a value that conllu cannot write: {reason}") from error
        if token.get("id") is None:  # tokens made by hand may come without numbers
            fields[ID] = str(number)
        check_values(fields)
        lines.append("\t".join(fields))
    sentence = parse_block("\n".join(lines) + "\n\n", source=source, line=1)
    if sentence is None:
        raise UsageError("a sentence without words: give at least one")
    return sentence


def to_tokenlist(sentence: Sentence) -> TokenList:
    """Make the TokenList that a sentence stands for.

    Raises:
        ConlluError: The package cannot represent the sentence (an empty node first, say).
        UsageError: It is no Sentence.
    """
    import conllu
    from conllu.exceptions import ParseException

    if not isinstance(sentence, Sentence):
        raise unfit("the sentence", sentence, "one Sentence")
    try:
        return conllu.parse(sentence.to_conllu().lstrip("\ufeff\r\n"))[0]
    except (ParseException, IndexError) as error:
        reason = " ".join(str(error).split())
        sentence.fail(ConlluError, f"the conllu package cannot represent this sentence: {reason}")
