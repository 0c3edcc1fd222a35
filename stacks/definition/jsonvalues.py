"""JSON values written as YAML: bodies of requests and values expected in answers, without YAML's guesses."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stacks.definition.scalars import describe, is_empty
from stacks.definition.traps import trap
from stacks.definition.tree import Items, Scalar, Table

if TYPE_CHECKING:
    from stacks.definition.faults import Place
    from stacks.definition.tree import Node

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")


def _scalar(node: Scalar, at: Place, word: str) -> str | None:
    """Return JSON text of one value; what YAML readers disagree about is refused."""
    if not node.is_plain:
        return json.dumps(node.text, ensure_ascii=False)
    if node.text in {"true", "false", "null"}:
        return node.text
    if is_empty(node):
        at.fault("nothing stands here", word, 'write null, or "" for empty text')
        return None
    found = trap(node.text)
    if found is None:
        return json.dumps(node.text, ensure_ascii=False)
    if found.kind in {"whole", "float"} and _NUMBER.fullmatch(node.text):
        return node.text
    mend = f'write "{node.text}" in quotes if it is text'
    if found.kind == "boolean":
        mend = f"write {found.becomes.split()[1]} if that is meant, else {mend.removeprefix('write ')}"
    at.fault(f"{node.text} without quotes {found.becomes}", word, mend)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonBody:
    """A mapping or list that becomes a request's JSON body; its value is JSON text, numbers digit by digit."""

    word: str = "a mapping or list that becomes the JSON body"

    def read(self, node: Node, at: Place) -> str | None:
        """Return JSON text."""
        if isinstance(node, Scalar):
            at.fault(describe(node), self.word, 'write it such as {name: "value"}')
            return None
        return self._read(node, at)

    def _read(self, node: Node, at: Place) -> str | None:
        if isinstance(node, Scalar):
            return _scalar(node, at, "a JSON value")
        if isinstance(node, Items):
            items = [self._read(item, at.below(str(place), item.line)) for place, item in enumerate(node.items)]
            return None if None in items else "[" + ", ".join(str(item) for item in items) + "]"
        pairs: dict[str, str | None] = {}
        for key, value in node.entries:
            below = at.below(key.text, key.line)
            if key.text in pairs:
                below.fault(f'the key "{key.text}" stands here again', "each key once", "remove one of the two")
            pairs[key.text] = self._read(value, below)
        if None in pairs.values():
            return None
        return "{" + ", ".join(f"{json.dumps(key, ensure_ascii=False)}: {value}" for key, value in pairs.items()) + "}"

    def schema(self) -> dict[str, Any]:
        """Return its JSON Schema."""
        return {"type": ["object", "array"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonExpected:
    """One value that an answer's JSON must have at a path; read as its text, which is what assertions compare."""

    word: str = "one value: text, a number, true, false or null"

    def read(self, node: Node, at: Place) -> str | None:
        """Return the text."""
        if isinstance(node, Table | Items):
            at.fault(describe(node), self.word, "name the path down to one value")
            return None
        text = _scalar(node, at, self.word)
        if text is None or text.startswith('"'):
            value = json.loads(text) if text else None
            if value == "":
                at.fault("the text is empty", self.word, "list the path alone to ask that it is there")
                return None
            return value
        if re.fullmatch(r"-?[0-9]+\.[0-9]*0|-0", text):
            at.fault(
                f"{text} ends with a zero that no answer's number has",
                self.word,
                f'write it shorter, or "{text}" if it is text',
            )
            return None
        return text

    def schema(self) -> dict[str, Any]:
        """Return its JSON Schema."""
        return {"type": ["string", "number", "boolean", "null"]}
