"""arcparser: a transition-based dependency parser to train and run on an ordinary CPU.

    import arcparser
    parser = arcparser.load("en_ewt")
    sentence = parser.parse(["Dogs", "chase", "cats"])

The public interface:

- `load` a model: it makes a `Parser`, which makes a `Sentence` of words or of a sentence.
- `read_conllu` reads CoNLL-U; `from_tokenlist` and `to_tokenlist` convert sentences of the `conllu` package.
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
    from arcparser.treebank.reader import read_conllu
    from arcparser.treebank.sentence import Sentence
    from arcparser.treebank.tokenlist import from_tokenlist, to_tokenlist
    from arcparser.viz.explain import explain
    from arcparser.viz.notebook import render, show

_LAZY = {
    "Parser": "arcparser.parsing.parser",
    "Sentence": "arcparser.treebank.sentence",
    "combine": "arcparser.training.combine",
    "evaluate": "arcparser.evaluation.evaluate",
    "explain": "arcparser.viz.explain",
    "from_tokenlist": "arcparser.treebank.tokenlist",
    "load": "arcparser.parsing.parser",
    "read_conllu": "arcparser.treebank.reader",
    "render": "arcparser.viz.notebook",
    "show": "arcparser.viz.notebook",
    "to_tokenlist": "arcparser.treebank.tokenlist",
    "train": "arcparser.training.train",
}

__all__ = [
    "AlignmentError",
    "ArcparserError",
    "ConlluError",
    "InputError",
    "ModelError",
    "OutputError",
    "Parser",
    "Sentence",
    "TreeError",
    "UsageError",
    "__version__",
    "combine",
    "evaluate",
    "explain",
    "from_tokenlist",
    "load",
    "read_conllu",
    "render",
    "show",
    "to_tokenlist",
    "train",
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
