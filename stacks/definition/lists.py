"""Kinds of lists, and of values that may take one of several forms. Read as ``shapes.py`` says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stacks.definition.faults import quoted
from stacks.definition.scalars import describe, is_empty
from stacks.definition.tree import Items, Scalar

if TYPE_CHECKING:
    from stacks.definition.faults import Place
    from stacks.definition.shapes import Kind
    from stacks.definition.tree import Node


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOf:
    """A list of one kind; its value is a list of (place, value)."""

    kind: Kind
    least: int = 1
    most: int = 100
    is_set: bool = False  # items are texts, none stands twice
    what: str = ""  # in words; else from the items' kind

    @property
    def word(self) -> str:
        """What is expected, in words."""
        return self.what or f"a list, each item {self.kind.word}"

    def read(self, node: Node, at: Place) -> list[tuple[Place, Any]] | None:
        """Return the items that could be read."""
        if not isinstance(node, Items):
            is_text = isinstance(node, Scalar) and not is_empty(node)
            mend = (
                f"write [{', '.join(node.text.split())}]"
                if is_text and isinstance(node, Scalar)
                else 'write items as "- ..." below it'
            )
            at.fault(describe(node), self.word, mend)
            return None
        found: list[tuple[Place, Any]] = []
        seen: set[Any] = set()
        for number, item in enumerate(node.items):
            below = at.below(str(number), item.line)
            value = self.kind.read(item, below)
            if self.is_set and value in seen:
                below.fault(f"{quoted(value)} stands in the list twice", "each item once", "remove one of the two")
                continue
            if value is not None:
                found.append((below, value))
            if self.is_set:
                seen.add(value)
        count = len(node.items)
        if not self.least <= count <= self.most:
            at.fault(
                f"it has {count} items" if count else "it is empty",
                f"{self.least} to {self.most}",
                "add some" if count < self.least else "take some out",
            )
            return None
        return found

    def schema(self) -> dict[str, Any]:
        """Return its JSON Schema."""
        schema: dict[str, Any] = {
            "type": "array",
            "items": self.kind.schema(),
            "minItems": self.least,
            "maxItems": self.most,
        }
        return schema | ({"uniqueItems": True} if self.is_set else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf:
    """A choice by form: one value, a list, or a mapping. Its value is that of the form which the file has."""

    scalar: Kind | None = None
    items: Kind | None = None
    table: Kind | None = None

    @property
    def _forms(self) -> list[Kind]:
        return [kind for kind in (self.scalar, self.items, self.table) if kind is not None]

    @property
    def word(self) -> str:
        """What is expected, in words."""
        return ", or ".join(kind.word for kind in self._forms)

    def read(self, node: Node, at: Place) -> Any:
        """Return the value."""
        kind = self.scalar if isinstance(node, Scalar) else self.items if isinstance(node, Items) else self.table
        if kind is None or is_empty(node):
            at.fault(describe(node), self.word, f"write {self._forms[0].word}")
            return None
        return kind.read(node, at)

    def schema(self) -> dict[str, Any]:
        """Return its JSON Schema."""
        return {"anyOf": [kind.schema() for kind in self._forms]}
