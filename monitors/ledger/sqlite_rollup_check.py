"""Makes the roll-ups of a SQLite ledger anew from its stretches, and compares them row by row; writes nothing.

Stretches are kept for ever, and each row names the calendar that decided over it: so every row there is can be made
anew to the same bytes, also of days whose raw runs were let go.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from monitors import calendars
from monitors.core.entry import EntryKind
from monitors.core.window import from_ms
from monitors.ledger.rolling import ServiceRoller
from monitors.ledger.rollup_rows import (
    DAY_COLUMNS,
    MONTH_COLUMNS,
    day_number,
    day_values,
    month_number,
    month_values,
)
from monitors.ledger.sqlite_rollup import SqliteRollupReader
from monitors.ledger.sqlite_rollup_sql import COUNTED_DAYS, LATE_SERVICES, NEWEST_MONTH, ROLLED_SERVICES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitors.core.entry import Entry
    from monitors.core.rollup import Rollup


@dataclass(frozen=True, slots=True, kw_only=True)
class RollupsCompared:
    """What was compared."""

    days: int
    months: int
    difference: str                      # a sentence on the first row that differs, "" where all are the same


class SqliteRollupCheck(SqliteRollupReader):
    """Reads the ledger in ``path`` and makes its roll-ups anew beside it."""

    def compare(self) -> RollupsCompared:
        """Compare the newest version of every day and finished month; ends at the first difference."""
        days = months = 0
        with self.snapshot():
            entries = self.entries(EntryKind.RETIREMENT)
            # told late, and not looked at again yet: the monitor or "siaga24 ledger rollup" does
            late = {row[:2] for row in self._db.execute(LATE_SERVICES)}
            for number, agency, service, last_day in self._db.execute(ROLLED_SERVICES).fetchall():
                roller = self._roller(agency, service, entries)
                first_day = day_number(from_ms(roller.begins_ms, roller.zone_at(roller.begins_ms)).date())
                stored = self._days_of(number, agency, service, first_day, last_day)
                days += len(stored)
                if len(stored) != last_day - first_day + 1:
                    difference = f"{agency}/{service}: {last_day - first_day + 1 - len(stored)} days are missing"
                elif (agency, service) in late:
                    continue
                else:
                    difference = self._differ(stored, roller) or self._differ_month(number, stored, roller)
                    months += len({f"{day.day:%Y-%m}" for day in stored})
                if difference:
                    return RollupsCompared(days=days, months=months, difference=difference)
            of_all = self._db.execute(COUNTED_DAYS).fetchone()[0]
        told = f"{of_all} days are stored and {days} belong to a service's life" if of_all != days else ""
        return RollupsCompared(days=days, months=months, difference=told)

    def _roller(self, agency: str, service: str, entries: Sequence[Entry]) -> ServiceRoller:
        definitions = self._definitions(agency, service)
        now_ms = time.time_ns() // 1_000_000
        return ServiceRoller(self, agency, service, definitions=definitions, entries=entries, now_ms=now_ms)

    def _differ(self, stored: Sequence[Rollup], roller: ServiceRoller) -> str:
        for one, made in zip(stored, roller.anew(stored, lambda day: calendars.calendar(day.calendar)), strict=True):
            if one != made:
                where = f"{one.agency}/{one.service} on {one.day}"
                return _described(where, DAY_COLUMNS, day_values(one), day_values(made))
        return ""

    def _differ_month(self, number: int, stored: Sequence[Rollup], roller: ServiceRoller) -> str:
        for month, days in groupby(stored, key=lambda day: f"{day.day:%Y-%m}"):
            made = roller.month(list(days))
            row = self._db.execute(NEWEST_MONTH, (month_number(month), number)).fetchone()
            if row is None and not made.is_final:
                continue
            values, was = month_values(made), tuple(row[1:]) if row is not None else ()
            if was != values:
                return _described(f"{made.agency}/{made.service} in {month}", MONTH_COLUMNS, was, values)
        return ""


def _described(where: str, columns: Sequence[str], stored: Sequence[Any], made: Sequence[Any]) -> str:
    if not stored:
        return f"{where}: the roll-up of the month is not stored, but its days make one"
    told = [
        f"{column} {was} and made {now}" for column, was, now in zip(columns, stored, made, strict=True) if was != now
    ]
    return f"{where}: the roll-up is stored with {', '.join(told)}"
