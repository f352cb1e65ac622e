"""Docs made of CoNLL-U and written as CoNLL-U."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Token

import arcparser
from arcparser import ConlluError, TreeError, UsageError, parse_conllu
from arcparser import spacy as arcparser_spacy
from arcparser.spacy import from_conllu, to_conllu, to_sentences
from tests.helpers.toy import ALL_FILES

MULTIWORD = """\
# newdoc id = a
# sent_id = fr-1
# text = Il sort du bois .
1\tIl\til\tPRON\t_\tNumber=Sing|Person=3\t2\tnsubj\t_\t_
2\tsort\tsortir\tVERB\t_\t_\t0\troot\t_\tSpacesAfter=\\s\\s|Gloss=leaves
3-4\tdu\t_\t_\t_\t_\t_\t_\t_\tLang=fr
3\tde\tde\tADP\t_\t_\t5\tcase\t_\t_
4\tle\tle\tDET\t_\t_\t5\tdet\t_\tGloss=the
5\tbois\tbois\tNOUN\t_\t_\t2\tobl:arg\t_\tEntity=x)|SpaceAfter=No
6\t.\t.\tPUNCT\t_\t_\t2\tpunct\t_\tSpacesAfter=\\n

"""


@pytest.fixture(scope="module")
def nlp() -> Language:
    return spacy.blank("en")


def without_enhanced(text: str) -> str:
    """CoNLL-U without DEPS and empty nodes, its FEATS in UD's order."""
    lines = []
    for line in text.split("\n"):
        columns = line.split("\t")
        if len(columns) == 10:
            columns[5] = "|".join(sorted(columns[5].split("|"), key=str.lower))
            columns[8] = "_"
        if "." not in columns[0] or line.startswith("#"):
            lines.append("\t".join(columns))
    return "\n".join(lines)


@pytest.mark.parametrize("path", ALL_FILES, ids=lambda path: path.stem)
def test_treebanks_come_back(path: Path, nlp: Language) -> None:
    sentences = list(arcparser.read_conllu(path))
    bytes_of_docs = DocBin(store_user_data=True, docs=[from_conllu(nlp, sentences)]).to_bytes()
    (doc,) = DocBin().from_bytes(bytes_of_docs).get_docs(nlp.vocab)
    assert to_conllu(doc) == without_enhanced("".join(sentence.to_conllu() for sentence in sentences))
    assert len(list(doc.sents)) == len(sentences)


def test_multiword_tokens_spaces_and_comments_come_back(nlp: Language) -> None:
    doc = from_conllu(nlp, MULTIWORD)
    assert [token.text for token in doc] == ["Il", "sort", " ", "de", "le", "bois", ".", "\n"]
    assert doc.text == "Il sort  dele bois.\n"
    assert [token.head.i for token in doc] == [1, 1, 1, 5, 5, 1, 1, 6]
    assert [token.dep_ for token in doc][:3] == ["nsubj", "ROOT", "dep"]
    assert (doc[0].lemma_, doc[0].pos_, doc[0].tag_, str(doc[0].morph)) == ("il", "PRON", "", "Number=Sing|Person=3")
    assert to_conllu(doc) == MULTIWORD
    assert to_conllu(from_conllu(nlp.vocab, parse_conllu(MULTIWORD)[0])) == MULTIWORD
    twice = from_conllu(nlp, [*parse_conllu(MULTIWORD), *parse_conllu(MULTIWORD)])
    assert to_conllu(twice) == MULTIWORD * 2


def test_what_is_kept_is_left_when_tokens_change(nlp: Language) -> None:
    doc = from_conllu(nlp, MULTIWORD)
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc[3:5])
    (sentence,) = to_sentences(doc)
    assert sentence.forms == ["Il", "sort", "dele", "bois", "."] and not sentence.multiword_tokens
    assert sentence.comments == ["# sent_id = 1", "# text = Il sort dele bois."]
    assert sentence.heads == [2, 0, 4, 2, 2]


def test_a_parsed_text_comes_back_as_conllu() -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("arcparser")
    text = " \tDogs  chase\n\n cats. Don't you?  "
    doc = nlp(text)
    written = to_conllu(doc)
    assert re.findall(r"# (.*)", written)[:2] == ["sent_id = 1", "text = Dogs chase"]
    again = from_conllu(nlp, written)
    assert again.text == text and again.to_json() == doc.to_json()
    parsed = list(nlp.get_pipe("arcparser").parser.parse_many([s.forms for s in to_sentences(doc)]))  # type: ignore
    for ours, theirs in zip(to_sentences(doc), parsed):
        assert (ours.heads, ours.deprels, ours.upos, ours.xpos, ours.lemmas) == (
            theirs.heads,
            theirs.deprels,
            theirs.upos,
            theirs.xpos,
            theirs.lemmas,
        )


def test_without_trees_or_sentences(nlp: Language) -> None:
    doc = nlp("Dogs  bark. Cats")
    (sentence,) = to_sentences(doc)
    assert sentence.forms == ["Dogs", "bark", ".", "Cats"] and sentence.misc[0] == r"SpacesAfter=\s\s"
    assert set(sentence.column(6) + sentence.upos + sentence.lemmas) == {"_"}
    assert to_conllu(nlp("")) == "" == to_conllu(nlp(" \n"))
    bare = from_conllu(nlp, to_conllu(doc))
    assert not bare.has_annotation("DEP") and bare.text == doc.text


def test_another_parser_may_hang_words_on_white_space(nlp: Language) -> None:
    doc = Doc(nlp.vocab, ["a", "\n", "b"], heads=[0, 0, 1], deps=["ROOT", "x", "y"])
    assert to_sentences(doc)[0].heads == [0, 1]


@pytest.fixture
def extensions() -> Iterator[None]:
    yield
    for kind, names in ((Token, ("arc_score", "label_score")), (Doc, ("arc_scores", "label_scores"))):
        for name in names:
            if kind.has_extension(name):
                kind.remove_extension(name)


def test_scores_are_extensions(nlp: Language, extensions: None) -> None:
    row = "{0}\t{1}\t_\tX\t_\t_\t{2}\t{3}\t_\t{4}\n"
    text = "# sent_id = 1\n# text = a b\n" + row.format(1, "a", 2, "x", "Gloss=q|ArcScore=0.2500|LabelScore=0.5000")
    text += row.format(2, "b", 0, "root", "_") + "\n"
    doc = from_conllu(nlp, text)
    assert doc[0]._.arc_score == 0.25 and doc._.arc_scores == [0.25, None] and doc._.label_scores == [0.5, None]
    assert to_conllu(doc) == text


def test_what_is_no_tree_or_no_sentence(nlp: Language) -> None:
    row = "{0}\tw\t_\tX\t_\t_\t{1}\tx\t_\t_\n"
    with pytest.raises(TreeError, match="HEAD"):
        from_conllu(nlp, row.format(1, 0) + row.format(2, "_") + "\n")
    with pytest.raises(ConlluError):
        from_conllu(nlp, "Dogs bark.")
    with pytest.raises(UsageError, match="from_conllu is of type list"):
        from_conllu(nlp, [["Dogs", "bark"]])  # type: ignore[list-item]
    with pytest.raises(UsageError, match="to_conllu is of type str"):
        to_conllu("Dogs bark.")  # type: ignore[arg-type]


def test_the_public_names() -> None:
    assert arcparser_spacy.ArcparserComponent.__module__ == "arcparser.spacy_component"
    assert all(hasattr(arcparser_spacy, name) for name in arcparser_spacy.__all__)
