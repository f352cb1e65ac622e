"""arcparser: a transition-based dependency parser to train and run on an ordinary CPU.

    import arcparser
    parser = arcparser.load("en_ewt")
    sentence = parser.parse(["Dogs", "chase", "cats"])

What is named here is the public interface; it is imported when it is first used, so that ``import arcparser`` costs
next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._version import __version__
from .errors import (
    AlignmentError,
    ArcparserError,
    ConlluError,
    InputError,
    ModelError,
    OutputError,
    TreeError,
    UsageError,
)

if TYPE_CHECKING:
    from .api import evaluate
    from .combining import combine
    from .conllu import read_conllu
    from .parser import Parser, load
    from .sentence import Sentence
    from .training import train

_LAZY = {
    "Parser": ".parser",
    "Sentence": ".sentence",
    "combine": ".combining",
    "evaluate": ".api",
    "load": ".parser",
    "read_conllu": ".conllu",
    "train": ".training",
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
    "load",
    "read_conllu",
    "train",
]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        from importlib import import_module

        value = getattr(import_module(_LAZY[name], __name__), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
