"""A definition file as a tree whose every value knows its line. Made by ``yamlio.py``, read by ``shapes.py``.

Scalars keep the text as it stands in the file and whether it was quoted: what ``99.5``, ``no`` or ``0123`` mean is
decided by the field that they are given for (``scalars.py``), never by YAML.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any


class YamlFault(Exception):  # noqa: N818 - a fault of the file, told with its line
    """The file is not one YAML document that can be read: ``line``, what is, what was expected, how to mend it."""

    def __init__(self, line: int, what: str, expected: str, mend: str) -> None:
        super().__init__(what)
        self.line = line
        self.what = what
        self.expected = expected
        self.mend = mend


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """One value as it stands in the file. ``is_plain``: it has no quotes and is no block text."""

    text: str
    line: int
    is_plain: bool = True
    is_flow: bool = False  # inside {...} or [...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A mapping; keys in the order of the file, duplicates kept."""

    entries: tuple[tuple[Scalar, Node], ...]
    line: int
    is_flow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """A list."""

    items: tuple[Node, ...]
    line: int


Node = Scalar | Table | Items


def plain(node: Node) -> Any:
    """Turn a tree into the values that an editor's YAML 1.2 reader would make of it, for checks against JSON Schema."""
    if isinstance(node, Table):
        return {key.text: plain(value) for key, value in node.entries}
    if isinstance(node, Items):
        return [plain(item) for item in node.items]
    if not node.is_plain:
        return node.text
    if node.text in {"", "~", "null", "Null", "NULL"}:
        return None
    if node.text in {"true", "True", "TRUE", "false", "False", "FALSE"}:
        return node.text.lower() == "true"
    if re.fullmatch(r"[-+]?[0-9]+", node.text):
        return int(node.text)
    if re.fullmatch(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", node.text):
        return float(node.text)
    return node.text
