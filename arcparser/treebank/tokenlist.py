"""Convert sentences from and to the TokenLists of the `conllu` package, for users of that library.

The package is imported only here. A TokenList knows less than the bytes of a file: it drops comments that are no
`key = value`, merges repeated keys of comments and of FEATS and MISC, and changes spaces within a FORM. What the bytes
must keep therefore never passes through it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from arcparser.errors import ConlluError, UsageError
from arcparser.treebank.sentence import COLUMN_NAMES, ID, Sentence, check_values
from arcparser.treebank.sentence_reader import parse_block

if TYPE_CHECKING:
    from conllu.models import TokenList


def from_tokenlist(tokens: TokenList, *, source: str | None = None) -> Sentence:
    """Make the sentence that a TokenList stands for.

    Args:
        tokens: A TokenList. Columns that its tokens lack become `_`, ids that they lack 1, 2, 3 ...
        source: What messages call the place that the tokens are from.

    Raises:
        ConlluError: Ids are out of order.
        UsageError: The TokenList has no words, or a value with a tab or line break in it.
    """
    from conllu.exceptions import ParseException
    from conllu.serializer import serialize_field

    lines = [f"# {key} = {value}" if value else f"# {key}" for key, value in tokens.metadata.items()]
    check_values(lines)
    for number, token in enumerate(tokens, start=1):
        try:
            fields = [serialize_field(token.get(name.lower())) or "_" for name in COLUMN_NAMES]
        except (ParseException, TypeError, IndexError) as error:
            raise UsageError(f"token {number} has a value that conllu cannot write: {error}") from error
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
    """
    import conllu
    from conllu.exceptions import ParseException

    try:
        return conllu.parse(sentence.text().lstrip("\ufeff\r\n"))[0]
    except (ParseException, IndexError) as error:
        reason = " ".join(str(error).split())
        sentence.fail(ConlluError, f"the conllu package cannot represent this sentence: {reason}")
