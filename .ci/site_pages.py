"""Make a site of what is written for the repository: mkdocs calls these functions while it builds (`mkdocs.yml`).

- The README and other pages outside of `docs/` become pages of the site, and so does each room of the package, with the
  docstrings of its modules.
- The notebooks are run, and become pages with what they show.
- Links are written for the repository. Here they lead to the page that a file became; to the docstring, if it is a
  module; or to the file, which is copied. What leads nowhere is a warning, and with `--strict` an error.
- Formulas become MathML, which browsers show without a script.
"""

from __future__ import annotations

import ast
import html
import os
import posixpath
import re
from pathlib import Path
from typing import Any

import nbformat
from latex2mathml.converter import convert
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "arcparser"
# Pages outside of docs/, and what the site calls them.
OTHERS = {
    "README.md": "index.md",
    "CHANGELOG.md": "CHANGELOG.md",
    ".github/CONTRIBUTING.md": "CONTRIBUTING.md",
    **{f"{name}/README.md": f"{name}/README.md" for name in ("benchmarks", "corpora", "models")},
    **{page.relative_to(ROOT).as_posix(): f"models/{page.name}" for page in (ROOT / "models").glob("*_*.md")},
}
NOTEBOOKS = {path.name: path.with_suffix(".md").name for path in (ROOT / "docs").glob("*.ipynb")}
ORDER = "cli spacy spacy_component spacy_conllu cluster viz studies bulk training learning evaluation parsing".split()
ORDER += "model text network treebank transition pretrained nn".split()

_LINK = re.compile(r"\]\((?!\w+:)([^)#\s]*)(#[^)\s]*)?\)")
_FORMULA = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>', re.DOTALL)
_outputs: dict[str, list[str]] = {}  # of notebooks, by page


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the pages of the API into the navigation."""
    config.nav = [*(config.nav or []), {"API": ["api/index.md", *(f"api/{name}.md" for name in _rooms())]}]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are not in `docs/`."""
    for notebook in NOTEBOOKS:
        if (file := files.get_file_from_path(notebook)) is not None:
            files.remove(file)
        files.append(File.generated(config, NOTEBOOKS[notebook], content=_notebook(ROOT / "docs" / notebook)))
    for path, name in OTHERS.items():
        files.append(File.generated(config, name, content=(ROOT / path).read_text("utf-8")))
    files.append(File.generated(config, "api/index.md", content=_public_names()))
    for name, modules in _rooms().items():
        text = "\n\n".join(f"::: {module}" for module in modules)
        files.append(File.generated(config, f"api/{name}.md", content=f"# {name}\n\n{text}\n"))
    for path in sorted(_linked_files()):
        files.append(File.generated(config, path, content=(ROOT / path).read_bytes()))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let links lead to what a file of the repository is on the site."""
    uri = page.file.src_uri
    path = _repository_path(uri)

    def lead(link: re.Match[str]) -> str:
        if not link[1]:
            return link[0]
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), link[1]))
        if target.startswith("arcparser/"):
            return f"][{_module(target)}]"
        return f"]({posixpath.relpath(_site_uri(target), posixpath.dirname(uri) or '.')}{link[2] or ''})"

    return markdown if uri.startswith("api/") else _LINK.sub(lead, markdown)


def on_page_content(content: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put in formulas, and what the cells of notebooks show."""
    content = _FORMULA.sub(_mathml, content)
    for number, output in enumerate(_outputs.get(page.file.src_uri, [])):
        content = content.replace(f'<div id="output-{number}"></div>', output)
    return content


def _repository_path(uri: str) -> str:
    return next((path for path, name in OTHERS.items() if name == uri), f"docs/{uri}")


def _site_uri(path: str) -> str:
    if path in OTHERS:
        return OTHERS[path]
    if path.startswith("docs/"):
        name = path.removeprefix("docs/")
        return NOTEBOOKS.get(name, name)
    return f"{path}/README.md" if f"{path}/README.md" in OTHERS else path


def _linked_files() -> set[str]:
    """Find the files outside of `docs/` and the package that pages link to."""
    found = set()
    for page in [*(ROOT / path for path in OTHERS), *(ROOT / "docs").glob("*.md")]:
        for link in _LINK.finditer(page.read_text("utf-8")):
            path = Path(os.path.normpath(page.parent / link[1])) if link[1] else page
            if path.is_file() and not path.is_relative_to(PACKAGE) and not path.is_relative_to(ROOT / "docs"):
                found.add(path.relative_to(ROOT).as_posix())
    return found - set(OTHERS)


def _module(path: str) -> str:
    """Return the name of the module of a file."""
    return path.removesuffix("/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _rooms() -> dict[str, list[str]]:
    """Return the modules of each page of the API, in the order in which a room names them."""
    alone = ["errors", "types", "compression", "remote", "download", "files"]
    rooms = {name: [f"arcparser.{name}"] for name in [*ORDER, *alone]}
    for name, modules in rooms.items():
        if (PACKAGE / name).is_dir():
            listed = re.findall(r"`(\w+)`", ast.get_docstring(_parsed(PACKAGE / name / "__init__.py")) or "")
            modules += [f"arcparser.{name}.{module}" for module in listed if (PACKAGE / name / f"{module}.py").exists()]
    return rooms


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def _public_names() -> str:
    """Write the page of what `import arcparser` exposes."""
    import arcparser

    rows = []
    for name in arcparser.__all__:
        value = getattr(arcparser, name)
        if hasattr(value, "__module__"):
            summary = (value.__doc__ or "").partition("\n")[0]
            rows.append(f"| [`{name}`][{value.__module__}.{name}] | {summary} |")
    table = "\n".join(["| name | |", "|---|---|", *rows])
    return f"# The public interface\n\nWhat `import arcparser` exposes, [by example](../python.md):\n\n{table}\n"


def _notebook(path: Path) -> str:
    """Run a notebook and return it as a page, with places for its outputs."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(path.parent)}}).execute()
    outputs = _outputs[NOTEBOOKS[path.name]] = []
    parts = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(cell.source)
            continue
        parts.append(f"```python\n{cell.source}\n```")
        for output in cell.outputs:
            parts.append(f'<div id="output-{len(outputs)}"></div>')
            outputs.append(_shown(output))
    return "\n\n".join(parts) + "\n"


def _shown(output: Any) -> str:
    data = output.get("data", {})
    if "text/html" in data:
        return str(data["text/html"])
    return f"<pre>{html.escape(output.get('text') or data.get('text/plain', ''))}</pre>"


def _mathml(formula: re.Match[str]) -> str:
    return convert(html.unescape(formula[2]), display="block" if formula[1] == "div" else "inline")
