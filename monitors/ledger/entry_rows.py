"""Entries as rows of table ``entry``, and back. Shared by the stores; no SQL in here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from monitors.core.entry import Entry, EntryKind, body_text

if TYPE_CHECKING:
    from collections.abc import Sequence

COLUMNS = ("kind", "agency", "service", "at_ms", "told_by", "body", "signature", "digest")
"""All but ``id``, which the store gives in ascending order: the entry's number."""


def entry_row(entry: Entry) -> tuple[str | int, ...]:
    """Write an entry in the order of COLUMNS."""
    return (
        entry.kind.value, entry.agency, entry.service, entry.at_ms, entry.by, body_text(entry.body), entry.signature,
        entry.digest,
    )


def entry_of_row(row: Sequence[Any]) -> Entry:
    """Read an entry of ``id`` and COLUMNS."""
    number, kind, agency, service, at_ms, told_by, body, signature, *_ = row
    return Entry(
        kind=EntryKind(kind), agency=agency, service=service, at_ms=at_ms, by=told_by, body=json.loads(body),
        signature=signature, number=number,
    )
