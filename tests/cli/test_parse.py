"""The command `parse`: what it changes and keeps, its options, what it refuses, and how it is stopped."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

import arcparser
from arcparser.model import model_file
from arcparser.treebank.sentence import Sentence
from tests.helpers.command import BAD, GOOD, LINUX, POSIX, Run, ended, process, wait_until
from tests.helpers.raw_text import raw_text
from tests.helpers.toy import ALL_FILES, DEV, ENHANCED, TEST, assert_tree, only_columns_differ, random_parser


@pytest.mark.parametrize("file", ALL_FILES, ids=lambda file: file.stem)
def test_parse_changes_heads_and_deprels_alone(run: Run, toy_model: Path, file: Path) -> None:
    result = run("parse", file, "--model", toy_model)
    assert (result.status, result.err) == (0, "")
    words = only_columns_differ(file.read_bytes(), result.out)
    assert words == sum(map(len, result.sentences)) > 50
    for sentence in result.sentences:
        assert_tree(sentence)
    assert result.out != file.read_bytes()


ODD = (
    "\ufeff# free comment\r\n# key = 1\r\n# key = 2\r\n"
    "1-2\tdon't\t_\t_\t_\t_\t_\t_\t_\tA=1|A=2\r\n"
    "1\tdo\tdo  x\tAUX\t_\t_\t7\tx\t0:root\tx=y=z\r\n"
    "1.1\te\t_\t_\t_\t_\t_\t_\t2:dep\t_\r\n"
    "2\tn  't\t_\tPART\t_\tB=2|A=1\t_\t_\t_\t\r\n"
    "\r\n\r\n \n"
    "# only a comment\n\n"
    "1\tÜber\t_\tX\t_\t_\tnone\t\t_\tSpaceAfter=No"
)


def test_parse_keeps_every_other_byte(run: Run, toy_model: Path, tmp_path: Path) -> None:
    """A byte-order mark, CRLF and LF, blank lines, empty columns, repeated keys, no newline at the end."""
    file = tmp_path / "odd.conllu"
    file.write_bytes(ODD.encode())
    result = run("parse", file, "--model", toy_model)
    assert result.status == 0
    assert only_columns_differ(ODD.encode(), result.out) == 3
    assert [s.heads.count(0) for s in result.sentences] == [1, 1]
    assert run("parse", "--model", toy_model, stdin=ODD.encode()).out == result.out


def plain(conllu: bytes) -> bytes:
    """CoNLL-U without what tells documents apart."""
    return re.sub(rb"^# (newdoc id|sent_id) = .*\n", b"", conllu, flags=re.MULTILINE)


def test_parse_reads_several_inputs_in_order(run: Run, toy_model: Path) -> None:
    separate = [run("parse", file, "--model", toy_model).out for file in (TEST, ENHANCED)]
    joined = run("parse", ENHANCED, "-", TEST, "--model", toy_model, stdin=TEST.read_bytes())
    assert plain(joined.out) == plain(separate[1] + separate[0] + separate[0])
    ids = re.findall(rb"^# sent_id = (.*)$", joined.out, re.MULTILINE)
    assert len(set(ids)) == len(ids) == joined.out.count(b"\n\n") > 2 * 34


@pytest.mark.parametrize("words", ["1", "13", "100000"])
def test_batches_change_no_byte(run: Run, toy_model: Path, words: str) -> None:
    expected = run("parse", TEST, "--model", toy_model).out
    assert run("parse", TEST, "--model", toy_model, "--batch-words", words).out == expected


def test_processes_change_no_byte(run: Run, toy_model: Path) -> None:
    expected = run("parse", TEST, "--model", toy_model).out
    parallel = ended(process(["parse", TEST, "--model", toy_model, "--jobs", "2", "--batch-words", "50"]))
    assert (parallel.status, parallel.err) == (0, "")
    assert parallel.out == expected


def test_nothing_in_nothing_out(run: Run, toy_model: Path) -> None:
    for data in (b"", b"\n", b"# comment\n\n", b"\xef\xbb\xbf"):
        result = run("parse", "--model", toy_model, stdin=data)
        assert (result.status, result.out, result.err) == (0, data, "")


def test_lemmas_are_filled_replaced_or_kept(run: Run, toy_model: Path) -> None:
    gold = TEST.read_bytes()
    rows = [line.split(b"\t") for line in gold.split(b"\n")]
    bare = b"\n".join(b"\t".join([*r[:2], b"_", *r[3:]] if len(r) == 10 else r) for r in rows)
    filled = run("parse", "--model", toy_model, stdin=bare)
    assert only_columns_differ(bare, filled.out) == 405
    retagged = run("parse", TEST, "--model", toy_model, "--retag")
    made = [s.lemmas for s in retagged.sentences]
    assert [s.lemmas for s in filled.sentences] == made  # on tagged words as well
    assert "_" not in {lemma for lemmas in made for lemma in lemmas}
    right = [s.lemmas for s in arcparser.read_conllu(TEST)]
    assert made != right
    kept = run("parse", "--model", toy_model, "--keep-tags", stdin=bare)
    only_columns_differ(bare, kept.out, lemmas_filled=False)
    assert [s.lemmas for s in run("parse", TEST, "--model", toy_model).sentences] == right


def untagged(file: Path) -> bytes:
    rows = [line.split("\t") for line in file.read_text(encoding="utf-8").split("\n")]
    return "\n".join("\t".join([*r[:3], "_", "_", "_", *r[6:]] if len(r) == 10 else r) for r in rows).encode()


def test_tags_are_filled_replaced_or_kept(run: Run, toy_model: Path) -> None:
    bare = untagged(TEST)
    filled = run("parse", "--model", toy_model, stdin=bare).out
    assert only_columns_differ(bare, filled, columns=(3, 4, 5, 6, 7)) == 405
    kept = run("parse", "--model", toy_model, "--keep-tags", stdin=bare).out
    only_columns_differ(bare, kept, lemmas_filled=False)
    gold, retagged = run("parse", TEST, "--model", toy_model), run("parse", TEST, "--model", toy_model, "--retag")
    tags = [(s.upos, s.xpos, s.feats) for s in retagged.sentences]
    assert tags == [(s.upos, s.xpos, s.feats) for s in arcparser.read_conllu(io.BytesIO(filled))]
    assert tags != [(s.upos, s.xpos, s.feats) for s in gold.sentences]
    only_columns_differ(TEST.read_bytes(), retagged.out, columns=(2, 3, 4, 5, 6, 7))
    # The tree does not depend on the tags that come in.
    trees = [[s.heads for s in arcparser.read_conllu(io.BytesIO(out))] for out in (filled, kept, retagged.out)]
    assert trees == [[s.heads for s in gold.sentences]] * 3


def test_clear_deps(run: Run, toy_model: Path) -> None:
    result = run("parse", ENHANCED, "--model", toy_model, "--clear-deps")
    assert any(dep != "_" for s in arcparser.read_conllu(ENHANCED) for dep in s.deps)
    for line in result.out.decode().splitlines():
        if line and not line.startswith("#"):
            assert line.split("\t")[8] == "_"
    plain = run("parse", ENHANCED, "--model", toy_model)
    assert [s.heads for s in result.sentences] == [s.heads for s in plain.sentences]


def unsplit(file: Path) -> bytes:
    """A file whose multiword tokens are single words instead."""
    flat = []
    for s in arcparser.read_conllu(file):
        tokens = list(s.tokens)
        sentence = Sentence.from_words(
            [t.form for t in tokens], comments=s.comments, misc=[str(t.misc) for t in tokens]
        )
        flat.append(sentence.to_bytes())
    return b"".join(flat)


def test_words_are_split_as_in_the_treebank(run: Run, toy_model: Path) -> None:
    data = unsplit(DEV)
    plain = run("parse", "--model", toy_model, stdin=data)
    result = run("parse", "--model", toy_model, "--split-words", stdin=data)
    assert (result.status, result.err) == (0, "")
    gold = list(arcparser.read_conllu(DEV))
    assert sum(len(sentence.multiword_tokens) for sentence in gold) > 10
    right = 0
    for new, old, sentence in zip(result.sentences, gold, plain.sentences):
        assert_tree(new)
        assert raw_text([new]) == raw_text([old])
        assert new.comments == old.comments
        right += new.forms == old.forms
        if not new.multiword_tokens:
            assert new.to_bytes() == sentence.to_bytes()
    assert len(gold) - 3 <= right
    for option in (["--batch-words", "1"], ["--flush"]):
        assert run("parse", "--model", toy_model, "--split-words", *option, stdin=data).out == result.out
    # What is split already stays.
    again = run("parse", "--model", toy_model, "--split-words", stdin=result.out)
    assert again.out == result.out


def test_words_are_split_in_conllu_and_tokenized_text_alone(run: Run, toy_model: Path, tmp_path: Path) -> None:
    text, words = tmp_path / "a.txt", tmp_path / "b.conllu"
    text.write_text("They don't sleep.")
    words.write_bytes(b"# a\n1\tdon't" + b"\t_" * 7 + b"\tSpaceAfter=No\n\n" + BAD["nine columns"][0] + GOOD)
    options = ["--model", toy_model, "--split-words"]
    both = run("parse", text, words, *options, "--skip-invalid").out
    assert both.count(b"-3\tdon't\t") == both.count(b"-2\tdon't\t") == 1
    assert b"# a\n1-2\tdon't" + b"\t_" * 7 + b"\tSpaceAfter=No\n1\tdo\t" in both
    assert BAD["nine columns"][0] in both
    tokenized = run("parse", "--text", "They don't  sleep .", "--format", "words", *options).sentences
    assert [(token.form, str(token.misc)) for token in tokenized[0].tokens][1] == ("don't", r"SpacesAfter=\s\s")
    assert tokenized[0].forms == ["They", "do", "n't", "sleep", "."]
    for raw in (["--text", "Dogs don't."], [text], [words, "--format", "lines"]):
        refused = run("parse", *raw, *options)
        assert (refused.status, refused.out) == (2, b"")
        assert refused.line.startswith("--split-words is for CoNLL-U and --format words: leave it out, ")


def test_a_model_without_multiword_tokens_splits_no_words(run: Run, tmp_path: Path) -> None:
    model, output = tmp_path / "model", tmp_path / "out"
    parser = random_parser(1)
    model_file.save(parser.model, model)
    refused = run("parse", DEV, "--model", model, "--split-words", "--output", output)
    problem = "random splits no words, its treebank has no multiword tokens"
    assert refused.status == 2
    assert refused.line == f"--split-words: {problem}: leave it out, or give another --model"
    assert not output.exists()
    with pytest.raises(arcparser.UsageError, match=f"^{problem}: leave out split_words, or load another model$"):
        parser.parse(["Dogs", "don't"], split_words=True)


def test_scores_are_added_to_misc(run: Run, toy_model: Path) -> None:
    result = run("parse", TEST, "--model", toy_model, "--scores")
    only_columns_differ(TEST.read_bytes(), result.out, columns=(6, 7, 9))
    before = [value for s in arcparser.read_conllu(TEST) for value in s.misc]
    after = [value for s in result.sentences for value in s.misc]
    for old, new in zip(before, after):
        kept = "" if old == "_" else old + "|"
        assert re.fullmatch(re.escape(kept) + r"ArcScore=[01]\.[0-9]{4}\|LabelScore=[01]\.[0-9]{4}", new)


def test_output_goes_to_a_file_at_once(run: Run, toy_model: Path, tmp_path: Path) -> None:
    output = tmp_path / "parsed.conllu"
    expected = run("parse", TEST, "--model", toy_model).out
    result = run("parse", TEST, "--model", toy_model, "--output", output)
    assert (result.status, result.out, result.err) == (0, b"", "")
    assert output.read_bytes() == expected
    assert os.listdir(tmp_path) == ["parsed.conllu"]
    assert run("parse", TEST, "--model", toy_model, "--output", "-").out == expected
    # A file may be parsed into itself.
    output.write_bytes(TEST.read_bytes())
    assert run("parse", output, "--model", toy_model, "--output", output).status == 0
    assert output.read_bytes() == expected


@pytest.mark.parametrize(("bad", "line", "message"), BAD.values(), ids=list(BAD))
def test_malformed_input_is_one_line_with_file_and_line(
    run: Run, toy_model: Path, tmp_path: Path, bad: bytes, line: int, message: str
) -> None:
    file, output = tmp_path / "bad.conllu", tmp_path / "out.conllu"
    file.write_bytes(GOOD + bad + GOOD)
    result = run("parse", file, "--model", toy_model, "--output", output)
    assert result.status == 1
    assert result.line.startswith(f"{file}:{2 + line}: ")
    assert message in result.line
    assert re.search(r": [a-z]+ .*$", result.line)
    assert not output.exists()
    assert os.listdir(tmp_path) == ["bad.conllu"]
    piped = run("parse", "--model", toy_model, stdin=GOOD + bad + GOOD)
    assert piped.line == result.line.replace(str(file), "<stdin>")

    skipped = run("parse", file, "--model", toy_model, "--skip-invalid", "--output", output)
    assert skipped.status == 0
    assert output.read_bytes() == GOOD + bad + GOOD  # the good ones are one word each: no other tree is possible
    assert skipped.err.splitlines() == [
        f"skipped: {result.line}",
        "1 invalid sentence passed through unchanged",
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"Dogs chase cats.\n", "not CoNLL-U, no line has columns separated by tabs: for raw text use --format text"),
        (b"<?xml version='1.0'?>\n<a\t/>\n", "XML or HTML"),
        (b"\x1f\x8b\x08\0\0", "gzip"),
        (b"%PDF-1.4\n", "PDF"),
        ("Dogs".encode("utf-16"), "UTF-16"),
        (b"\0\1\2\3\t\n" * 100, "binary"),
    ],
)
@pytest.mark.parametrize("skip", [[], ["--skip-invalid"]], ids=["", "skip"])
def test_what_is_no_conllu_at_all(run: Run, toy_model: Path, data: bytes, message: str, skip: list[str]) -> None:
    result = run("parse", "--model", toy_model, *skip, stdin=data)
    assert result.status == 1
    assert result.line.startswith("<stdin>")
    assert message in result.line
    assert result.out == b""


def test_many_invalid_sentences_are_counted_not_listed(run: Run, toy_model: Path) -> None:
    data = GOOD + BAD["nine columns"][0] * 30
    result = run("parse", "--model", toy_model, "--skip-invalid", stdin=data)
    assert result.out == data
    assert len(result.err.splitlines()) < 10
    assert result.err.splitlines()[-1] == "30 invalid sentences passed through unchanged"


@pytest.mark.parametrize("option", [["--batch-words", "0"], ["--batch-words", "-5"], ["--jobs", "0"]])
def test_impossible_numbers(run: Run, toy_model: Path, option: list[str]) -> None:
    result = run("parse", DEV, "--model", toy_model, *option)
    assert result.status == 2
    assert result.line == f"{' '.join(option)}: give at least 1"


@LINUX
def test_a_full_disk(run: Run, toy_model: Path) -> None:
    result = run("parse", DEV, "--model", toy_model, "--output", "/dev/full")
    assert result.status == 1
    assert result.line == "/dev/full: cannot be written: No space left on device"


@POSIX
def test_ctrl_c_while_parsing(toy_model: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.conllu"
    running = process(["parse", "--model", toy_model, "--output", output], stdin=subprocess.PIPE)
    assert running.stdin is not None
    running.stdin.write(GOOD)
    running.stdin.flush()
    wait_until(lambda: bool(os.listdir(tmp_path)), running)  # the temporary file is there: it is parsing
    assert not output.exists()
    running.send_signal(signal.SIGINT)
    result = ended(running)
    assert (result.status, result.line) == (130, "stopped")
    assert os.listdir(tmp_path) == []


def two_processes(model: Path, folder: Path) -> subprocess.Popen[bytes]:
    """Start a parse that shares its work and waits for more, once its output is being written."""
    command = ["parse", "--model", model, "--output", folder / "out.conllu", "--jobs", "2", "--batch-words", "1"]
    running = process(command, stdin=subprocess.PIPE, start_new_session=True)
    assert running.stdin is not None
    running.stdin.write(GOOD * 12)
    running.stdin.flush()
    wait_until(lambda: bool(os.listdir(folder)), running)
    return running


@POSIX
def test_ctrl_c_while_processes_parse(toy_model: Path, tmp_path: Path) -> None:
    """At a terminal, Ctrl-C reaches the processes of --jobs as well: they are as quiet as the command."""
    running = two_processes(toy_model, tmp_path)
    time.sleep(1)  # while the processes start, or parse, or wait for more
    os.killpg(running.pid, signal.SIGINT)
    result = ended(running)
    assert (result.status, result.line) == (130, "stopped")
    assert os.listdir(tmp_path) == []


@POSIX
def test_processes_end_with_a_command_that_is_killed(toy_model: Path, tmp_path: Path) -> None:
    running = two_processes(toy_model, tmp_path)
    time.sleep(1)
    running.kill()
    # Its standard error is open as long as one of them lives.
    assert ended(running).status == -signal.SIGKILL
    assert not (tmp_path / "out.conllu").exists()


def test_parse_around_given_arcs(run: Run, toy_model: Path, tmp_path: Path) -> None:
    good = "1\tDogs\t_\t_\t_\t_\t3\tx:y\t_\t_\n2\tchase\t_\t_\t_\t_\t_\t_\t_\t_\n3\tcats\t_\t_\t_\t_\t2\t_\t_\t_\n\n"
    bad = good.replace("\t2\t_", "\t1\t_")
    file = tmp_path / "f.conllu"
    file.write_text(good + bad, "utf-8")
    result = run("parse", file, "--model", toy_model, "--keep-arcs", "--output", tmp_path / "out")
    assert (result.status, result.out) == (1, b"")
    assert result.err.startswith(f"arcparser: {file}:5: word 1 ('Dogs'): depends on itself by 1 -> 3 -> 1")
    assert not (tmp_path / "out").exists()
    result = run("parse", file, "--model", toy_model, "--keep-arcs", "--skip-invalid")
    assert result.status == 0 and "1 invalid sentence passed through unchanged" in result.err
    parsed, passed = result.sentences[0], result.out.decode().split("\n\n")[1]
    assert (parsed.heads, parsed.deprels[0]) == ([3, 0, 2], "x:y")
    assert passed + "\n\n" == bad
    result = run("parse", "--text", "Dogs chase cats", "--model", toy_model, "--keep-arcs")
    assert result.status and "--keep-arcs is for CoNLL-U" in result.err
