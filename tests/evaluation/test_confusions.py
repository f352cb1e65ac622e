"""Label confusions and their examples."""

from __future__ import annotations

from tests.helpers.annotated import GOLD, SYSTEM, analyzed, rows


def test_examples_come_from_short_sentences_each_from_another() -> None:
    gold = system = ""
    for size in (30, 2, 12, 6, 8):
        words = ["go 0 root", *(f"w{number} 1 obj" for number in range(2, size + 1))]
        gold += rows(*words, sent_id=f"of{size}")
        system += rows(*(word.replace("obj", "obl") for word in words), sent_id=f"of{size}")
    (confusion,) = analyzed(gold, system).confusions
    assert confusion.count == 29 + 1 + 11 + 5 + 7
    assert confusion.head_right == confusion.count
    assert [example.sent_id for example in confusion.examples] == ["of6", "of8", "of12"]
    assert confusion.examples[2].before == "go " and confusion.examples[2].form == "w2"
    assert confusion.examples[2].after == " w3 w4 w5 w6 w7 w8 w9 w10 …"


def test_an_example_tells_its_place() -> None:
    (confusion,) = analyzed(GOLD, SYSTEM).confusions
    (example,) = confusion.examples
    assert example.place == "gold.conllu:7"
    assert example.before + example.form + example.after == "The dog slept in the shade ."
    assert (example.gold_head, example.system_head) == ("slept", "dog")
    assert (example.file, example.line, example.sent_id) == ("gold.conllu", 7, "s1")
