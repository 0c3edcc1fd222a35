"""Kinds of numbers: counts, decimal numbers, durations, sizes. Read as ``scalars.py`` says; kept exactly as written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from stacks.definition.faults import quoted
from stacks.definition.scalars import describe, is_empty
from stacks.definition.traps import trap
from stacks.definition.tree import Scalar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stacks.definition.faults import Place
    from stacks.definition.tree import Node

MIB = 1024 * 1024
_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}
_MS_WORDS = {
    "ms": ("msec", "millis", "millisecond", "milliseconds", "milidetik"),
    "s": ("sec", "secs", "second", "seconds", "detik", "dtk"),
    "m": ("min", "mins", "minute", "minutes", "menit"),
    "h": ("hr", "hrs", "hour", "hours", "jam"),
}
_BYTES = {"KiB": 1024, "MiB": MIB, "GiB": 1024 * MIB}
_BYTE_WORDS = {"KiB": ("k", "kb", "ki"), "MiB": ("m", "mb", "mi"), "GiB": ("g", "gb", "gi")}
_AMOUNT = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)")


def duration_text(ms: int) -> str:
    """Write a duration the way that a file does: 300_000 is ``5m``, 90_000 ``90s``, 1_500 ``1500ms``."""
    for unit in ("h", "m"):
        if ms % _MS[unit] == 0 and ms >= 2 * _MS[unit]:
            return f"{ms // _MS[unit]}{unit}"
    return f"{ms // 1000}s" if ms % 1000 == 0 else f"{ms}ms"


def size_text(size: int) -> str:
    """Write a size the way that a file does, in the largest unit that is whole."""
    unit = next((unit for unit in ("GiB", "MiB", "KiB") if size % _BYTES[unit] == 0), "")
    return f"{size // _BYTES[unit]}{unit}" if unit else str(size)


def _digits(node: Node, at: Place, word: str) -> str | None:
    """Return the digits of a plain number, or tell why it is none."""
    if not isinstance(node, Scalar) or is_empty(node):
        at.fault(describe(node), word, "write the number after the colon")
        return None
    found = trap(node.text)
    if not node.is_plain:
        mend = "remove the quotes" if found and found.kind in {"whole", "float"} else "write the number, without quotes"
        at.fault(f"{quoted(node.text)} in quotes is text", word, mend)
        return None
    if found is None or found.kind == "boolean" or node.text.startswith("+"):
        at.fault(f"{quoted(node.text)} is not a number", word, "write the number in plain digits")
        return None
    if found.kind not in {"whole", "float"} or not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", node.text):
        at.fault(f"{node.text} {found.becomes}", word, found.mend)
        return None
    return node.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A whole number from ``low`` to ``high``."""

    low: int
    high: int
    hint: str = ""

    @property
    def word(self) -> str:
        """What is expected, in words."""
        return str(self.low) if self.low == self.high else f"a whole number from {self.low} to {self.high}"

    def read(self, node: Node, at: Place) -> int | None:
        """Return the number."""
        digits = _digits(node, at, self.word)
        if digits is None:
            return None
        if "." in digits:
            at.fault(f"{digits} is not whole", self.word, "write it without a decimal point")
            return None
        if not self.low <= int(digits) <= self.high:
            at.fault(f"{digits} is out of range", self.word, self.hint or "choose a number in that range")
            return None
        return int(digits)

    def schema(self) -> dict[str, Any]:
        """Return its JSON Schema."""
        if self.low == self.high:
            return {"const": self.low}
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A decimal number above ``above`` and up to ``most`` (below it, where ``is_open``), its digits kept as written."""

    above: Decimal
    most: Decimal
    is_open: bool = False
    hint: str = ""

    @property
    def word(self) -> str:
        """What is expected, in words."""
        return f"a number above {self.above} and {'below' if self.is_open else 'up to'} {self.most}"

    def read(self, node: Node, at: Place) -> Decimal | None:
        """Return the number, exactly as written: 99.5 is 99.5, not the binary number nearest to it."""
        digits = _digits(node, at, self.word)
        if digits is None:
            return None
        value = Decimal(digits)
        if not self.above < value <= self.most or (self.is_open and value == self.most):
            at.fault(f"{digits} is out of range", self.word, self.hint or "choose a number in that range")
            return None
        return value

    def schema(self) -> dict[str, Any]:
        """Return its JSON Schema."""
        limit = "exclusiveMaximum" if self.is_open else "maximum"
        return {"type": "number", "exclusiveMinimum": float(self.above), limit: float(self.most)}


def _amount(
    node: Node,
    at: Place,
    *,
    word: str,
    units: Mapping[str, int],
    words: Mapping[str, tuple[str, ...]],
    usual: str,
) -> int | None:
    """Read an amount with a unit into whole smallest units."""
    if not isinstance(node, Scalar) or is_empty(node):
        at.fault(describe(node), word, f"write it after the colon, such as {usual}")
        return None
    found = trap(node.text)
    if found and found.kind not in {"whole", "float"}:
        at.fault(f"{node.text} {found.becomes}", word, f"write digits and a unit, such as {usual}")
        return None
    match = _AMOUNT.fullmatch(node.text.strip())
    if match is None or len(node.text) > 20:
        at.fault(f"{quoted(node.text)} is not digits and a unit", word, f"write it such as {usual}")
        return None
    digits, unit = match.groups()
    if unit not in units:
        usual_unit = re.sub(r"[0-9]+", "", usual)
        likely = next((known for known, others in words.items() if unit.lower() in (known.lower(), *others)), "")
        what = f'the unit "{unit}" is not known' if unit else f"{digits} has no unit"
        at.fault(what, word, f"write {digits}{likely or usual_unit}" + ("" if likely else " if that is meant"))
        return None
    value = Decimal(digits) * units[unit]
    if value != value.to_integral_value():
        at.fault(f"{node.text} is a fraction of the smallest unit", word, "write whole ones")
        return None
    return int(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """A time span such as ``30s`` or ``500ms``, in whole milliseconds."""

    low_ms: int
    high_ms: int
    usual: str = "30s"

    @property
    def word(self) -> str:
        """What is expected, in words."""
        return f"a duration from {duration_text(self.low_ms)} to {duration_text(self.high_ms)}"

    def read(self, node: Node, at: Place) -> int | None:
        """Return milliseconds."""
        value = _amount(node, at, word=self.word, units=_MS, words=_MS_WORDS, usual=self.usual)
        if value is not None and not self.low_ms <= value <= self.high_ms:
            assert isinstance(node, Scalar)  # noqa: S101 - an amount was read from it
            at.fault(f"{node.text} is out of range", self.word, "choose a duration in that range")
            return None
        return value

    def schema(self) -> dict[str, Any]:
        """Return its JSON Schema."""
        return {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?(ms|s|m|h)$"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """An amount of memory or disk such as ``256MiB``, in bytes."""

    low: int
    high: int

    @property
    def word(self) -> str:
        """What is expected, in words."""
        return f"a size from {size_text(self.low)} to {size_text(self.high)}"

    def read(self, node: Node, at: Place) -> int | None:
        """Return bytes."""
        value = _amount(node, at, word=self.word, units=_BYTES, words=_BYTE_WORDS, usual="256MiB")
        if value is not None and not self.low <= value <= self.high:
            assert isinstance(node, Scalar)  # noqa: S101 - an amount was read from it
            at.fault(f"{node.text} is out of range", self.word, "choose a size in that range")
            return None
        return value

    def schema(self) -> dict[str, Any]:
        """Return its JSON Schema."""
        return {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?(KiB|MiB|GiB)$"}
