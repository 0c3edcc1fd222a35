"""Kinds of single values: how each is read from a definition, refused in words, and told to an editor's JSON Schema.

A kind's ``read`` returns the value, or None after it told the fault; no kind has None as a value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stacks.definition.faults import quoted
from stacks.definition.near import meant
from stacks.definition.traps import trap
from stacks.definition.tree import Items, Scalar, Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from stacks.definition.faults import Place
    from stacks.definition.tree import Node


def describe(node: Node) -> str:
    """Say what a node is, for the first part of a fault."""
    if isinstance(node, Table):
        return "a mapping stands here"
    if isinstance(node, Items):
        return "a list stands here"
    return "nothing stands here" if is_empty(node) else f"{quoted(node.text)} stands here"


def is_empty(node: Node) -> bool:
    """Tell whether a key has no value."""
    return isinstance(node, Scalar) and node.is_plain and node.text in {"", "~", "null", "Null", "NULL"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Text. ``check`` returns "" or how to mend the text.

    ``takes_numbers``: plain whole numbers are text too; ``is_private``: faults never repeat the text.
    """

    word: str = "text"
    pattern: str = ""  # for editors; ``check`` decides
    check: Callable[[str], str] | None = None
    most: int = 200
    takes_numbers: bool = False
    may_be_empty: bool = False
    is_private: bool = False
    lines: bool = False  # may have more than one line

    def read(self, node: Node, at: Place) -> str | None:
        """Return the text."""
        if not isinstance(node, Scalar) or is_empty(node):
            at.fault(describe(node), self.word, f"write {self.word} after the colon" if at.path else "write it")
            return None
        text = node.text
        found = trap(text) if node.is_plain else None
        if found and not (found.kind == "whole" and self.takes_numbers and not text.startswith("+")):
            if self.is_private and found.kind != "boolean":
                at.fault(
                    f"the value without quotes is a {found.noun} to some YAML readers", self.word, "write it in quotes"
                )
            else:
                at.fault(f"{text} without quotes {found.becomes}", self.word, f'write it in quotes: "{text}"')
            return None
        if not text.strip() and not self.may_be_empty:
            at.fault("the text is empty", self.word, "write it between the quotes")
            return None
        if len(text) > self.most:
            at.fault(f"the text has {len(text)} characters", f"at most {self.most}", "make it shorter")
            return None
        if not self.lines and "\n" in text.strip("\n"):
            at.fault("the text has several lines", "one line", "write it on one line")
            return None
        mend = self.check(text) if self.check else ""
        if mend:
            what = "something else" if self.is_private else quoted(text)
            at.fault(f"{what} stands here", self.word, mend)
            return None
        return text

    def schema(self) -> dict[str, Any]:
        """Return its JSON Schema."""
        schema: dict[str, Any] = {"type": ["string", "integer"] if self.takes_numbers else "string"}
        if not self.may_be_empty:
            schema["minLength"] = 1
        schema["maxLength"] = self.most
        if self.pattern:
            schema["pattern"] = f"^(?:{self.pattern})$"
        return schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One word of a closed set. ``meaning``: word -> what it means."""

    meaning: dict[str, str]
    also: str = ""  # what else may stand there

    @property
    def word(self) -> str:
        """What is expected, in words."""
        words = "one of " + ", ".join(self.meaning) if len(self.meaning) > 1 else next(iter(self.meaning))
        return f"{words}, {self.also}" if self.also else words

    def read(self, node: Node, at: Place) -> str | None:
        """Return the word."""
        if not isinstance(node, Scalar) or is_empty(node):
            at.fault(describe(node), self.word, f"write such as {next(iter(self.meaning))}")
            return None
        if node.text not in self.meaning:
            at.fault(
                f"{quoted(node.text)} is not known",
                self.word,
                meant(
                    node.text,
                    self.meaning,
                    f"write {next(iter(self.meaning))}" if len(self.meaning) == 1 else "choose one of them",
                ),
            )
            return None
        return node.text

    def schema(self) -> dict[str, Any]:
        """Return its JSON Schema."""
        return {"enum": list(self.meaning)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """``true`` or ``false``, and nothing that some readers take for it."""

    word: str = "true or false"

    def read(self, node: Node, at: Place) -> bool | None:
        """Return the claim."""
        if isinstance(node, Scalar) and node.is_plain and node.text in {"true", "false"}:
            return node.text == "true"
        if isinstance(node, Scalar) and not is_empty(node):
            found = trap(node.text)
            if found and found.kind == "boolean":
                plainly = found.becomes.split()[1]
                what = (
                    f"{quoted(node.text)} {found.becomes}"
                    if node.is_plain
                    else f"{quoted(node.text)} in quotes is text"
                )
                at.fault(what, self.word, f"write {plainly}, without quotes")
                return None
        at.fault(describe(node), self.word, "write true or false, without quotes")
        return None

    def schema(self) -> dict[str, Any]:
        """Return its JSON Schema."""
        return {"type": "boolean"}
