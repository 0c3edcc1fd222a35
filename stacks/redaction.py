"""Keep secrets out of everything that is printed or written: whatever is known to be secret is blotted out by value.

A value is also found in the forms in which tools like to repeat it: percent-encoded, in JSON, in base64 (alone or after
``user:``, at any of the three alignments), in hexadecimal.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK = "[secret]"
SHORTEST = 6                             # characters: shorter values would blot out ordinary words
_ALIGNMENTS = 3                          # base64 turns 3 bytes into 4 characters


class Redactor:
    """Blots out secret values. Values may be added as they become known; ``repr`` shows none."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        """Begin with ``values``."""
        self._forms: list[str] = []
        self.add(values)

    def __repr__(self) -> str:
        return f"Redactor({len(self._forms)} forms)"

    def add(self, values: Iterable[str]) -> None:
        """Learn more secret values. Those under 6 characters are ignored."""
        forms = set(self._forms)
        for value in values:
            if len(value) >= SHORTEST:
                forms |= _forms_of(value)
        self._forms = sorted(forms, key=len, reverse=True)   # the longest first: a form may contain another

    def __call__(self, text: str) -> str:
        """Return ``text`` with every known secret replaced by a mask."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, MASK)
        return text


def _forms_of(value: str) -> set[str]:
    forms = {value, quote(value, safe=""), quote(value), quote_plus(value), json.dumps(value)[1:-1]}
    raw = value.encode()
    forms |= {raw.hex(), raw.hex().upper()}
    for shift in range(_ALIGNMENTS):
        forms |= _base64_core(raw, shift)
    # Percent-encoding of upper and lower case digits differs between tools.
    forms |= {_lower_escapes(form) for form in tuple(forms) if "%" in form}
    return {form for form in forms if len(form) >= SHORTEST}


def _base64_core(raw: bytes, shift: int) -> set[str]:
    """Return the characters of base64 that depend on ``raw`` alone when ``shift`` bytes stand before it."""
    encoded = base64.b64encode(b"\0" * shift + raw)
    first = -(-shift * 8 // 6)           # characters touched by the bytes before
    last = (shift + len(raw)) * 8 // 6   # whole characters
    core = encoded[first:last].decode()
    return {core, core.replace("+", "-").replace("/", "_")}


def _lower_escapes(text: str) -> str:
    parts = text.split("%")
    return parts[0] + "".join(f"%{part[:2].lower()}{part[2:]}" for part in parts[1:])
