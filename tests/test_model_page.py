"""docs/model.md: its examples give what they say, and what it refers to is there."""

from __future__ import annotations

import ast
import doctest
import re

import pytest

from tests.helpers.paths import ROOT

PAGE = (ROOT / "docs" / "model.md").read_text(encoding="utf-8")


def test_examples() -> None:
    code = "\n".join(re.findall(r"```pycon\n(.*?)```", PAGE, re.DOTALL))
    test = doctest.DocTestParser().get_doctest(code, {}, "docs/model.md", "docs/model.md", 0)
    assert len(test.examples) > 15
    out: list[str] = []
    result = doctest.DocTestRunner().run(test, out=out.append)
    assert result.failed == 0, "".join(out)


def definitions(tree: ast.AST) -> set[str]:
    """Functions, classes, and methods as `Class.method`."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    names = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, kinds):
            names.add(node.name)
            names |= {f"{node.name}.{inner.name}" for inner in ast.iter_child_nodes(node) if isinstance(inner, kinds)}
    return names


@pytest.mark.parametrize("reference", sorted(set(re.findall(r"`([\w/]+\.py:[\w.]+)`", PAGE))))
def test_formulas_point_at_functions(reference: str) -> None:
    file, _, name = reference.partition(":")
    assert name in definitions(ast.parse((ROOT / "arcparser" / file).read_text(encoding="utf-8")))


def test_links() -> None:
    headings = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    links = re.findall(r"\]\(([^)]+)\)", PAGE)
    assert len(links) >= len(anchors)
    for link in links:
        assert link[1:] in anchors if link.startswith("#") else (ROOT / "docs" / link).exists(), link
    for file in re.findall(r"`(tests/[\w/]+\.py)`", PAGE):
        assert (ROOT / file).is_file()
