"""Tokenize by spaCy's rules for a language, as character spans; spaCy is imported when it is first needed."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec
from itertools import accumulate, islice
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

import numpy as np

from arcparser.errors import one_line, quote

if TYPE_CHECKING:
    from spacy.language import Language

_SPACES = re.compile(r"(\s+)")
_LONGEST = 2000  # characters that spaCy gets in one run: its time is quadratic in their number
_ENDING = 16  # characters in which the suffixes of spaCy's rules are found, with what must be before them
_MEMORY = 150_000  # characters of runs that are remembered: 5 MB, with what spaCy before 3.8 keeps of them 15

_warned: set[str] = set()


class Tokenizer:
    """A tokenizer of raw text by spaCy's rules for `language` (a UD or ISO 639 code such as "en").

    A language that spaCy does not have, or whose tokenizer needs a package that is not installed (Japanese, Korean,
    Thai), is tokenized by the rules for any language, `xx`, with one warning. Vietnamese always is, without one: spaCy
    needs pyvi to do more for it than to split at white space, and words of several syllables are what
    `arcparser.text.retokenizer` learns. Chinese is segmented by `segmenter`, "jieba" or "char" (characters); by default
    jieba, if it is installed.

    Attributes:
        language: The code asked for.
        rules: The code of the rules in use.
        segmenter: What segments Chinese; None for all else. A model should be used with what it was trained with.
    """

    def __init__(self, language: str, *, segmenter: str | None = None) -> None:
        self.language = language
        self.segmenter: str | None = None
        if language == "zh":
            self.segmenter = segmenter or ("char" if find_spec("jieba") is None else "jieba")
        self._renew()
        self._forget()

    def _renew(self) -> None:
        self._pipeline, self.rules = _blank(self.language, self.segmenter)
        # spaCy from 3.8 on forgets there what it otherwise keeps of every form.
        self._zone: Callable[[], AbstractContextManager[Any]] = getattr(self._pipeline, "memory_zone", nullcontext)

    def _forget(self) -> None:
        self._known: dict[str, tuple[int, ...]] = {}  # where the tokens end in a run without white space
        self._size = 0  # characters of these runs

    def __call__(self, text: str) -> list[tuple[int, int]]:
        """Return start and end of each token in `text`, in characters; white space is never part of a token.

        Each run of characters without white space is tokenized by itself, and remembered.
        """
        parts = _SPACES.split(text)  # runs, and white space between them
        runs = parts[::2]
        if self._size > _MEMORY:
            if self._zone is nullcontext:
                self._renew()  # spaCy too keeps every form that it has seen, until the pipeline is made anew
            self._forget()
        self._learn(set(runs) - self._known.keys() - {""})
        self._known[""] = ()  # before white space where the text begins, and after what it ends in
        spans: list[tuple[int, int]] = []
        starts = islice(accumulate(map(len, parts), initial=0), 0, None, 2)
        for start, cuts in zip(starts, map(self._known.__getitem__, runs)):
            if len(cuts) == 1:
                spans.append((start, start + cuts[0]))
            else:
                begin = start
                for cut in cuts:
                    end = start + cut
                    spans.append((begin, end))
                    begin = end
        return spans

    def _learn(self, runs: set[str]) -> None:
        """Tokenize runs and keep where the tokens in each end.

        They come together, each on a line: a call of spaCy costs more than a run. Its own cache is of little use, it
        keeps nothing of a text after the first special case (*don't*) in it.
        """
        from spacy.attrs import LENGTH, SPACY

        if not runs:
            return
        pieces = [(run, piece) for run in sorted(runs) for piece in _pieces(run)]
        lines = "\n".join(piece for _, piece in pieces)
        with self._zone():
            values = self._pipeline.tokenizer(lines).to_array([LENGTH, SPACY]).astype(np.int64)  # [T, 2]
        ends = np.cumsum(values.sum(axis=1)) - values[:, 1]  # [T]
        places = np.unique(np.concatenate([ends - values[:, 0], ends]))  # where tokens begin or end
        lengths = np.array([len(piece) for _, piece in pieces])
        self._size += int(lengths.sum())
        begins = np.cumsum(lengths + 1) - lengths - 1
        firsts = np.searchsorted(places, begins, "right").tolist()
        lasts = np.searchsorted(places, begins + lengths, "left").tolist()
        cuts: dict[str, list[int]] = {}
        for (run, piece), begin, first, last in zip(pieces, begins.tolist(), firsts, lasts):
            known = cuts.setdefault(run, [])
            offset = known[-1] if known else 0
            known += [offset + place - begin for place in places[first:last].tolist()]
            known.append(offset + len(piece))
        self._known.update((run, tuple(known)) for run, known in cuts.items())


def _pieces(run: str) -> Iterator[str]:
    """Yield a run as it is, or if it is long cut after characters that are no letters or digits, if it has some."""
    begin = 0
    while len(run) - begin > _LONGEST:
        end = begin + _LONGEST
        cut = next((cut for cut in range(end, begin, -1) if not run[cut - 1].isalnum()), end)
        yield run[begin:cut]
        begin = cut
    yield run[begin:]


def _blank(language: str, segmenter: str | None) -> tuple[Language, str]:
    """Make an empty spaCy pipeline for the language; return it and the code of its rules."""
    import spacy

    if language in ("vi", "xx"):
        return _with_final_stops(spacy.blank("xx")), "xx"
    config: dict[str, Any] = {"nlp": {"tokenizer": {"segmenter": segmenter}}} if segmenter else {}
    try:
        if not _spacy_has(language):
            raise ImportError("it has no such language")
        return _with_final_stops(spacy.blank(language, config=config)), language
    except (ImportError, ValueError) as error:  # no such language; its segmenter is not installed
        if language not in _warned:
            _warned.add(language)
            problem = f"spaCy cannot tokenize {quote(language)}, the rules for any language (xx) are used"
            warnings.warn(one_line(f"{problem}: {error}"), UserWarning, stacklevel=4)
        return _with_final_stops(spacy.blank("xx")), "xx"


def _with_final_stops(pipeline: Language) -> Language:
    """Let the tokenizer split a full stop from a capital that is no initial (*P&L.*, *3801A.*, *IT'S.*).

    spaCy splits it from two capitals and from a small letter. After one capital that begins a token or follows a full
    stop (*Plan B.*, *D.C.*, *J.-P.*) it stays: what it means there is learned.
    """
    from spacy.lang.char_classes import ALPHA_UPPER
    from spacy.tokenizer import Tokenizer as RuleTokenizer
    from spacy.util import compile_suffix_regex

    tokenizer, suffixes = pipeline.tokenizer, pipeline.Defaults.suffixes
    # What spaCy looks at in each new form (is it like a number, a URL?), for nobody here: half of its time.
    vocab: Any = pipeline.vocab
    vocab.lex_attr_getters = {}
    if isinstance(tokenizer, RuleTokenizer) and suffixes:  # those of Chinese, say, have other rules
        capital = f"[{ALPHA_UPPER}]"
        final_stop = rf"(?<=[^{ALPHA_UPPER}.]{capital})(?<!\.[-\u2010\u2011]{capital})\."
        tokenizer.suffix_search = _search_in_ending(compile_suffix_regex([*suffixes, final_stop]))
    return pipeline


def _search_in_ending(suffix: re.Pattern[str]) -> Callable[[str], re.Match[str] | None]:
    """Return a search for a suffix that takes the same time whatever the length of the string.

    It looks at the whole string only where a suffix fills the ending: `re` cannot search from behind, and spaCy
    searches once for every suffix that it strips.
    """

    def search(text: str) -> re.Match[str] | None:
        found = suffix.search(text[-_ENDING:])
        return suffix.search(text) if found is not None and found.start() == 0 and len(text) > _ENDING else found

    return search


def _spacy_has(language: str) -> bool:
    """Tell whether spaCy has rules for a language, without importing any.

    spaCy itself imports whatever module has the name: `lex_attrs` too, and `en.lex_attrs`, where the name comes out of
    a model file.
    """
    import spacy.lang
    from spacy.util import find_matching_language, registry

    there = {module.name for module in iter_modules(spacy.lang.__path__) if module.ispkg}
    return language in there or language in registry.languages or find_matching_language(language) is not None
