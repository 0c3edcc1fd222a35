"""What of a service's definition changed within a window, as ``siaga24 sla show`` tells it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from monitors.core.promise_change import Change, EarlyPromise
from monitors.core.window import from_ms
from monitors.core.wording import instant, month_name


def remarks(key: str, changes: Sequence[Change], early: Sequence[EarlyPromise], zone: ZoneInfo) -> Iterator[str]:
    """Say what changed when, and from when on a changed promise counts."""
    for change in changes:
        line = f"{key} changed {instant(change.at_ms, zone)}: {', '.join(change.what)}"
        decided = _decided(change, early)
        if decided is not None:
            line += f"; the promise counts for {month_name(decided.month)} already by decision {decided.number} of "
            line += f"{decided.by}: {decided.reason}"
        elif change.changes_promise:
            line += "; the promise counts from the next month on"
        yield line


def as_plain(changes: Sequence[Change], early: Sequence[EarlyPromise], zone: ZoneInfo) -> list[dict[str, Any]]:
    """Write changes as plain values."""
    return [
        {
            "at": from_ms(change.at_ms, zone).isoformat(timespec="milliseconds"), "what": list(change.what),
            "changes_promise": change.changes_promise,
            "early_decision": decided.number if (decided := _decided(change, early)) is not None else None,
        }
        for change in changes
    ]


def _decided(change: Change, early: Sequence[EarlyPromise]) -> EarlyPromise | None:
    return next((one for one in reversed(early) if one.digest == change.digest and change.changes_promise), None)
