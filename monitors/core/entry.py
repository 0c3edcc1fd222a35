"""What people and other programs tell the ledger: one generic record, appended and never edited.

A kind's own meaning (a maintenance window, a dispute, a correction) lies in a file of its own, which reads entries with
``from_entries``. What is signed is ``signed_bytes``: canonical JSON, so that anybody can make the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

FORMAT = "siaga24-entry-1"
SAFE_INTEGER = 1 << 53                   # beyond it, readers of JSON in other languages lose digits

Value = str | int | bool | Sequence["Value"]
Body = Mapping[str, Value]


class EntryKind(StrEnum):
    """What an entry is about."""

    MAINTENANCE = "maintenance"          # a window announced, approved or cancelled
    DEPLOYMENT = "deployment"            # a stack was brought to another state
    CALENDAR = "calendar"                # a calendar of holidays came into use
    DISPUTE = "dispute"                  # a figure is disputed, answered or ruled upon
    CORRECTION = "correction"            # signed: what a service was in a window, in place of what was measured
    ATTRIBUTION = "attribution"          # signed: whose a stretch of down time was
    RETIREMENT = "retirement"            # a service ends, by a dated and approved decision
    ONBOARDING = "onboarding"            # an agency or service begins to be counted
    PROMISE = "promise"                  # a date from which changed promises count, before the next period
    SEAL_NOTE = "seal-note"              # what became of a seal: to whom it was given
    REPORT = "report"                    # a report was issued, with its digests
    KEY = "key"                          # a public key, whose it is, and when it ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One record. Raises ValueError for a body that has no canonical form.

    ``agency`` and ``service``: whom it is about; "" is all of them, so that an entry of a whole agency has no service.
    ``body``: text, whole numbers, true or false, and lists of these; no fractions, which have no one way to be written.
    """

    kind: EntryKind
    agency: str = ""
    service: str = ""
    at_ms: int                           # UTC, milliseconds since 1970, when it was recorded
    body: Body = field(hash=False)
    by: str                              # who told it
    signature: str = ""                  # Ed25519 over ``signed_bytes`` in hexadecimal, "" where nobody signed
    number: int = 0                      # its place in the ledger, from 1, given by it; 0 before

    def __post_init__(self) -> None:
        """Take a plain copy, so that nobody changes it from outside, and refuse what cannot be written."""
        if not self.by.strip():
            raise ValueError(f"a {self.kind.value} entry says not by whom it is; give a name")
        if self.service and not self.agency:
            raise ValueError(f'entry of service "{self.service}": it names no agency; give both')
        if not 0 <= self.at_ms < SAFE_INTEGER:
            raise ValueError(f"a {self.kind.value} entry of time {self.at_ms}: expected UTC milliseconds since 1970")
        object.__setattr__(self, "body", {key: _plain(value, key) for key, value in sorted(self.body.items())})
        signed_bytes(self)               # text that no encoding can write is refused here

    def text(self, name: str) -> str:
        """Give a text of the body, "" where there is none."""
        found = self.body.get(name, "")
        return found if isinstance(found, str) else str(found)

    def number_of(self, name: str, default: int = 0) -> int:
        """Give a whole number of the body."""
        found = self.body.get(name, default)
        return found if isinstance(found, int) else default

    def list_of(self, name: str) -> tuple[Value, ...]:
        """Give a list of the body."""
        found = self.body.get(name, ())
        return tuple(found) if isinstance(found, Sequence) and not isinstance(found, str) else ()

    @property
    def digest(self) -> str:
        """SHA-256 over what it says and its signature: the same entry told again is the same."""
        return hashlib.sha256(signed_bytes(self) + b"\n" + self.signature.encode()).hexdigest()


def body_text(body: Body) -> str:
    """Write a body as canonical JSON: keys sorted by code point, no blanks, no escapes but those that JSON demands."""
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def signed_bytes(entry: Entry) -> bytes:
    """Give what a signature is over: all that is told, in UTF-8; not the number, which the ledger gives later."""
    return body_text({
        "format": FORMAT, "kind": entry.kind.value, "agency": entry.agency, "service": entry.service,
        "at_ms": entry.at_ms, "by": entry.by, "body": body_text(entry.body),
    }).encode()


def chosen(
    entries: Iterable[Entry], kind: EntryKind | None = None, agency: str | None = None, service: str | None = None,
) -> tuple[Entry, ...]:
    """Give those of a kind that concern an agency and a service, in order of number; entries of all concern any."""
    return tuple(sorted(
        (
            entry for entry in entries
            if kind in (None, entry.kind) and (agency is None or entry.agency in ("", agency))
            and (service is None or entry.service in ("", service))
        ),
        key=lambda entry: entry.number,
    ))


def is_same_person(one: Entry, other: Entry) -> bool:
    """Tell whether one person told both: the same name however it is written, or the same signing key."""
    key = one.text("key")
    return _name(one.by) == _name(other.by) or (key != "" and key == other.text("key"))


def _plain(value: object, key: str) -> Value:
    if isinstance(value, int) and abs(value) >= SAFE_INTEGER:
        raise ValueError(f'body value "{key}": {value} has more digits than JSON keeps; write it as text')
    if isinstance(value, str | int):
        return value
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [_plain(one, key) for one in value]
    raise ValueError(
        f'body value "{key}" is {type(value).__name__}; expected text, a whole number, true or false, or a list of '
        "these",
    )


def _name(by: str) -> str:
    return " ".join(by.split()).casefold()
