"""DNS answers against those that are expected, as text in one form. Pure."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from monitors.core.requests import DnsMatch, DnsRecord
from monitors.probes.failures import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

_ADDRESSES = (DnsRecord.A, DnsRecord.AAAA)


def normal(record: DnsRecord, text: str) -> str:
    """Write a record's data in one form: small letters, no dots at the end of names, addresses in short, TXT unquoted.

    Raises ValueError where an address is none.
    """
    if record in _ADDRESSES:
        return str(ip_address(text.strip()))
    if record is DnsRecord.TXT:
        return _joined(text)
    words = [word.strip('"') for word in text.split()]
    if record is DnsRecord.CAA:
        return " ".join([*words[:1], *(word.lower() for word in words[1:])])
    return " ".join(word.rstrip(".").lower() or "." for word in words)


class Wanted:
    """The answers that are expected. Raises ValueError where one cannot be an answer of its type."""

    __slots__ = ("_answers", "_match", "_record")

    def __init__(self, record: DnsRecord, match: DnsMatch, answers: Sequence[str]) -> None:
        self._record, self._match = record, match
        try:
            self._answers = tuple(normal(record, answer) for answer in answers)
        except ValueError as exc:
            raise ValueError(f"an expected answer is no {record.value} record: {exc}") from None

    def problem(self, found: Sequence[str]) -> str:
        """Say what is missing or too much in ``found``, in the form of ``normal``; "" where all is as expected."""
        if not self._answers:
            return ""
        missing = [answer for answer in self._answers if not any(self._is(answer, one) for one in found)]
        over = [one for one in found if not any(self._is(answer, one) for answer in self._answers)]
        if self._match is DnsMatch.ANY:
            is_good = len(missing) < len(self._answers)
            return "" if is_good else f"expected one of {_listed(self._answers)}, got {_listed(found)}"
        if missing:
            return f"expected {_listed(missing)} in the answer, got {_listed(found)}"
        if over and self._match is DnsMatch.EXACTLY:
            return f"expected {_listed(self._answers)} and nothing else, got {_listed(over)} too"
        return ""

    def _is(self, expected: str, found: str) -> bool:
        if self._record is DnsRecord.SOA and " " not in expected:
            return found.split(" ", 1)[0] == expected        # the primary's name alone: the serial changes
        return found == expected


def _joined(text: str) -> str:
    """Join the quoted parts of a TXT record; text without quotes is taken as it is."""
    if not text.startswith('"'):
        return text
    parts: list[str] = []
    is_inside = is_escaped = False
    for char in text:
        if is_escaped:
            parts.append(char)
            is_escaped = False
        elif char == "\\" and is_inside:
            is_escaped = True
        elif char == '"':
            is_inside = not is_inside
        elif is_inside:
            parts.append(char)
    return "".join(parts)


def _listed(answers: Sequence[str]) -> str:
    shown = [f'"{quoted(answer)}"' if " " in answer else quoted(answer) for answer in answers[:5]]
    return ", ".join(shown) + (f" and {len(answers) - 5} more" if len(answers) > 5 else "")
