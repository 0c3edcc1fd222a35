"""Keeps secrets out of every text that leaves a probe: by value, and in the forms that others give to it. Pure."""

from __future__ import annotations

import html
import json
import re
from base64 import b64encode, urlsafe_b64encode
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CUT = "…"                                # what a text ends with that was made shorter
_SHORT_LINE = 15
_LEAST_OF_A_CUT = 3                      # characters of a secret before a cut that are taken for it


class Redactor:
    """Replaces secrets by their placeholder. ``values``: placeholder's name, such as ``secret:token``, to the value."""

    __slots__ = ("_forms",)

    def __init__(self, values: Mapping[str, str]) -> None:
        parts = [(name, part) for name, value in values.items() for part in _parts(value)]
        found = {form: f"${{{name}}}" for name, part in parts for form in forms(part)}
        # the longest first, so that none leaves the rest of another behind
        self._forms = dict(sorted(found.items(), key=lambda pair: len(pair[0]), reverse=True))

    def plus(self, values: Mapping[str, str]) -> Redactor:
        """Give one that knows more secrets."""
        both = Redactor(values)
        merged = self._forms | both._forms
        both._forms = dict(sorted(merged.items(), key=lambda pair: len(pair[0]), reverse=True))
        return both

    def clean(self, text: str) -> str:
        """Give ``text`` without secrets, nor the beginning of one where it was cut."""
        for form, shown in self._forms.items():
            text = text.replace(form, shown)
        if CUT not in text:
            return text
        parts = text.split(CUT)
        return CUT.join([*(self._without_beginning(part) for part in parts[:-1]), parts[-1]])

    def cut(self, text: str, limit: int) -> str:
        """Clean a text, and cut it then: a secret that lies across the cut is gone before."""
        clean = self.clean(text)
        return clean if len(clean) <= limit else clean[: limit - 1] + CUT

    def _without_beginning(self, text: str) -> str:
        for form, shown in self._forms.items():
            place = text.find(form[:_LEAST_OF_A_CUT], max(0, len(text) - len(form)))
            while place >= 0:
                if form.startswith(text[place:]):
                    return text[:place] + shown
                place = text.find(form[:_LEAST_OF_A_CUT], place + 1)
        return text


NOTHING_SECRET = Redactor({})


def _parts(value: str) -> list[str]:
    """Give a secret of several lines, such as a key, with each of its lines: a service may show one."""
    lines = value.split("\n") if "\n" in value else []
    return [value, *(line for line in lines if len(line) > _SHORT_LINE and not line.startswith("--"))]


@lru_cache(maxsize=1024)                 # a key of many lines has a thousand forms, and many transactions use it
def forms(value: str) -> frozenset[str]:
    """Give a value in the forms that it takes in URLs, JSON, HTML, base64 and hexadecimal, one within another too.

    A service may echo its form's field in a page, whose address holds it again: one encoding around another.
    """
    once = {value, *_in_page(value), *_in_json(value), *_in_url(value)}
    twice = {form for text in once for form in (*_in_page(text), *_in_json(text), *_in_url(text))}
    # as a sentence shows it, in one line
    lines = {" ".join(form.split()) for form in once}
    found = once | twice | lines | {form for text in once for form in _in_letters(text)}
    return frozenset(form for form in found if len(form) >= _LEAST_OF_A_CUT)


def _in_url(value: str) -> Iterator[str]:
    for encoded in {quote(value, safe=""), quote(value), quote_plus(value), quote(value, safe="!#$%&'()*+,/:;=?@[]~")}:
        yield encoded
        yield re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), encoded)


def _in_json(value: str) -> Iterator[str]:
    for escaped in (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]):
        yield escaped
        yield escaped.replace("/", "\\/")
        yield re.sub(r"[<>&']", lambda found: f"\\u{ord(found[0]):04x}", escaped)
    yield repr(value)[1:-1]


def _in_page(value: str) -> Iterator[str]:
    for entity in ("&#x27;", "&#39;", "&#039;", "&apos;"):
        escaped = html.escape(value).replace("&#x27;", entity)
        yield escaped
        yield escaped.replace("&quot;", "&#34;")
    yield html.escape(value, quote=False)
    # and as a reader of HTML understands it where it was not escaped
    without_tags = re.sub("<[^<>]*>", "", value)
    yield from (without_tags, html.unescape(value), html.unescape(without_tags))


def _in_letters(value: str) -> Iterator[str]:
    raw = value.encode()
    yield raw.hex()
    yield raw.hex().upper()
    for encode in (b64encode, urlsafe_b64encode):
        yield encode(raw).decode()
        for before in range(3):
            # inside of something longer, its letters depend on where it begins: those that depend on it alone
            inner = encode(bytes(before) + raw).decode().rstrip("=")
            yield inner[_FIRST_OWN[before] : len(inner) if (before + len(raw)) % 3 == 0 else -1]


_FIRST_OWN = (0, 2, 3)                   # first base64 letter that holds only bits of what follows so many bytes
