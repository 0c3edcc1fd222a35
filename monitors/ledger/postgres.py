"""A ledger on PostgreSQL: several monitors write at once, each for a vantage of its own; any number read.

A batch is one transaction, and the server has synced it when ``append`` returns. As in a file, open stretches stay in
memory and are written when they end or their hour is over. What a writer knows of a vantage is true as long as nobody
else writes for it, which a lock of its session sees to; where the session breaks, the next call begins a new one and
takes up what is there.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, NamedTuple

import psycopg

from monitors.core.errors import LedgerError
from monitors.core.history import MS_PER_HOUR, Gap, Life, hold_at, hold_of
from monitors.ledger.lanes import Lane
from monitors.ledger.postgres_lanes import Key, PostgresLanes
from monitors.ledger.postgres_put import clean, days_of, put_definitions, put_runs, put_stretches, write_lanes
from monitors.ledger.postgres_schema import open_for_writing
from monitors.ledger.postgres_seals import PostgresBlocks
from monitors.ledger.postgres_server import WRITING, cut_after, holder_of, key_of, told
from monitors.ledger.postgres_sql import PostgresSql
from monitors.ledger.rows import definition_text, evidence_of, run_row, stretch_of_row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitors.core.heartbeat import Report
    from monitors.core.history import Event, Stretch
    from monitors.core.model import Run, Target
    from monitors.ledger.rows import RunRow
    from monitors.ledger_name import ServerLedger

PATIENCE_S = 30.0                        # a server that says nothing for so long is gone
TAKEN_S = 5.0                            # how long a predecessor's session may still be ending
POLL_S = 0.1
OVER_GAP = """
SELECT st.* FROM series s CROSS JOIN LATERAL (
    SELECT * FROM stretch WHERE series = s.id AND first_sequence >= coalesce((
        SELECT max(first_sequence) FROM stretch WHERE series = s.id AND last_start_ms < %(start)s), -1)
    OFFSET 0
) AS st WHERE s.life = %(life)s AND st.start_ms < %(end)s AND st.last_start_ms >= %(start)s
"""


class LifeRow(NamedTuple):
    """What the writer needs to know of a life."""

    id: int
    vantage: str
    heartbeat_ms: int
    folded_ms: int


class PostgresLedger(PostgresLanes):
    """The ledger ``name``, made where the database has none. Raises LedgerError.

    It writes for the vantages of the lives that it is given; also where another process writes for one of them, it
    raises LedgerError.
    """

    patience_s = PATIENCE_S

    def __init__(self, name: ServerLedger) -> None:
        super().__init__(name, open_for_writing)
        self._lives: dict[str, LifeRow] = {}
        self._recorded: dict[int, Target] = {}               # in force at the life's vantage, by identity
        self._vantages: set[str] = set()                     # that this session may write for
        self._made: set[int] = set()                         # days that have partitions
        self._blocks = PostgresBlocks(PostgresSql(lambda: self._db), self._vantages)

    def open_life(self, life: Life) -> Life | None:
        """Record that a monitor began to live."""
        with self._transaction():
            self._hold_vantage(life.vantage)
            earlier = self.lives()
            if all(other.life != life.life for other in earlier):
                self._fold_up(life.vantage)
                self._ask(
                    "INSERT INTO life (life, vantage, opened_ms, heartbeat_ms, folded_ms, host, pid, version) "
                    "VALUES (%s, %s, %s, %s, 0, %s, %s, %s)",
                    (life.life, life.vantage, life.opened_ms, life.heartbeat_ms, life.host, life.pid, life.version),
                )
            names = [other.life for other in earlier]
            until = names.index(life.life) if life.life in names else len(names)
            before = [other for other in earlier[:until] if other.vantage == life.vantage]
        self._lives.clear()
        return before[-1] if before else None

    def record_targets(self, targets: Sequence[Target], *, life: str, at_ms: int) -> int:
        """Record the definitions in force at the life's vantage."""
        holds: dict[Key, tuple[int, int]] = {}
        changed: list[tuple[int, str, str, int, str, str]] = []
        with self._transaction():
            row = self._life(life)
            if self._rows("SELECT 1 FROM series WHERE life = %s LIMIT 1", (row.id,)):
                # runs that are there keep the definition under which they were recorded
                at_ms = max(at_ms, row.heartbeat_ms + 1)
            keys_of = {
                id(target): [(target.agency, target.service, one.name, row.vantage) for one in target.transactions]
                for target in targets
            }
            same = {
                number for number, keys in keys_of.items()
                if number in self._recorded and all(key in self._holds for key in keys)
            }
            others = sorted({target.agency for target in targets if id(target) not in same})
            newest = {(agency, service): (digest, recorded_ms) for agency, service, digest, recorded_ms in self._rows(
                "SELECT DISTINCT ON (d.agency, d.service) d.agency, d.service, d.digest, d.recorded_ms "
                "FROM definition d JOIN life l ON l.id = d.life WHERE l.vantage = %s AND d.agency = ANY (%s::text[]) "
                "ORDER BY d.agency, d.service, d.recorded_ms DESC, d.id DESC",
                (row.vantage, others),
            )} if others else {}
            for target in targets:
                keys = keys_of[id(target)]
                if id(target) in same:
                    holds |= {key: self._holds[key] for key in keys}
                    continue             # the very same as before: nothing to write, and nothing to compare
                text, digest = definition_text(target)
                before = newest.get((target.agency, target.service))
                recorded_ms = before[1] if before is not None else at_ms
                if before is None or before[0] != digest:
                    # a clock that was set back does not put a definition before the one that it replaces
                    recorded_ms = at_ms if before is None else max(at_ms, before[1] + 1)
                    changed.append((row.id, target.agency, target.service, recorded_ms, digest, text))
                    newest[target.agency, target.service] = (digest, recorded_ms)
                for key, transaction in zip(keys, target.transactions, strict=True):
                    holds[key] = (recorded_ms, hold_of(transaction.interval_ms))
            if changed:
                put_definitions(self._db, changed)
        self._holds, self._recorded = holds, {id(target): target for target in targets}
        return len(changed)

    def append(self, runs: Sequence[Run], *, life: str, heartbeat_ms: int, gaps: Sequence[Gap] = ()) -> int:
        """Add one batch and the heartbeat."""
        with self._transaction():
            row = self._life(life)
            for gap in gaps:
                self._add_gap(gap)
            self._know(runs)
            touched: dict[int, Lane] = {}
            rows: list[RunRow] = []
            evidence: list[tuple[int, int, int, bytes]] = []
            hours: dict[tuple[int, int], list[RunRow]] = {}
            latest = {life: heartbeat_ms}
            for run in sorted(runs, key=lambda run: (run.started_ms // 60_000, run.life, run.sequence)):
                lane = self._lanes[run.agency, run.service, run.transaction, run.life]
                if not self._take(lane, run):
                    continue
                touched[lane.series] = lane
                new = run_row(run, lane.series)
                rows.append(new)
                hours.setdefault((self._life(run.life).id, run.started_ms // MS_PER_HOUR), []).append(new)
                detail = evidence_of(run)
                if detail is not None:
                    evidence.append((new.minute, new.series, new.sequence, detail))
                latest[run.life] = max(latest.get(run.life, 0), run.ended_ms)
            rows.sort()
            for day in days_of(rows):
                if day not in self._made:
                    self._ask("SELECT make_day(%s::integer)", (day,))
                    self._made.add(day)
            put_runs(self._db, rows, evidence)
            self._blocks.note_late(hours)
            for name, at_ms in latest.items():
                self._beat(name, at_ms)
            hour_ms = self._life(life).heartbeat_ms // MS_PER_HOUR * MS_PER_HOUR
            if hour_ms > self._life(life).folded_ms:
                touched |= self._end_hour(row.id, life, hour_ms)
            write_lanes(self._db, touched.values())
            self._blocks.make_some(self._life(life).heartbeat_ms, 2 * len(rows))
        return len(rows)

    def keep_event(self, event: Event) -> None:
        """Keep what befell a life."""
        with self._transaction():
            self._ask(
                "INSERT INTO event (life, at_ms, kind, note) VALUES (%s, %s, %s, %s)",
                (self._life(event.life).id, event.at_ms, event.kind, clean(event.note)),
            )

    def keep_report(self, key: str, report: Report, *, life: str) -> None:
        """Keep what a job said of itself."""
        with self._transaction():
            self._ask(
                "INSERT INTO report (life, key, at_ms, succeeded, note) VALUES (%s, %s, %s, %s, %s)",
                (self._life(life).id, key, report.at_ms, int(report.succeeded), clean(report.note)),
            )

    # What follows is called within a transaction.

    def _know(self, runs: Sequence[Run]) -> None:
        """Know the lane of each run and how long it holds; LedgerError where one has no life or no definition."""
        for life, vantage in {(run.life, run.vantage) for run in runs}:
            of = self._life(life).vantage
            if of != vantage:
                raise LedgerError(f'{self.name}: a run of vantage "{vantage}" names a life of "{of}"')
        self._know_holds(runs)
        for run in runs:
            if (run.agency, run.service, run.transaction, run.vantage) not in self._holds:
                raise LedgerError(
                    f"{self.name}: a run of {run.agency}/{run.service}/{run.transaction} came before its definition "
                    f'was recorded at vantage "{run.vantage}"; record the targets first',
                )
        self._know_lanes(runs)

    def _take(self, lane: Lane, run: Run) -> bool:
        """Put a run into its lane; False where its key is there."""
        since_ms, hold_ms = self._holds[run.agency, run.service, run.transaction, run.vantage]
        if run.started_ms < since_ms:
            hold_ms = hold_at(self._definitions(run.agency, run.service), run)
        if lane.follows(run):
            lane.add(run, hold_ms)
            if run.started_ms < self._life(run.life).folded_ms:
                lane.store_newest()
            return True
        newest = lane.newest
        if newest is not None and newest.first_sequence <= run.sequence <= newest.last_sequence:
            return False
        write_lanes(self._db, [lane])
        stored = self._stored_from(lane, run)
        if any(s.first_sequence <= run.sequence <= s.last_sequence for s in stored):
            return False
        lane.insert(run, hold_ms, stored)
        write_lanes(self._db, [lane])
        return True

    def _stored_from(self, lane: Lane, run: Run) -> list[Stretch]:
        """Read a lane's stored stretches from the one before a run on."""
        names = self._series("WHERE s.id = %s", (lane.series,))[0].names
        return [stretch_of_row(row, names) for row in self._rows(
            "SELECT * FROM stretch WHERE series = %(series)s AND first_sequence >= coalesce((SELECT "
            "max(first_sequence) FROM stretch WHERE series = %(series)s AND first_sequence <= %(sequence)s), -1) "
            "ORDER BY first_sequence",
            {"series": lane.series, "sequence": run.sequence},
        )]

    def _add_gap(self, gap: Gap) -> None:
        life = self._life(gap.life)
        added = self._ask(
            "INSERT INTO gap VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (life.id, gap.start_ms, gap.end_ms, clean(gap.reason)),
        ).rowcount
        if not added:
            return
        self._breaks = {}
        breaks = self._breaks_of(gap.life)
        series = {one.id: one for one in self._series_of(gap.life).values()}
        ours = {lane.series: lane for key, lane in self._lanes.items() if key[3] == gap.life}
        for lane in ours.values():
            lane.breaks = breaks
            lane.store_newest()
        write_lanes(self._db, ours.values())
        # a gap that is told late cuts what was joined over it
        for row in self._rows(OVER_GAP, {"life": life.id, "start": gap.start_ms, "end": gap.end_ms}):
            of = series[row[0]]
            old = stretch_of_row(row, of.names)
            facts = self._facts(of.agency, of.service)
            target = ours.get(of.id) or Lane(of.id, breaks)
            target.replace(old, list(self._split([old], of, (gap.start_ms, gap.end_ms), facts)))
            write_lanes(self._db, [target])

    def _fold_up(self, vantage: str) -> None:
        """Write what the lives before left open: their end may have come without a word."""
        for life, in self._rows(
            "SELECT life FROM life WHERE vantage = %s AND folded_ms <= heartbeat_ms ORDER BY id", (vantage,),
        ):
            for series, stretches in self._open_stretches(list(self._series_of(life).values())):
                put_stretches(self._db, ((series.id, stretch) for stretch in stretches))
        self._ask(
            "UPDATE life SET folded_ms = heartbeat_ms + 1 WHERE vantage = %s AND folded_ms <= heartbeat_ms", (vantage,),
        )
        self._forget()

    def _end_hour(self, life_id: int, life: str, hour_ms: int) -> dict[int, Lane]:
        """Have all that began before the hour written."""
        series = self._series_of(life)
        self._take_up([one for key, one in series.items() if key not in self._lanes])
        ended: dict[int, Lane] = {}
        for key in series:
            lane = self._lanes[key]
            if lane.newest is not None and lane.newest.start_ms < hour_ms:
                lane.store_newest()
                ended[lane.series] = lane
        self._ask("UPDATE life SET folded_ms = %s WHERE id = %s", (hour_ms, life_id))
        self._lives.pop(life, None)
        return ended

    def _beat(self, life: str, at_ms: int) -> None:
        row = self._life(life)
        if at_ms > row.heartbeat_ms:
            self._ask("UPDATE life SET heartbeat_ms = %s WHERE id = %s", (at_ms, row.id))
            self._lives[life] = row._replace(heartbeat_ms=at_ms)

    def _life(self, life: str) -> LifeRow:
        row = self._lives.get(life)
        if row is None:
            found = self._rows("SELECT vantage FROM life WHERE life = %s", (life,))
            if not found:
                raise LedgerError(f'{self.name}: the life "{life}" was never opened; open it before its first run')
            self._hold_vantage(found[0][0])
            found = self._rows("SELECT id, vantage, heartbeat_ms, folded_ms FROM life WHERE life = %s", (life,))
            row = self._lives[life] = LifeRow(*found[0])
        return row

    def _hold_vantage(self, vantage: str) -> None:
        """Be the only one that writes for a vantage, as long as this session lasts."""
        if vantage in self._vantages:
            return
        key, until_s = key_of("vantage", vantage), time.monotonic() + TAKEN_S
        while not self._rows("SELECT pg_try_advisory_lock(%s)", (key,))[0][0]:
            if time.monotonic() >= until_s:
                raise LedgerError(
                    f'{self.name}: {holder_of(self._db, key)} already writes for vantage "{vantage}"; expected one '
                    "monitor a vantage; end that one first, or give another --vantage",
                )
            time.sleep(POLL_S)
        self._vantages.add(vantage)
        self._breaks = {}

    def _forget(self) -> None:
        """Know only what the ledger knows."""
        super()._forget()
        self._lives.clear()
        self._recorded.clear()
        self._made.clear()
        self._blocks.forget()

    def _be_connected(self) -> None:
        if self._db.closed:
            self._vantages.clear()       # with the session went its locks
            self._forget()
        super()._be_connected()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """All of it or nothing, and synced to the server's disk at the end."""
        with self._lock, told(self.name, "write"):
            self._be_connected()
            with cut_after(self._db, self.patience_s):
                self._ask("BEGIN")
                self._ask("SELECT pg_advisory_xact_lock_shared(%s)", (WRITING,))
                self._depth += 1         # what reads within it needs no snapshot of its own
                try:
                    yield
                    self._ask("COMMIT")
                except BaseException:
                    self._forget()
                    with contextlib.suppress(psycopg.Error):
                        self._ask("ROLLBACK")
                    raise
                finally:
                    self._depth -= 1
