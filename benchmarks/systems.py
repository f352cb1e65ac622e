"""The parsers that are compared, behind one interface, each in a process of its own.

Each class does the same job with its parser's own best settings: `prepare` turns lists of words into what the parser
takes (not timed), `parse` gives tags and trees (timed), `trees` makes them comparable (not timed).

arcparser's clock starts at lists of words and stops at arrays of numbers (`Parser.predict`); spaCy's starts at Docs
that are already built and stops at Docs, whose tokens hold numbers as well; UDPipe's runs from Sentences to Sentences.
No clock covers the making of strings. Every round begins with a freshly loaded model that has parsed other sentences
to warm up: arcparser and spaCy keep what they computed for a form, so a model that parses the same sentences again is
faster than one at work.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, NamedTuple, Protocol

from common import cpu_seconds, peak_rss, pin

SPACY_BATCH = 1000  # documents, as in the pipeline's own configuration


class Trees(NamedTuple):
    """What a parser found: a list per sentence of a value per word."""

    heads: list[list[int]]
    deprels: list[list[str]]
    upos: list[list[str]]
    xpos: list[list[str]]


class System(Protocol):
    """What the classes below have in common."""

    def prepare(self, sentences: list[list[str]]) -> Any: ...
    def parse(self, prepared: Any) -> Any: ...
    def trees(self, parsed: Any) -> Trees: ...


class Arcparser:
    """This project's parser."""

    def __init__(self, path: str) -> None:
        import arcparser

        self.parser = arcparser.load(path)

    def prepare(self, sentences: list[list[str]]) -> Any:
        return sentences

    def parse(self, prepared: Any) -> Any:
        return self.parser.predict(prepared)

    def trees(self, parsed: Any) -> Trees:
        lists = self.parser.model.vocabulary
        return Trees(
            [a.heads.tolist() for a in parsed],
            [[lists.labels[i] for i in a.labels] for a in parsed],
            [[lists.upos[i] for i in a.tags[:, 0]] for a in parsed],
            [[lists.xpos[i] for i in a.tags[:, 1]] for a in parsed],
        )


class Spacy:
    """A spaCy pipeline, on gold tokens, one sentence per Doc."""

    def __init__(self, path: str) -> None:
        import spacy

        self.nlp = spacy.load(path)

    def doc(self, words: list[str]) -> Any:
        from spacy.tokens import Doc

        return Doc(self.nlp.vocab, words=words, sent_starts=[i == 0 for i in range(len(words))])

    def prepare(self, sentences: list[list[str]]) -> Any:
        return [self.doc(words) for words in sentences]

    def parse(self, prepared: Any) -> Any:
        return list(self.nlp.pipe(prepared, batch_size=SPACY_BATCH))

    def trees(self, parsed: Any) -> Trees:
        heads = [[0 if t.head.i == t.i else t.head.i + 1 for t in doc] for doc in parsed]
        # spaCy calls the root ROOT; all other labels are the treebank's.
        deprels = [["root" if t.head.i == t.i else t.dep_ for t in doc] for doc in parsed]
        return Trees(
            heads, deprels, [[t.pos_ or "_" for t in d] for d in parsed], [[t.tag_ for t in d] for d in parsed]
        )


class Udpipe:
    """A UDPipe 1 model, on gold tokens; it has no batches."""

    def __init__(self, path: str) -> None:
        from ufal import udpipe

        self.udpipe = udpipe
        self.model = udpipe.Model.load(path)
        if self.model is None:
            raise OSError(f"{path}: is no UDPipe model")

    def prepare(self, sentences: list[list[str]]) -> Any:
        prepared = []
        for words in sentences:
            sentence = self.udpipe.Sentence()
            for word in words:
                sentence.addWord(word)
            prepared.append(sentence)
        return prepared

    def parse(self, prepared: Any) -> Any:
        for sentence in prepared:
            self.model.tag(sentence, self.model.DEFAULT)
            self.model.parse(sentence, self.model.DEFAULT)
        return prepared

    def trees(self, parsed: Any) -> Trees:
        words = [[sentence.words[i] for i in range(1, len(sentence.words))] for sentence in parsed]
        return Trees(
            [[w.head for w in s] for s in words],
            [[w.deprel for w in s] for s in words],
            [[w.upostag or "_" for w in s] for s in words],
            [[w.xpostag or "_" for w in s] for s in words],
        )


SYSTEMS: dict[str, Callable[[str], System]] = {"arcparser": Arcparser, "spacy": Spacy, "udpipe": Udpipe}


def serve(
    connection: Connection, kind: str, path: str, core: int, sentences: list[list[str]], warm_up: list[list[str]]
) -> None:
    """A worker: does what it is asked over the connection until it is asked for `end`.

    `prepare` (first, step: every step-th sentence from the first on), `parse` (gives its CPU seconds), `trees`,
    `peak`.
    """
    pin([core])
    system: System | None = None
    prepared: Any = None
    parsed: Any = None
    reply: Any = None
    while True:
        request, *details = connection.recv()
        if request == "prepare":
            system = prepared = parsed = None
            gc.collect()  # cycles hold what spaCy makes
            system = SYSTEMS[kind](path)
            system.parse(system.prepare(warm_up))
            gc.collect()
            prepared = system.prepare(sentences[details[0] :: details[1]])
        elif request == "end" or system is None:
            break
        elif request == "parse":
            start = cpu_seconds()
            parsed = system.parse(prepared)
            reply = cpu_seconds() - start
        elif request == "trees":
            reply = system.trees(parsed)
        elif request == "peak":
            reply = peak_rss()
        connection.send(reply)
        reply = None
