"""Rolls up the days of a SQLite ledger, from any process, while the monitor writes.

A day is rolled up once it is settled. What comes later marks itself (triggers of schema 8 list it in ``rollup_due``):
the days it may touch are made anew, and where they differ a row of the next version is appended. A stop or a crash at
any moment leaves a ledger that the next pass goes on with.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from monitors import calendars
from monitors.core.entry import EntryKind
from monitors.core.window import from_ms, to_ms
from monitors.ledger.rolling import ServiceRoller
from monitors.ledger.rollup_rows import day_number, day_of_number, day_values, month_number, month_values
from monitors.ledger.rows import target_of
from monitors.ledger.sqlite_entries import SqliteEntries
from monitors.ledger.sqlite_rollup import SqliteRollupReader
from monitors.ledger.sqlite_rollup_sql import (
    DUE,
    LATE,
    LOOK_AGAIN,
    NEW_SERVICES,
    NEWEST_DAY,
    NEWEST_DOCUMENT,
    NEWEST_MONTH,
    PUT_DAY,
    PUT_MONTH,
    TAKE_UP,
    UNDECIDED,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from monitors.core.entry import Entry
    from monitors.core.hours import Calendar
    from monitors.core.rollup import LocalDay, Rollup

MOST_DAYS = 62                           # of one service that are read at once
AT_ONCE = 50                             # services whose days are written in one transaction
MOST_ROWS = 500                          # the same, in days


@dataclass(frozen=True, slots=True, kw_only=True)
class Rolled:
    """What a pass did."""

    days: int = 0                        # of services, for the first time
    months: int = 0                      # that were finished, or summed anew
    anew: int = 0                        # days that late results changed
    left: int = 0                        # services whose next day has ended and is not settled yet


class _Read(NamedTuple):
    """What was made of one service, to be written with that of others."""

    number: int
    roller: ServiceRoller
    next_ms: int                         # as the row has it
    last_day: int | None
    days: list[LocalDay]                 # as many as were settled
    made: list[Rollup]
    open_ms: int                         # until when a result would have come in time to change the last of them


class SqliteRollups(SqliteEntries, SqliteRollupReader):
    """The ledger in ``path``, to be rolled up. Raises LedgerError where there is none."""

    def roll(
        self, *, now_ms: int, pause: Callable[[float], object], is_stopped: Callable[[], bool],
    ) -> Rolled:
        """Roll up what is due. ``pause`` is called between services with the seconds that the last one took."""
        newest = calendars.calendar()
        self._take_up_services()
        self._look_at_undecided(newest, now_ms)
        with self.snapshot():
            due = self._db.execute(DUE, (now_ms,)).fetchall()
            entries = self.entries(EntryKind.RETIREMENT)
        if due:
            self._mark(max(_last_midnight(now_ms, zone) for zone in {row[3] for row in due}))
        done = Rolled()
        waiting: list[_Read] = []
        for row in due:
            began = time.perf_counter()
            waiting.append(self._read_due(row, entries, now_ms, newest))
            if len(waiting) >= AT_ONCE or sum(len(one.made) for one in waiting) >= MOST_ROWS:
                done = self._write_due(waiting, done)
                waiting = []
            pause(time.perf_counter() - began)
            if is_stopped():
                break
        done = self._write_due(waiting, done)
        for row in () if is_stopped() else self._late():
            began = time.perf_counter()
            done = self._again(row, entries, now_ms, done)
            pause(time.perf_counter() - began)
            if is_stopped():
                break
        return done

    def _take_up_services(self) -> None:
        with self.snapshot():
            new = [(*row, self._zone_of(*row[:2])) for row in self._db.execute(NEW_SERVICES).fetchall()]
        if new:
            with self.deciding():
                self._db.executemany(TAKE_UP, (
                    (agency, service, zone, since_ms, _end_of_day(since_ms, zone))
                    for agency, service, since_ms, zone in new
                ))

    def _zone_of(self, agency: str, service: str) -> str:
        return target_of(self._db.execute(NEWEST_DOCUMENT, (agency, service)).fetchone()[0]).time_zone

    def _look_at_undecided(self, newest: Calendar, now_ms: int) -> None:
        """Have days of an undecreed year made anew once a calendar decides them; all others keep their version.

        The ledger is told which calendar comes into use.
        """
        with self.snapshot():
            known = self._db.execute("SELECT calendar FROM rollup_mark").fetchone()[0]
            rows = self._db.execute(UNDECIDED, (newest.version,)).fetchall() if known != newest.version else []
        if known != newest.version:
            with self.deciding():
                for entry in calendars.note_of_newest(self.entries(EntryKind.CALENDAR), now_ms):
                    self.keep_entry(entry)
                self._db.execute("UPDATE rollup_mark SET calendar = ?", (newest.version,))
                self._db.executemany(LOOK_AGAIN, ((from_ms, to_ms, service) for service, from_ms, to_ms in rows))

    def _mark(self, until_ms: int) -> None:
        """Have whatever comes for earlier moments told from now on; before anything of them is read."""
        with self.snapshot():
            known = self._db.execute("SELECT until_ms FROM rollup_mark").fetchone()[0]
        if known < until_ms:
            with self.deciding():
                self._db.execute("UPDATE rollup_mark SET until_ms = max(until_ms, ?)", (until_ms,))

    def _read_due(self, row: tuple[Any, ...], entries: Sequence[Entry], now_ms: int, newest: Calendar) -> _Read:
        number, agency, service, _, next_ms, last_day = row
        with self.snapshot():
            roller = self._roller(agency, service, entries, now_ms)
            last = day_of_number(last_day) if last_day is not None else None
            days = roller.ended_days(next_ms, last, MOST_DAYS)
            made, open_ms = roller.settled(days, newest)
        return _Read(number, roller, next_ms, last_day, days[:len(made)], made, open_ms)

    def _write_due(self, waiting: Sequence[_Read], done: Rolled) -> Rolled:
        days = months = 0
        if any(one.made or one.roller.ends_ms is not None for one in waiting):
            with self.deciding():
                for one in waiting:
                    days += len(one.made)
                    months += self._write_service(one)
        return replace(
            done, days=done.days + days, months=done.months + months,
            left=done.left + sum(not one.made for one in waiting),
        )

    def _write_service(self, one: _Read) -> int:
        """Append a service's days and finished months, and say how far it is; gives how many months."""
        self._db.executemany(PUT_DAY, ((day_number(made.day), one.number, 0, *day_values(made)) for made in one.made))
        last_day = day_number(one.made[-1].day) if one.made else one.last_day
        next_ms = one.days[-1].end_ms if one.days else one.next_ms
        ends_ms = one.roller.ends_ms
        has_ended = ends_ms is not None and next_ms >= ends_ms
        zone = one.roller.zone_at(next_ms).key
        if one.made or has_ended:
            self._db.execute(
                "UPDATE rollup_service SET zone = ?, next_ms = ?, last_day = ?, due_ms = ?, open_ms = max(open_ms, ?) "
                "WHERE id = ?",
                (zone, next_ms, last_day, None if has_ended else _end_of_day(next_ms, zone), one.open_ms, one.number),
            )
        months = {f"{made.day:%Y-%m}" for made in one.made}
        if has_ended and last_day is not None:
            months.add(f"{day_of_number(last_day):%Y-%m}")
        return self._sum_months(one.number, one.roller, months)

    def _sum_months(self, number: int, roller: ServiceRoller, months: Iterable[str]) -> int:
        """Append the sums of those months that are finished, where they are not there yet or are others now."""
        count = 0
        for month in sorted(months):
            first = day_number(date.fromisoformat(f"{month}-01"))
            found = self._days_of(number, roller.agency, roller.service, first, first + 30)
            summed = roller.month([day for day in found if f"{day.day:%Y-%m}" == month])
            if summed.is_final:
                count += self._put_newer(NEWEST_MONTH, PUT_MONTH, (month_number(month), number), month_values(summed))
        return count

    def _put_newer(self, newest: str, put: str, key: tuple[int, int], values: tuple[Any, ...]) -> bool:
        """Append a row of the next version, unless the newest one says the same."""
        found = self._db.execute(newest, key).fetchone()
        if found is not None and found[1:] == values:
            return False
        self._db.execute(put, (*key, found[0] + 1 if found is not None else 0, *values))
        return True

    def _late(self) -> list[tuple[Any, ...]]:
        with self.snapshot():
            return self._db.execute(LATE).fetchall()

    def _again(self, row: tuple[Any, ...], entries: Sequence[Entry], now_ms: int, done: Rolled) -> Rolled:
        """Make the days anew that a late result may touch."""
        series, times, from_ms, to_ms, number, agency, service = row
        with self.snapshot():
            roller = self._roller(agency, service, entries, now_ms)
            touched = self._touched(number, roller, *roller.reach(from_ms, to_ms))
            made = list(roller.anew(touched, _calendar_anew)) if touched else []
        with self.deciding():
            changed = [
                one for one in made
                if self._put_newer(NEWEST_DAY, PUT_DAY, (day_number(one.day), number), day_values(one))
            ]
            months = self._sum_months(number, roller, {f"{one.day:%Y-%m}" for one in changed})
            # what came while this was read stays on the list
            self._db.execute("DELETE FROM rollup_due WHERE series = ? AND times = ?", (series, times))
        return replace(done, anew=done.anew + len(changed), months=done.months + months)

    def _touched(self, number: int, roller: ServiceRoller, low_ms: int, high_ms: int) -> tuple[Rollup, ...]:
        """Give the days that are there and have a moment of the span."""
        first = day_number(from_ms(low_ms, UTC).date()) - 1          # no zone is further than a day from UTC
        last = day_number(from_ms(min(high_ms, roller.now_ms), UTC).date()) + 1
        rows = self._days_of(number, roller.agency, roller.service, first, last)
        return tuple(one for one in rows if one.start_ms < high_ms and one.end_ms > low_ms)

    def _roller(self, agency: str, service: str, entries: Sequence[Entry], now_ms: int) -> ServiceRoller:
        definitions = self._definitions(agency, service)
        return ServiceRoller(self, agency, service, definitions=definitions, entries=entries, now_ms=now_ms)


def _calendar_anew(one: Rollup) -> Calendar:
    """A day keeps its calendar, so that an old month stays as it is; but for one that nobody had decided on."""
    newest = calendars.calendar()
    is_decided_now = one.undecided.observed_ms > 0 and not newest.is_undecided(one.day)
    return newest if is_decided_now else calendars.calendar(one.calendar)


def _end_of_day(at_ms: int, zone: str) -> int:
    """Give the next midnight of a zone."""
    here = ZoneInfo(zone)
    return to_ms(datetime.combine(from_ms(at_ms, here).date() + timedelta(days=1), datetime.min.time(), tzinfo=here))


def _last_midnight(at_ms: int, zone: str) -> int:
    here = ZoneInfo(zone)
    return to_ms(datetime.combine(from_ms(at_ms, here).date(), datetime.min.time(), tzinfo=here))
