"""Check treebank files: all faults, and what is no fault but should not be in a treebank.

The faults are those of `arcparser.treebank.faults`. Beside them there are warnings, of these kinds:

- `spelling`: a deprel in several spellings, such as `nsubj` and `Nsubj`
- `root`: a relation other than `root` at HEAD 0, or `root` elsewhere, where the treebank has such a relation
- `upos`: a word without UPOS, where others have one
- `text`: a word that `# text` has not at this place
- `space`: a space in `# text` where MISC says that there is none, or none where there should be one
- `sent_id`: an id that another sentence of the file has
- `duplicate`: a sentence of the same words as an earlier one
- `overlap`: a dev sentence of the same words as one of train
- `unseen`: a label of dev that train has not

Left out: what the guidelines of UD say of relations and features (use UD's own `udtools`).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from arcparser.errors import InputError, count, quote
from arcparser.treebank.columns import BLANK
from arcparser.treebank.faults import Finding, Inspected, inspect
from arcparser.treebank.sentence import Sentence

if TYPE_CHECKING:
    from arcparser.types import PathLike

_SEPARATORS = re.compile(r"[\s_-]")


@dataclass(frozen=True)
class Check:
    """Hold what a check of files has found, file by file and in the order of the lines.

    Attributes:
        sentences: How many sentences have no fault.
        words: How many words they have.
        faults: What the reader or the training refuses.
        warnings: What they accept, but a treebank should not have.
    """

    sentences: int
    words: int
    faults: list[Finding]
    warnings: list[Finding]


def check_files(paths: Sequence[PathLike], *, dev: PathLike | None = None, partial: bool = False) -> Check:
    """Check treebank files, and compare a dev file with them.

    Args:
        paths: Those that are trained on.
        dev: The file that would choose the best epoch.
        partial: Take a HEAD or DEPREL that is `_` for one that is unknown; not in the dev file.
    """
    files = [inspect(path, partial=partial) for path in paths]
    dev_file = None if dev is None else inspect(dev)
    train = [sentence for file in files for sentence in file.sentences]
    warnings = [*_label_warnings(train), *_duplicates(train)]
    for file in (*files, *([] if dev_file is None else [dev_file])):
        warnings += _file_warnings(file)
    if dev_file is not None:
        warnings += [*_overlaps(train, dev_file.sentences), *_unseen_labels(train, dev_file.sentences)]
        files.append(dev_file)
    order = {file.name: place for place, file in reversed([*enumerate(files)])}
    warnings.sort(key=lambda found: (order.get(found.error.file or "", 0), found.error.line or 0))
    return Check(
        sentences=sum(len(file.sentences) for file in files),
        words=sum(len(sentence) for file in files for sentence in file.sentences),
        faults=[fault for file in files for fault in file.faults],
        warnings=warnings,
    )


def overlap(train: Sequence[Sentence], dev: Sequence[Sentence]) -> list[tuple[Sentence, Sentence]]:
    """Return the sentences of dev that have the words of one of train, each with that one."""
    known = {tuple(sentence.forms): sentence for sentence in reversed(train)}
    return [(known[forms], sentence) for sentence in dev if (forms := tuple(sentence.forms)) in known]


def _warning(kind: str, sentence: Sentence, problem: str, position: int | None = None) -> Finding:
    """Make a warning about a word, or about a sentence, which is at its first word."""
    word = "" if position is None else f"word {position + 1} ({quote(sentence.forms[position])}): "
    line = sentence.word_line(position or 0) if sentence.line else None
    return Finding(kind, InputError(word + problem, sentence.source, line))


def _place(sentence: Sentence) -> str:
    return f"{sentence.source}:{sentence.word_line(0)}"


def _label_warnings(sentences: Sequence[Sentence]) -> Iterator[Finding]:
    """Yield the words whose label is spelled otherwise than elsewhere, or is at odds with their HEAD."""
    arcs = [(s, place, h, d) for s in sentences for place, (h, d) in enumerate(zip(s.tree_index().heads, s.deprels))]
    arcs = [arc for arc in arcs if arc[2] >= 0 and arc[3] not in BLANK]  # what is unknown is no label
    counts = Counter(deprel for *_, deprel in arcs)
    spellings: dict[str, list[str]] = defaultdict(list)
    for deprel in sorted(counts, key=lambda name: (-counts[name], name != name.lower(), name)):
        spellings[_SEPARATORS.sub("", deprel).casefold()].append(deprel)
    rarer = {other: names[0] for names in spellings.values() for other in names[1:]}
    at_root = sum(deprel == "root" for _, _, head, deprel in arcs if head == 0)
    for sentence, position, head, deprel in arcs:
        if deprel in rarer:
            usual = rarer[deprel]
            times = f"{count(counts[deprel], 'time')}, {quote(usual)} {count(counts[usual], 'time')}"
            problem = f"DEPREL is spelled {quote(deprel)} {times}: use one spelling"
            yield _warning("spelling", sentence, problem, position)
        elif at_root and (head == 0) != (deprel == "root"):
            problem = f"DEPREL {quote(deprel)} with HEAD {head}: give root to the word with HEAD 0, and only there"
            yield _warning("root", sentence, problem, position)


def _duplicates(sentences: Sequence[Sentence]) -> Iterator[Finding]:
    first: dict[tuple[str, ...], Sentence] = {}
    for sentence in sentences:
        earlier = first.setdefault(tuple(sentence.forms), sentence)
        if earlier is not sentence:
            same = earlier.tree_index().heads == sentence.tree_index().heads and earlier.deprels == sentence.deprels
            what = "the same words and tree" if same else "the same words with another tree"
            problem = f"{what} as at {_place(earlier)}: leave one out, unless both are in the text"
            yield _warning("duplicate", sentence, problem)


def _file_warnings(file: Inspected) -> Iterator[Finding]:
    """Yield what is found within one file."""
    tagged = any(upos not in BLANK for sentence in file.sentences for upos in sentence.upos)
    ids: dict[str, Sentence] = {}
    for sentence in file.sentences:
        name = sentence.sent_id
        if name is not None and ids.setdefault(name, sentence) is not sentence:
            problem = f"sent_id {quote(name)} is that of the sentence at {_place(ids[name])}: give it another one"
            yield _warning("sent_id", sentence, problem)
        if tagged:
            for position, upos in enumerate(sentence.upos):
                if upos in BLANK:
                    yield _warning("upos", sentence, "UPOS is missing: tag it", position)
        yield from _text_warnings(sentence)


def _text_warnings(sentence: Sentence) -> Iterator[Finding]:
    """Compare the tokens with `# text`, up to the first that is not there."""
    text = sentence.lines.comment_value("text")
    if text is None:
        return
    tokens = sentence.tokens
    at = position = 0
    for number, token in enumerate(tokens, start=1):
        while at < len(text) and text[at].isspace() and not token.form.startswith(text[at]):
            at += 1
        if not text.startswith(token.form, at):
            problem = f"the text goes on with {quote(text[at : at + max(len(token.form), 10)])}"
            advice = "correct the word or # text"
            yield _warning("text", sentence, f"{quote(token.form)} is not in # text, {problem}: {advice}", position)
            return
        at += len(token.form)
        spaced = at == len(text) or text[at].isspace()
        glued = token.misc.get("SpaceAfter") == "No"
        if number < len(tokens) and spaced == glued and "SpacesAfter" not in token.misc:
            found = "# text has a space after it" if spaced else "# text has no space after it"
            advice = "take SpaceAfter=No out of MISC" if spaced else "put SpaceAfter=No into MISC"
            yield _warning("space", sentence, f"{found}: {advice}, or correct # text", position)
        position += len(token.words)
    if text[at:].strip():
        problem = f"# text goes on with {quote(text[at:].strip(), 20)}: correct it, or add the words"
        yield _warning("text", sentence, problem, len(sentence) - 1)


def _overlaps(train: Sequence[Sentence], dev: Sequence[Sentence]) -> Iterator[Finding]:
    for earlier, sentence in overlap(train, dev):
        problem = f"is in train, at {_place(earlier)}: leave it out of one of them"
        yield _warning("overlap", sentence, problem)


def _unseen_labels(train: Sequence[Sentence], dev: Sequence[Sentence]) -> Iterator[Finding]:
    # A label without a HEAD, which a partly annotated treebank may have, is not learned.
    known = {d for sentence in train for h, d in zip(sentence.tree_index().heads, sentence.deprels) if h >= 0}
    counts = Counter(deprel for sentence in dev for deprel in sentence.deprels if deprel not in known)
    for sentence in dev:
        for position, deprel in enumerate(sentence.deprels):
            if times := counts.pop(deprel, 0):
                problem = (
                    f"DEPREL {quote(deprel)} ({count(times, 'word')} of dev) is never in train: no parse will have it"
                )
                yield _warning("unseen", sentence, f"{problem}, correct it or add examples", position)
