"""Saved values in a JSON body that are asked for as numbers or booleans: ``"${number:harga}"``. Else they stay text.

A type is asked for where the value is used, as the whole of a JSON value. What is not of the type, such as 007 for a
number, fails the step in words and is sent nowhere.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from monitors.probes.failures import quoted
from monitors.probes.fill import FillError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_WHOLE_VALUE = re.compile(r'"(\$\{(?:number|boolean):[A-Za-z_][A-Za-z0-9_.-]*\})"')
_LITERALS = {
    "number": (re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?"), "a number as JSON has it"),
    "boolean": (re.compile("true|false"), "true or false"),
}


def unquoted(json_text: str) -> str:
    """Take the quotes away from around each value that is asked for by type."""
    return _WHOLE_VALUE.sub(r"\1", json_text)


def own_name(name: str) -> str:
    """Give the saved value's own name: ``harga`` of ``number:harga``."""
    kind, colon, rest = name.partition(":")
    return rest if colon and kind in _LITERALS else name


def typed(saved: Mapping[str, str], names: Iterable[str]) -> Mapping[str, str]:
    """Add what ``names`` ask for by type to the saved values. Raises FillError where one is not of its type."""
    found: dict[str, str] = {}
    for name in names:
        own = own_name(name)
        if own == name or own not in saved:
            continue                     # what was not saved is told where it is filled in
        literal, expected = _LITERALS[name.partition(":")[0]]
        if not literal.fullmatch(saved[own]):
            raise FillError(f'the saved value "{own}" is "{quoted(saved[own])}"; expected {expected}')
        found[name] = saved[own]
    return {**saved, **found} if found else saved
