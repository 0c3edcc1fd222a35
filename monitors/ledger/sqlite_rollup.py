"""Reading the roll-ups of a SQLite ledger: a service's days, and a month of all services at once."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from monitors.calendars import calendar
from monitors.core.entry import EntryKind
from monitors.core.errors import LedgerError
from monitors.core.nation import Registered
from monitors.core.retirement import end_of_life
from monitors.core.retirement import from_entries as retirements_of
from monitors.core.window import month_window
from monitors.ledger.rolling import ServiceRoller
from monitors.ledger.rollup_rows import day_number, day_of_values, month_number, month_of_values
from monitors.ledger.sqlite_reader import SqliteReader
from monitors.ledger.sqlite_rollup_sql import (
    A_DAY,
    ANY_DAY_ANEW,
    ANY_MONTH_ANEW,
    BY_SERVICE,
    MONTHS,
    NEWEST_OF_AGENCY,
    NEWEST_OF_DAY,
    NEWEST_OF_MONTH,
    SUMS_OF_FEW,
    SUMS_OF_MOST,
    UNSUMMED,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitors.core.retirement import Retirement
    from monitors.core.rollup import Rollup
    from monitors.core.rollup_month import MonthRollup
    from monitors.ledger.rolling import Lay

FEW = 8                                  # one of so many services: looked up one by one instead of reading the month
SUM_HEAD = 11


class SqliteRollupReader(SqliteReader):
    """The roll-ups in ``path``. Raises LedgerError where there is no ledger, or one of another schema."""

    def day_rollups(self, agency: str, service: str, first: date, last: date) -> tuple[Rollup, ...]:
        """Give a service's days from ``first`` to ``last``, those that are there; of each the newest version."""
        with self.snapshot():
            number = self._rolled_service(agency, service)
            if number is None:
                return ()
            return self._days_of(number, agency, service, day_number(first), day_number(last))

    def month_rollups(self, month: str) -> tuple[MonthRollup, ...]:
        """Give the month ``YYYY-MM`` of every service that has a day of it, by agency and service.

        A finished month is read as it was summed; of one that runs the days so far are summed now.
        """
        number = month_number(month)
        first, last = _days_of_month(number)
        given = {"month": number, "first": first, "last": last}
        with self.snapshot():
            newest = NEWEST_OF_MONTH if self._is_any(ANY_MONTH_ANEW, given) else ""
            found = [
                month_of_values(row[0], row[1], month, row[2:])
                for row in self._db.execute(f"{MONTHS} {newest}", given)
            ]
            found += self._unfinished(month, given)
        return tuple(sorted(found, key=lambda one: (one.agency, one.service)))

    def month_laid(self, month: MonthRollup, lay: Lay, *, now_ms: int) -> MonthRollup:
        """Sum a service's month anew with something laid over its timeline; by the same calendars."""
        first, last = _days_of_month(month_number(month.month))
        with self.snapshot():
            number = self._rolled_service(month.agency, month.service)
            roller = ServiceRoller(
                self, month.agency, month.service, definitions=self._definitions(month.agency, month.service),
                entries=self.entries(EntryKind.RETIREMENT), now_ms=now_ms,
            )
            days = self._days_of(number or 0, month.agency, month.service, first, last)
            laid = list(roller.anew(days, lambda day: calendar(day.calendar), lay=lay))
        return roller.month(laid)

    def rolled_until(self) -> int | None:
        """Say up to when every service whose life goes on is rolled up, None where none is."""
        with self.snapshot():
            row = self._db.execute("SELECT min(next_ms) FROM rollup_service WHERE due_ms IS NOT NULL").fetchone()
        return int(row[0]) if row[0] is not None else None

    def agency_heads(self, codes: Sequence[str]) -> tuple[Registered, ...]:
        """Give what the newest definition of a service says of these agencies; of those that have one."""
        found = []
        with self.snapshot():
            for code in codes:
                row = self._db.execute(NEWEST_OF_AGENCY, (code,)).fetchone()
                if row is not None:
                    target = json.loads(row[0])["targets"][0]
                    found.append(Registered(
                        code=code, name=target.get("agency_name", ""), kind=target.get("agency_kind", ""),
                        province=target.get("province", ""), wave=target.get("wave", ""),
                    ))
        return tuple(found)

    # What follows is called within a snapshot.

    def _rolled_service(self, agency: str, service: str) -> int | None:
        row = self._db.execute(
            "SELECT id FROM rollup_service WHERE agency = ? AND service = ?", (agency, service),
        ).fetchone()
        return int(row[0]) if row is not None else None

    def _days_of(self, number: int, agency: str, service: str, first: int, last: int) -> tuple[Rollup, ...]:
        days = []
        for day in range(first, last + 1):           # the key begins with the day: a look for each
            row = self._db.execute(A_DAY, (day, number)).fetchone()
            if row is not None:
                days.append(day_of_values(agency, service, day, row))
        return tuple(days)

    def _is_any(self, asked: str, given: dict[str, Any]) -> bool:
        return bool(self._db.execute(asked, given).fetchone()[0])

    def _unfinished(self, month: str, given: dict[str, Any]) -> Iterator[MonthRollup]:
        unsummed = [row[0] for row in self._db.execute(UNSUMMED, given)]
        if not unsummed:
            return
        of_all = self._db.execute("SELECT count(*) FROM rollup_service").fetchone()[0]
        asked = SUMS_OF_MOST if len(unsummed) * FEW > of_all else SUMS_OF_FEW
        newest = NEWEST_OF_DAY if self._is_any(ANY_DAY_ANEW, given) else ""
        rows = self._db.execute(f"{asked} {newest} {BY_SERVICE}", {**given, "few": json.dumps(unsummed)}).fetchall()
        retired = retirements_of(self.entries(EntryKind.RETIREMENT))
        yield from (self._summed(row, month, retired) for row in rows)

    def _summed(self, row: Sequence[Any], month: str, retired: Sequence[Retirement]) -> MonthRollup:
        agency, service, zone, start_ms, until_ms, length_ms, calendar, target, weight, days, has_hours = row[:SUM_HEAD]
        if until_ms - start_ms != length_ms:
            raise LedgerError(
                f"{self.path}: of {agency}/{service} a roll-up of {month} is missing; expected one for each day; "
                'run "siaga24 ledger rebuild --check", and restore a backup that agrees',
            )
        end_ms = month_window(month, ZoneInfo(zone)).end_ms
        ends_ms = end_of_life(retired, agency, service) if retired else None
        end_ms = end_ms if ends_ms is None else min(end_ms, max(ends_ms, until_ms))
        whole_ms = end_ms - start_ms if not has_hours else ServiceRoller(
            self, agency, service, definitions=self._definitions(agency, service), entries=(), now_ms=until_ms,
        ).whole_of(start_ms, end_ms)
        return month_of_values(agency, service, month, (
            start_ms, end_ms, until_ms, whole_ms, calendar, target, weight, days, *row[SUM_HEAD:],
        ))


def _days_of_month(number: int) -> tuple[int, int]:
    """Give the first and last local day of a month."""
    year, month = divmod(number, 12)
    first, after = date(year, month + 1, 1), date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return day_number(first), day_number(after) - 1
