"""The account of an input: each of its values is carried or told, and what no importer looked at is told at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from stacks.definition.scalars import is_empty
from stacks.definition.tree import Items, Scalar, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stacks.definition.tree import Node

SHOWN_CHARS = 120


class Level(StrEnum):
    """How much a finding matters: a check is gone, a check means something else, or nothing of a check is touched."""

    LOST = "not carried"
    CHANGED = "changed"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One value, or one mapping or list with all that is in it, that is not in the definition as it was."""

    file: str
    line: int
    path: tuple[str, ...]
    level: Level
    what: str
    why: str
    instead: str

    @property
    def where(self) -> str:
        """The path as people read it."""
        return one_line("/".join(self.path), most=SHOWN_CHARS) or "file"

    def __str__(self) -> str:
        """Return ``file:line: path: level: what; why; what to do instead``."""
        return f"{self.file}:{self.line}: {self.where}: {self.level}: {self.what}; {self.why}; {self.instead}"


def one_line(text: str, *, most: int) -> str:
    """Return the text on one line without signs that a terminal or a YAML comment would obey, cut where it is long."""
    flat = "".join(sign if sign.isprintable() else " " for sign in text)
    flat = " ".join(flat.split())
    return flat if len(flat) <= most else f"{flat[: most - 3]}..."


@dataclass(slots=True)
class Account:
    """What became of one file's values, by path."""

    file: str
    findings: list[Finding] = field(default_factory=list)
    carried: set[tuple[str, ...]] = field(default_factory=set)
    told: set[tuple[str, ...]] = field(default_factory=set)

    def is_settled(self, path: tuple[str, ...]) -> bool:
        """Tell whether a value was carried or told, alone or with what it stands in."""
        return path in self.carried or self.is_told(path)

    def is_told(self, path: tuple[str, ...]) -> bool:
        """Tell whether a finding covers the value."""
        return any(path[:length] in self.told for length in range(len(path) + 1))

    def close(self, root: Entry) -> None:
        """Tell all that is neither carried nor told yet, each stretch of it once, at its top."""
        if not any(self.is_settled(leaf.path) for leaf in root.leaves()):
            root.lost(
                "nothing of it is known", "no key of this kind of file stands here", "check the kind and the file"
            )
            return
        self._close(root)

    def _close(self, entry: Entry) -> None:
        for below in entry.children():
            settled = [self.is_settled(leaf.path) for leaf in below.leaves()]
            if not any(settled) and not any(leaf.text for leaf in below.leaves()):
                below.note("nothing is set here", "there is nothing to carry")
            elif not any(settled):
                below.lost(
                    f'"{one_line(below.path[-1], most=60)}" has no counterpart here',
                    "definitions have no such key, or the importer does not know it",
                    "look whether it matters, and add what it checks by hand",
                )
            elif not all(settled):
                self._close(below)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One value of the input with its place, and the account that it is settled in."""

    node: Node
    path: tuple[str, ...]
    line: int
    account: Account

    # --- looking ---

    def children(self) -> Iterator[Entry]:
        """Yield what stands directly in a mapping or list; a key that stands again gets a number."""
        if isinstance(self.node, Items):
            for number, item in enumerate(self.node.items):
                yield self._below(str(number), item, item.line)
        elif isinstance(self.node, Table):
            seen: dict[str, int] = {}
            for key, value in self.node.entries:
                seen[key.text] = seen.get(key.text, 0) + 1
                name = key.text if seen[key.text] == 1 else f"{key.text}#{seen[key.text]}"
                yield self._below(name, value, key.line)

    def _below(self, name: str, node: Node, line: int) -> Entry:
        return Entry(node=node, path=(*self.path, name), line=line, account=self.account)

    def leaves(self) -> Iterator[Entry]:
        """Yield every value at or below this one; an empty mapping or list is a value."""
        is_leaf = True
        for below in self.children():
            is_leaf = False
            yield from below.leaves()
        if is_leaf:
            yield self

    @property
    def name(self) -> str:
        """The key or number under which it stands."""
        return self.path[-1] if self.path else ""

    @property
    def is_table(self) -> bool:
        """Whether it is a mapping."""
        return isinstance(self.node, Table)

    @property
    def is_list(self) -> bool:
        """Whether it is a list."""
        return isinstance(self.node, Items)

    @property
    def has_value(self) -> bool:
        """Whether anything but null stands here."""
        return not is_empty(self.node)

    def get(self, *names: str) -> Entry | None:
        """Return the value under the first of the names that the mapping has, None where it has none."""
        found = {below.name: below for below in self.children()} if self.is_table else {}
        return next((found[name] for name in names if name in found), None)

    def items(self) -> list[Entry]:
        """Return the items of a list; none where it is no list."""
        return list(self.children()) if self.is_list else []

    def entries(self) -> list[Entry]:
        """Return the values of a mapping; none where it is no mapping."""
        return list(self.children()) if self.is_table else []

    @property
    def text(self) -> str:
        """The text of a single value, "" for null, a mapping or a list."""
        return self.node.text if isinstance(self.node, Scalar) and self.has_value else ""

    @property
    def is_number(self) -> bool:
        """Whether it is a number as JSON writes it, without quotes."""
        return isinstance(self.node, Scalar) and self.node.is_plain and self.text[:1] in set("-0123456789")

    @property
    def is_true(self) -> bool:
        """Whether it says yes: true, or 1 as some databases give it."""
        return self.text.lower() in {"true", "1", "yes", "on"}

    # --- settling ---

    def carry(self) -> Entry:
        """Note that it, with all below it, stands in the definition."""
        self.account.carried.update(leaf.path for leaf in self.leaves())
        return self

    def take(self) -> str:
        """Carry it and return its text."""
        return self.carry().text

    def lost(self, what: str, why: str, instead: str) -> None:
        """Tell that it, with all below it, is not in the definition."""
        self.account.carried.difference_update(leaf.path for leaf in self.leaves())
        self._tell(Level.LOST, what, why, instead)

    def changed(self, what: str, why: str, instead: str) -> None:
        """Carry it and tell that it means something else now."""
        self.carry()
        self._tell(Level.CHANGED, what, why, instead)

    def note(self, what: str, why: str, instead: str = "nothing to do") -> None:
        """Tell that it has no part in any check, so that nothing is missed without it."""
        self._tell(Level.NOTE, what, why, instead)

    def rest_noted(self, what: str, why: str) -> None:
        """Note each value directly in it that is not settled yet."""
        for below in self.children():
            if not any(self.account.is_settled(leaf.path) for leaf in below.leaves()):
                below.note(what, why)

    def _tell(self, level: Level, what: str, why: str, instead: str) -> None:
        if level is not Level.CHANGED:
            self.account.told.add(self.path)
        self.account.findings.append(
            Finding(
                file=self.account.file,
                line=self.line,
                path=self.path,
                level=level,
                what=one_line(what, most=300),
                why=one_line(why, most=300),
                instead=one_line(instead, most=300),
            )
        )
