"""Downloading treebanks, from a server on loopback that can break off, refuse, and know no ranges."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from arcparser.download import Patience
from arcparser.errors import InputError, OutputError, UsageError
from arcparser.treebank.ud import (
    RELEASE,
    DownloadedTreebank,
    find_treebank,
    get_treebank,
    language_codes,
    list_treebanks,
    treebanks_table,
)
from tests.helpers.paths import PACKAGE
from tests.helpers.server import DEV, FOLDER, README, TRAIN, Handler, Server

QUICK = Patience(timeout=5, wait=0.001)


def get(server: Server, folder: Path, name: str = "UD_English-EWT", **options: object) -> DownloadedTreebank:
    return get_treebank(name, output=folder, base_url=server.url, patience=QUICK, **options)  # type: ignore[arg-type]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


COMPLETE = {
    "en_ewt-ud-train.conllu",
    "en_ewt-ud-dev.conllu",
    "en_ewt-ud-test.conllu",
    "LICENSE.txt",
    "README.md",
    "source.json",
}


def test_a_treebank(server: Server, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "a" / "b"
    treebank = get(server, folder)
    assert names(folder) == COMPLETE
    assert treebank.files["train"].read_bytes() == TRAIN
    assert list(treebank.files) == ["train", "dev", "test"] and treebank.missing == ()
    assert treebank.license == "CC BY-SA 4.0"
    assert "License: CC BY-SA 4.0 (" in treebank.text() and "LICENSE.txt" in treebank.text()
    record = json.loads((folder / "source.json").read_text())
    assert record["source"] == f"{server.url}/UD_English-EWT/r2.16"
    assert record["files"]["en_ewt-ud-dev.conllu"]["bytes"] == len(DEV)
    assert capfd.readouterr() == ("", "")


def test_the_default_folder(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    treebank = get_treebank("en_ewt", base_url=server.url + "/", patience=QUICK)
    assert treebank.folder == Path(f"UD_English-EWT-{RELEASE}")
    assert names(treebank.folder) == COMPLETE


def test_complete_files_are_not_fetched_again(server: Server, tmp_path: Path) -> None:
    get(server, tmp_path)
    (tmp_path / "en_ewt-ud-dev.conllu").write_bytes(b"1\tchanged" + DEV[5:])
    server.requests.clear()
    treebank = get(server, tmp_path)
    assert server.asked("en_ewt-ud-train.conllu") == []
    assert server.asked("en_ewt-ud-dev.conllu") == [None]
    assert treebank.files["dev"].read_bytes() == DEV


def test_another_release_in_the_same_folder_replaces_the_files(server: Server, tmp_path: Path) -> None:
    get(server, tmp_path)
    for path, data in list(server.files.items()):
        server.files[path.replace("r2.16", "r2.17")] = data.replace(b"dev", b"new")
    treebank = get(server, tmp_path, release="r2.17")
    assert treebank.files["dev"].read_bytes() == DEV.replace(b"dev", b"new")


@pytest.mark.parametrize("ranges", [True, False])
def test_a_connection_that_breaks_off_is_resumed(server: Server, tmp_path: Path, ranges: bool) -> None:
    server.ranges = ranges
    server.break_off = 100_000
    assert len(TRAIN) > 200_000
    if not ranges:  # the file never comes whole
        with pytest.raises(InputError, match="broke off, 5 times in a row: run the command again"):
            get(server, tmp_path)
        part = tmp_path / "en_ewt-ud-train.conllu.r2.16.part"
        assert part.read_bytes() == TRAIN[:100_000]
        server.break_off = 0
    assert get(server, tmp_path).files["train"].read_bytes() == TRAIN
    assert names(tmp_path) == COMPLETE
    asked = server.asked("en_ewt-ud-train.conllu")
    if ranges:
        assert asked == [None, "bytes=100000-", "bytes=200000-", *(f"bytes={n}00000-" for n in (3, 4, 5))][: len(asked)]
        assert len(asked) == -(-len(TRAIN) // 100_000)
    else:
        assert asked == [None, *["bytes=100000-"] * 6]


def test_an_earlier_run_is_resumed(server: Server, tmp_path: Path) -> None:
    part = tmp_path / "en_ewt-ud-train.conllu.r2.16.part"
    part.write_bytes(TRAIN[:12345])
    assert get(server, tmp_path).files["train"].read_bytes() == TRAIN
    assert server.asked("en_ewt-ud-train.conllu") == ["bytes=12345-"]
    assert not part.exists()


@pytest.mark.parametrize("left", [TRAIN, TRAIN + b"more"])
def test_an_earlier_run_that_left_all_or_too_much(server: Server, tmp_path: Path, left: bytes) -> None:
    (tmp_path / "en_ewt-ud-train.conllu.r2.16.part").write_bytes(left)
    assert get(server, tmp_path).files["train"].read_bytes() == TRAIN
    assert names(tmp_path) == COMPLETE


def test_a_branch_is_not_resumed_across_runs(server: Server, tmp_path: Path) -> None:
    for path, data in list(server.files.items()):
        server.files[path.replace("r2.16", "master")] = data
    (tmp_path / "en_ewt-ud-train.conllu.master.part").write_bytes(b"older" * 1000)
    assert get(server, tmp_path, release="master").files["train"].read_bytes() == TRAIN


def test_a_file_that_changes_meanwhile_starts_anew(server: Server, tmp_path: Path) -> None:
    server.break_off = 200_000
    changed = TRAIN.replace(b"word", b"WORD")
    original = Handler.do_GET

    def change(handler: Handler) -> None:
        original(handler)
        if handler.path.endswith("train.conllu"):
            server.files[handler.path] = changed
            server.break_off = 0

    Handler.do_GET = change  # type: ignore[method-assign, assignment]
    try:
        assert get(server, tmp_path).files["train"].read_bytes() == changed
    finally:
        Handler.do_GET = original  # type: ignore[method-assign]


def test_a_busy_server_is_asked_again(server: Server, tmp_path: Path) -> None:
    server.busy = 3
    assert get(server, tmp_path).files["train"].read_bytes() == TRAIN
    server.busy = 5
    with pytest.raises(InputError, match=r"the server answered 503 .*, 5 times in a row"):
        get(server, tmp_path / "new")


def test_a_server_that_falls_silent(server: Server, tmp_path: Path) -> None:
    server.stall = True
    patience = Patience(timeout=1, wait=0.001)
    treebank = get_treebank("en_ewt", output=tmp_path, base_url=server.url, patience=patience)
    assert treebank.files["train"].read_bytes() == TRAIN
    assert server.asked("en_ewt-ud-train.conllu") == [None, "bytes=1000-"]


def test_parts_that_a_treebank_does_not_have(server: Server, tmp_path: Path) -> None:
    del server.files[f"{FOLDER}en_ewt-ud-train.conllu"], server.files[f"{FOLDER}en_ewt-ud-dev.conllu"]
    treebank = get(server, tmp_path)
    assert list(treebank.files) == ["test"] and treebank.missing == ("train", "dev")
    assert "has no train and no dev file" in treebank.text()


def test_training_files_in_pieces(server: Server, tmp_path: Path) -> None:
    base = "/UD_Russian-SynTagRus/r2.16/ru_syntagrus-ud-"
    server.files.update({f"{base}{part}.conllu": DEV for part in ("train-a", "train-b", "dev", "test")})
    treebank = get(server, tmp_path, "UD_Russian-SynTagRus")
    assert list(treebank.files) == ["train-a", "train-b", "dev", "test"] and treebank.missing == ()
    assert treebank.license == "not stated, ask those who made the treebank"

    base = "/UD_Czech-PDTC/r2.16/cs_pdtc-ud-"
    server.files.update({f"{base}{part}.conllu": DEV for part in ("train-la", "dev", "test")})
    assert "give them by --part" in get(server, tmp_path / "1", "UD_Czech-PDTC").text()
    treebank = get(server, tmp_path / "2", "UD_Czech-PDTC", parts=["train-la", "dev"])
    assert list(treebank.files) == ["train-la", "dev"]


def test_an_unknown_release_or_treebank(server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    server.files["/UD_English-EWT/master/README.md"] = README
    with pytest.raises(InputError, match=r"UD_English-EWT has no release r9\.9: give another one, as --release r2"):
        get(server, folder, release="r9.9")
    with pytest.raises(InputError, match="no treebank UD_English-Nothing on the server: check its name"):
        get(server, folder, "UD_English-Nothing")
    with pytest.raises(InputError, match=r"no file en_wrong-ud-train\|dev\|test.conllu: .* by --code"):
        get(server, folder, code="en_wrong")
    assert not folder.exists()


def test_what_is_no_conllu_is_refused(server: Server, tmp_path: Path) -> None:
    server.files[f"{FOLDER}en_ewt-ud-train.conllu"] = b"<html>Please log in to the hotel</html>"
    with pytest.raises(InputError, match="sent no CoNLL-U but '<html>Please log in"):
        get(server, tmp_path)
    assert names(tmp_path) == set()


@pytest.mark.parametrize("name", ["en_ewt-ud-dev.conllu", "LICENSE.txt", "README.md"])
@pytest.mark.parametrize("sent", [b"<!DOCTYPE html>\n<html>", b"\n<html lang='en'>", b"\0\1\x1b[31m"])
def test_pages_in_place_of_files(server: Server, tmp_path: Path, name: str, sent: bytes) -> None:
    server.files[f"{FOLDER}{name}"] = sent
    with pytest.raises(InputError, match=r"the server sent no (CoNLL-U|text) but") as caught:
        get(server, tmp_path)
    assert str(caught.value).isprintable()
    assert not {name, f"{name}.r2.16.part"} & names(tmp_path)


def test_empty_files(server: Server, tmp_path: Path) -> None:
    server.files[f"{FOLDER}en_ewt-ud-train.conllu"] = b""
    with pytest.raises(InputError, match="sent no CoNLL-U but an empty file: check the address"):
        get(server, tmp_path)
    assert names(tmp_path) == set()


@pytest.mark.skipif(sys.platform == "win32", reason="limits are those of POSIX")
def test_a_disk_that_is_full(server: Server, tmp_path: Path) -> None:
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(OutputError, match=r"en_ewt-ud-train\.conllu: cannot be written: File too large"):
            get(server, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not (tmp_path / "en_ewt-ud-train.conllu").exists()
    assert get(server, tmp_path).files["train"].read_bytes() == TRAIN


def test_no_network(tmp_path: Path, server: Server) -> None:
    server.server_close()
    with pytest.raises(InputError, match=r"^http://127.0.0.1:\d+/.*: the server cannot be reached \(.*: check the net"):
        get(server, tmp_path / "new")
    assert names(tmp_path) == set()


def test_a_folder_that_cannot_be_written(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OutputError, match=f"^{re.escape(str(folder))}: is no folder, or is in what is no folder"):
            get(server, folder)


def test_progress_on_standard_error(server: Server, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    get(server, tmp_path, progress=True)
    out, err = capfd.readouterr()
    assert out == "" and "en_ewt-ud-train.conllu" in err and "100%" in err


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("UD_English-EWTT", {"release": "../x"}, "is no release"),
        ("UD_Englsh-EWT", {}, "did you mean UD_English-EWT"),
        ("UD_Klingon-Qapla", {}, "give the code of its files as well"),
        ("../../etc/passwd", {}, "no treebank"),
        ("UD_Klingon-Qapla", {"code": "../x"}, "is no code"),
        ("UD_English-EWT", {"parts": ["../x"]}, "is no part"),
        ("UD_English-EWT", {"base_url": "file:///etc"}, "is no address"),
    ],
)
def test_names_that_cannot_be(name: str, options: dict[str, object], message: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        get_treebank(name, output=tmp_path / "new", **options)  # type: ignore[arg-type]
    assert not (tmp_path / "new").exists()


def test_names() -> None:
    for name in ("UD_English-EWT", "English-EWT", "ud_english-ewt", "en_ewt", "EN_EWT"):
        assert find_treebank(name).name == "UD_English-EWT"
        assert find_treebank(name).code == "en_ewt"
    assert find_treebank("UD_Upper_Sorbian-UFAL").language == "Upper Sorbian"
    assert find_treebank("UD_English-Brandnew").code == "en_brandnew"
    assert find_treebank("UD_Klingon-Qapla", "tlh_qapla").name == "UD_Klingon-Qapla"


def test_the_table() -> None:
    treebanks = list_treebanks()
    assert len(treebanks) > 200
    lines = (PACKAGE / "treebank" / "ud_treebanks.tsv").read_text("utf-8").splitlines()
    assert len(treebanks) == len(lines) - 1 and {line.count("\t") for line in lines} == {3}
    assert len({treebank.name for treebank in treebanks}) == len({t.code for t in treebanks}) == len(treebanks)
    codes = {treebank.name: treebank.code for treebank in treebanks}
    known = {
        "UD_German-GSD": "de_gsd",
        "UD_Hungarian-Szeged": "hu_szeged",
        "UD_Vietnamese-VTB": "vi_vtb",
        "UD_Latin-UDante": "la_udante",
        "UD_Turkish-IMST": "tr_imst",
        "UD_Coptic-Scriptorium": "cop_scriptorium",
        "UD_Ancient_Greek-PROIEL": "grc_proiel",
        "UD_Classical_Chinese-Kyoto": "lzh_kyoto",
        "UD_Norwegian-Bokmaal": "no_bokmaal",
    }
    assert known.items() <= codes.items()
    assert all(re.fullmatch("[a-z]{2,3}", code) for code in language_codes().values())
    found = list_treebanks(["hungarian"])
    assert [treebank.code for treebank in found] == ["hu_szeged"]
    assert treebanks_table(found) == "UD_Hungarian-Szeged  hu_szeged  Hungarian"
    assert list_treebanks(["nonsense"]) == [] and treebanks_table([]) == ""
