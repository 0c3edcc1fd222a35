"""Reading a SQLite ledger, from any process, while the monitor writes.

Stretches come from their table; runs that do not lie in one yet (of the current hour) are folded while reading, and so
are those around the window's edges. What is read in one ``snapshot`` is of one moment.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

from monitors.core.heartbeat import Report
from monitors.core.history import (
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
from monitors.ledger.entry_rows import entry_of_row
from monitors.ledger.reading import Facts, SeriesRow, along, definition_of_row, steps_at
from monitors.ledger.rows import MINUTE_MS, RunRow, run_of, stretch_of_row
from monitors.ledger.sqlite_days import DAY_MINUTES, DayTables
from monitors.ledger.sqlite_file import open_for_reading, told

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from monitors.core.entry import Entry, EntryKind
    from monitors.core.model import Run

CHUNK_MINUTES = 60

SERIES = """
SELECT s.id, s.agency, s.service, s."transaction", l.vantage, l.life, l.id, l.opened_ms, l.heartbeat_ms, l.folded_ms
FROM series s JOIN life l ON l.id = s.life
"""
RUNS = """
WITH RECURSIVE minutes (minute) AS (
    SELECT :first UNION ALL SELECT minute + 1 FROM minutes WHERE minute < :last
)
SELECT run.* FROM minutes CROSS JOIN {run} AS run ON run.minute = minutes.minute AND run.series = :series
"""
ENTRIES = """
SELECT id, kind, agency, service, at_ms, told_by, body, signature FROM entry
WHERE (:kind IS NULL OR kind = :kind) AND (:agency IS NULL OR agency IN ('', :agency))
  AND (:service IS NULL OR service IN ('', :service))
ORDER BY id
"""


class SqliteReader:
    """The reading half of a ledger in ``path``. Raises LedgerError where there is none, or one of another schema."""

    def __init__(self, path: Path, connection: sqlite3.Connection | None = None) -> None:
        self.path = path
        self._db = connection if connection is not None else open_for_reading(path)
        self._days = DayTables(self._db)
        self._lock = threading.RLock()
        self._depth = 0

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let all that is read within be of one moment."""
        with self._lock, told(self.path, "read"):
            if self._depth == 0:
                self._db.execute("BEGIN")
            self._depth += 1
            try:
                if self._depth == 1:
                    self._days.look()
                yield
            finally:
                self._depth -= 1
                if self._depth == 0:
                    self._db.execute("COMMIT")

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            self._db.close()

    def lives(self) -> tuple[Life, ...]:
        """All lives in the order they were opened."""
        with self.snapshot():
            rows = self._db.execute(
                "SELECT life, vantage, opened_ms, heartbeat_ms, host, pid, version FROM life ORDER BY id",
            ).fetchall()
        return tuple(
            Life(
                life=life, vantage=vantage, opened_ms=opened, heartbeat_ms=beat, host=host, pid=pid, version=version,
            )
            for life, vantage, opened, beat, host, pid, version in rows
        )

    def definitions(self) -> tuple[Definition, ...]:
        """The newest definition of each service."""
        with self.snapshot():
            rows = self._db.execute(
                "SELECT l.vantage, l.life, d.recorded_ms, d.digest, d.document FROM definition d "
                "JOIN life l ON l.id = d.life WHERE d.id = (SELECT id FROM definition n WHERE n.agency = d.agency "
                "AND n.service = d.service ORDER BY n.recorded_ms DESC, n.id DESC LIMIT 1) "
                "ORDER BY d.agency, d.service",
            ).fetchall()
        return tuple(definition_of_row(row) for row in rows)

    def last_runs(self) -> tuple[Run, ...]:
        """The newest run of each transaction at each vantage."""
        with self.snapshot():
            newest: dict[tuple[str, str, str, str], tuple[SeriesRow, Stretch]] = {}
            for series in self._series("ORDER BY l.id DESC"):
                key = (series.agency, series.service, series.transaction, series.vantage)
                stretch = self._newest(series) if key not in newest else None
                if stretch is not None:
                    newest[key] = (series, stretch)
            found = []
            for key in sorted(newest):
                series, stretch = newest[key]
                row = self._row(series, stretch.last_start_ms // MINUTE_MS, stretch.last_sequence)
                if row is not None:
                    found.append(self._run(row, series, self._definitions(series.agency, series.service)))
        return tuple(found)

    def events(self) -> tuple[Event, ...]:
        """What befell the monitors, in the order it was told."""
        with self.snapshot():
            rows = self._db.execute(
                "SELECT l.life, e.at_ms, e.kind, e.note FROM event e JOIN life l ON l.id = e.life ORDER BY e.id",
            ).fetchall()
        return tuple(Event(life=life, at_ms=at_ms, kind=kind, note=note) for life, at_ms, kind, note in rows)

    def last_reports(self) -> dict[str, Report]:
        """The newest report of each job."""
        with self.snapshot():
            rows = self._db.execute(
                "SELECT key, at_ms, succeeded, note FROM report WHERE id IN (SELECT max(id) FROM report GROUP BY key)",
            ).fetchall()
        return {key: Report(at_ms=at_ms, succeeded=bool(succeeded), note=note) for key, at_ms, succeeded, note in rows}

    def entries(
        self, kind: EntryKind | None = None, agency: str | None = None, service: str | None = None,
    ) -> tuple[Entry, ...]:
        """What people and other programs told, in order of number."""
        with self.snapshot():
            rows = self._db.execute(ENTRIES, {"kind": kind, "agency": agency, "service": service}).fetchall()
        return tuple(entry_of_row(row) for row in rows)

    def runs(
        self, agency: str, service: str, transaction: str | None = None, *, start_ms: int, end_ms: int,
    ) -> Iterator[Run]:
        """Runs that started in the window, in order of start."""
        where = "WHERE s.agency = ? AND s.service = ?" + (' AND s."transaction" = ?' if transaction else "")
        names = (agency, service, transaction) if transaction else (agency, service)
        with self.snapshot():
            of_service = self._series(where, names)
            definitions = self._definitions(agency, service)
            days = self._days.look()
        if not days:
            return
        first = max(start_ms // MINUTE_MS, days[0] * DAY_MINUTES)
        last = min((end_ms - 1) // MINUTE_MS, (days[-1] + 1) * DAY_MINUTES - 1)
        for minute in range(first, last + 1, CHUNK_MINUTES):
            until = min(minute + CHUNK_MINUTES - 1, last)
            chunk: list[Run] = []
            with self.snapshot():
                for series in of_service:
                    if series.opened_ms // MINUTE_MS - 1 <= until and series.heartbeat_ms // MINUTE_MS >= minute:
                        chunk += (self._run(row, series, definitions) for row in self._rows(series, minute, until))
            chunk.sort(key=lambda run: (run.started_ms, run.transaction, run.vantage, run.sequence))
            yield from (run for run in chunk if start_ms <= run.started_ms < end_ms)

    def history(self, agency: str, service: str, *, start_ms: int, end_ms: int) -> ServiceHistory | None:
        """All that the figures of the service in the window rest on."""
        with self.snapshot():
            facts = self._facts(agency, service)
            if not facts.definitions:
                return None
            lanes: dict[tuple[str, str], list[SeriesRow]] = {}
            for series in self._series("WHERE s.agency = ? AND s.service = ? ORDER BY l.id", (agency, service)):
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

    # What follows is called within a snapshot.

    def _stretches(self, series: SeriesRow, start_ms: int, end_ms: int, facts: Facts) -> list[Stretch]:
        """Read one series, stored stretches and what is not folded yet: from the last good one before to one after."""
        # verdicts 0 and 1 are the good ones (rows.CODES)
        first = self._db.execute(
            "SELECT max(first_sequence) FROM stretch WHERE series = ? AND verdict IN (0, 1) AND last_start_ms < ?",
            (series.id, start_ms),
        ).fetchone()[0]
        last = self._db.execute(
            "SELECT min(first_sequence) FROM stretch WHERE series = ? AND verdict IN (0, 1) AND start_ms >= ?",
            (series.id, end_ms),
        ).fetchone()[0]
        rows = self._db.execute(
            "SELECT * FROM stretch WHERE series = ? AND first_sequence >= ? AND (? IS NULL OR first_sequence <= ?) "
            "ORDER BY first_sequence",
            (series.id, first if first is not None else -1, last, last),
        ).fetchall()
        stored = [stretch_of_row(row, series.names) for row in rows]
        if last is not None:
            return stored
        tail = self._tail(series, facts.definitions)
        return list(fold([*stored, *tail], facts.breaks[series.life]))

    def _tail(self, series: SeriesRow, definitions: Sequence[Definition]) -> list[Stretch]:
        """Read the runs that lie in no stored stretch, each as a stretch of its own."""
        if series.folded_ms > series.heartbeat_ms:
            return []
        newest = self._db.execute(
            "SELECT last_sequence FROM stretch WHERE series = ? ORDER BY first_sequence DESC LIMIT 1", (series.id,),
        ).fetchone()
        first, last = series.folded_ms // MINUTE_MS, series.heartbeat_ms // MINUTE_MS
        rows = [row for row in self._rows(series, first, last) if newest is None or row.sequence > newest[0]]
        rows.sort(key=lambda row: row.sequence)
        return [self._single(row, series, definitions) for row in rows]

    def _newest(self, series: SeriesRow) -> Stretch | None:
        tail = self._tail(series, self._definitions(series.agency, series.service))
        if tail:
            return max(tail, key=lambda stretch: stretch.last_start_ms)
        row = self._db.execute(
            "SELECT * FROM stretch WHERE series = ? ORDER BY first_sequence DESC LIMIT 1", (series.id,),
        ).fetchone()
        return stretch_of_row(row, series.names) if row is not None else None

    def _split(
        self, stretches: Sequence[Stretch], series: SeriesRow, edges: Sequence[int], facts: Facts,
    ) -> Iterator[Stretch]:
        """Cut stretches at the edges, so that runs are counted on the right side."""
        for stretch in stretches:
            cuts = [edge for edge in edges if stretch.start_ms < edge <= stretch.last_start_ms]
            if not cuts:
                yield stretch
                continue
            rows = [
                row for row in self._rows(series, stretch.start_ms // MINUTE_MS, stretch.last_start_ms // MINUTE_MS)
                if stretch.first_sequence <= row.sequence <= stretch.last_sequence
            ]
            rows.sort(key=lambda row: row.sequence)
            breaks = sorted({*facts.breaks[series.life], *cuts})
            singles = [self._single(row, series, facts.definitions) for row in rows]
            # where raw runs are gone the stretch stays whole
            yield from fold(singles, breaks) if len(singles) == stretch.runs else (stretch,)

    def _single(self, row: RunRow, series: SeriesRow, definitions: Sequence[Definition]) -> Stretch:
        run = self._run(row, series, definitions)
        return stretch_of(run, hold_ms=hold_at(definitions, run))

    def _run(self, row: RunRow, series: SeriesRow, definitions: Sequence[Definition]) -> Run:
        detail = None
        names = self._days.at(row.minute) if row.code else None      # up, done, first try passed: 0
        if names is not None:
            found = self._db.execute(
                f"SELECT detail FROM {names.evidence} WHERE series = ? AND sequence = ?",  # noqa: S608 - a date's digits
                (series.id, row.sequence),
            ).fetchone()
            detail = found[0] if found is not None else None
        return run_of(row, series.names, detail, steps_at(definitions, series, row.started_ms))

    def _rows(self, series: SeriesRow, first: int, last: int) -> Iterator[RunRow]:
        for names, start, end in self._days.between(first, last):
            cursor = self._db.execute(RUNS.format(run=names.run), {"first": start, "last": end, "series": series.id})
            yield from (RunRow(*row) for row in cursor.fetchall())

    def _row(self, series: SeriesRow, minute: int, sequence: int) -> RunRow | None:
        names = self._days.at(minute)
        if names is None:
            return None
        row = self._db.execute(
            f"SELECT * FROM {names.run} WHERE minute = ? AND series = ? AND sequence = ?",  # noqa: S608 - a date's digits
            (minute, series.id, sequence),
        ).fetchone()
        return RunRow(*row) if row is not None else None

    def _series(self, where: str, given: Sequence[Any] = ()) -> list[SeriesRow]:
        return [SeriesRow(*row) for row in self._db.execute(SERIES + where, given).fetchall()]

    def _definitions(self, agency: str, service: str) -> tuple[Definition, ...]:
        rows = self._db.execute(
            "SELECT l.vantage, l.life, d.recorded_ms, d.digest, d.document FROM definition d "
            "JOIN life l ON l.id = d.life WHERE d.agency = ? AND d.service = ? ORDER BY d.recorded_ms, d.id",
            (agency, service),
        ).fetchall()
        return tuple(definition_of_row(row) for row in rows)

    def _facts(self, agency: str, service: str) -> Facts:
        lives, gaps = self.lives(), self._gaps()
        return Facts(lives, gaps, self._definitions(agency, service), breaks_of_all(lives, gaps))

    def _gaps(self) -> tuple[Gap, ...]:
        rows = self._db.execute(
            "SELECT l.life, g.start_ms, g.end_ms, g.reason FROM gap g JOIN life l ON l.id = g.life "
            "ORDER BY g.start_ms, g.end_ms, l.id",
        ).fetchall()
        return tuple(Gap(life=life, start_ms=start, end_ms=end, reason=reason) for life, start, end, reason in rows)
