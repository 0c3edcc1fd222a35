"""How long raw runs are kept, and what of them is kept longer. The rules alone; a store's own file applies them.

All raw runs of a UTC day are kept ``raw_days``, or fewer where they would need more than ``max_bytes``. After that
those within five intervals of a run that is not good are kept, with evidence and canary results, until the dispute
deadline of their month, and where a dispute lasts, as long as it lasts. All else in the ledger is kept for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from monitors.core.dispute import Act, is_ruling
from monitors.core.entry import EntryKind
from monitors.ledger.sqlite_days import DAY_MS, date_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from monitors.core.entry import Entry

RAW_DAYS = 92
DISPUTE_DAYS = 60
NEWEST_DAYS = 2                          # always whole: their stretches are still being made
INTERVALS_KEPT = 5                       # on either side of a run that is not good


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRules:
    """What is kept. ``max_bytes`` 0: no bound but the days. Raises ValueError for rules that keep too little."""

    raw_days: int = RAW_DAYS
    max_bytes: int = 0
    dispute_days: int = DISPUTE_DAYS

    def __post_init__(self) -> None:
        """The newest days are needed whole."""
        if self.raw_days < NEWEST_DAYS:
            raise ValueError(f"raw runs kept {self.raw_days} days: expected at least {NEWEST_DAYS}")
        if self.max_bytes < 0 or self.dispute_days < 0:
            raise ValueError("a size and a number of days are not below 0")

    def is_whole(self, day: int, now_ms: int) -> bool:
        """Tell whether all raw runs of a UTC day are still to be kept, by their age."""
        return (day + 1 + self.raw_days) * DAY_MS > now_ms

    def deadline_ms(self, day: int) -> int:
        """Say when the dispute deadline of a day's month has passed.

        A UTC day may belong to two months of a zone that is ahead of UTC: the later one counts, and a day more, so that
        the deadline has passed in every zone. 31 January 2026: that of February ends 1 March; with 60 days 1 May.
        """
        later = date_of(day + 1)
        year, month = later.year + later.month // 12, later.month % 12 + 1
        return (date(year, month, 1).toordinal() - date(1970, 1, 1).toordinal() + 1 + self.dispute_days) * DAY_MS


def days_due(
    days: Iterable[int], reasons: Mapping[int, set[str]], rules: RetentionRules, now_ms: int, *,
    is_left: Callable[[int], bool],
) -> tuple[tuple[int, str], ...]:
    """Give the days to thin, oldest first, with the reason; those for their size at the end, as far as needed.

    ``reasons``: why each day was thinned before. ``is_left``: whether a day thinned by its deadline still has runs that
    were kept for a dispute, and none lasts.
    """
    found: list[tuple[int, str]] = []
    by_size: list[tuple[int, str]] = []
    for day in days:
        before = reasons.get(day, set())
        if now_ms >= rules.deadline_ms(day) and not rules.is_whole(day, now_ms):
            # once a dispute has ended, what was kept for it goes too
            if "deadline" not in before or is_left(day):
                found.append((day, "deadline"))
        elif not before and not rules.is_whole(day, now_ms):
            found.append((day, "age"))
        elif not before and rules.max_bytes and (day + 1 + NEWEST_DAYS) * DAY_MS <= now_ms:
            by_size.append((day, "size"))
    return (*found, *by_size)


def disputed_services(entries: Iterable[Entry]) -> frozenset[tuple[str, str]]:
    """Give agency and service of each dispute that lasts; ("x", "") is all of an agency.

    In doubt one lasts, since to keep too much harms nobody: an opening counts whoever signed it, and only a ruling that
    bears a signature of somebody else ends it.
    """
    lasting: dict[int, Entry] = {}
    for entry in sorted(entries, key=lambda entry: entry.number):
        if entry.kind is EntryKind.DISPUTE and entry.text("act") == Act.OPEN:
            lasting[entry.number] = entry
        elif entry.kind is EntryKind.CORRECTION and entry.signature:
            opening = lasting.get(entry.number_of("dispute"))
            if opening is not None and is_ruling(entry, opening):
                del lasting[opening.number]
    return frozenset((entry.agency, entry.service) for entry in lasting.values())
