"""Deployments as the ledger was told of them: a stack that was brought to another state, or tried to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitors.core.entry import Entry, EntryKind

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One run of a provisioning command that changed something, or failed."""

    number: int
    agency: str
    command: str                         # up, destroy
    started_ms: int
    ended_ms: int
    by: str
    succeeded: bool
    changed: int                         # resources created, updated, replaced or deleted
    failure: str = ""                    # its first line, where it failed


def from_entries(entries: Iterable[Entry]) -> tuple[Deployment, ...]:
    """Read the deployments in order of number."""
    return tuple(
        Deployment(
            number=entry.number, agency=entry.agency, command=entry.text("command") or "up",
            started_ms=min(entry.number_of("started_ms", entry.at_ms), entry.at_ms), ended_ms=entry.at_ms, by=entry.by,
            succeeded=entry.text("result") == "done", changed=entry.number_of("changed"), failure=entry.text("failure"),
        )
        for entry in sorted(entries, key=lambda entry: entry.number) if entry.kind is EntryKind.DEPLOYMENT
    )
