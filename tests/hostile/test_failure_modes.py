"""The page on how monitors fail names tests that exist, and leaves none of the 26 ways out."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "failure-modes.md").read_text(encoding="utf-8")
NAMED = re.compile(r"^- `(tests/[\w/]+\.py)::(\w+)`$", re.MULTILINE)


def modes() -> dict[int, str]:
    """Give the text of each mode by its number."""
    parts = re.split(r"^### (\d+)\. ", PAGE, flags=re.MULTILINE)[1:]
    return {int(number): text for number, text in zip(parts[::2], parts[1::2], strict=True)}


def test_all_26_are_there_in_order_and_each_names_a_test():
    assert list(modes()) == list(range(1, 27))
    assert [number for number, text in modes().items() if not NAMED.search(text)] == []


def test_every_test_that_is_named_exists():
    missing = []
    for file, name in NAMED.findall(PAGE):
        path = ROOT / file
        tree = ast.parse(path.read_text(encoding="utf-8")) if path.is_file() else ast.Module([], [])
        if name not in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}:
            missing.append(f"{file}::{name}")
    assert missing == []


def test_every_line_that_looks_like_a_test_is_read_as_one():
    assert len(NAMED.findall(PAGE)) == PAGE.count("::test_")
