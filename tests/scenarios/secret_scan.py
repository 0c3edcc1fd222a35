"""Looks for secrets where none may be: by value, in the forms in which tools repeat a value.

Plain values in, findings out; nothing is read from the project, so that a fault of its own redaction cannot hide here.
Where the texts come from is in ``places.py``.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, quote_plus, unquote

SHORTEST = 8                             # characters; a shorter "secret" would be found in ordinary words


@dataclass(frozen=True, slots=True)
class Finding:
    """One secret in one place. The value itself is never told."""

    secret: str
    place: str
    form: str

    def __str__(self) -> str:
        return f"secret {self.secret!r} stands in {self.place} ({self.form})"


def forms(value: str) -> dict[str, str]:
    """Return the value and its other spellings by name; the base64 ones are found inside longer base64 too."""
    raw = value.encode()
    spelled = {
        "plain": value,
        "url-encoded": quote(value, safe=""),
        "url path-encoded": quote(value),
        "form-encoded": quote_plus(value),
        "json": json.dumps(value)[1:-1],
        "hexadecimal": raw.hex(),
        "reversed": value[::-1],
    }
    for before in range(3):
        # Of the base64 of (before bytes + value + anything), these characters depend on the value alone.
        encoded = base64.b64encode(bytes(before) + raw + bytes(2)).decode()
        inner = encoded[(before * 8 + 5) // 6:(before + len(raw)) * 8 // 6]
        spelled[f"base64, {before} before"] = inner
        spelled[f"base64url, {before} before"] = inner.replace("+", "-").replace("/", "_")
    return {name: text for name, text in spelled.items() if len(text) >= SHORTEST}


def scan(secrets: Mapping[str, str], places: Iterable[tuple[str, str | bytes]]) -> list[Finding]:
    """Return every secret found in every place, with the first form it was found in.

    ``secrets`` by name; a value of several lines (a key) is looked for by its longest line. ``places`` are names and
    their text or bytes; gzip is opened. Raises ValueError for a secret too short to be looked for.
    """
    wanted = {name: forms(_line(name, value)) for name, value in secrets.items()}
    found = []
    for place, content in places:
        text = _text(content)
        lowered = text.lower()
        for name, spellings in wanted.items():
            for form, spelling in spellings.items():
                # Hexadecimal and percent escapes come in both cases.
                hit = spelling.lower() in lowered if form in {"hexadecimal", "url-encoded"} else spelling in text
                if hit:
                    found.append(Finding(name, place, form))
                    break
    return found


def secrets_inside(name: str, value: str) -> dict[str, str]:
    """Return the secret and, where it is a URL with a password, that password as a secret of its own."""
    found = {name: value}
    password = re.match(r"[a-z+]+://[^:/@]*:([^@]+)@", value)
    if password:
        found[f"{name} (password)"] = unquote(password[1])
    return found


def _line(name: str, value: str) -> str:
    lines = [line.strip() for line in value.strip().splitlines() if not line.startswith("-----")]
    longest = max(lines, key=len, default="")
    if len(longest) < SHORTEST:
        raise ValueError(f"secret {name!r} is too short to be looked for")
    return longest


def _text(content: str | bytes) -> str:
    if isinstance(content, str):
        return content
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    return content.decode("utf-8", errors="replace")
