"""Files of other tools as trees whose every value knows its line: JSON here, YAML through ``yamlio``."""

from __future__ import annotations

import re
from bisect import bisect_right
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]  # the reader of strings alone
from typing import TYPE_CHECKING

from monitors.core.errors import UsageError
from stacks import yamlio
from stacks.definition.faults import quoted
from stacks.definition.reading import shown
from stacks.definition.tree import Items, Scalar, Table, YamlFault
from stacks.importers.account import Account, Entry

if TYPE_CHECKING:
    from pathlib import Path

    from stacks.definition.tree import Node

MAX_BYTES = 32 * 1024 * 1024  # a recording of a long visit with its pictures
MAX_DEPTH = 60
MAX_VALUES = 400_000

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_WORD = re.compile(r"true|false|null")


def opened(path: Path, node: Node) -> Entry:
    """Begin the account of a file."""
    return Entry(node=node, path=(), line=node.line, account=Account(file=shown(path)))


def read_text(path: Path) -> str:
    """Return the text of a file; UsageError where it cannot be read, is too large or is not UTF-8."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"{shown(path)} has {path.stat().st_size} bytes; at most {MAX_BYTES} are read; split it")
        return path.read_bytes().decode("utf-8-sig")
    except OSError as exc:
        reason = (exc.strerror or "cannot be read").lower()
        raise UsageError(f"{shown(path)} cannot be read: {reason}; correct its name or mode") from exc
    except UnicodeDecodeError as exc:
        raise UsageError(f"{shown(path)}: byte {exc.start + 1} is not UTF-8; save the file again as UTF-8") from exc


def read_yaml(path: Path) -> Entry:
    """Open a YAML or JSON file; merge keys and aliases are followed. UsageError where it is neither."""
    text = read_text(path)
    if text.lstrip()[:1] in {"{", "["}:
        try:
            return opened(path, json_tree(text))
        except YamlFault:
            pass  # YAML too may begin with a bracket
    try:
        return opened(path, yamlio.read_foreign(text))
    except YamlFault as exc:
        raise _refused(path, exc) from exc


def read_json(path: Path) -> Entry:
    """Open a JSON file; UsageError where it is none."""
    try:
        return opened(path, json_tree(read_text(path)))
    except YamlFault as exc:
        raise _refused(path, exc) from exc


def _refused(path: Path, fault: YamlFault) -> UsageError:
    return UsageError(f"{shown(path)}:{fault.line}: file: {fault.what}; expected {fault.expected}; {fault.mend}")


def json_tree(text: str) -> Node:
    """Read one JSON text (RFC 8259); YamlFault, with the line, where it is not one of bearable size."""
    return _Json(text).whole()


class _Json:
    """Reads JSON with lines, which the standard library's reader does not keep."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._ends = [found.start() for found in re.finditer("\n", text)]
        self._left = MAX_VALUES

    def whole(self) -> Node:
        node, end = self._value(self._skip(0), 0)
        end = self._skip(end)
        if end != len(self._text):
            raise self._fault(end, "something stands after the end of the JSON value")
        return node

    def _skip(self, at: int) -> int:
        found = _SPACE.match(self._text, at)
        return found.end() if found else at

    def _line(self, at: int) -> int:
        return bisect_right(self._ends, at - 1) + 1

    def _fault(self, at: int, what: str) -> YamlFault:
        return YamlFault(self._line(at), what, "JSON (RFC 8259)", "export the file again, or correct this line")

    def _value(self, at: int, depth: int) -> tuple[Node, int]:
        self._left -= 1
        if self._left < 0:
            raise self._fault(at, f"more than {MAX_VALUES} values stand in the file")
        if depth > MAX_DEPTH:
            raise self._fault(at, f"more than {MAX_DEPTH} levels of nesting")
        sign, line = self._text[at : at + 1], self._line(at)
        if sign == '"':
            text, end = self._string(at)
            return Scalar(text=text, line=line, is_plain=False), end
        if sign == "{":
            return self._table(at, depth, line)
        if sign == "[":
            return self._items(at, depth, line)
        found = _NUMBER.match(self._text, at) or _WORD.match(self._text, at)
        if not found:
            raise self._fault(
                at, f"{quoted(self._text[at : at + 20])} begins no value" if sign else "the file ends too early"
            )
        return Scalar(text=found.group(), line=line), found.end()

    def _string(self, at: int) -> tuple[str, int]:
        try:
            text, end = scanstring(self._text, at + 1, True)
            text.encode()
        except JSONDecodeError as exc:
            raise self._fault(exc.pos, exc.msg.lower()) from exc
        except UnicodeEncodeError as exc:
            raise self._fault(at, "half of a UTF-16 pair stands alone") from exc
        return text, end

    def _items(self, at: int, depth: int, line: int) -> tuple[Node, int]:
        items: list[Node] = []
        at = self._skip(at + 1)
        if self._text[at : at + 1] == "]":
            return Items(items=(), line=line), at + 1
        while True:
            item, at = self._value(at, depth + 1)
            items.append(item)
            at, is_end = self._next(at, "]")
            if is_end:
                return Items(items=tuple(items), line=line), at

    def _table(self, at: int, depth: int, line: int) -> tuple[Node, int]:
        entries: list[tuple[Scalar, Node]] = []
        at = self._skip(at + 1)
        if self._text[at : at + 1] == "}":
            return Table(entries=(), line=line), at + 1
        while True:
            if self._text[at : at + 1] != '"':
                raise self._fault(at, "no name in double quotes stands here")
            key_line = self._line(at)
            key, at = self._string(at)
            at = self._skip(at)
            if self._text[at : at + 1] != ":":
                raise self._fault(at, "the colon after a name is missing")
            value, at = self._value(self._skip(at + 1), depth + 1)
            entries.append((Scalar(text=key, line=key_line, is_plain=False), value))
            at, is_end = self._next(at, "}")
            if is_end:
                return Table(entries=tuple(entries), line=line), at

    def _next(self, at: int, end: str) -> tuple[int, bool]:
        at = self._skip(at)
        sign = self._text[at : at + 1]
        if sign == end:
            return at + 1, True
        if sign != ",":
            raise self._fault(at, f'neither "," nor "{end}" stands here')
        return self._skip(at + 1), False
