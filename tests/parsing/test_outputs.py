"""Output formats, and what says where an output comes from."""

from __future__ import annotations

import gc
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

import arcparser
from arcparser.errors import ConlluError, UsageError
from arcparser.parsing import outputs
from arcparser.parsing.job import Job
from arcparser.parsing.parse_files import parse_files
from tests.helpers.command import BAD, GOOD, POSIX, ended, process
from tests.helpers.toy import CHINESE, DEV, ENHANCED

TOKENS = b"""\
# sent_id = s1
1-2\tdon't\t_\t_\t_\t_\t_\t_\t_\t_
1\tdo\tdo\tAUX\t_\t_\t0\troot\t_\t_
2\tn't\tnot\tPART\t_\t_\t1\tdep\t_\t_
2.1\tx\t_\t_\t_\t_\t_\t_\t_\t_

"""


def parsed(data: bytes, model: Path, **options: Any) -> bytes:
    output = io.BytesIO()
    parse_files([io.BytesIO(data)], output, Job(model=str(model), **options))
    return output.getvalue()


@pytest.mark.parametrize("path", [DEV, ENHANCED, CHINESE], ids=lambda path: path.name)
def test_jsonl_has_the_sentences_of_conllu(path: Path, toy_model: Path) -> None:
    data = path.read_bytes()
    expected = arcparser.parse_conllu(parsed(data, toy_model).decode())
    lines = parsed(data, toy_model, output_format="jsonl").decode().splitlines()
    assert [json.loads(line) for line in lines] == [sentence.to_dict() for sentence in expected]


def read_parquet(data: bytes) -> Any:
    return pytest.importorskip("pyarrow.parquet").ParquetFile(io.BytesIO(data))


def test_parquet_has_a_row_a_word(toy_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs, "_GROUP", 100)
    data = DEV.read_bytes() + TOKENS
    expected = arcparser.parse_conllu(parsed(data, toy_model).decode())
    file = read_parquet(parsed(data, toy_model, output_format="parquet", provenance=True))
    assert file.metadata.num_row_groups > 3
    assert file.metadata.metadata[b"generator"].startswith(b"arcparser ")
    rows = file.read().to_pylist()
    assert len(rows) == sum(map(len, expected))
    number = 0
    for index, sentence in enumerate(expected, start=1):
        for word in sentence:
            row = rows[number]
            number += 1
            assert (row["sentence"], row["sent_id"]) == (index, sentence.sent_id)
            assert (row["id"], row["form"], row["head"], row["deprel"]) == (
                word.id,
                word.form,
                sentence.heads[word.id - 1],
                word.deprel,
            )
    assert [(row["token_id"], row["token"]) for row in rows[-3:]] == [(None, None), ("1-2", "don't"), ("1-2", "don't")]


def test_nothing_in_any_format(toy_model: Path) -> None:
    assert parsed(b"", toy_model, output_format="jsonl", provenance=True) == b""
    assert read_parquet(parsed(b"", toy_model, output_format="parquet")).read().num_rows == 0


def test_bad_sentences_are_left_out(toy_model: Path, caplog: pytest.LogCaptureFixture) -> None:
    data = GOOD + BAD["nine columns"][0] + GOOD
    assert parsed(data, toy_model, output_format="jsonl", skip_invalid=True).count(b"\n") == 2
    assert caplog.messages[-1] == "1 invalid sentence left out"


def test_parquet_that_is_broken_off_does_not_look_whole(toy_model: Path) -> None:
    parquet = pytest.importorskip("pyarrow")
    output = io.BytesIO()
    with pytest.raises(ConlluError):
        parse_files(
            [io.BytesIO(GOOD + BAD["nine columns"][0])], output, Job(model=str(toy_model), output_format="parquet")
        )
    gc.collect()  # with the writer, if something still has it
    with pytest.raises(parquet.ArrowInvalid):
        read_parquet(output.getvalue())


@POSIX
def test_parquet_goes_through_a_pipe(toy_model: Path) -> None:
    pytest.importorskip("pyarrow")
    result = ended(process(["parse", DEV, "--model", toy_model, "--output-format", "parquet"]))
    assert read_parquet(result.out).read().num_rows == 462


def test_parquet_without_its_package(toy_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r'pip install "arcparser\[parquet\]"$'):
        parsed(GOOD, toy_model, output_format="parquet")
    with pytest.raises(UsageError, match=r"^--output-format xml: give one of"):
        parsed(GOOD, toy_model, output_format="xml")


@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_provenance_comes_first_and_once(toy_model: Path, end: bytes) -> None:
    data = (b"\xef\xbb\xbf# global.columns = ID\n# newdoc\n# sent_id = 1\n" + GOOD + b"# sent_id = 2\n" + GOOD).replace(
        b"\n", end
    )
    once = parsed(data, toy_model, provenance=True)
    digest = arcparser.load(toy_model).card.name.encode()
    added = once.split(end)[1:3]
    assert added[0] == f"# generator = arcparser {arcparser.__version__}".encode()
    assert added[1].startswith(b"# model = " + digest + b" ") and len(added[1].split()[-1]) == 64
    assert once.replace(end.join(added) + end, b"") == data
    assert parsed(once, toy_model, provenance=True) == once
    other = once.replace(b"arcparser", b"UDPipe")
    assert parsed(other, toy_model, provenance=True) == once
