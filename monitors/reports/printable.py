"""What may be printed: names and failures come from others; a report must neither break nor mislead by them. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

REPLACED = "\ufffd"
MISSING = "\u25a1"                       # a letter that the PDF's fonts lack
_REMOVED = {"Cf"}                        # direction overrides turn figures round; the rest is not seen
_REFUSED = {"Cc", "Cs", "Co", "Cn"}      # control, surrogate, private, unassigned

# what the fonts that typst ships can show for sure (a test prints all of it); other letters stand in the other formats
_IN_FONTS = re.compile(
    "[^\u0020-\u007e\u00a0-\u017f\u0192\u01cd-\u01dc\u0218-\u021b\u0300-\u0304\u0306-\u030c\u0323\u0386\u0388-\u038a\u038c"
    "\u038e-\u03a1\u03a3-\u03ce\u0400-\u045f\u1e80-\u1e85\u1ea0-\u1ef9\u2010-\u2015\u2018-\u201e\u2020-\u2022\u2026"
    "\u2030\u2032\u2033\u2039\u203a\u2044\u20ac\u2116\u2122\u2190-\u2193\u2212\u2248\u2260\u2264\u2265\u25a1\u2713\u2717\ufffd]",
)


def printable(text: str) -> str:
    """Make text that every format can hold: one line, nothing that is not seen or has no meaning."""
    if text.isascii() and text.isprintable():
        return text
    shown = []
    for letter in text:
        kind = unicodedata.category(letter)
        if letter in "\n\r\t" or kind in ("Zl", "Zp"):
            shown.append(" ")
        elif kind not in _REMOVED:
            shown.append(REPLACED if kind in _REFUSED else letter)
    return "".join(shown)


def in_fonts(text: str) -> str:
    """Replace letters that the PDF's fonts lack by a box, so that nobody takes what is missing for nothing."""
    return _IN_FONTS.sub(MISSING, text)


def all_texts(value: Any, change: Any) -> Any:
    """Change every text in a tree of plain values."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: all_texts(one, change) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [all_texts(one, change) for one in value]
    return value
