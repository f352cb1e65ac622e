"""Host the parser as a component of a spaCy pipeline.

    nlp = spacy.blank("en")
    nlp.add_pipe("arcparser", config={"model": "en_ewt"})

An installed arcparser is found by its entry point (group `spacy_factories`); importing this module registers the
component as well. It takes tokens and sentence boundaries as it finds them, finds the boundaries that nobody has
decided (`arcparser.text.sentence_splitter.sentence_starts`), and gives many documents' sentences to the parser at
once.

Where spaCy's conventions are not those of Universal Dependencies, its users expect spaCy's:

- The root is its own head with the label ROOT. All other labels are those of the treebank.
- Tokens of white space are no words. The parser does not see them; each hangs on the token before it (at the start
  of a sentence, on the one after it) with the label `dep`, POS SPACE and TAG _SP.
- The lemma of white space is its text.
- Probabilities are extensions of tokens: `token._.arc_score` and `token._.label_score`.
- A word without XPOS has its UPOS as TAG, as `spacy convert` has it.

Not done: multiword tokens are not split, and the model's corrections of spaCy's tokens are not applied, as a component
must not change what others have annotated. See docs/spacy.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from spacy.attrs import DEP, HEAD, LEMMA, MORPH, POS, SENT_START, TAG
from spacy.language import Language
from spacy.parts_of_speech import IDS as POS_IDS
from spacy.scorer import Scorer
from spacy.tokens import Doc, Token
from spacy.training import Example
from spacy.vocab import Vocab

from arcparser.errors import UsageError
from arcparser.files import make_folder
from arcparser.model.model_file import from_bytes, save, to_bytes
from arcparser.model.registry import DEFAULT_MODEL
from arcparser.network.vocabulary import Vocabulary
from arcparser.parsing.parser import BATCH_WORDS, Parser, check_batch_words, load
from arcparser.parsing.predictor import Prediction
from arcparser.text.sentence_splitter import SentenceSplitter, sentence_starts
from arcparser.types import Bools, PathLike

_FILE = "model.arcparser"
_ROOT, _SPACE_LABEL, _SPACE_TAG = "ROOT", "dep", "_SP"
_EXTENSIONS = ("arc_score", "label_score")
_registered: set[str] = set()  # those of them that are this module's, not somebody else's
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
    },
    default_score_weights=_SCORES,
)
def make_arcparser(
    nlp: Language, name: str, model: str, batch_words: int, set_tags: bool, set_lemmas: bool, scores: bool
) -> ArcparserComponent:
    """Make the component for `nlp.add_pipe("arcparser", config=...)`; the parameters are those of the component."""
    return ArcparserComponent(
        name, model=model, batch_words=batch_words, set_tags=set_tags, set_lemmas=set_lemmas, scores=scores
    )


class ArcparserComponent:
    """Set heads, labels and sentence starts of Docs, their tags and their lemmas.

    Args:
        model: The name of a model or the path of its file. It is read when it is first needed.
        batch_words: How many words `pipe` collects before parsing; memory grows with it.
        set_tags: Replace POS, TAG and MORPH of all tokens; if false, they stay as they are.
        set_lemmas: Replace the lemmas of all tokens, if the model knows lemmas; if false, they stay as they are.
        scores: Set `token._.arc_score` and `token._.label_score` (`arcparser.treebank.scores`), which takes about twice
            the time. Extensions of these names that are there already are used.

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
            _register_extensions()
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

    @property
    def parser(self) -> Parser:
        """The parser, loaded now if it was not.

        Raises:
            ModelError: There is no such model, or its file is damaged or of another version.
        """
        if self._parser is None:
            self._use(load(self.model))
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
        return tuple(sorted({_ROOT, _SPACE_LABEL, *elsewhere}))

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
        """Do nothing: the model comes trained, by `arcparser train`."""

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
        return {**self.__dict__, "_parser": None, "_splitter": None, "data": data}

    def __setstate__(self, state: dict[str, Any]) -> None:
        data = state.pop("data")
        self.__dict__.update(state)
        if self.scores:
            _register_extensions()
        if data is not None:
            self.from_bytes(data)

    def _use(self, parser: Parser) -> None:
        self._splitter = parser.model.segmentation.splitter
        self._parser = parser

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
        layouts = [_layout(doc, self._splitter) for doc in docs]
        forms = [sentence for layout in layouts for sentence in layout.sentences]
        predictions = iter(parser.predict(forms, scores=self.scores))
        keys: _Keys | None = None
        for doc, layout in zip(docs, layouts):
            if keys is None or keys.vocab is not doc.vocab:
                keys = _Keys(doc.vocab, parser.model.vocabulary)
            if len(doc):
                of_doc = [next(predictions) for _ in layout.sentences]
                self._write(doc, layout, of_doc, keys)
                _write_scores(doc, layout.words, of_doc)

    def _write(self, doc: Doc, layout: _Layout, predictions: list[Prediction], keys: _Keys) -> None:
        """Set trees, tags and sentence starts of a Doc of N tokens, W of them words."""
        heads = _space_heads(layout)  # [N]
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
        offsets = np.array(heads, np.int64) - np.arange(len(doc))  # [N]
        set_array: Any = doc.from_array  # its type hints know only some arrays
        set_array([HEAD, DEP], np.stack([offsets.view(np.uint64), np.array(labels, np.uint64)], axis=1))
        if self.set_tags:
            set_array([POS, TAG, MORPH], np.array(tags, np.uint64))
        if self.set_lemmas and predictions and predictions[0].lemmas is not None:
            set_array([LEMMA], np.array(lemmas, np.uint64))
        # spaCy has derived sentences from the trees, but gives up on some that are far from projective.
        starts = np.where(layout.starts, 1, -1)  # [N]
        set_array([SENT_START], starts.astype(np.int64).view(np.uint64))


def _register_extensions() -> None:
    """Register the extensions of tokens; those that somebody else has registered stay.

    Raises:
        UsageError: One of those cannot be set.
    """
    for name in _EXTENSIONS:
        if not Token.has_extension(name):
            Token.set_extension(name, default=None)
            _registered.add(name)
            continue
        _, method, getter, setter = Token.get_extension(name)
        if method is not None or (getter is not None and setter is None):
            problem = f"token._.{name} is an extension that cannot be set"
            raise UsageError(f'{problem}: remove it, or leave "scores" out of the settings of arcparser')


def _write_scores(doc: Doc, words: Sequence[int], predictions: Sequence[Prediction]) -> None:
    """Set the extensions of the words of a Doc; without scores, take away those that an earlier parse has set."""
    if doc.user_data and _registered:
        # A score never stays with another tree, nor on a token that is white space.
        kept = {key: value for key, value in doc.user_data.items() if not _is_score(key)}
        if len(kept) < len(doc.user_data):
            doc.user_data.clear()
            doc.user_data.update(kept)
    at = iter(words)
    for prediction in predictions:
        if prediction.arc_scores is None or prediction.label_scores is None:
            return
        for arc, label in zip(prediction.arc_scores.tolist(), prediction.label_scores.tolist()):
            token = doc[next(at)]._
            token.arc_score, token.label_score = arc, label


def _is_score(key: object) -> bool:
    """Tell whether spaCy keeps one of this module's extensions under a key of `doc.user_data`."""
    return isinstance(key, tuple) and len(key) == 4 and key[0] == "._." and key[1] in _registered


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
            return _pos_id(pos), add(_tag(tag, pos)), add_morph(_well_formed(vocabulary.feats[feats]))

        self.label = label
        self.lemma = cache(add)
        self.tags = tags
        self.root = add(_ROOT)
        self.space_label = add(_SPACE_LABEL)
        self.space_tags = POS_IDS["SPACE"], add(_SPACE_TAG), add_morph("")


@dataclass(frozen=True)
class _Layout:
    """Hold a Doc of N tokens as the parser wants it.

    `sentences`: the forms of the words of each sentence that has some; `words`: the places of all W words in the Doc;
    `starts [N]`: whether a sentence begins at the token.
    """

    sentences: list[list[str]]
    words: list[int]
    starts: Bools


def _layout(doc: Doc, splitter: SentenceSplitter | None) -> _Layout:
    """Words and sentences of a Doc; `splitter` decides where its `is_sent_start` is None."""
    words: list[int] = []
    forms: list[str] = []
    spaces: list[str] = []  # after each word, [W]
    for i, token in enumerate(doc):
        text = token.text
        if not text.isspace():
            words.append(i)
            forms.append(text)
            spaces.append(token.whitespace_)
        elif spaces:
            spaces[-1] += token.text_with_ws
    given = doc.to_array([SENT_START]).reshape(-1).astype(np.int64)  # [N]: 1 yes, -1 no, 0 nobody has decided
    starts = given == 1
    starts[:1] = True
    if words and not given[words].all():
        after = 0  # the token after the last word
        for word, begins in zip(words, sentence_starts(forms, spaces, splitter)):
            # White space before it may begin the sentence: that of the document, or by the decision of others.
            if begins and given[word] == 0 and not starts[after:word].any():
                starts[word] = True
            after = word + 1
    number = np.cumsum(starts)[words].tolist()  # [W]: of the word's sentence
    sentences: dict[int, list[str]] = {}
    for sentence, form in zip(number, forms):
        sentences.setdefault(sentence, []).append(form)
    return _Layout(list(sentences.values()), words, starts)


def _space_heads(layout: _Layout) -> list[int]:
    """Return the head of each token, `[N]`, right for white space: the token before it, or after it at a start."""
    bounds = [*np.flatnonzero(layout.starts).tolist(), len(layout.starts)]
    is_word = np.zeros(len(layout.starts), np.bool_)
    is_word[layout.words] = True
    heads = list(range(-1, len(layout.starts) - 1))
    for begin, end in zip(bounds, bounds[1:]):
        if not is_word[begin]:
            first = next((i for i in range(begin, end) if is_word[i]), begin)  # a word, if there is one
            heads[begin : first + 1] = [*range(begin + 1, first + 1), first]
    return heads


def _pos_id(upos: str) -> int:
    """Return spaCy's number of a UPOS: others than those of Universal Dependencies become X, none stays none."""
    return int(POS_IDS.get("" if upos == "_" else upos, POS_IDS["X"]))


def _tag(xpos: str, upos: str) -> str:
    return xpos if xpos != "_" else "" if upos == "_" else upos


def _well_formed(feats: str) -> str:
    """Leave out of FEATS what spaCy cannot read; return "" for `_`."""
    return "|".join([feature for feature in feats.split("|") if feature.count("=") == 1])


def _lower_label(token: Token, attribute: str) -> str:
    return str(token.vocab.strings.as_string(getattr(token, attribute))).lower()


def _morph(token: Token, attribute: str) -> int:
    morph: Any = token.morph  # its type hints do not know the key
    return int(morph.key)
