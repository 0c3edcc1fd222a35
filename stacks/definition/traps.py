"""Words without quotes that YAML readers take for something else than text, and what each becomes.

YAML 1.1 and 1.2 readers disagree about most of these; a definition must say the same to all of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST_DIGITS = 40  # longer text is no number that anybody means

_TRUE = {"y", "yes", "on", "true"}
_FALSE = {"n", "no", "off", "false"}
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_OCTAL = re.compile(r"[-+]?0[0-7_]+")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+")
_BASED = re.compile(r"[-+]?0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)")
_UNDERSCORE = re.compile(r"[-+]?[0-9][0-9_]*_[0-9_]*")
_EXPONENT = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[eE][-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)")
_SIXTY = re.compile(r"[-+]?[0-9]+(?::[0-5]?[0-9])+(?:\.[0-9]*)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ].*)?")
_NOT_FINITE = re.compile(r"(?i)[-+]?\.inf|\.nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trap:
    """``becomes``: what readers make of it; ``mend``: how to write it where a number is wanted."""

    kind: str
    becomes: str
    mend: str = "write it in plain digits"

    @property
    def noun(self) -> str:
        """What sort of value it becomes."""
        return self.kind if self.kind in {"boolean", "date"} else "number"


def trap(text: str) -> Trap | None:
    """Return what a YAML reader may make of ``text`` written without quotes, None where all read it as this text."""
    if len(text) > MOST_DIGITS:
        return None
    word = text.lower()
    if word in _TRUE | _FALSE:
        return Trap(kind="boolean", becomes=f"is {'true' if word in _TRUE else 'false'} to many YAML readers")
    if _WHOLE.fullmatch(text):
        return Trap(kind="whole", becomes="is read as a number")
    if _LEADING_ZERO.fullmatch(text):
        digits = text.replace("_", "")
        plainly = f"write {int(digits)} if that is meant"
        if _OCTAL.fullmatch(text):
            becomes = f"is {int(digits, 8)} (octal) to some YAML readers and {int(digits)} to others"
            return Trap(kind="octal", becomes=becomes, mend=plainly)
        return Trap(kind="octal", becomes=f"is read as {int(digits)}, its leading zero lost", mend=plainly)
    if _BASED.fullmatch(text):
        value = int(text, 0)
        return Trap(kind="based", becomes=f"is read as the number {value}", mend=f"write {value} if that is meant")
    if _UNDERSCORE.fullmatch(text):
        return Trap(kind="underscore", becomes="is a number to some YAML readers and text to others")
    if _EXPONENT.fullmatch(text):
        return Trap(kind="exponent", becomes="is a number with an exponent to some YAML readers and text to others")
    if _FLOAT.fullmatch(text):
        return Trap(kind="float", becomes="is read as a number, which may lose its last zeros")
    if _SIXTY.fullmatch(text):
        return Trap(kind="sixty", becomes=f"is {_from_sixty(text)} (base sixty) to some YAML readers")
    if _DATE.fullmatch(text):
        return Trap(kind="date", becomes="is read as a date")
    if _NOT_FINITE.fullmatch(text):
        return Trap(kind="float", becomes="is read as a number without an end")
    return None


def _from_sixty(text: str) -> str:
    """``22:30`` is 22 x 60 + 30 = 1350."""
    whole = text.lstrip("+-").split(".")[0]
    value = 0
    for part in whole.split(":"):
        value = value * 60 + int(part)
    return f"{'-' if text.startswith('-') else ''}{value}"
