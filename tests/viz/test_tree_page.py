"""The pages of trees: what is drawn, what is marked, and that they are sound HTML of their own."""

from __future__ import annotations

import io
import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arcparser.errors import AlignmentError, ConlluError, InputError, OutputError, TreeError
from arcparser.treebank.columns import FEATS, LEMMA
from arcparser.treebank.reader import read_conllu
from arcparser.treebank.sentence import Sentence
from arcparser.viz.svg_tree import Arc, Drawing, Word, arc_levels, draw_column, draw_row, row_width, text_pixels
from arcparser.viz.tree_files import render_sources
from arcparser.viz.tree_page import Tally, render_html, tree_arcs
from tests.helpers.generated import random_tree
from tests.helpers.pages import overflow, read_page
from tests.helpers.toy import CHINESE, DEV, ENHANCED

HEBREW = """\
# sent_id = he-1
1	הילדה	_	NOUN	_	_	2	nsubj	_	_
2	קראה	_	VERB	_	_	0	root	_	_
3	ספר	_	NOUN	_	_	2	obj	_	_

"""


def read(text: str) -> list[Sentence]:
    return list(read_conllu(io.BytesIO(text.encode()), name="f"))


def sentence(*words: str) -> Sentence:
    """A sentence of words given as `form head deprel`."""
    rows = [word.split(" ") for word in words]
    result = Sentence.from_words([row[0] for row in rows])
    result.set_tree([int(row[1]) for row in rows], [row[2] for row in rows])
    return result


GOLD = sentence("They 2 nsubj", "saw 0 root", "her 4 nmod:poss", "duck 2 obj", ". 2 punct")
SYSTEM = sentence("They 2 nsubj", "saw 0 root", "her 2 obj", "duck 2 xcomp", ". 2 punct")


def test_differing_arcs() -> None:
    assert tree_arcs(SYSTEM, GOLD) == [
        Arc(1, 0, "nsubj"),
        Arc(-1, 1, "root"),
        Arc(1, 2, "obj", "wrong"),
        Arc(3, 2, "nmod:poss", "missing"),
        Arc(1, 3, "xcomp", gold_label="obj"),
        Arc(1, 4, "punct"),
    ]
    tally = Tally()
    text = "".join(render_html([SYSTEM, GOLD], gold=[GOLD, GOLD], tally=tally))
    assert tally == Tally(2, 10, differing_sentences=1, heads_right=9, labels_right=8)
    page = read_page(text)
    marks = [attributes.get("class") for tag, attributes in page.tags if tag == "g"]
    assert marks.count("w") == marks.count("m") == 1 + 2  # legend, row, column
    for label in ("✗obj", "✓nmod:poss", "✗xcomp", "✓obj", "✗head"):
        assert label in page.texts
    assert "stroke-dasharray" in text  # not by color alone
    figures = [attributes["class"] or "" for tag, attributes in page.tags if tag == "figure"]
    assert ["same" in kind.split() for kind in figures] == [False, True]
    assert "90.00 % of the heads are right, 80.00 % with the right label as well" in text
    assert "4 of 5 heads right, 3 with the right label as well" in text
    assert "all 5 words right" in text


def test_all_is_drawn_and_escaped() -> None:
    nasty = sentence('<script>alert("1")</script> 2 a&b', "x 0 <b>", "'y' 1 \"q\"")
    nasty.set_tags(["<NOUN>", "&amp;", "_"], None, None)
    text = "".join(render_html([nasty], title="</title><i>", language='en"'))
    page = read_page(text)
    for shown in ("<NOUN>", "&amp;", "a&b", "<b>", '"q"', "'y'", "x", "</title><i>"):
        assert page.texts.count(shown) >= 2, shown  # in the row and in the column, or as title and heading
    assert not {tag for tag, _ in page.tags} & {"script", "b", "i"}
    assert page.tags[0] == ("html", {"lang": 'en"'})


def test_the_page_stands_alone() -> None:
    for path in (DEV, ENHANCED, CHINESE):
        sentences = list(read_conllu(path))
        pieces = list(render_html(sentences, gold=sentences))
        page = read_page("".join(pieces))
        figures = [piece for piece in pieces if "<figure" in piece]  # each sentence is a piece of its own
        assert len(figures) == len(sentences)
        assert all(piece.startswith("<figure") and piece.endswith("</figure>\n") for piece in figures)
        assert sum(tag == "figure" for tag, _ in page.tags) == len(sentences)
        assert page.texts.count("root") >= len(sentences)
        assert "".join(render_html(sentences, gold=sentences)) == "".join(pieces)


def test_it_is_written_as_it_is_read() -> None:
    taken = 0

    def endless() -> object:
        nonlocal taken
        while True:
            taken += 1
            yield GOLD

    pages = render_html(endless(), gold=iter(endless()))  # type: ignore[arg-type, call-overload]
    for _ in range(12):
        next(pages)
    assert taken <= 24


def test_right_to_left() -> None:
    hebrew, english = read(HEBREW)[0], sentence("The 2 det", "girl 3 nsubj", "read 0 root")
    words = [Word(form, "X") for form in ("a", "b", "c")]
    arcs = [Arc(1, 0, "nsubj"), Arc(-1, 1, "root"), Arc(1, 2, "obj")]

    def middles(drawing: Drawing) -> list[int]:
        return [int(x) for x in re.findall(r'class="f" x="(\d+)"', drawing.svg)]

    row, mirrored = draw_row(words, arcs), draw_row(words, arcs, right_to_left=True)
    assert middles(row) == sorted(middles(row))
    width = row_width(words, arcs)
    assert middles(mirrored) == pytest.approx([width - x for x in middles(row)], abs=1)
    assert 'class="t h rtl"' in mirrored.svg
    column, mirrored_column = draw_column(words, arcs), draw_column(words, arcs, right_to_left=True)
    assert len(set(middles(column))) == 1 and middles(mirrored_column)[0] > 0
    text = "".join(render_html([hebrew, english]))
    assert text.count("rtl") - text.partition("</style>")[0].count("rtl") == 3  # the figure and two drawings


@given(st.integers(2, 30), st.integers(0, 10**9))
@settings(max_examples=60)
def test_arcs_of_one_level_do_not_overlap(size: int, seed: int) -> None:
    heads = random_tree(size, random.Random(seed))
    spans = [(min(word, head) - 1, max(word, head) - 1) for word, head in enumerate(heads, start=1) if head]
    levels = arc_levels(spans)
    for i, (a, b) in enumerate(spans):
        for j, (c, d) in enumerate(spans[:i]):
            if a < d and c < b:
                assert levels[i] != levels[j]
                if a <= c and d <= b and (b - a) > (d - c):  # the longer one is above
                    assert levels[i] > levels[j]
    assert min(levels) == 1
    words = [Word("w" * (1 + seed % 9), "NOUN") for _ in heads]
    arcs = [Arc(head - 1, word, "compound:prt") for word, head in enumerate(heads)]
    svg = draw_row(words, arcs).svg
    middles = [int(x) for x in re.findall(r'class="f" x="(\d+)"', svg)]
    assert all(right - left > text_pixels(words[0].form, 15) for left, right in zip(middles, middles[1:]))
    for left, right in spans:
        assert middles[right] - middles[left] > text_pixels("compound:prt", 12)


def test_a_drawing_says_how_high_it_is() -> None:
    words = [Word(form, "X") for form in ("a", "b", "c")]
    arcs = [Arc(1, 0, "nsubj"), Arc(-1, 1, "root"), Arc(1, 2, "obj", "wrong"), Arc(0, 2, "obj", "missing")]
    for drawing in (draw_row(words, arcs), draw_row(words, arcs[:3]), draw_column(words, arcs)):
        assert f' height="{drawing.height}" viewBox="0 0 ' in drawing.svg
    assert draw_row(words, arcs).height > draw_row(words, arcs[:3]).height


def test_levels() -> None:
    assert arc_levels([(0, 1), (0, 3), (2, 3)]) == [1, 2, 1]
    assert arc_levels([(0, 2), (1, 3)]) == [1, 2]
    assert arc_levels([]) == []


def test_a_long_sentence_is_drawn_one_word_per_line() -> None:
    long = sentence("word1 0 root", *(f"word{number} 1 dep" for number in range(2, 61)))
    text = "".join(render_html([long]))
    assert 'class="t v"' in text and 'class="t h"' not in text
    short = "".join(render_html([GOLD]))
    assert 'class="t v"' in short and 'class="t h"' in short


def test_different_words_are_refused() -> None:
    other = sentence("They 2 nsubj", "see 0 root")
    with pytest.raises(AlignmentError, match="word 2 is 'saw', in the gold file it is 'see'"):
        list(render_html([sentence("They 2 nsubj", "saw 0 root")], gold=[other]))
    with pytest.raises(AlignmentError, match="the gold file has fewer sentences"):
        list(render_html([GOLD, GOLD], gold=[GOLD]))
    with pytest.raises(AlignmentError, match="the file to draw has fewer sentences"):
        list(render_html([GOLD], gold=[GOLD, GOLD]))
    with pytest.raises(AlignmentError, match="multiword tokens"):
        joined = "1-2\tab" + "\t_" * 8 + "\n1\ta\t_\t_\t_\t_\t0\troot\t_\t_\n2\tb\t_\t_\t_\t_\t1\tx\t_\t_\n\n"
        list(render_html(read(joined), gold=[sentence("a 0 root", "b 1 x")]))


def test_files(tmp_path: Path) -> None:
    output = tmp_path / "trees.html"
    tally = render_sources([str(DEV)], output, model="nonesuch", gold=DEV).tally
    assert (tally.sentences, tally.words, tally.differing_sentences) == (41, 462, 0)
    page = read_page(output.read_text("utf-8"))
    assert f"{DEV.name} against {DEV.name}" in page.texts
    output.unlink()

    untagged = tmp_path / "untagged.conllu"
    untagged.write_text("1\ta" + "\t_" * 8 + "\n\n")
    empty = tmp_path / "empty.conllu"
    empty.write_text("# only a comment\n\n")
    for path, error in ((untagged, TreeError), (empty, InputError), (tmp_path / "none", InputError)):
        with pytest.raises(error, match=f"^{re.escape(str(path))}"):
            render_sources([str(path)], output, model="nonesuch")
    with pytest.raises(OutputError):
        render_sources([str(DEV)], tmp_path / "no" / "folder.html", model="nonesuch")
    assert not [path for path in tmp_path.iterdir() if path not in (untagged, empty)]


def test_nothing_is_wider_than_the_window(tmp_path: Path) -> None:
    output = tmp_path / "trees.html"
    long = sentence("word1 0 root", *(f"word{number} {number // 2} dep" for number in range(2, 61)))
    url = sentence("https://example.org/" + "x" * 120 + " 0 root", "漢字漢字 1 dep")
    sentences = [*read(HEBREW), GOLD, long, url, *list(read_conllu(DEV))[:5]]
    output.write_text("".join(render_html(sentences, gold=sentences)), "utf-8")
    assert overflow(output, tmp_path, widths=(1280, 700, 400)) == {1280: 0, 700: 0, 400: 0}


def test_lemmas_and_features_under_the_words() -> None:
    made = sentence("Dogs 2 nsubj", "bark 0 root")
    made.set_lemmas(["dog<", "bark"])
    made.set_tags(None, None, ["Case=Nom|Number=Plur", "_"], mode="retag")
    plain = "".join(render_html([made]))
    text = "".join(render_html([made], details=(LEMMA, FEATS)))
    for line in ("dog&lt;</text>", ">bark</text>", ">Case=Nom</text>", ">Number=Plur</text>"):
        assert line in text
    assert "  ".join(["dog&lt;", "Case=Nom", "Number=Plur"]) + "</text>" in text  # where each word has its own line
    assert "Case=Nom</text>" not in plain
    heights = [int(height) for height in re.findall(r'class="t h"[^>]* height="(\d+)"', plain + text)]
    assert heights[1] == heights[0] + 3 * 14


def test_arcs_shaded_by_probability() -> None:
    """Doubtful arcs have a class, and say how probable they are; `wrong` and `missing` stay what they are."""
    misc = (0.45, 0.99), (0.99, 0.99), (0.9, 0.7), (0.99, 0.89)
    scored, right = (
        sentence("Dogs 3 nsubj", "chase 0 root", f"cats 2 {label}", ". 2 punct") for label in ("iobj", "obj")
    )
    right.set_tree([2, 0, 2, 2], right.deprels)
    for row, (arc, label) in zip(scored.rows, misc):
        row[9] = f"ArcScore={arc}|LabelScore={label}"
    arcs = tree_arcs(scored, scores=True)
    assert [arc.classes for arc in arcs] == ["q3", "", "q2", "q1"]
    assert [arc.classes for arc in tree_arcs(scored, right, scores=True)] == ["w q3", "m", "", "q2", "q1"]
    assert all(arc.probability is None and not arc.classes for arc in tree_arcs(scored))
    page = "".join(render_html([scored], scores=True))
    assert "below 50 %" in page and page.count('class="q">45 %<') == 2  # in the row and in the column
    assert page.count("98 %") == 0
    plain = "".join(render_html([scored]))
    assert "below 50 %" not in plain and 'class="q' not in plain
    with pytest.raises(ConlluError, match="no ArcScore"):
        "".join(render_html([right], scores=True))
