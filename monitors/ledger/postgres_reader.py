"""Reading a ledger on PostgreSQL, from anywhere, while monitors write.

As in a file, stretches come from their table and runs of the current hour are folded while reading. Runs are asked for
minute by minute, each with its evidence, so that a key answers however large a day is.
"""

from __future__ import annotations

import contextlib
import threading
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

from monitors.core.heartbeat import Report
from monitors.core.history import (
    GOOD,
    Definition,
    Event,
    Gap,
    Life,
    ServiceHistory,
    Stretch,
    breaks_of_all,
    fold,
    hold_at,
    stretch_of,
)
from monitors.ledger.entry_rows import COLUMNS, entry_of_row
from monitors.ledger.postgres_schema import open_for_reading
from monitors.ledger.postgres_server import told
from monitors.ledger.reading import Facts, SeriesRow, along, definition_of_row, steps_at
from monitors.ledger.rows import MINUTE_MS, RunRow, run_of, stretch_of_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from monitors.core.entry import Entry, EntryKind
    from monitors.core.model import Run
    from monitors.ledger.postgres_server import Db
    from monitors.ledger_name import ServerLedger

CHUNK_MINUTES = 60
DAY_MINUTES = 1_440
EPOCH = date(1970, 1, 1).toordinal()

SERIES = """
SELECT s.id, s.agency, s.service, s."transaction", l.vantage, l.life, l.id, l.opened_ms, l.heartbeat_ms, l.folded_ms
FROM series s JOIN life l ON l.id = s.life
"""
COLUMNS_OF_RUN = "minute, series, sequence, offset_ms, late_ms, took_ms, code, phases"
EVIDENCE = """CASE WHEN r.code <> 0 THEN (
    SELECT detail FROM evidence e WHERE e.minute = r.minute AND e.series = r.series AND e.sequence = r.sequence
) END"""
# "OFFSET 0" keeps the inner question as it is: one look by key for each minute and series
RUNS = f"""
SELECT r.*, {EVIDENCE}
FROM generate_series(%(first)s::integer, %(last)s::integer) AS minutes (minute)
CROSS JOIN unnest(%(series)s::integer[]) AS asked (id) CROSS JOIN LATERAL (
    SELECT {COLUMNS_OF_RUN} FROM run
    WHERE run.minute = minutes.minute AND run.series = asked.id AND run.minute BETWEEN %(first)s AND %(last)s
    OFFSET 0
) AS r
"""  # noqa: S608 - our own names
STRETCHES = """
SELECT * FROM stretch WHERE series = %(series)s
AND first_sequence >= coalesce((SELECT max(first_sequence) FROM stretch
    WHERE series = %(series)s AND verdict IN (0, 1) AND last_start_ms < %(start)s), -1)
AND first_sequence <= coalesce((SELECT min(first_sequence) FROM stretch
    WHERE series = %(series)s AND verdict IN (0, 1) AND start_ms >= %(end)s), 2147483647)
ORDER BY first_sequence
"""
# the newest run of each series: of those in no stored stretch, else the last of the newest stretch
LAST_RUNS = """
SELECT r.* FROM series s JOIN life l ON l.id = s.life
LEFT JOIN LATERAL (
    SELECT last_sequence, last_start_ms FROM stretch WHERE series = s.id ORDER BY first_sequence DESC LIMIT 1
) AS stored ON true
CROSS JOIN LATERAL (
    SELECT tail.* FROM generate_series(
        (l.heartbeat_ms / 60000)::integer, (l.folded_ms / 60000)::integer, -1) AS minutes (minute)
    CROSS JOIN LATERAL (
        SELECT minute, series, sequence, offset_ms, late_ms, took_ms, code, phases FROM run
        WHERE run.minute = minutes.minute AND run.series = s.id
            AND run.sequence > coalesce(stored.last_sequence, -1) AND l.folded_ms <= l.heartbeat_ms
        ORDER BY offset_ms DESC, sequence LIMIT 1
    ) AS tail
    UNION ALL
    SELECT minute, series, sequence, offset_ms, late_ms, took_ms, code, phases FROM run
    WHERE run.minute = (stored.last_start_ms / 60000)::integer AND run.series = s.id
        AND run.sequence = stored.last_sequence
    LIMIT 1
) AS r
WHERE s.id = ANY (%s)
"""
ENTRIES = f"""
SELECT id, {", ".join(COLUMNS)} FROM entry
WHERE (%(kind)s::text IS NULL OR kind = %(kind)s) AND (%(agency)s::text IS NULL OR agency IN ('', %(agency)s))
  AND (%(service)s::text IS NULL OR service IN ('', %(service)s))
ORDER BY id
"""  # noqa: S608 - our own names
DEFINITION = (
    "SELECT l.vantage, l.life, d.recorded_ms, d.digest, d.document FROM definition d JOIN life l ON l.id = d.life "
)


class Found(NamedTuple):
    """A run's row and its evidence, where it has any."""

    row: RunRow
    detail: bytes | None


class PostgresReader:
    """The reading half of the ledger ``name``. Raises LedgerError where there is none, or one of another schema.

    A connection that broke is made anew at the next call.
    """

    def __init__(self, name: ServerLedger, opening: Callable[[ServerLedger], Db] = open_for_reading) -> None:
        self.name, self._opening = name, opening
        self._db = opening(name)
        self._lock = threading.RLock()
        self._depth = 0
        self._is_closed = False

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let all that is read within be of one moment."""
        with self._lock, told(self.name, "read"):
            if self._depth:
                self._depth += 1
                try:
                    yield
                finally:
                    self._depth -= 1
                return
            self._be_connected()
            self._ask("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            self._depth += 1
            try:
                yield
            except BaseException:
                with contextlib.suppress(psycopg.Error):
                    self._ask("ROLLBACK")
                raise
            else:
                self._ask("COMMIT")
            finally:
                self._depth -= 1

    @property
    def connection(self) -> Db:
        """The connection as it is now, for what asks within a snapshot or a transaction."""
        return self._db

    def close(self) -> None:
        """Let the server go."""
        with self._lock:
            self._is_closed = True
            self._db.close()

    def lives(self) -> tuple[Life, ...]:
        """All lives in the order they were opened."""
        with self.snapshot():
            rows = self._rows("SELECT life, vantage, opened_ms, heartbeat_ms, host, pid, version FROM life ORDER BY id")
        return tuple(
            Life(life=life, vantage=vantage, opened_ms=opened, heartbeat_ms=beat, host=host, pid=pid, version=version)
            for life, vantage, opened, beat, host, pid, version in rows
        )

    def definitions(self) -> tuple[Definition, ...]:
        """The newest definition of each service."""
        with self.snapshot():
            rows = self._rows(
                "SELECT l.vantage, l.life, d.recorded_ms, d.digest, d.document FROM (SELECT DISTINCT ON (agency, "
                "service) * FROM definition ORDER BY agency, service, recorded_ms DESC, id DESC) d "
                "JOIN life l ON l.id = d.life ORDER BY d.agency, d.service",
            )
        return tuple(definition_of_row(row) for row in rows)

    def last_runs(self) -> tuple[Run, ...]:
        """The newest run of each transaction at each vantage."""
        with self.snapshot():
            of_key: dict[tuple[str, str, str, str], list[SeriesRow]] = {}
            for series in self._series("ORDER BY l.id"):
                key = (series.agency, series.service, series.transaction, series.vantage)
                of_key.setdefault(key, []).append(series)
            found: dict[tuple[str, str, str, str], Run] = {}
            while of_key:                # the newest life's series of each; where that has no run, the one before
                asked = {lane[-1].id: key for key, lane in of_key.items()}
                rows = {row[1]: RunRow(*row) for row in self._rows(LAST_RUNS, (list(asked),))}
                for number, key in asked.items():
                    series = of_key[key].pop()
                    if number in rows:
                        row = rows[number]
                        found[key] = self._run(Found(row, self._detail(row)), series, self._definitions(*key[:2]))
                    if number in rows or not of_key[key]:
                        del of_key[key]
        return tuple(found[key] for key in sorted(found))

    def events(self) -> tuple[Event, ...]:
        """What befell the monitors, in the order it was told."""
        with self.snapshot():
            rows = self._rows(
                "SELECT l.life, e.at_ms, e.kind, e.note FROM event e JOIN life l ON l.id = e.life ORDER BY e.id",
            )
        return tuple(Event(life=life, at_ms=at_ms, kind=kind, note=note) for life, at_ms, kind, note in rows)

    def last_reports(self) -> dict[str, Report]:
        """The newest report of each job."""
        with self.snapshot():
            rows = self._rows("SELECT DISTINCT ON (key) key, at_ms, succeeded, note FROM report ORDER BY key, id DESC")
        return {key: Report(at_ms=at_ms, succeeded=bool(succeeded), note=note) for key, at_ms, succeeded, note in rows}

    def entries(
        self, kind: EntryKind | None = None, agency: str | None = None, service: str | None = None,
    ) -> tuple[Entry, ...]:
        """What people and other programs told, in order of number."""
        given = {"kind": kind.value if kind is not None else None, "agency": agency, "service": service}
        with self.snapshot():
            rows = self._rows(ENTRIES, given)
        return tuple(entry_of_row(row) for row in rows)

    def runs(
        self, agency: str, service: str, transaction: str | None = None, *, start_ms: int, end_ms: int,
    ) -> Iterator[Run]:
        """Runs that started in the window, in order of start."""
        where = "WHERE s.agency = %s AND s.service = %s" + (' AND s."transaction" = %s' if transaction else "")
        with self.snapshot():
            of_service = self._series(where, (agency, service, transaction) if transaction else (agency, service))
            definitions = self._definitions(agency, service)
            days = self._days()
        if not days:
            return
        first = max(start_ms // MINUTE_MS, days[0] * DAY_MINUTES)
        last = min((end_ms - 1) // MINUTE_MS, (days[-1] + 1) * DAY_MINUTES - 1)
        for minute in range(first, last + 1, CHUNK_MINUTES):
            until = min(minute + CHUNK_MINUTES - 1, last)
            living = {
                one.id: one for one in of_service
                if one.opened_ms // MINUTE_MS - 1 <= until and one.heartbeat_ms // MINUTE_MS >= minute
            }
            if not living:
                continue
            with self.snapshot():
                rows = self._runs(list(living), minute, until)
            chunk = [self._run(found, living[found.row.series], definitions) for found in rows]
            chunk.sort(key=lambda run: (run.started_ms, run.transaction, run.vantage, run.sequence))
            yield from (run for run in chunk if start_ms <= run.started_ms < end_ms)

    def history(self, agency: str, service: str, *, start_ms: int, end_ms: int) -> ServiceHistory | None:
        """All that the figures of the service in the window rest on."""
        with self.snapshot():
            facts = self._facts(agency, service)
            if not facts.definitions:
                return None
            lanes: dict[tuple[str, str], list[SeriesRow]] = {}
            for series in self._series("WHERE s.agency = %s AND s.service = %s ORDER BY l.id", (agency, service)):
                lanes.setdefault((series.transaction, series.vantage), []).append(series)
            stretches: list[Stretch] = []
            for lane in lanes.values():
                for series, part in along(
                    lane, start_ms, end_ms, lambda one: self._stretches(one, start_ms, end_ms, facts),
                ):
                    stretches += self._split(part, series, (start_ms, end_ms), facts)
        return ServiceHistory(
            agency=agency, service=service, definitions=tuple(facts.definitions), lives=tuple(facts.lives),
            gaps=tuple(facts.gaps), stretches=tuple(stretches),
        )

    # What follows is called within a snapshot or a transaction.

    def _stretches(self, series: SeriesRow, start_ms: int, end_ms: int, facts: Facts) -> list[Stretch]:
        """Read one series, stored stretches and what is not folded yet: from the last good one before to one after."""
        rows = self._rows(STRETCHES, {"series": series.id, "start": start_ms, "end": end_ms})
        stored = [stretch_of_row(row, series.names) for row in rows]
        if stored and stored[-1].verdict in GOOD and stored[-1].start_ms >= end_ms:
            return stored
        tail = self._tail(series, facts.definitions, after=stored[-1].last_sequence if stored else None)
        return list(fold([*stored, *tail], facts.breaks[series.life]))

    def _tail(self, series: SeriesRow, definitions: Sequence[Definition], after: int | None) -> list[Stretch]:
        """Read the runs that lie in no stored stretch, each as a stretch of its own."""
        if series.folded_ms > series.heartbeat_ms:
            return []
        found = self._runs([series.id], series.folded_ms // MINUTE_MS, series.heartbeat_ms // MINUTE_MS)
        found = [one for one in found if after is None or one.row.sequence > after]
        found.sort(key=lambda one: one.row.sequence)
        return [self._single(one, series, definitions) for one in found]

    def _split(
        self, stretches: Sequence[Stretch], series: SeriesRow, edges: Sequence[int], facts: Facts,
    ) -> Iterator[Stretch]:
        """Cut stretches at the edges, so that runs are counted on the right side."""
        for stretch in stretches:
            cuts = [edge for edge in edges if stretch.start_ms < edge <= stretch.last_start_ms]
            if not cuts:
                yield stretch
                continue
            found = self._runs([series.id], stretch.start_ms // MINUTE_MS, stretch.last_start_ms // MINUTE_MS)
            found = [one for one in found if stretch.first_sequence <= one.row.sequence <= stretch.last_sequence]
            found.sort(key=lambda one: one.row.sequence)
            singles = [self._single(one, series, facts.definitions) for one in found]
            # where raw runs are gone the stretch stays whole
            breaks = sorted({*facts.breaks[series.life], *cuts})
            yield from fold(singles, breaks) if len(singles) == stretch.runs else (stretch,)

    def _single(self, found: Found, series: SeriesRow, definitions: Sequence[Definition]) -> Stretch:
        run = self._run(found, series, definitions)
        return stretch_of(run, hold_ms=hold_at(definitions, run))

    def _run(self, found: Found, series: SeriesRow, definitions: Sequence[Definition]) -> Run:
        steps = steps_at(definitions, series, found.row.started_ms)
        return run_of(found.row, series.names, found.detail, steps)

    def _runs(self, series: Sequence[int], first: int, last: int) -> list[Found]:
        rows = self._rows(RUNS, {"first": first, "last": last, "series": list(series)})
        return [Found(RunRow(*row[:8]), row[8]) for row in rows]

    def _detail(self, row: RunRow) -> bytes | None:
        if not row.code:                 # up, done, first try passed
            return None
        found = self._rows(
            "SELECT detail FROM evidence WHERE minute = %s AND series = %s AND sequence = %s",
            (row.minute, row.series, row.sequence),
        )
        return bytes(found[0][0]) if found else None

    def _days(self) -> list[int]:
        """Give the UTC days that have a partition, counted from 1970-01-01, ascending."""
        rows = self._rows(
            "SELECT right(c.relname, 8) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            "WHERE i.inhparent = 'run'::regclass ORDER BY 1",
        )
        return [date.fromisoformat(text).toordinal() - EPOCH for text, in rows]

    def _series(self, where: str, given: Sequence[Any] = ()) -> list[SeriesRow]:
        return [SeriesRow(*row) for row in self._rows(SERIES + where, given)]

    def _definitions(self, agency: str, service: str) -> tuple[Definition, ...]:
        rows = self._rows(
            DEFINITION + "WHERE d.agency = %s AND d.service = %s ORDER BY d.recorded_ms, d.id", (agency, service),
        )
        return tuple(definition_of_row(row) for row in rows)

    def _facts(self, agency: str, service: str) -> Facts:
        lives, gaps = self.lives(), self._gaps()
        return Facts(lives, gaps, self._definitions(agency, service), breaks_of_all(lives, gaps))

    def _gaps(self) -> tuple[Gap, ...]:
        rows = self._rows(
            "SELECT l.life, g.start_ms, g.end_ms, g.reason FROM gap g JOIN life l ON l.id = g.life "
            "ORDER BY g.start_ms, g.end_ms, l.id",
        )
        return tuple(Gap(life=life, start_ms=start, end_ms=end, reason=reason) for life, start, end, reason in rows)

    def _be_connected(self) -> None:
        if self._db.closed and not self._is_closed:
            self._db = self._opening(self.name)

    def _ask(self, sql: str, given: Sequence[Any] | dict[str, Any] | None = None) -> psycopg.Cursor[tuple[Any, ...]]:
        return self._db.execute(sql.encode(), given or None)

    def _rows(self, sql: str, given: Sequence[Any] | dict[str, Any] = ()) -> list[tuple[Any, ...]]:
        return self._ask(sql, given).fetchall()
