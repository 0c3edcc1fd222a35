"""A ledger in one SQLite file: one process writes, any number read.

A batch is one transaction, synced to disk before ``append`` returns (``sqlite_file.py``). Runs, evidence, definitions
and gaps are only ever added, which triggers in the file enforce. Stretches are derived: what is open stays in memory
and is written when it ends or its hour is over; readers fold the rest of the hour themselves.
"""

from __future__ import annotations

import contextlib
import sqlite3
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from monitors.core.errors import LedgerError
from monitors.core.history import MS_PER_HOUR, Gap, Life, Stretch, breaks_of_all, hold_at, hold_of
from monitors.ledger.lanes import Lane
from monitors.ledger.reading import SeriesRow
from monitors.ledger.rows import RunRow, evidence_of, run_row, stretch_of_row, stretch_row
from monitors.ledger.sqlite_blocks import SqliteBlocks
from monitors.ledger.sqlite_days import day_of_minute
from monitors.ledger.sqlite_definitions import put_definition
from monitors.ledger.sqlite_entries import insert_entry
from monitors.ledger.sqlite_file import WriterLock, open_for_writing, told
from monitors.ledger.sqlite_reader import SqliteReader

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from monitors.core.entry import Entry
    from monitors.core.heartbeat import Report
    from monitors.core.history import Event
    from monitors.core.model import Run, Target

PUT_STRETCH = f"INSERT OR REPLACE INTO stretch VALUES ({', '.join('?' * 16)})"  # noqa: S608 - question marks alone

FAR_MS = 1 << 62                         # later than all runs: read from the last good stretch on
LaneKey = tuple[str, str, str, str]      # agency, service, transaction, life


class LifeRow(NamedTuple):
    """What the writer needs to know of a life."""

    id: int
    vantage: str
    heartbeat_ms: int
    folded_ms: int


class SqliteLedger(SqliteReader):
    """The ledger in ``path``, made if it is not there. Raises LedgerError, also where another process writes it."""

    def __init__(self, path: Path) -> None:
        self._writer_lock = WriterLock(path)
        try:
            super().__init__(path, open_for_writing(path))
        except BaseException:
            self._writer_lock.release()
            raise
        self._lanes: dict[LaneKey, Lane] = {}
        self._lives: dict[str, LifeRow] = {}
        self._holds: dict[LaneKey, tuple[int, int]] = {}     # since when, and how long a run holds
        self._breaks: dict[str, tuple[int, ...]] = {}
        self._recorded: tuple[Target, ...] = ()              # in force at the life's vantage
        self._blocks = SqliteBlocks(self._db, self._days)

    def close(self) -> None:
        """Let the file and the writer's lock go."""
        with self._lock:
            super().close()
            self._writer_lock.release()

    def open_life(self, life: Life) -> Life | None:
        """Record that a monitor began to live."""
        with self._transaction():
            earlier = self.lives()
            if all(other.life != life.life for other in earlier):
                self._fold_up()
                self._db.execute(
                    "INSERT INTO life (life, vantage, opened_ms, heartbeat_ms, folded_ms, host, pid, version) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (life.life, life.vantage, life.opened_ms, life.heartbeat_ms, 0, life.host, life.pid, life.version),
                )
            before = [other for other in _until(earlier, life.life) if other.vantage == life.vantage]
        self._lives.clear()
        return before[-1] if before else None

    def record_targets(self, targets: Sequence[Target], *, life: str, at_ms: int) -> int:
        """Record the definitions in force at the life's vantage."""
        changed = 0
        holds: dict[LaneKey, tuple[int, int]] = {}
        known = frozenset(map(id, self._recorded))
        pairs: dict[tuple[int, int], tuple[int, int]] = {}   # equal ones are one object: a nation's are of a few kinds
        with self._transaction():
            row = self._life(life)
            if self._db.execute("SELECT 1 FROM series WHERE life = ? LIMIT 1", (row.id,)).fetchone():
                # runs that are there keep the definition under which they were recorded
                at_ms = max(at_ms, row.heartbeat_ms + 1)
            for target in targets:
                keys = [(target.agency, target.service, one.name, row.vantage) for one in target.transactions]
                if id(target) in known and all(key in self._holds for key in keys):
                    holds |= {key: self._holds[key] for key in keys}
                    continue             # the very same as before: nothing to write, and nothing to compare
                recorded_ms, is_new = put_definition(
                    self._db, target, life=row.id, vantage=row.vantage, at_ms=at_ms,
                )
                changed += is_new
                for key, transaction in zip(keys, target.transactions, strict=True):
                    pair = (recorded_ms, hold_of(transaction.interval_ms))
                    holds[key] = pairs.setdefault(pair, pair)
        self._holds, self._recorded = holds, tuple(targets)
        return changed

    def append(self, runs: Sequence[Run], *, life: str, heartbeat_ms: int, gaps: Sequence[Gap] = ()) -> int:
        """Add one batch and the heartbeat."""
        with self._transaction():
            new = 0
            row = self._life(life)
            for gap in gaps:
                self._add_gap(gap)
            touched: dict[int, Lane] = {}
            rows: list[RunRow] = []
            evidence: dict[int, list[tuple[int, int, bytes]]] = {}
            hours: dict[tuple[int, int], list[RunRow]] = {}
            latest = {life: heartbeat_ms}
            for run in sorted(runs, key=lambda run: (run.started_ms // 60_000, run.life, run.sequence)):
                lane = self._lane_of(run)
                if not self._take(lane, run):
                    continue
                new += 1
                touched[lane.series] = lane
                rows.append(run_row(run, lane.series))
                hours.setdefault((self._life(run.life).id, run.started_ms // MS_PER_HOUR), []).append(rows[-1])
                detail = evidence_of(run)
                if detail is not None:
                    day = day_of_minute(rows[-1].minute)
                    evidence.setdefault(day, []).append((lane.series, run.sequence, detail))
                latest[run.life] = max(latest.get(run.life, 0), run.ended_ms)
            rows.sort()
            for day, of_day in groupby(rows, key=lambda row: day_of_minute(row.minute)):
                names = self._days.ensure(day)
                self._db.executemany(names.insert_run, of_day)
                self._db.executemany(names.insert_evidence, evidence.get(day, ()))
            self._blocks.note_late(hours)
            for name, at_ms in latest.items():
                self._beat(name, at_ms)
            hour_ms = self._life(life).heartbeat_ms // MS_PER_HOUR * MS_PER_HOUR
            if hour_ms > self._life(life).folded_ms:
                touched |= self._end_hour(row.id, hour_ms)
            self._write(touched.values())
            self._blocks.make_some(self._life(life).heartbeat_ms, 2 * len(rows))
        return new

    def keep_event(self, event: Event) -> None:
        """Keep what befell a life."""
        with self._transaction():
            self._db.execute(
                "INSERT INTO event (life, at_ms, kind, note) VALUES (?, ?, ?, ?)",
                (self._life(event.life).id, event.at_ms, event.kind, event.note),
            )

    def keep_report(self, key: str, report: Report, *, life: str) -> None:
        """Keep what a job said of itself."""
        with self._transaction():
            self._db.execute(
                "INSERT INTO report (life, key, at_ms, succeeded, note) VALUES (?, ?, ?, ?, ?)",
                (self._life(life).id, key, report.at_ms, int(report.succeeded), report.note),
            )

    def keep_entry(self, entry: Entry) -> Entry:
        """Keep what was told."""
        with self._transaction():
            return insert_entry(self._db, entry)

    # What follows is called within a transaction.

    def _take(self, lane: Lane, run: Run) -> bool:
        """Put a run into its lane; False where its key is there."""
        hold_ms = self._hold(run)
        if lane.follows(run):
            lane.add(run, hold_ms)
            if run.started_ms < self._life(run.life).folded_ms:
                lane.store_newest()
            return True
        newest = lane.newest
        if newest is not None and newest.first_sequence <= run.sequence <= newest.last_sequence:
            return False
        self._write([lane])
        stored = self._stored_from(lane, run.sequence)
        if any(s.first_sequence <= run.sequence <= s.last_sequence for s in stored):
            return False
        lane.insert(run, hold_ms, stored)
        self._write([lane])
        return True

    def _stored_from(self, lane: Lane, sequence: int) -> list[Stretch]:
        """Read a lane's stored stretches from the one before ``sequence`` on."""
        rows = self._db.execute(
            "SELECT * FROM stretch WHERE series = ? AND first_sequence >= coalesce((SELECT max(first_sequence) "
            "FROM stretch WHERE series = ? AND first_sequence <= ?), -1) ORDER BY first_sequence",
            (lane.series, lane.series, sequence),
        ).fetchall()
        series = self._series("WHERE s.id = ?", (lane.series,))[0]
        return [stretch_of_row(row, series.names) for row in rows]

    def _lane_of(self, run: Run) -> Lane:
        key = (run.agency, run.service, run.transaction, run.life)
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = self._load_lane(run)
        return lane

    def _load_lane(self, run: Run) -> Lane:
        life = self._life(run.life)
        if life.vantage != run.vantage:
            raise LedgerError(f'{self.path}: a run of vantage "{run.vantage}" names a life of "{life.vantage}"')
        found = self._series(
            'WHERE s.agency = ? AND s.service = ? AND s."transaction" = ? AND l.life = ?',
            (run.agency, run.service, run.transaction, run.life),
        )
        if found:
            return self._lane_from(found[0])
        self._hold(run)                  # a transaction that was never recorded gets no series
        series = self._db.execute(
            'INSERT INTO series (agency, service, "transaction", life) VALUES (?, ?, ?, ?)',
            (run.agency, run.service, run.transaction, life.id),
        ).lastrowid
        if series is None:
            raise LedgerError(f"{self.path}: SQLite gave no number for a new series; this is a fault of ours")
        if run.life not in self._breaks:
            self._breaks = breaks_of_all(self.lives(), self._gaps())
        return Lane(series, self._breaks[run.life])

    def _lane_from(self, series: SeriesRow) -> Lane:
        """Take up a series from the file, as after a failed batch."""
        facts = self._facts(series.agency, series.service)
        lane = Lane(series.id, facts.breaks[series.life])
        for stretch in self._stretches(series, FAR_MS, FAR_MS, facts):
            lane.store_newest()
            lane.put(stretch, is_stored=False)
        return lane

    def _hold(self, run: Run) -> int:
        key = (run.agency, run.service, run.transaction, run.vantage)
        known = self._holds.get(key)
        if known is None:
            definitions = self._definitions(run.agency, run.service)
            try:
                hold_at(definitions, run)
            except KeyError:
                raise LedgerError(
                    f"{self.path}: a run of {run.agency}/{run.service}/{run.transaction} came before its definition "
                    f'was recorded at vantage "{run.vantage}"; record the targets first',
                ) from None
            known = self._holds[key] = [
                (definition.recorded_ms, hold_of(transaction.interval_ms))
                for definition in definitions if definition.vantage == run.vantage
                for transaction in definition.target.transactions if transaction.name == run.transaction
            ][-1]
        since_ms, hold_ms = known
        if run.started_ms >= since_ms:
            return hold_ms
        return hold_at(self._definitions(run.agency, run.service), run)

    def _add_gap(self, gap: Gap) -> None:
        life = self._life(gap.life)
        added = self._db.execute(
            "INSERT OR IGNORE INTO gap VALUES (?, ?, ?, ?)", (life.id, gap.start_ms, gap.end_ms, gap.reason),
        ).rowcount
        if not added:
            return
        self._breaks = breaks_of_all(self.lives(), self._gaps())
        breaks = self._breaks[gap.life]
        for series in self._series("WHERE l.id = ?", (life.id,)):
            facts = self._facts(series.agency, series.service)
            lane = self._lanes.get((series.agency, series.service, series.transaction, series.life))
            if lane is not None:
                lane.breaks = breaks
                lane.store_newest()
                self._write([lane])
            rows = self._db.execute(
                "SELECT * FROM stretch WHERE series = ? AND start_ms < ? AND last_start_ms >= ?",
                (series.id, gap.end_ms, gap.start_ms),
            ).fetchall()
            for old in (stretch_of_row(row, series.names) for row in rows):
                # a gap that is told late cuts what was joined over it
                new = list(self._split([old], series, (gap.start_ms, gap.end_ms), facts))
                target = lane or Lane(series.id, breaks)
                target.replace(old, new)
                self._write([target])

    def _fold_up(self) -> None:
        """Write what the lives before left open: their end may have come without a word."""
        for series in self._series("WHERE l.folded_ms <= l.heartbeat_ms"):
            facts = self._facts(series.agency, series.service)
            for stretch in self._stretches(series, FAR_MS, FAR_MS, facts):
                self._db.execute(PUT_STRETCH, stretch_row(stretch, series.id))
        self._db.execute("UPDATE life SET folded_ms = heartbeat_ms + 1 WHERE folded_ms <= heartbeat_ms")
        self._forget()

    def _end_hour(self, life_id: int, hour_ms: int) -> dict[int, Lane]:
        """Have all that began before the hour written."""
        ended: dict[int, Lane] = {}
        for series in self._series("WHERE l.id = ?", (life_id,)):
            key = (series.agency, series.service, series.transaction, series.life)
            lane = self._lanes.get(key)
            if lane is None:
                lane = self._lanes[key] = self._lane_from(series)
            if lane.newest is not None and lane.newest.start_ms < hour_ms:
                lane.store_newest()
                ended[lane.series] = lane
        self._db.execute("UPDATE life SET folded_ms = ? WHERE id = ?", (hour_ms, life_id))
        self._lives.clear()
        return ended

    def _beat(self, life: str, at_ms: int) -> None:
        row = self._life(life)
        if at_ms > row.heartbeat_ms:
            self._db.execute("UPDATE life SET heartbeat_ms = ? WHERE id = ?", (at_ms, row.id))
            self._lives[life] = row._replace(heartbeat_ms=at_ms)

    def _write(self, lanes: Collection[Lane]) -> None:
        gone = [(lane.series, sequence) for lane in lanes for sequence in lane.gone - set(lane.ready)]
        ready = [stretch_row(stretch, lane.series) for lane in lanes for stretch in lane.ready.values()]
        self._db.executemany("DELETE FROM stretch WHERE series = ? AND first_sequence = ?", gone)
        self._db.executemany(PUT_STRETCH, ready)
        for lane in lanes:
            lane.written()

    def _life(self, life: str) -> LifeRow:
        row = self._lives.get(life)
        if row is None:
            found = self._db.execute(
                "SELECT id, vantage, heartbeat_ms, folded_ms FROM life WHERE life = ?", (life,),
            ).fetchone()
            if found is None:
                raise LedgerError(f'{self.path}: the life "{life}" was never opened; open it before its first run')
            row = self._lives[life] = LifeRow(*found)
        return row

    def _forget(self) -> None:
        """Know only what the file knows."""
        self._lanes.clear()
        self._lives.clear()
        self._holds.clear()
        self._breaks.clear()
        self._recorded = ()
        self._days.forget()
        self._blocks.forget()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """All of it or nothing, and synced to disk at the end."""
        with self._lock, told(self.path, "write"):
            self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1             # what reads within it needs no snapshot of its own
            try:
                self._days.look()
                yield
                self._db.execute("COMMIT")
            except BaseException:
                self._forget()
                with contextlib.suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
                raise
            finally:
                self._depth -= 1


def _until(lives: Sequence[Life], life: str) -> Sequence[Life]:
    names = [other.life for other in lives]
    return lives[:names.index(life)] if life in names else lives
