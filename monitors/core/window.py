"""Windows of time that a statement speaks of: a calendar month in a time zone, or any range.

A month ends in the agency's own zone; the arithmetic is UTC milliseconds. The zone comes in as a ``tzinfo``: reading
zone data is the caller's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

MONTH = re.compile(r"(\d{4})-(\d{2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A half-open span of UTC milliseconds. ``month`` is ``2026-11`` where it is a calendar month, else empty.

    ``zone``: by whose clock it was asked for; without one nobody can say which of its hours a promise covers.
    """

    start_ms: int
    end_ms: int
    month: str = ""
    zone: tzinfo | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        """A window has a length."""
        if self.end_ms <= self.start_ms:
            raise ValueError(f"window {self.start_ms}..{self.end_ms}: its end does not come after its start")


def month_window(month: str, zone: tzinfo) -> Window:
    """Give the calendar month ``YYYY-MM`` of the zone.

    November 2026 in Jakarta (UTC+7) is 31 October 17.00 UTC to 30 November 17.00 UTC: 30 days. Raises ValueError.
    """
    found = MONTH.fullmatch(month)
    if found is None or not 1 <= int(found[2]) <= 12 or not 1970 < int(found[1]) < 9999:
        raise ValueError(f'month "{month}": expected YYYY-MM, for example 2026-11')
    year, number = int(found[1]), int(found[2])
    start = datetime(year, number, 1, tzinfo=zone)
    end = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=zone)
    return Window(start_ms=to_ms(start), end_ms=to_ms(end), month=month, zone=zone)


def month_of(at_ms: int, zone: tzinfo) -> str:
    """Say in which month of the zone an instant lies."""
    return from_ms(at_ms, zone).strftime("%Y-%m")


def moment(text: str, zone: tzinfo) -> int:
    """Read an instant: ``2026-11-24``, ``2026-11-24T14:05``, with seconds, or with its own offset (``+09:00``, ``Z``).

    Without an offset it is in ``zone``. Raises ValueError.
    """
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f'"{text}": expected a date or a time as 2026-11-24 or 2026-11-24T14:05, on request with +09:00 or Z',
        ) from None
    return to_ms(when if when.tzinfo is not None else when.replace(tzinfo=zone))


def to_ms(when: datetime) -> int:
    """Turn an aware datetime into UTC milliseconds, cut downwards."""
    return (when - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def from_ms(at_ms: int, zone: tzinfo) -> datetime:
    """Turn UTC milliseconds into an aware datetime of the zone."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)).astimezone(zone)
