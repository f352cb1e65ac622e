"""Sentences from and to the TokenLists of the `conllu` package."""

from __future__ import annotations

import pytest

from arcparser.errors import ArcparserError, ConlluError, UsageError
from arcparser.treebank.tokenlist import from_tokenlist, to_tokenlist
from tests.helpers.sentences import file, read


def test_token_lists_of_the_conllu_package() -> None:
    conllu = pytest.importorskip("conllu")
    text = "# sent_id = 1\n# text = Dogs don't\n1\tDogs\tdog\tNOUN\tNNS\tNumber=Plur\t2\tnsubj\t2:nsubj\tA=b\n"
    text += "2-3\tdon't\t_\t_\t_\t_\t_\t_\t_\t_\n2\tdo\t_\tAUX\t_\t_\t0\troot\t0:root\t_\n"
    text += "3\tnot\t_\tPART\t_\t_\t2\tadvmod\t_\t_\n3.1\te\t_\t_\t_\t_\t_\t_\t2:x\t_\n\n"
    (tokens,) = conllu.parse(text)
    sentence = from_tokenlist(tokens, source="by hand")
    assert sentence.to_conllu() == text
    assert sentence.source == "by hand"
    back = to_tokenlist(sentence)
    assert back == tokens
    assert back.metadata == tokens.metadata
    assert [token["form"] for token in back] == ["Dogs", "don't", "do", "not", "e"]


def test_token_lists_made_by_hand() -> None:
    conllu = pytest.importorskip("conllu")
    made = from_tokenlist(conllu.TokenList([{"form": "Dogs"}, {"form": "bark", "upos": "VERB"}]))
    assert made.forms == ["Dogs", "bark"]
    assert made.upos == ["_", "VERB"]
    with pytest.raises(UsageError, match="without words"):
        from_tokenlist(conllu.TokenList([]))
    with pytest.raises(UsageError, match="remove the tab"):
        from_tokenlist(conllu.TokenList([{"id": 1, "form": "a\tb"}]))
    with pytest.raises(ConlluError, match="ID 3 where 1 was due"):
        from_tokenlist(conllu.TokenList([{"id": 3, "form": "a"}]))


def test_what_conllu_cannot_represent_is_an_error_of_ours() -> None:
    pytest.importorskip("conllu")
    (sentence,) = read(file("1\tw\t_\tX\t_\t_\tx\t_\t_\t_", ""))
    with pytest.raises(ArcparserError, match="conllu package"):
        to_tokenlist(sentence)
