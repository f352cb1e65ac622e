"""Host the parser as a component of a spaCy pipeline.

    nlp = spacy.blank("en")
    nlp.add_pipe("arcparser", config={"model": "en_ewt"})

An installed arcparser is found by its entry point (group `spacy_factories`); importing `arcparser.spacy`, which has the
public names, registers the component as well. It takes tokens and sentence boundaries as it finds them, finds the
boundaries that nobody has decided (`arcparser.text.sentence_splitter.sentence_starts`), and gives many documents'
sentences to the parser at once.

Where spaCy's conventions are not those of Universal Dependencies, its users expect spaCy's:

- The root is its own head with the label ROOT. All other labels are those of the treebank.
- Tokens of white space are no words. The parser does not see them; each hangs on the token before it (at the start
  of a sentence, on the one after it) with the label `dep`, POS SPACE and TAG _SP.
- The lemma of white space is its text.
- Probabilities are extensions of tokens, `token._.arc_score` and `token._.label_score`, and as lists of Docs,
  `doc._.arc_scores` and `doc._.label_scores`.
- A word without XPOS has its UPOS as TAG, as `spacy convert` has it.

Not done: multiword tokens are not split, and the model's corrections of spaCy's tokens are not applied, as a component
must not change what others have annotated. See docs/spacy.md.
"""

from __future__ import annotations

import re
import sys
import warnings
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from spacy.attrs import LEMMA, MORPH, POS, TAG
from spacy.language import Language
from spacy.scorer import Scorer
from spacy.tokens import Doc, Token
from spacy.training import Example
from spacy.vocab import Vocab

from arcparser.files import make_folder
from arcparser.model.model_file import from_bytes, save, to_bytes
from arcparser.model.registry import DEFAULT_MODEL
from arcparser.network.vocabulary import Vocabulary
from arcparser.parsing.parser import BATCH_WORDS, Parser, check_batch_words, load
from arcparser.parsing.predictor import Prediction
from arcparser.spacy_docs import (
    ROOT,
    SPACE_LABEL,
    SPACE_TAG,
    Layout,
    forget_scores,
    layout_of,
    pos_id,
    register_extensions,
    set_scores,
    set_trees,
    space_heads,
    tag_of,
    well_formed,
)
from arcparser.spacy_noun_chunks import noun_chunks as ud_noun_chunks
from arcparser.text.sentence_splitter import SentenceSplitter
from arcparser.types import PathLike

_FILE = "model.arcparser"
_SCORES: dict[str, float | None] = {
    "dep_uas": 0.5,
    "dep_las": 0.5,
    "dep_las_per_type": None,
    "sents_p": None,
    "sents_r": None,
    "sents_f": 0.0,
    "tag_acc": 0.0,
    "pos_acc": 0.0,
    "lemma_acc": 0.0,
    "morph_acc": 0.0,
    "morph_micro_p": None,
    "morph_micro_r": None,
    "morph_micro_f": None,
    "morph_per_feat": None,
}


@Language.factory(
    "arcparser",
    assigns=[
        *("token.head", "token.dep", "token.pos", "token.tag", "token.morph", "token.lemma"),
        *("token.is_sent_start", "doc.sents"),
    ],
    default_config={
        "model": DEFAULT_MODEL,
        "batch_words": BATCH_WORDS,
        "set_tags": True,
        "set_lemmas": True,
        "scores": False,
        "noun_chunks": True,
    },
    default_score_weights=_SCORES,
)
def make_arcparser(
    nlp: Language,
    name: str,
    model: str,
    batch_words: int,
    set_tags: bool,
    set_lemmas: bool,
    scores: bool,
    noun_chunks: bool,
) -> ArcparserComponent:
    """Make the component for `nlp.add_pipe("arcparser", config=...)`.

    The model is read now, so that a missing one is an error here and not at the first Doc; but not where spaCy reads a
    pipeline, which may bring its model along.

    Args:
        nlp: The pipeline.
        name: The name of the component in it.
        model: As in `ArcparserComponent`.
        batch_words: As in `ArcparserComponent`.
        set_tags: As in `ArcparserComponent`.
        set_lemmas: As in `ArcparserComponent`.
        scores: As in `ArcparserComponent`.
        noun_chunks: Let `doc.noun_chunks` find the noun phrases of Universal Dependencies
            (`arcparser.spacy_noun_chunks`), whatever the language of the pipeline.

    Raises:
        ModelError: There is no such model, or its file is damaged or of another version.
        UsageError: See `ArcparserComponent`.
    """
    component = ArcparserComponent(
        name, model=model, batch_words=batch_words, set_tags=set_tags, set_lemmas=set_lemmas, scores=scores
    )
    component.nlp = nlp
    if noun_chunks:
        vocab: Any = nlp.vocab  # its type hints are not what spaCy calls
        vocab.get_noun_chunks = ud_noun_chunks
    if not _is_reading_pipeline():
        component.load()
    return component


def _is_reading_pipeline() -> bool:
    """Tell whether spaCy is making a whole pipeline of its configuration, after which it reads what the parts hold.

    A factory is told nothing of that, so that only the calls that led here say it.
    """
    reading = Language.from_config.__func__.__code__  # type: ignore[attr-defined]
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
        if frame.f_code is reading:
            return True
    return False


class ArcparserComponent:
    """Set heads, labels and sentence starts of Docs, their tags and their lemmas.

    Args:
        model: The name of a model or the path of its file. It is read when it is first needed, or by `load`.
        batch_words: How many words `pipe` collects before parsing; memory grows with it.
        set_tags: Replace POS, TAG and MORPH of all tokens; if false, they stay as they are.
        set_lemmas: Replace the lemmas of all tokens, if the model knows lemmas; if false, they stay as they are.
        scores: Set `token._.arc_score` and `token._.label_score` (`arcparser.treebank.scores`), which takes about twice
            the time. Extensions of these names that are there already are used. `doc._.arc_scores` and
            `doc._.label_scores` are those of all tokens.

    Raises:
        UsageError: An impossible `batch_words`, or with `scores` an extension of these names that cannot be set.
    """

    def __init__(
        self,
        name: str = "arcparser",
        *,
        model: str = DEFAULT_MODEL,
        batch_words: int = BATCH_WORDS,
        set_tags: bool = True,
        set_lemmas: bool = True,
        scores: bool = False,
    ) -> None:
        check_batch_words(batch_words)
        if scores:
            register_extensions()
        self.name = name
        self.model = model
        self.batch_words = batch_words
        self.set_tags = set_tags
        self.set_lemmas = set_lemmas
        self.scores = scores
        self._error_handler: Callable[[str, Any, list[Doc], Exception], Any] | None = None
        self._own_model = False  # it came with the pipeline, whatever lies where ``model`` says
        self._parser: Parser | None = None
        self._splitter: SentenceSplitter | None = None
        self._nlp: weakref.ref[Language] | None = None
        self._warned: set[str] = set()

    @property
    def nlp(self) -> Language | None:
        """The pipeline that the component was made for, if it is still there: what warnings are about."""
        return None if self._nlp is None else self._nlp()

    @nlp.setter
    def nlp(self, nlp: Language) -> None:
        self._nlp = weakref.ref(nlp)

    def load(self) -> None:
        """Read the model now, if it has not been read.

        Raises:
            ModelError: There is no such model, or its file is damaged or of another version.
        """
        if self._parser is None:
            self._use(load(self.model))

    @property
    def parser(self) -> Parser:
        """The parser, loaded now if it was not.

        Raises:
            ModelError: There is no such model, or its file is damaged or of another version.
        """
        self.load()
        assert self._parser is not None  # noqa: S101  (for the type checker)
        return self._parser

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of arcs as they are set in Docs; none before the model is loaded.

        spaCy asks for them when it reads a pipeline, before it says where the model is.
        """
        if self._parser is None:
            return ()
        vocabulary = self._parser.model.vocabulary
        elsewhere = [label for label, legal in zip(vocabulary.labels, vocabulary.label_masks.elsewhere) if legal]
        return tuple(sorted({ROOT, SPACE_LABEL, *elsewhere}))

    def __call__(self, doc: Doc) -> Doc:
        """Parse one Doc, in place. `pipe` is many times faster for many."""
        self._annotate([doc])
        return doc

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 1000) -> Iterator[Doc]:
        """Parse Docs as they come, in order, at most `batch_size` of them or `batch_words` words at a time."""
        batch: list[Doc] = []
        words = 0
        for doc in stream:
            batch.append(doc)
            words += len(doc)
            if words >= self.batch_words or len(batch) >= batch_size:
                yield from self._batch(batch)
                batch, words = [], 0
        if batch:
            yield from self._batch(batch)

    def set_error_handler(self, error_handler: Callable[[str, Any, list[Doc], Exception], Any]) -> None:
        """Set what is called with a batch that fails, instead of raising; see `Language.set_error_handler`."""
        self._error_handler = error_handler

    def initialize(
        self, get_examples: Callable[[], Iterable[Example]] | None = None, *, nlp: Language | None = None
    ) -> None:
        """Read the model, if it has not been read: it comes trained, by `arcparser train`.

        Raises:
            ModelError: There is no such model, or its file is damaged or of another version.
        """
        self.load()

    def score(self, examples: Iterable[Example], **_: Any) -> dict[str, Any]:
        """Compute spaCy's scores of trees, sentences, and tags and lemmas if they are set.

        As in spaCy's own parser, `punct` does not count in `dep_uas` and `dep_las`, labels are compared in lower case,
        and tokens are those of the gold Doc; the scores of `arcparser evaluate` are others.
        """
        examples = list(examples)
        scores = Scorer.score_spans(examples, "sents", has_annotation=lambda doc: doc.has_annotation("SENT_START"))
        del scores["sents_per_type"]
        scores |= Scorer.score_deps(examples, "dep", getter=_lower_label, ignore_labels=("p", "punct"))
        if self.set_tags:
            scores |= Scorer.score_token_attr(examples, "tag")
            scores |= Scorer.score_token_attr(examples, "pos")
            scores |= Scorer.score_token_attr(examples, "morph", getter=_morph)
            scores |= Scorer.score_token_attr_per_feat(examples, "morph", getter=_morph)
        if self.set_lemmas:
            scores |= Scorer.score_token_attr(examples, "lemma")
        return scores

    def to_disk(self, path: PathLike, *, exclude: Iterable[str] = ()) -> None:
        """Write the model into the folder `path`.

        Raises:
            OutputError: It cannot be written.
        """
        save(self.parser.model, make_folder(path) / _FILE)

    def from_disk(self, path: PathLike, *, exclude: Iterable[str] = ()) -> ArcparserComponent:
        """Use the model in the folder `path` from now on.

        Raises:
            ModelError: There is no model in it, or it is damaged or of another version.
        """
        self._use(load(Path(path) / _FILE))
        self._own_model = True
        return self

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Return the bytes of the model file."""
        return to_bytes(self.parser.model)

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> ArcparserComponent:
        """Use the model of `to_bytes` from now on.

        Raises:
            ModelError: It is damaged or of another version.
        """
        self._use(Parser(from_bytes(data, "the bytes of the component")))
        self._own_model = True
        return self

    def __getstate__(self) -> dict[str, Any]:
        """Return what a process that spaCy starts needs: the model's name, or all of it if that says too little."""
        data = self.to_bytes() if self._own_model else None
        return {**self.__dict__, "_parser": None, "_splitter": None, "_nlp": None, "data": data}

    def __setstate__(self, state: dict[str, Any]) -> None:
        data = state.pop("data")
        self.__dict__.update(state)
        if self.scores:
            register_extensions()
        if data is not None:
            self.from_bytes(data)

    def _use(self, parser: Parser) -> None:
        self._splitter = parser.model.segmentation.splitter
        self._parser = parser
        nlp = self.nlp
        if nlp is not None and not _is_language(parser.card.language, str(nlp.lang)):
            language = parser.card.language
            problem = f"the model {parser.card.name!r} is of the language {language!r}, the pipeline of {nlp.lang!r}"
            self._warn(f'{problem}, whose tokens it does not know: use spacy.blank("{language}"), or another model')

    def _warn(self, message: str) -> None:
        """Warn, once for each message."""
        if message not in self._warned:
            self._warned.add(message)
            warnings.warn(f"{self.name}: {message}", UserWarning, stacklevel=4)

    def _look_before(self) -> None:
        """Warn of a parser before this one in the pipeline: its sentence boundaries are kept, and its trees are not."""
        nlp = self.nlp
        for name, pipe in [] if nlp is None else nlp.pipeline:
            if pipe is self:
                return
            if nlp is not None and nlp.get_pipe_meta(name).factory == "parser":
                problem = f"the pipeline has {name!r} before it, whose sentence boundaries stay and whose trees do not"
                self._warn(f"{problem}: exclude {name!r}, or disable it")

    def _batch(self, docs: list[Doc]) -> list[Doc]:
        """Parse `docs`; return none of them, if that fails and there is a handler for it."""
        try:
            self._annotate(docs)
        except Exception as error:
            if self._error_handler is None:
                raise
            self._error_handler(self.name, self, docs, error)
            return []
        return docs

    def _annotate(self, docs: Sequence[Doc]) -> None:
        parser = self.parser
        self._look_before()
        layouts = [layout_of(doc, self._splitter) for doc in docs]
        forms = [sentence for layout in layouts for sentence in layout.sentences]
        predictions = iter(parser.predict(forms, scores=self.scores))
        keys: _Keys | None = None
        for doc, layout in zip(docs, layouts):
            if keys is None or keys.vocab is not doc.vocab:
                keys = _Keys(doc.vocab, parser.model.vocabulary)
            if len(doc):
                of_doc = [next(predictions) for _ in layout.sentences]
                self._write(doc, layout, of_doc, keys)
                forget_scores(doc)
                first = 0
                for prediction in of_doc:
                    words = layout.words[first : first + len(prediction.heads)]
                    first += len(words)
                    if prediction.arc_scores is not None and prediction.label_scores is not None:
                        set_scores(doc, words, prediction.arc_scores.tolist(), prediction.label_scores.tolist())

    def _write(self, doc: Doc, layout: Layout, predictions: list[Prediction], keys: _Keys) -> None:
        """Set trees, tags and sentence starts of a Doc of N tokens, W of them words."""
        heads = space_heads(layout)  # [N]
        labels = [keys.space_label] * len(doc)
        tags = [keys.space_tags] * len(doc)
        lemmas = [token.orth for token in doc] if self.set_lemmas else []
        first = 0
        for prediction in predictions:
            words = layout.words[first : first + len(prediction.heads)]
            first += len(words)
            for token, head, label in zip(words, prediction.heads.tolist(), prediction.labels.tolist()):
                heads[token] = words[head - 1] if head else token
                labels[token] = keys.label(label)
            if self.set_tags:
                for token, (upos, xpos, feats) in zip(words, prediction.tags.tolist()):
                    tags[token] = keys.tags(upos, xpos, feats)
            if self.set_lemmas and prediction.lemmas is not None:
                for token, lemma in zip(words, prediction.lemmas.tolist()):
                    lemmas[token] = keys.lemma(lemma)
        for token, head in enumerate(heads):
            if head == token:  # the root; or the first of a sentence of nothing but white space
                labels[token] = keys.root
        set_trees(doc, heads, labels, layout.starts)
        set_array: Any = doc.from_array  # its type hints know only some arrays
        if self.set_tags:
            set_array([POS, TAG, MORPH], np.array(tags, np.uint64))
        if self.set_lemmas and predictions and predictions[0].lemmas is not None:
            set_array([LEMMA], np.array(lemmas, np.uint64))


def _is_language(model: str, pipeline: str) -> bool:
    """Tell whether a model of one language fits a pipeline of another, by their codes.

    A pipeline of many languages (`xx`) fits any model. Norwegian is `no` in UD, and `nb` in spaCy.
    """
    codes = [re.split("[-_]", code.lower())[0] for code in (model, pipeline)]
    first, second = ["no" if code in ("nb", "nn") else code for code in codes]
    return first == second or "xx" in codes or first in ("", "und", "mul")


class _Keys:
    """Hold the numbers that spaCy gives to the strings of a vocabulary.

    Made anew for each batch, and adds strings as they are met: spaCy forgets them at the end of a memory zone.
    """

    def __init__(self, vocab: Vocab, vocabulary: Vocabulary) -> None:
        self.vocab = vocab
        add, add_morph = vocab.strings.add, vocab.morphology.add

        @cache
        def label(label: int) -> int:
            return add(vocabulary.labels[label])

        @cache
        def tags(upos: int, xpos: int, feats: int) -> tuple[int, int, int]:
            pos, tag = vocabulary.upos[upos], vocabulary.xpos[xpos]
            return pos_id(pos), add(tag_of(tag, pos)), add_morph(well_formed(vocabulary.feats[feats]))

        self.label = label
        self.lemma = cache(add)
        self.tags = tags
        self.root = add(ROOT)
        self.space_label = add(SPACE_LABEL)
        self.space_tags = pos_id("SPACE"), add(SPACE_TAG), add_morph("")


def _lower_label(token: Token, attribute: str) -> str:
    return str(token.vocab.strings.as_string(getattr(token, attribute))).lower()


def _morph(token: Token, attribute: str) -> int:
    morph: Any = token.morph  # its type hints do not know the key
    return int(morph.key)
