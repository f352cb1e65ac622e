"""Checks for HTML pages: well-formed, self-contained, and not wider than the window in a real browser."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.helpers.chromium import CHROMIUM, FLAGS

_VOID = {"meta", "br", "input", "link", "img", "hr"}


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in ("style", "script"):
            self.texts.append(data)


def read_page(text: str) -> _Page:
    """Parse a page; all tags must be closed, ids be unique and nothing outside the page be referred to."""
    assert text.startswith("<!DOCTYPE html>")
    page = _Page()
    page.feed(text)
    page.close()
    assert page.open == []
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for tag, attributes in page.tags:
        assert tag not in ("link", "script", "img", "iframe", "object")
        for name in ("src", "href", "xlink:href", "action"):
            assert (attributes.get(name) or "#").startswith("#")
        assert not [name for name in attributes if name.startswith("on")]
    assert not re.search(r"@import|url\(", text)
    return page


def overflow(page: Path, folder: Path, *, widths: Sequence[int]) -> dict[int, int]:
    """By how many pixels the page is wider than a window of each of `widths`, as Chromium lays it out.

    Drawings count as too wide where they stick out of their figure, which would cut them off. Each window is
    a frame in one page, as a window of Chromium has a least width of its own.
    """
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: the layout of the page is not checked")
    measure = (
        "<script>onload=()=>{const d=document.documentElement,right=e=>e.getBoundingClientRect().right;"
        "const out=[...document.querySelectorAll('figure svg')].map(e=>right(e)-right(e.parentElement));"
        "parent.postMessage(innerWidth+':'+Math.ceil(Math.max(d.scrollWidth-d.clientWidth,...out))+' ','*')}</script>"
    )
    (folder / "framed.html").write_text(page.read_text("utf-8") + measure, "utf-8")
    frames = [f'<iframe src="framed.html" style="width:{width}px;border:0"></iframe>' for width in widths]
    probe = folder / "probe.html"
    collect = "<script>let seen='';onmessage=e=>{seen+=e.data;document.body.dataset.seen=seen}</script>"
    probe.write_text(f"<body>{collect}{''.join(frames)}</body>", "utf-8")
    options = [
        "--headless",
        *FLAGS,
        "--virtual-time-budget=5000",
        f"--user-data-dir={folder / 'profile'}",
        "--dump-dom",
    ]
    dump, log = folder / "dump.html", folder / "chromium.log"
    with dump.open("wb") as out, log.open("wb") as err:  # pipes would stay open if its children outlive it
        subprocess.run([CHROMIUM, *options, probe.as_uri()], stdout=out, stderr=err, timeout=180, check=False)
    seen = re.search(r'data-seen="([^"]*)"', dump.read_text("utf-8", "replace"))
    assert seen, log.read_text("utf-8", "replace")[-2000:]
    pairs = [pair.split(":") for pair in seen[1].split()]
    measured = {int(width): int(excess) for width, excess in pairs}
    assert set(measured) == set(widths)
    return measured
