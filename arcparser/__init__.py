"""A transition-based dependency parser to train and run on an ordinary CPU.

    import arcparser
    parser = arcparser.load("en_ewt")
    for sentence in parser.parse_text("Dogs chase cats. Cats sleep."):
        for word in sentence:
            print(word.form, word.upos, word.deprel, word.head)

The public interface:

- `load` a model: it makes a `Parser`, whose methods `parse_text`, `parse_text_stream`, `parse` and `parse_many` make
  trees of raw text and of words.
- `Sentence`: a sequence of `Word` objects; written in the text they are `Token` objects. `MultiwordToken` describes
  one to `Sentence.from_words`.
- `read_conllu` and `parse_conllu` read CoNLL-U from a file and from a string, `write_conllu` writes it;
  `from_tokenlist` and `to_tokenlist` convert sentences of the `conllu` package.
- `show` and `render` draw trees, in the terminal, in a notebook and on a page; `explain` goes through a parse.
- `train` and `combine` make models, `evaluate` scores them.
- `ArcparserError` is the base of all errors: `InputError` (`ConlluError`, `TreeError`), `OutputError`, `ModelError`,
  `AlignmentError`, `UsageError`.

What is named here is imported when it is first used, so that `import arcparser` costs next to nothing.
"""

from __future__ import annotations

from arcparser._version import __version__
from arcparser.errors import (
    AlignmentError,
    ArcparserError,
    ConlluError,
    InputError,
    ModelError,
    OutputError,
    TreeError,
    UsageError,
)

TYPE_CHECKING = False  # as in `typing`, which takes longer to import than all of this
if TYPE_CHECKING:
    from typing import Any

    from arcparser.evaluation.evaluate import evaluate
    from arcparser.parsing.parser import Parser, load
    from arcparser.training.combine import combine
    from arcparser.training.train import train
    from arcparser.treebank.columns import MultiwordToken
    from arcparser.treebank.reader import parse_conllu, read_conllu
    from arcparser.treebank.sentence import Sentence
    from arcparser.treebank.tokenlist import from_tokenlist, to_tokenlist
    from arcparser.treebank.word import Token, Word
    from arcparser.treebank.writer import write_conllu
    from arcparser.viz.explain import explain
    from arcparser.viz.notebook import render, show

_LAZY = {
    "MultiwordToken": "arcparser.treebank.columns",
    "Parser": "arcparser.parsing.parser",
    "Sentence": "arcparser.treebank.sentence",
    "Token": "arcparser.treebank.word",
    "Word": "arcparser.treebank.word",
    "combine": "arcparser.training.combine",
    "evaluate": "arcparser.evaluation.evaluate",
    "explain": "arcparser.viz.explain",
    "from_tokenlist": "arcparser.treebank.tokenlist",
    "load": "arcparser.parsing.parser",
    "parse_conllu": "arcparser.treebank.reader",
    "read_conllu": "arcparser.treebank.reader",
    "render": "arcparser.viz.notebook",
    "show": "arcparser.viz.notebook",
    "to_tokenlist": "arcparser.treebank.tokenlist",
    "train": "arcparser.training.train",
    "write_conllu": "arcparser.treebank.writer",
}

__all__ = [
    "AlignmentError",
    "ArcparserError",
    "ConlluError",
    "InputError",
    "ModelError",
    "MultiwordToken",
    "OutputError",
    "Parser",
    "Sentence",
    "Token",
    "TreeError",
    "UsageError",
    "Word",
    "__version__",
    "combine",
    "evaluate",
    "explain",
    "from_tokenlist",
    "load",
    "parse_conllu",
    "read_conllu",
    "render",
    "show",
    "to_tokenlist",
    "train",
    "write_conllu",
]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        from importlib import import_module

        value = getattr(import_module(_LAZY[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
