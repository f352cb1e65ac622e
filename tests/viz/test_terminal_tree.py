"""The tree in the terminal: an independent reader of the drawing must find the heads again."""

from __future__ import annotations

import io
import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arcparser.errors import AlignmentError, ConlluError, TreeError, clean
from arcparser.treebank.columns import FEATS, LEMMA
from arcparser.treebank.reader import read_conllu
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.sentence_reader import parse_block
from arcparser.viz import terminal_tree as tree_view
from arcparser.viz.safe_text import cells, is_right_to_left, isolate, shorten, wrap
from arcparser.viz.terminal_tree import draw_sentences, draw_tree, place_trunks, wants_color
from tests.helpers.generated import random_tree


def tree(*words: str) -> Sentence:
    """A sentence of words given as `form upos head deprel`."""
    rows = [word.split(" ") for word in words]
    sentence = Sentence.from_words([row[0] for row in rows])
    sentence.set_tree([int(row[2]) for row in rows], [row[3] for row in rows])
    sentence.set_tags([row[1] for row in rows], None, None)
    return sentence


FOX = tree(
    "The DET 3 det",
    "quick ADJ 3 amod",
    "fox NOUN 4 nsubj",
    "jumps VERB 0 root",
    "over ADP 7 case",
    "the DET 7 det",
    "fence NOUN 4 obl",
    ". PUNCT 4 punct",
)


def test_the_drawing_in_the_docstring() -> None:
    drawing = draw_tree(FOX, width=80)
    indented = "".join(f"  {line}\n" for line in drawing.splitlines())
    assert indented in (tree_view.__doc__ or "")


def test_one_word() -> None:
    assert draw_tree(tree("Go VERB 0 root")) == "╶╴Go  VERB  root"


CROSSING = [  # the arc to b crosses the arc to a: its line passes below the trunk of c
    "    ╭╴a  X  x",
    "  ╭─│╴b  X  x",
    "  ├─┴╴c  X  x",
    "╶─┴──╴d  X  root",
]


def test_crossing_arcs() -> None:
    drawing = draw_tree(tree("a X 3 x", "b X 4 x", "c X 4 x", "d X 0 root"))
    assert drawing.splitlines() == CROSSING
    assert read_heads(drawing) == [3, 4, 4, 0]


def read_heads(drawing: str) -> list[int]:
    """The heads that a drawing shows, found by following the lines."""
    rows = [line[: line.index("╴") + 1] for line in drawing.splitlines()]
    heads = []
    for row, cells_of_row in enumerate(rows):
        x = len(cells_of_row) - 1
        while cells_of_row[x] not in "╭├╰╶":
            assert cells_of_row[x] in "─╴│┬┴┼", f"the line of word {row + 1} breaks off"
            x -= 1
        if cells_of_row[x] == "╶":
            heads.append(0)
            continue
        owners = []
        for step, ends in ((-1, "╭┬"), (1, "╰┴")):
            at = row
            while not (rows[at][x] in ends or (rows[at][x] in "┬┴┼" and at != row)):
                at += step
                assert 0 <= at < len(rows) and x < len(rows[at]) and rows[at][x] in "│├╭╰┬┴┼"
            if rows[at][x] in "┬┴┼":
                owners.append(at + 1)
        assert len(owners) == 1
        heads.append(owners[0])
    return heads


@given(st.integers(1, 40), st.integers(0, 10**9), st.booleans())
@settings(max_examples=100)
def test_the_drawing_shows_the_tree(size: int, seed: int, wide: bool) -> None:
    heads = random_tree(size, random.Random(seed))
    sentence = Sentence.from_words(["w"] * size)
    sentence.set_tree(heads, ["root" if head == 0 else "dep" for head in heads])
    room = (2 if wide else 1) * max(place_trunks(heads)) + 2 + len("w  _  root")
    drawing = draw_tree(sentence, width=max(room, 24))
    if size > 1:
        assert read_heads(drawing) == heads


@given(st.integers(1, 60), st.integers(0, 10**9), st.integers(0, 90))
@settings(max_examples=80)
def test_lines_fit_the_width(size: int, seed: int, width: int) -> None:
    rng = random.Random(seed)
    heads = random_tree(size, rng)
    forms = ["".join(rng.choices("abc漢字かüé\u0301שلامक्ष", k=rng.choice([1, 3, 9, 30]))) or "x" for _ in range(size)]
    sentence = Sentence.from_words(forms, comments=["sent_id = " + "x" * rng.choice([3, 100])])
    sentence.set_tree(heads, [rng.choice(["root", "nsubj", "compound:prt", "x" * 30]) for _ in heads])
    for text in draw_sentences([sentence], width=width):
        assert all(cells(line) <= max(width, 24) for line in text.splitlines())


def test_columns_stand_below_each_other_with_wide_characters() -> None:
    sentence = tree("我 PRON 2 nsubj", "喜欢 VERB 0 root", "e\u0301te\u0301 NOUN 2 obj", "שלום INTJ 2 discourse")
    lines = draw_tree(sentence).splitlines()
    assert {cells(line[: line.index(tag)]) for line, tag in zip(lines, ("PRON", "VERB", "NOUN", "INTJ"))} == {10}
    assert "\u200eשלום\u200e" in lines[3]  # between marks: a terminal that reorders leaves the columns alone


def test_a_narrow_terminal() -> None:
    assert draw_tree(FOX, width=24).splitlines()[3] == "╶┼─╴jumps  VERB   root"
    deep = Sentence.from_words([f"w{number}" for number in range(1, 100)])
    deep.set_tree(list(range(99)), ["root"] + ["dep"] * 98)
    lines = draw_tree(deep, width=60).splitlines()
    assert lines[0] == " 1 ← 0  w1   _  root"
    assert lines[98] == "99 ← 98 w99  _  dep"
    assert "├" not in "".join(lines) and "╰" in draw_tree(deep, width=250)


def test_colors_only_if_asked() -> None:
    plain, colored = draw_tree(FOX), draw_tree(FOX, color=True)
    assert "\x1b" not in plain
    assert re.sub(r"\x1b\[\d+m", "", colored) == plain
    assert "\x1b[1mjumps\x1b[0m" in colored


def test_what_is_colored_how() -> None:
    sentence = tree("Dogs NOUN 2 nsubj", "bark VERB 0 root")
    assert draw_tree(sentence, color=True).splitlines() == [
        "\x1b[2m  ╭╴\x1b[0mDogs  \x1b[35mNOUN\x1b[0m  \x1b[36mnsubj\x1b[0m",
        "\x1b[2m╶─┴╴\x1b[0m\x1b[1mbark\x1b[0m  \x1b[35mVERB\x1b[0m  \x1b[36mroot\x1b[0m",
    ]


def test_markup_in_a_word_is_text() -> None:
    words = ["[bold]", "[/bold]", ":smile:", "[link=https://example.org]x[/link]", "\\[red]", "12:30"]
    sentence = Sentence.from_words(words, comments=["sent_id = [red]1", f"text = {' '.join(words)}"])
    sentence.set_tree([0, 1, 1, 1, 1, 1], ["root", "[i]", ":x:", "[/]", "obj", "obl"])
    sentence.set_tags(["[dim]X[/dim]", ":+1:", "X", "X", "X", "X"], None, None)
    for color in (False, True):
        (text,) = draw_sentences([sentence], color=color)
        for value in (*words, "[i]", ":x:", "[/]", "[dim]X[/dim]", ":+1:", "# [red]1", " ".join(words)):
            assert value in text, value


def test_a_long_line_is_left_to_the_width_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    sentence = tree("x" * 150 + " NOUN 2 nsubj", "漢" * 60 + " VERB 0 root")
    for color in (False, True):
        assert len(draw_tree(sentence, width=400, color=color).splitlines()) == 2


@pytest.mark.parametrize(("variables", "expected"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_when_a_terminal_is_colored(variables: dict[str, str], expected: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert wants_color(Terminal()) is expected
    assert not wants_color(io.StringIO())


def test_an_escape_sequence_in_a_file_stays_in_it() -> None:
    sentence = tree("a\x1b[2J X 0 root", "b\u202ec \x07 1 de\x9bp")
    drawing = draw_tree(sentence)
    assert not any(character in drawing for character in "\x1b\x07\x9b\u202e")
    assert "a\ufffd[2J" in drawing


MULTIWORD = """\
# sent_id = s1
1-2\tdon't\t_\t_\t_\t_\t_\t_\t_\t_
1\tdo\t_\tAUX\t_\t_\t3\taux\t_\t_
2\tn't\t_\tPART\t_\t_\t3\tadvmod\t_\t_
3\tgo\t_\tVERB\t_\t_\t0\troot\t_\tSpaceAfter=No
4\t!\t_\tPUNCT\t_\t_\t3\tpunct\t_\t_

"""


def test_multiword_tokens_and_text() -> None:
    sentence = parse_block(MULTIWORD)
    assert sentence is not None
    assert sentence.text == "don't go!"
    assert next(iter(draw_sentences([sentence], width=60))).splitlines() == [
        "# s1",
        "don't go!",
        "  ╭╴do   AUX    aux     ╮ don't",
        "  ├╴n't  PART   advmod  ╯",
        "╶─┼╴go   VERB   root",
        "  ╰╴!    PUNCT  punct",
        "",
    ]
    assert "don't" not in draw_tree(sentence, width=27)


def test_what_is_no_tree_is_an_error() -> None:
    untagged = read_conllu(io.BytesIO(b"1\ta" + b"\t_" * 8 + b"\n\n"), name="f")
    with pytest.raises(TreeError, match=r"^f:1: .*HEAD is missing"):
        list(draw_sentences(untagged))


def test_trunks() -> None:
    assert place_trunks([2, 3, 0, 3]) == [0, 1, 2, 0]
    assert place_trunks([0]) == [0]
    assert place_trunks([3, 4, 4, 0]) == [0, 0, 1, 2]


def test_measuring_text() -> None:
    assert [cells(text) for text in ("abc", "漢字", "ｱ", "e\u0301", "한국", "\u1112\u1161\u11ab", "क्ष", "")] == [
        3,
        4,
        1,
        1,
        4,
        2,
        2,
        0,
    ]
    assert cells("\u200e\u200b") == 0
    assert shorten("漢字かな", 5) == "漢字…"
    assert shorten("e\u0301e\u0301e\u0301", 2) == "e\u0301…"
    assert shorten("abc", 3) == "abc"
    assert clean("a\tb\u2028\u2066c") == "a\ufffdb\ufffd\ufffdc"
    assert is_right_to_left("שלום, world") is False
    assert is_right_to_left("שלום") is True
    assert isolate("abc") == "abc"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("👨\u200d👩\u200d👧", 2),  # a family
        ("🇩🇪", 2),  # a flag of two letters
        ("👍🏽", 2),  # with a skin tone
        ("❤\ufe0f", 2),  # a text symbol made an emoji
        ("🏳\ufe0f\u200d🌈", 2),
        ("ok👨\u200d👩\u200d👧漢", 6),
        ("हिन्दी", 5),  # ि and ी have cells of their own, the virama has none
        ("க\u0bbe", 2),
        ("ه\u200d.ش", 3),  # a joiner that is no emoji's
        ("می\u200cخواهم", 7),
        ("क्\u200dष", 2),
    ],
)
def test_measuring_what_is_joined(text: str, expected: int) -> None:
    assert cells(text) == expected
    assert cells(text * 150) == expected * 150  # longer than what is remembered


def test_joined_emoji_are_not_cut_apart() -> None:
    family = "👨\u200d👩\u200d👧"
    assert shorten(family * 3, 5) == family * 2 + "…"
    assert shorten(family * 3, 4) == family + "…"
    assert wrap(family * 3, 5) == [family * 2, family]
    assert cells(shorten("ab❤\ufe0fc", 4)) == 4


def test_text_of_marks_alone_is_measured_fast() -> None:
    marks = "a" + "\u0301" * 50_000 + "b" * 300
    assert cells(shorten(marks, 40)) == 40
    assert [cells(line) for line in wrap(marks, 100)] == [100, 100, 100, 1]


def test_wrapping_text() -> None:
    assert wrap("the quick brown fox", 9) == ["the quick", "brown fox"]
    assert wrap("漢字漢字漢字", 5) == ["漢字", "漢字", "漢字"]
    assert wrap("a 漢字漢字漢字", 5, indent=" ") == ["a", " 漢字", " 漢字", " 漢字"]
    assert wrap("", 10) == []


def test_lemmas_and_features_beside_the_tree() -> None:
    sentence = tree("Dogs NOUN 2 nsubj", "bark VERB 0 root")
    sentence.set_lemmas(["dog", "bark"])
    sentence.set_tags(None, None, ["Number=Plur", "_"], mode="retag")
    assert draw_tree(sentence, details=(LEMMA, FEATS)).splitlines() == [
        "  ╭╴Dogs  dog   NOUN  nsubj  Number=Plur",
        "╶─┴╴bark  bark  VERB  root   _",
    ]
    assert draw_tree(sentence, details=(LEMMA,)).splitlines()[0] == "  ╭╴Dogs  dog   NOUN  nsubj"
    (text,) = draw_sentences([sentence], details=(FEATS,))
    assert "nsubj  Number=Plur" in text


SCORED = """\
# text = Dogs chase cats.
1\tDogs\t_\tNOUN\t_\t_\t3\tnsubj\t_\tArcScore=0.4500|LabelScore=0.9000
2\tchase\t_\tVERB\t_\t_\t0\troot\t_\tArcScore=0.9900|LabelScore=0.9900
3\tcats\t_\tNOUN\t_\t_\t2\tiobj\t_\tArcScore=0.9000|LabelScore=0.7000
4\t.\t_\tPUNCT\t_\t_\t2\tpunct\t_\tArcScore=0.9900|LabelScore=0.8900

"""
RIGHT = SCORED.replace("\t3\tnsubj", "\t2\tnsubj").replace("iobj", "obj")


def test_probabilities_and_corrections() -> None:
    scored, right = (next(iter(read_conllu(io.BytesIO(text.encode())))) for text in (SCORED, RIGHT))
    assert draw_tree(scored, scores=True, gold=right).splitlines() == [
        "    ╭╴Dogs   NOUN   nsubj  40  ✗ 2 chase nsubj",
        "╶─┬─│╴chase  VERB   root   98",
        "  ├─┴╴cats   NOUN   iobj   63  ✗ obj",
        "  ╰──╴.      PUNCT  punct  88",
    ]
    assert draw_tree(right, gold=right) == draw_tree(right)
    (drawn,) = draw_sentences([scored], gold=[right])
    assert drawn.startswith("# 3 of 4 heads right, 2 with the right label as well\nDogs chase cats.\n")
    # The line of an arc and its probability have one color, by how doubtful it is.
    colored = draw_tree(scored, scores=True, color=True).splitlines()
    for line, style, arc, percent in zip(
        colored, ("1;31", "2", "31", "33"), ("╭╴", "╶─┬─│╴", "├─┴╴", "╰──╴"), (40, 98, 63, 88)
    ):
        assert f"\x1b[{style}m{arc}\x1b[0m" in line and f"\x1b[{style}m{percent}\x1b[0m" in line
    with pytest.raises(ConlluError, match="no ArcScore and LabelScore in MISC: parse with --scores"):
        draw_tree(FOX, scores=True)
    with pytest.raises(AlignmentError, match="word 1 is 'Dogs', in the gold file it is 'The'"):
        list(draw_sentences([scored], gold=[FOX]))
    narrow = draw_tree(scored, scores=True, gold=right, width=24)
    assert all(cells(line) <= 24 for line in narrow.splitlines())
