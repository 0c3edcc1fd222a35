"""Saved values in a step: ``${name}`` is replaced, made safe for the place where it stands.

A value came from a stranger's answer. In a URL and a form it is percent-encoded, in JSON escaped, in a pattern or
selector quoted, and in a header it may hold no line break: it never becomes syntax.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import regex

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# ${saved}, ${secret:name} of the agency, ${run:uuid} and the like of the run
PLACEHOLDER = re.compile(r"\$\{((?:(?:secret|run|number|boolean):)?[A-Za-z_][A-Za-z0-9_.-]*)\}")
# what an author may write into a URL as it stands; the rest (spaces, other scripts) is encoded
_URL_SYNTAX = "!#$%&'()*+,/:;=?@[]~"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_CSS_SPECIAL = re.compile(r"[\x01-\x1f\x7f\"'\\]")
_JSON_SPECIAL = re.compile(r"[\x00-\x1f\x7f\"'\\]")


class FillError(Exception):
    """A placeholder cannot be filled. The text says which, and why."""


class Template:
    """A text of a definition, taken apart once; ``fill`` puts values in."""

    __slots__ = ("_literals", "_names", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        parts = PLACEHOLDER.split(text)
        self._names = tuple(parts[1::2])
        self._literals = tuple(parts[0::2]) if self._names else (text,)      # no second copy of a nation's texts

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the values that it needs."""
        return self._names

    def fill(
        self, saved: Mapping[str, str], safe: Callable[[str], str], around: Callable[[str], str] | None = None,
    ) -> str:
        """Put ``saved`` values in, each through ``safe``, and the author's own text through ``around``.

        Raises FillError where a value is not there or ``safe`` refuses it.
        """
        if not self._names:
            return around(self.text) if around else self.text
        out = [around(self._literals[0]) if around else self._literals[0]]
        for name, literal in zip(self._names, self._literals[1:], strict=True):
            if name not in saved:
                raise FillError(f'no value "{name}" was saved by an earlier step')
            try:
                out.append(safe(saved[name]))
            except FillError as exc:
                raise FillError(f'the saved value "{name}" {exc}') from None
            out.append(around(literal) if around else literal)
        return "".join(out)


def plain(value: str) -> str:
    """Leave a value as it is: where it is compared, not interpreted."""
    return value


def in_url(value: str) -> str:
    """Percent-encode everything, so that a value stays one path segment or one query value."""
    return quote(value, safe="")


def authored_url(text: str) -> str:
    """Percent-encode what a URL cannot hold in an author's own text; its syntax and encodings stay."""
    return quote(text, safe=_URL_SYNTAX)


def in_form(value: str) -> str:
    """Encode for ``application/x-www-form-urlencoded``."""
    return quote_plus(value)


def in_json(value: str) -> str:
    """Escape for the inside of a JSON string."""
    return json.dumps(value, ensure_ascii=False)[1:-1]


def in_header(value: str) -> str:
    """Refuse what would end a header line."""
    if _CONTROL.search(value):
        raise FillError("holds a line break or another control character, which a header cannot carry")
    return value


def in_pattern(value: str) -> str:
    """Quote for a regular expression."""
    return regex.escape(value)


def in_css(value: str) -> str:
    """Escape for the inside of a quoted string of a CSS selector."""
    return _CSS_SPECIAL.sub(lambda found: f"\\{ord(found[0]):x} ", value)


def in_jsonpath(value: str) -> str:
    """Escape for the inside of a quoted string of a JSONPath, in either kind of quotes."""
    return _JSON_SPECIAL.sub(lambda found: f"\\u{ord(found[0]):04x}", value)
