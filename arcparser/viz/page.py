"""What all HTML pages of arcparser share: one self-contained file, light or dark as the reader has it set.

No page refers to anything outside itself (no fonts, scripts or styles from the network).
"""

from __future__ import annotations

import html

from arcparser.errors import clean

STYLE = """\
:root{color-scheme:light dark;--bg:#fff;--fg:#1c1c1e;--soft:#5c5f66;--line:#d9dbe0;--arc:#55585f;
--bad:#b3261e;--good:#0a6b3d;--bar:#3b6fb6;--bar2:#b26a00;--card:#f7f8fa}
@media(prefers-color-scheme:dark){:root{--bg:#16171a;--fg:#ececee;--soft:#a3a7b0;--line:#3a3d44;--arc:#a9adb6;
--bad:#ff8a80;--good:#6fdc9b;--bar:#7eacf0;--bar2:#f0b35e;--card:#1e2024}}
*{box-sizing:border-box}
body{margin:0 auto;padding:16px;max-width:1260px;background:var(--bg);color:var(--fg);
font:16px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
h1{font-size:1.4rem;margin:.2em 0 .5em}h2{font-size:1.15rem;margin:1.6em 0 .5em}
p{margin:.4em 0}.soft{color:var(--soft)}
"""


def escape(text: str) -> str:
    """Text for HTML, also within attributes; control characters become U+FFFD."""
    return html.escape(clean(text))


def page_start(title: str, *, language: str = "", style: str = "") -> str:
    """Everything up to and including the heading. `language` is a BCP 47 code such as `en`, or empty."""
    lang = f' lang="{escape(language)}"' if language else ""
    return (
        f'<!DOCTYPE html>\n<html{lang}>\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{STYLE}{style}</style>\n</head>\n<body>\n"
        f"<h1>{escape(title)}</h1>\n"
    )


PAGE_END = "</body>\n</html>\n"
