"""Several inputs in one output: each is a document, no two have an id in common, and no input runs into the next."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import arcparser
from arcparser.parsing.documents import Documents
from arcparser.parsing.job import Job
from arcparser.parsing.parse_files import parse_files
from arcparser.treebank.sentence import Sentence
from arcparser.treebank.writer import missing_end
from tests.helpers.raw_text import raw_text
from tests.helpers.toy import DEV, only_columns_differ

ROW = b"1\ta\t_\tX\t_\t_\t0\troot\t_\tSpaceAfter=No\n"


def parse(model: Path, *files: Path | str, format: str | None = None) -> bytes:
    output = io.BytesIO()
    parse_files([str(file) for file in files], output, Job(model=str(model), format=format))
    return output.getvalue()


def sentences(data: bytes) -> list[Sentence]:
    return list(arcparser.read_conllu(io.BytesIO(data)))


def documents(data: bytes) -> list[str]:
    """The ids of the documents, after a look at those of the sentences."""
    ids = [sentence.sent_id for sentence in sentences(data)]
    assert len(ids) == len(set(ids))
    assert all(name and not any(c.isspace() or c == "/" or not c.isprintable() for c in name) for name in ids)
    lines = [line for line in data.decode().split("\n") if line.startswith("# newdoc")]
    return [line.removeprefix("# newdoc id = ") for line in lines]


@pytest.fixture
def texts(tmp_path: Path) -> tuple[Path, Path]:
    one, two = tmp_path / "one.txt", tmp_path / "two.txt"
    one.write_text("Dogs bark. Cats sleep.\n\nOthers sing")
    two.write_text("\tRain falls.\n")
    return one, two


def test_one_text_has_no_document(toy_model: Path, texts: tuple[Path, Path]) -> None:
    one, _ = texts
    assert documents(parse(toy_model, one)) == []
    assert parse(toy_model, one) == parse(toy_model, one, format="text")


@pytest.mark.parametrize("format", [None, "lines", "words"])
def test_each_text_is_a_document(toy_model: Path, texts: tuple[Path, Path], format: str | None) -> None:
    data = parse(toy_model, *texts, format=format)
    assert documents(data) == ["one.txt", "two.txt"]
    found = sentences(data)
    assert found[-1].comments[:3] == ["# newdoc id = two.txt", "# newpar", "# sent_id = two.txt-1"]
    assert raw_text(found[:-1]) == texts[0].read_text()
    assert raw_text(found[-1:]) == texts[1].read_text()
    # Where a document follows, the text does not go on.
    assert found[-2].misc[-1] == "SpacesAfter="
    assert (format == "words") == ("bark." in found[0].forms)
    assert parse(toy_model, texts[0], format=format).endswith(b"\tSpaceAfter=No\n\n")


def test_names_are_unique_and_fit_to_be_ids(
    toy_model: Path, texts: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = texts
    folder = tmp_path / "a b"
    folder.mkdir()
    same = folder / "one.txt"
    odd = folder / "a\u3000b\u202e ä\u0301.txt"
    for file in (same, odd):
        file.write_text("Dogs bark.")
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"Dogs bark.")))
    data = parse(toy_model, one, one, same, two, odd, "-", format="text")
    assert documents(data) == ["one.txt", "one.txt-2", "one.txt-3", "two.txt", "a_b__ä\u0301.txt", "stdin"]
    assert Documents(["a/\udcff\n.txt", ""], [True, True]).name(0) != Documents(["\x1b", "b"], [True, True]).name(0)


def test_a_text_gets_no_id_of_the_conllu_before_it(toy_model: Path, texts: tuple[Path, Path], tmp_path: Path) -> None:
    earlier = tmp_path / "earlier.conllu"
    earlier.write_bytes(parse(toy_model, *texts))
    data = parse(toy_model, earlier, *texts)
    assert documents(data) == ["one.txt", "two.txt", "one.txt-2", "two.txt-2"]
    assert data.startswith(earlier.read_bytes())


@pytest.mark.parametrize(
    "end", [b"\n\n", b"\n", b"", b"\n \t\n", b"\n# comment\n", b"\n\n# comment", b"\r\n\r\n", b"\n\n\n"]
)
def test_an_input_without_a_blank_line_at_its_end_does_not_run_into_the_next(
    toy_model: Path, texts: tuple[Path, Path], tmp_path: Path, end: bytes
) -> None:
    file, other = tmp_path / "a.conllu", tmp_path / "b.conllu"
    before = ROW.rstrip(b"\n") + end
    file.write_bytes(before)
    other.write_bytes(ROW)
    assert len(parse(toy_model, file)) == len(before)
    data = parse(toy_model, file, other, texts[1])
    begins = b"# newdoc id = a.conllu" + (b"\r\n" if end.startswith(b"\r") else b"\n")
    assert data.startswith(begins)
    data = data.removeprefix(begins)
    assert [sentence.forms[0] for sentence in sentences(data)] == ["a", "a", "Rain"]
    only_columns_differ(before, data[: len(before)])
    assert b"\n\n# newdoc id = two.txt\n" in data
    assert data.count(b"\n\n\n") == end.count(b"\n\n\n")


def test_a_whole_block_lacks_nothing() -> None:
    for whole in (b"", b"\n", b" \t\r\n", b"# a\n\n", ROW + b"\n", ROW + b" \n", ROW + b"\n\n\n"):
        assert missing_end(whole) == b""
    assert missing_end(ROW) == b"\n"
    assert missing_end(b"# a\r\n") == b"\r\n"
    assert missing_end(b"# a\r\n# b") == b"\r\n\r\n"
    assert missing_end(b"# a") == b"\n\n"


@pytest.mark.parametrize("format", ["text", "words"])
def test_joined_texts_are_valid(
    toy_model: Path, texts: tuple[Path, Path], tmp_path: Path, format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the second level of the validator of Universal Dependencies, which knows of ids, text and trees."""
    validator = pytest.importorskip("udtools").Validator(lang="en", level=2)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"No end")))
    joined = tmp_path / "joined.conllu"
    joined.write_bytes(parse(toy_model, *texts, texts[0], "-", *texts, format=format))
    state = validator.validate_files([str(joined)])
    assert state.passed(), state
    assert len(state.known_sent_ids) == len(sentences(joined.read_bytes())) > 8


def test_conllu_keeps_what_no_input_before_it_has(toy_model: Path, texts: tuple[Path, Path], tmp_path: Path) -> None:
    one, two = tmp_path / "one.conllu", tmp_path / "two.conllu"
    row = b"1\ta\ta\tX\t_\t_\t0\troot\t_\t_\n\n"
    own = b"\n# newdoc\n# sent_id = a-1\n" + row + b"# sent_id =  a-2\n" + row + row + b"# sent_id = a-2\n" + row
    one.write_bytes(own)
    two.write_bytes(
        (b"# global.columns = ID\n# newpar\n#sent_id = a-2 \n# text = a\n" + row).replace(b"\n", b"\r\n")
        + b"# sent_id = b-1\n" + row
        + b"# newdoc id = two.txt\n# sent_id = two.txt-7\n" + row
        + b"# sent_id = two.conllu-a-2\n" + row
    )  # fmt: skip
    assert parse(toy_model, one) == own
    data = parse(toy_model, one, texts[1], two, one)
    assert data.startswith(own)
    comments = [line for line in data[len(own) :].split(b"\n") if line.startswith(b"#") and b"text" not in line]
    assert comments == [
        b"# newdoc id = two.txt", b"# newpar", b"# sent_id = two.txt-1",
        b"# global.columns = ID\r", b"# newdoc id = two.conllu\r", b"# newpar\r", b"#sent_id = two.conllu-a-2 \r",
        b"# sent_id = b-1",
        b"# newdoc id = two.conllu-two.txt", b"# sent_id = two.conllu-two.txt-7",
        b"# sent_id = two.conllu-two.conllu-a-2",
        b"# newdoc", b"# sent_id = one.conllu-a-1", b"# sent_id =  one.conllu-a-2", b"# sent_id = one.conllu-a-2-2",
    ]  # fmt: skip


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_same_file_twice(toy_model: Path, jobs: int) -> None:
    output = io.BytesIO()
    parse_files([str(DEV), str(DEV)], output, Job(model=str(toy_model), jobs=jobs, provenance=True, batch_words=99))
    names = documents(output.getvalue())
    first, second = names[: len(names) // 2], names[len(names) // 2 :]
    assert second == [f"{DEV.name}-{name}" for name in first] or (first, second) == ([DEV.name], [f"{DEV.name}-2"])
    assert output.getvalue().startswith(b"# generator = ")


@settings(max_examples=60)
@given(st.data())
def test_no_id_is_in_two_inputs(data: st.DataObject) -> None:
    names = st.sampled_from(["a", "b.txt", "a-a"])
    ids = st.sampled_from(
        ["a", "a-1", "a-a-1", "a-2", "b.txt", "b.txt-1", "a-b.txt-1", "007", "a-9999", "\u0661", "a\tb"]
    )
    sources = data.draw(st.lists(st.tuples(names, st.booleans()), min_size=2, max_size=5))
    joined = Documents([name for name, _ in sources], [is_text for _, is_text in sources])
    seen: dict[str, set[int]] = {}
    for number, (_, is_text) in enumerate(sources):
        if is_text:
            document = joined.name(number)
            assert document is not None
            found = [document.id, *(f"S {document.id}-{n}" for n in (1, 2, 9999))]
        else:
            found = []
            for sent_id, newdoc in data.draw(st.lists(st.tuples(ids | st.none(), ids | st.none()), max_size=4)):
                comments = [] if newdoc is None else [f"# newdoc id = {newdoc}"]
                comments += [] if sent_id is None else [f"# sent_id = {sent_id}"]
                lines = "".join(f"{comment}\n" for comment in comments)
                (sentence,) = arcparser.parse_conllu(f"{lines}1{chr(9)}{chr(9).join('a____0a__')}\n\n")
                joined.join(sentence, number)
                values = {key: sentence.lines.comment_value(key) for key in ("newdoc id", "sent_id")}
                assert all(values[key] for key in values if f"# {key}" in lines)
                found += [values["newdoc id"] or ""] + ([f"S {values['sent_id']}"] if sent_id else [])
        for name in found:
            seen.setdefault(name, set()).add(number)
    assert all(len(numbers) == 1 for name, numbers in seen.items() if name)
