"""Parse from Python: words or raw text in, trees out.

>>> parser = arcparser.load("en_ewt")
>>> sentence = parser.parse(["Dogs", "chase", "cats"])
>>> sentence.heads, sentence.deprels, sentence.upos
([2, 0, 2], ['nsubj', 'root', 'obj'], ['NOUN', 'VERB', 'NOUN'])
>>> [str(sentence.root) for sentence in parser.parse_text("Dogs chase cats. Cats sleep.")]
['chase', 'sleep']
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from numbers import Real
from threading import local
from typing import IO, TYPE_CHECKING, overload

import numpy as np

from arcparser.errors import UsageError, as_iterator, clean, quote, unfit
from arcparser.model import model_file
from arcparser.model.model import Card, Model
from arcparser.model.registry import DEFAULT_MODEL, find
from arcparser.network.vocabulary import TAG_COLUMNS
from arcparser.parsing.decoding import GivenArcs
from arcparser.parsing.pickled import Pickled, is_current, pickled_bytes, pickled_file, remembered, unpickled_model
from arcparser.parsing.predictor import Prediction, predictor_of
from arcparser.transition.arc_standard import MISSING
from arcparser.treebank.columns import BLANK, checked_words
from arcparser.treebank.reader import OtherLines
from arcparser.treebank.scores import ArcScores
from arcparser.treebank.sentence import Sentence, TagMode, check_tag_mode
from arcparser.treebank.tokenlist import AnySentence, as_sentence, is_tokenlist, to_tokenlist
from arcparser.treebank.tree import check_partial_tree
from arcparser.types import PathLike

if TYPE_CHECKING:
    from conllu.models import TokenList

    from arcparser.parsing.pool import Workers
    from arcparser.text.tokenizer import Tokenizer
    from arcparser.text.word_splitter import WordSplitter

BATCH_WORDS = 20_000
STREAM_WORDS = 600  # of a stream of text, whose sentences are wanted one by one
_BYTES = 50  # of comments that count as a word

_SENTENCES = "a list of sentences: parse takes one, and read_conllu reads those of a file"


def load(name_or_path: PathLike = DEFAULT_MODEL) -> Parser:
    """Load a parser from a model file, or from the name of a model that is installed, or of its language.

    Raises:
        ModelError: There is no such model, or its file is damaged or of another version; or the pretrained encoder
            that it was trained with is not there.
        UsageError: It is neither a name nor a path.
    """
    path = find(name_or_path)
    pickled = pickled_file(path)
    parser = Parser(model_file.load(path))
    parser._pickled = pickled
    return parser


class Parser:
    """Parse with a model. Made by `arcparser.load` or `arcparser.train`.

    One parser may be used by many threads at once: it parses their sentences one batch after the other, and each thread
    gets what it would get alone. A parser can be pickled (`arcparser.parsing.pickled`), and a copy of it shares its
    model, which nothing changes.

    Attributes:
        model: The model.

    Raises:
        ModelError: The pretrained encoder that the model was trained with is not there.
        InputError: It cannot be read.
        UsageError: It is no `Model`, or the extra `encoder` is not installed.
    """

    def __init__(self, model: Model) -> None:
        if not isinstance(model, Model):
            raise unfit("the model of a Parser", model, "a Model, or load a parser by arcparser.load")
        self.model = model
        self._pickled: Pickled | None = None
        if model.pretrained is not None:
            model.pretrained.find(model.card.name)
        self._predictor = predictor_of(model)
        self._of_thread = local()  # what has a tokenizer of spaCy's, which serves one thread at a time
        vocabulary = model.vocabulary
        self._labels = np.array(vocabulary.labels, dtype=object)
        self._tags = [np.array(getattr(vocabulary, column), dtype=object) for column in TAG_COLUMNS]

    @property
    def card(self) -> Card:
        """Name, language, treebank, license of the model, and its scores on the dev file in percent."""
        return self.model.card

    def __repr__(self) -> str:
        return f"<Parser {clean(self.model.summary())}>"

    def __reduce__(self) -> tuple[Callable[[Pickled], Parser], tuple[Pickled]]:
        if self._pickled is None or not (self._pickled.data or is_current(self._pickled)):
            self._pickled = pickled_bytes(self.model)
        return _unpickle, (self._pickled,)

    def __copy__(self) -> Parser:
        copy = Parser(self.model)
        copy._pickled = self._pickled
        return copy

    def __deepcopy__(self, memo: object) -> Parser:
        return self.__copy__()

    @overload
    def parse(
        self,
        sentence: TokenList,
        *,
        tags: TagMode = "fill",
        scores: bool = False,
        split_words: bool = False,
        keep_arcs: bool = False,
    ) -> TokenList: ...

    @overload
    def parse(
        self,
        sentence: Sequence[str] | Sentence,
        *,
        tags: TagMode = "fill",
        scores: bool = False,
        split_words: bool = False,
        keep_arcs: bool = False,
    ) -> Sentence: ...

    def parse(
        self,
        sentence: AnySentence,
        *,
        tags: TagMode = "fill",
        scores: bool = False,
        split_words: bool = False,
        keep_arcs: bool = False,
    ) -> Sentence | TokenList:
        """Parse one sentence; see `parse_many`. Parsing many at once is many times faster."""
        parsed = self.parse_many([sentence], tags=tags, scores=scores, split_words=split_words, keep_arcs=keep_arcs)
        return next(iter(parsed))

    @overload
    def parse_many(
        self,
        sentences: Iterable[TokenList],
        *,
        batch_words: int = BATCH_WORDS,
        tags: TagMode = "fill",
        scores: bool = False,
        split_words: bool = False,
        keep_arcs: bool = False,
    ) -> Iterator[TokenList]: ...

    @overload
    def parse_many(
        self,
        sentences: Iterable[Sequence[str] | Sentence],
        *,
        batch_words: int = BATCH_WORDS,
        tags: TagMode = "fill",
        scores: bool = False,
        split_words: bool = False,
        keep_arcs: bool = False,
    ) -> Iterator[Sentence]: ...

    @overload
    def parse_many(
        self,
        sentences: Iterable[AnySentence],
        *,
        batch_words: int = BATCH_WORDS,
        tags: TagMode = "fill",
        scores: bool = False,
        split_words: bool = False,
        keep_arcs: bool = False,
    ) -> Iterator[Sentence | TokenList]: ...

    def parse_many(
        self,
        sentences: Iterable[AnySentence],
        *,
        batch_words: int = BATCH_WORDS,
        tags: TagMode = "fill",
        scores: bool = False,
        split_words: bool = False,
        keep_arcs: bool = False,
    ) -> Iterator[Sentence | TokenList]:
        """Parse sentences, in order, as they come.

        Args:
            sentences: Lists of words (a `Sentence` comes out), Sentences, or `conllu` TokenLists (a TokenList comes
                out). Nothing that goes in is changed.
            batch_words: How many words to collect before parsing; memory grows with it.
            tags: "fill" empty tags of words without UPOS, "retag" all words, "keep" all as they are.
            scores: Say how sure the parser is of each arc and label, and what comes second: in `scores` of Sentences
                (`arcparser.treebank.scores`), and as `ArcScore` and `LabelScore` in MISC. Takes about twice the time.
            split_words: Split words as the model's treebank does, *don't* into *do n't*; they become the words of
                multiword tokens (`arcparser.treebank.multiword_tokens`).
            keep_arcs: Keep the arcs of words that have a HEAD, and their DEPREL unless it is `_`, and parse the rest
                around them.

        Raises:
            TreeError: The arcs that are to be kept are no part of a tree with one root.
            ModelError: The pretrained encoder is not there, or the weights are so large that they give no numbers.
            UsageError: A list of words that is no sentence, such as one with an empty word; an argument of another
                type, or an impossible number or mode; words to split by a model whose treebank splits none.
        """
        if isinstance(sentences, str):
            raise unfit("the argument of parse_many", sentences, "a list of sentences; parse_text takes raw text")
        if isinstance(sentences, Sentence) or is_tokenlist(sentences):
            raise unfit("the argument of parse_many", sentences, _SENTENCES)
        came_as_tokenlist: deque[bool] = deque()  # of the sentences on their way through the stream

        def entering() -> Iterator[Sentence]:
            for given in as_iterator("the argument of parse_many", sentences, _SENTENCES):
                sentence = as_sentence(given, source="<TokenList>")
                came_as_tokenlist.append(is_tokenlist(given))
                yield sentence.copy() if sentence is given else sentence

        for item in self.parse_stream(
            entering(),
            batch_words=batch_words,
            tags=tags,
            scores=scores,
            split_words=split_words,
            keep_arcs=keep_arcs,
        ):
            if isinstance(item, Sentence):
                yield to_tokenlist(item) if came_as_tokenlist.popleft() else item

    def parse_text(
        self,
        text: str,
        *,
        lines: bool = False,
        newline_ends_sentence: bool = False,
        batch_words: int = BATCH_WORDS,
        scores: bool = False,
    ) -> list[Sentence]:
        """Parse raw text: split it into sentences and words as the model's treebank does, and parse these.

        The sentences are those of `arcparser parse --text`. `parse_text_stream` takes a file of any size.

        Args:
            text: The text; not the path of a file.
            lines: Each line is a sentence.
            newline_ends_sentence: Each line end ends a sentence, but a line may have several.
            batch_words: How many words to collect before parsing; memory grows with it.
            scores: As in `parse_stream`.

        Returns:
            The sentences; none if there are no words.

        Raises:
            InputError: The text has a NUL, or more than 1 MiB of white space in a row.
            ModelError: As in `parse_many`; or the model learned how to split text in another version of arcparser.
            UsageError: It is no string, or another argument is impossible.
        """
        from arcparser.parsing.parse_text import segment_text

        sentences = segment_text(
            self, text, lines=lines, newline_ends_sentence=newline_ends_sentence, tokenizer=self.tokenizer
        )
        items = self.parse_stream(sentences, batch_words=batch_words, scores=scores)
        return [item for item in items if isinstance(item, Sentence)]

    def parse_texts(
        self,
        texts: Iterable[str],
        *,
        lines: bool = False,
        newline_ends_sentence: bool = False,
        batch_words: int = BATCH_WORDS,
        scores: bool = False,
    ) -> Iterator[list[Sentence]]:
        """Parse many raw texts, and yield the sentences of each: what `parse_text` returns for it, but faster.

        Sentences of several short texts are parsed together.

        Args:
            texts: The texts, as they come.
            lines: As in `parse_text`.
            newline_ends_sentence: As in `parse_text`.
            batch_words: As in `parse_text`.
            scores: As in `parse_stream`.

        Raises:
            InputError: As in `parse_text`.
            ModelError: Likewise.
            UsageError: One of them is no string, or another argument is impossible.
        """
        from arcparser.parsing.parse_text import segment_text

        sizes: deque[int] = deque()  # of the texts of which all sentences have entered
        given = as_iterator("the argument of parse_texts", texts, "a list of texts; parse_text takes one")

        def entering() -> Iterator[Sentence]:
            tokenizer = self.tokenizer
            for number, text in enumerate(given, start=1):
                size = 0
                for sentence in segment_text(
                    self,
                    text,
                    lines=lines,
                    newline_ends_sentence=newline_ends_sentence,
                    name=f"<text {number}>",
                    tokenizer=tokenizer,
                ):
                    size += 1
                    yield sentence
                sizes.append(size)

        done: deque[Sentence] = deque()
        for item in self.parse_stream(entering(), batch_words=batch_words, scores=scores):
            while sizes and sizes[0] <= len(done):
                yield [done.popleft() for _ in range(sizes.popleft())]
            if isinstance(item, Sentence):
                done.append(item)
        for size in sizes:
            yield [done.popleft() for _ in range(size)]

    def parse_text_stream(
        self,
        source: PathLike | IO[bytes] | IO[str],
        *,
        lines: bool = False,
        newline_ends_sentence: bool = False,
        batch_words: int = STREAM_WORDS,
        scores: bool = False,
    ) -> Iterator[Sentence]:
        """Parse a file or stream of raw text sentence by sentence, in memory that does not grow with it.

        Args:
            source: The path of a text in UTF-8 (`-` is standard input), or a stream of bytes or characters.
            lines: As in `parse_text`.
            newline_ends_sentence: As in `parse_text`.
            batch_words: As in `parse_text`; fewer, so that sentences come soon and take little memory.
            scores: As in `parse_stream`.

        Raises:
            InputError: The text cannot be read, has a NUL or bytes that are not UTF-8, or more than 1 MiB of white
                space in a row.
            ModelError: As in `parse_text`.
            UsageError: The source is neither path nor stream, or another argument is impossible.
        """
        from arcparser.parsing.parse_text import open_text, segment_text

        opened, name = open_text(source)
        with opened as stream:
            sentences = segment_text(
                self,
                stream,
                lines=lines,
                newline_ends_sentence=newline_ends_sentence,
                name=name,
                tokenizer=lambda text: self.tokenizer(text),  # of the thread that asks for the next sentence
            )
            for item in self.parse_stream(sentences, batch_words=batch_words, scores=scores):
                if isinstance(item, Sentence):
                    yield item

    def parse_stream(
        self,
        items: Iterable[Sentence | OtherLines],
        *,
        batch_words: int = BATCH_WORDS,
        tags: TagMode = "fill",
        scores: bool = False,
        split_words: bool = False,
        keep_arcs: bool = False,
        workers: Workers | None = None,
    ) -> Iterator[Sentence | OtherLines]:
        """Set tree and tags of the Sentences in place, and pass everything on in order; other lines as they are.

        A Sentence of which words are split is passed on as a new one.

        Args:
            items: Sentences, and lines that are none. Lines without bytes, where the input pauses, are passed on before
                the next item is taken, and so is all that comes before them.
            batch_words: How many words to collect before parsing.
            tags: As in `parse_many`.
            scores: As in `parse_many`.
            split_words: As in `parse_many`.
            keep_arcs: As in `parse_many`.
            workers: Processes that do the work, with the model of this parser.

        Raises:
            TreeError: As in `parse_many`.
            ModelError: Likewise.
            ArcparserError: Two processes of `workers` died at the same sentences.
            UsageError: An item is neither, or another argument is impossible.
        """
        check_batch_words(batch_words)
        check_tag_mode(tags)
        if workers is not None:
            from arcparser.parsing.pool import Workers

            if not isinstance(workers, Workers):
                raise unfit("workers", workers, "arcparser.parsing.pool.Workers")
        for name, value in (("scores", scores), ("split_words", split_words), ("keep_arcs", keep_arcs)):
            if not isinstance(value, bool):
                raise unfit(name, value, "True or False")
        splitter = self._word_splitter() if split_words else None
        given = _batches(items, batch_words)
        if splitter is not None:
            given = (_split(batch, splitter) for batch in given)
        batches = ((batch, [s.forms for s in _sentences(batch)], self._arcs(batch, keep_arcs)) for batch in given)
        predicted: Iterator[tuple[list[Sentence | OtherLines], list[Prediction]]]
        if workers is None:
            predict = self._predictor.predict
            predicted = ((batch, predict(forms, scores=scores, given=arcs)) for batch, forms, arcs in batches)
        else:
            predicted = workers.predict(batches, scores=scores)
        for batch, predictions in predicted:
            for sentence, prediction in zip(_sentences(batch), predictions):
                self._write(sentence, prediction, tags, keep_arcs)
            yield from batch

    def predict(self, sentences: Sequence[Sequence[str]], *, scores: bool = False) -> list[Prediction]:
        """Predict trees and tags, as arrays of ids (places in the vocabulary's lists), of sentences that have words.

        Args:
            sentences: Lists of words.
            scores: Also give probabilities and what comes second.

        Raises:
            ModelError: As in `parse_many`.
            UsageError: One has none, or is no list of words.
        """
        if isinstance(sentences, Sentence) or is_tokenlist(sentences):
            raise unfit("the argument of predict", sentences, "a list of sentences")
        given = as_iterator("the argument of predict", sentences, "a list of sentences")
        forms = [one if type(one) is list and one else as_sentence(one).forms for one in given]
        try:
            return self._predictor.predict(forms, scores=scores)
        except TypeError:  # to look at the type of every word beforehand would cost a hundredth of the time
            for words in forms:
                checked_words(words)
            raise

    analyze = analyse = predict  # as it was once called

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer of raw text that this thread has; making it takes a tenth of a second."""
        if not hasattr(self._of_thread, "tokenizer"):
            self._of_thread.tokenizer = self.model.segmentation.tokenizer
        tokenizer: Tokenizer = self._of_thread.tokenizer
        return tokenizer

    def _word_splitter(self) -> WordSplitter:
        splitter: WordSplitter | None = getattr(self._of_thread, "splitter", None)
        if splitter is None:
            splitter = self._of_thread.splitter = self.model.segmentation.word_splitter
        if splitter is None:
            problem = f"{self.card.name} splits no words, its treebank has no multiword tokens"
            raise UsageError(f"{problem}: leave out split_words, or load another model")
        return splitter

    def _arcs(self, batch: list[Sentence | OtherLines], keep_arcs: bool) -> list[GivenArcs] | None:
        """Return the arcs that the sentences of a batch keep; None if they keep none."""
        if not keep_arcs:
            return None
        ids = {label: i for i, label in enumerate(self.model.vocabulary.labels)}
        found = []
        for sentence in _sentences(batch):
            heads = check_partial_tree(sentence)
            labels = [ids.get(d, MISSING) if h != MISSING else MISSING for h, d in zip(heads, sentence.deprels)]
            found.append(GivenArcs(heads, labels))
        return found

    def _write(self, sentence: Sentence, prediction: Prediction, tags: TagMode, keep_arcs: bool) -> None:
        deprels = self._labels[prediction.labels].tolist()
        if keep_arcs:  # the model may not know a label
            given = zip(sentence.tree_index().heads, sentence.deprels, deprels)
            deprels = [new if head == MISSING or old in BLANK else old for head, old, new in given]
        sentence.set_checked_tree(prediction.heads.tolist(), deprels)
        if tags != "keep":
            upos, xpos, feats = (names[ids].tolist() for names, ids in zip(self._tags, prediction.tags.T))
            sentence.set_tags(upos, xpos, feats, mode=tags)
            if prediction.lemmas is not None:
                sentence.set_lemmas(prediction.lemmas.tolist(), mode=tags)
        arcs, labels = prediction.arc_scores, prediction.label_scores
        second_heads, second_labels = prediction.second_heads, prediction.second_labels
        if arcs is None or labels is None or second_heads is None or second_labels is None:
            return
        for i, (arc, label) in enumerate(zip(arcs, labels)):
            sentence.add_misc(i, f"ArcScore={arc:.4f}|LabelScore={label:.4f}")
        second_deprels = np.where(second_labels < 0, "_", self._labels[second_labels]).tolist()
        sentence.scores = ArcScores(arcs, labels, second_heads, second_deprels)


def _unpickle(pickled: Pickled) -> Parser:
    def make() -> Parser:
        parser = Parser(unpickled_model(pickled))
        parser._pickled = pickled
        return parser

    return remembered(pickled.digest, make)


def _batches(items: Iterable[Sentence | OtherLines], batch_words: int) -> Iterator[list[Sentence | OtherLines]]:
    batch: list[Sentence | OtherLines] = []
    words = 0
    for item in as_iterator("the argument of parse_stream", items, "Sentences, as read_conllu reads them from a file"):
        if not isinstance(item, (Sentence, OtherLines)):
            raise unfit("an item of parse_stream", item, "a Sentence; parse_many takes words and TokenLists")
        if isinstance(item, OtherLines) and not item.raw:
            if batch:
                yield batch
            yield [item]
            batch, words = [], 0
            continue
        batch.append(item)
        words += _size(item)
        if words >= batch_words:
            yield batch
            batch, words = [], 0
    if batch:
        yield batch


def _split(batch: list[Sentence | OtherLines], splitter: WordSplitter) -> list[Sentence | OtherLines]:
    sentences = splitter(_sentences(batch))
    return [next(sentences) if isinstance(item, Sentence) else item for item in batch]


def _size(item: Sentence | OtherLines) -> int:
    """Return how many words of memory an item takes: comments and other lines count as well, whatever comes."""
    if isinstance(item, OtherLines):
        return 1 + len(item.raw) // _BYTES
    comments = sum(map(len, item.comments)) // _BYTES
    return len(item) + (comments if comments > len(item) + 100 else 0)  # those of most sentences are not worth counting


def _sentences(batch: list[Sentence | OtherLines]) -> list[Sentence]:
    return [item for item in batch if isinstance(item, Sentence)]


def check_batch_words(batch_words: float) -> None:
    """Check the number of words that are collected before they are parsed.

    Raises:
        UsageError: It is no number of at least 1.
    """
    if not isinstance(batch_words, Real) or not batch_words >= 1:
        raise UsageError(f"batch_words {quote(batch_words)}: give at least 1")
