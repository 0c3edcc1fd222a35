"""Kinds of mappings: records with known keys and maps with free keys.

The grammar (``grammar*.py``) is built of these and of the kinds of ``scalars.py`` and ``amounts.py``; the loader, the
JSON Schema and the reference in the documentation all come from it. ``read`` returns None after it told a fault;
records and maps return what could be read, so that one pass finds every fault.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from stacks.definition.faults import quoted
from stacks.definition.near import listed, meant
from stacks.definition.scalars import describe, is_empty
from stacks.definition.tree import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stacks.definition.faults import Place
    from stacks.definition.scalars import Text
    from stacks.definition.tree import Node, Scalar


class Kind(Protocol):
    """How one sort of value is read, and told to editors and people."""

    @property
    def word(self) -> str:
        """What is expected, in words."""
        ...

    def read(self, node: Node, at: Place) -> Any:
        """Return the value, or None after the fault was told."""
        ...

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value as an editor's YAML reader sees it."""
        ...


@dataclass(slots=True)
class Record:
    """What was read of a mapping. ``values`` holds what is good, ``places`` every known key that the file has."""

    at: Place
    values: dict[str, Any] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)

    def __getitem__(self, key: str) -> Any:
        """Return the value of a key, None where it is missing or faulty."""
        return self.values.get(key)

    def has(self, key: str) -> bool:
        """Tell whether the file has the key, well or faulty."""
        return key in self.places

    def place(self, key: str) -> Place:
        """Return where the key stands, or where it would."""
        return self.places.get(key) or self.at.below(key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key of a record. ``default``: in words, for the documentation; ``example``: YAML on one line."""

    kind: Kind
    doc: str
    required: bool = False
    default: str = ""
    example: str = ""


def _entries(node: Table, at: Place) -> Iterator[tuple[Scalar, Node, Place]]:
    """Yield each key once; tell those that stand there again."""
    first: dict[str, int] = {}
    for key, value in node.entries:
        below = at.below(key.text, key.line)
        if key.text in first:
            below.fault(
                f'the key "{key.text}" stands here and in line {first[key.text]}',
                "each key once",
                "remove one of the two",
            )
            continue
        first[key.text] = key.line
        yield key, value, below


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A mapping with known keys. ``title`` names it in the documentation; ``rules``: more JSON Schema."""

    title: str
    doc: str
    keys: dict[str, Key]
    rules: dict[str, Any] = field(default_factory=dict)

    @property
    def word(self) -> str:
        """What is expected, in words."""
        return f"keys below it ({listed(self.keys, most=6)})"

    def read(self, node: Node, at: Place) -> Record | None:
        """Return what could be read."""
        if not isinstance(node, Table):
            at.fault(describe(node), self.word, "write them indented below this key")
            return None
        record = Record(at=at)
        for key, value, below in _entries(node, at):
            if key.text not in self.keys:
                self._unknown(key, value, below)
                continue
            record.places[key.text] = below
            found = self.keys[key.text].kind.read(value, below)
            if found is not None:
                record.values[key.text] = found
        for name, known in self.keys.items():
            if known.required and name not in record.places:
                example = f', such as "{name}: {known.example}"' if known.example else ""
                at.fault(f'the key "{name}" is missing', known.kind.word, f"add it{example}")
        return record

    def _unknown(self, key: Scalar, value: Node, at: Place) -> None:
        expected = f"one of {listed(self.keys)}"
        if key.is_flow and key.text.isdigit() and is_empty(value):
            at.fault(
                f'inside {{...}} a comma ends the value, and "{key.text}" became a key',
                "a value in quotes",
                'write it in quotes, such as "200,303"',
            )
            return
        at.fault(f"the key {quoted(key.text)} is not known", expected, meant(key.text, self.keys, "remove it"))

    def schema(self) -> dict[str, Any]:
        """Return its JSON Schema."""
        properties = {}
        for name, key in self.keys.items():
            default = f" Default: {key.default}." if key.default else ""
            properties[name] = {**key.kind.schema(), "description": key.doc + default}
        required = [name for name, key in self.keys.items() if key.required]
        schema: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
        if required:
            schema["required"] = required
        return schema | self.rules


@dataclass(frozen=True, slots=True, kw_only=True)
class MapOf:
    """A mapping with free keys, each a text of ``names``, and values of one kind; its value is a ``Record``."""

    names: Text
    kind: Kind
    least: int = 1
    most: int = 200
    example: str = ""
    what: str = ""  # in words; else from the kinds

    @property
    def word(self) -> str:
        """What is expected, in words."""
        return self.what or f"a mapping from {self.names.word} to {self.kind.word}"

    def read(self, node: Node, at: Place) -> Record | None:
        """Return the entries whose key and value could be read, in their order."""
        if not isinstance(node, Table):
            at.fault(
                describe(node), self.word, f"write it such as {self.example}" if self.example else "indent it below"
            )
            return None
        record = Record(at=at)
        for key, value, below in _entries(node, at):
            name = self.names.read(key, below)
            record.places[key.text] = below
            found = self.kind.read(value, below)
            if name is not None and found is not None:
                record.values[name] = found
        count = len(node.entries)
        if not self.least <= count <= self.most:
            at.fault(
                f"it has {count} entries" if count else "it is empty",
                f"{self.least} to {self.most}",
                "add some" if count < self.least else "take some out",
            )
        return record

    def schema(self) -> dict[str, Any]:
        """Return its JSON Schema."""
        schema: dict[str, Any] = {"type": "object", "minProperties": self.least, "maxProperties": self.most}
        if self.names.pattern:
            schema["propertyNames"] = {"pattern": f"^(?:{self.names.pattern})$", "maxLength": self.names.most}
        return schema | {"additionalProperties": self.kind.schema()}
