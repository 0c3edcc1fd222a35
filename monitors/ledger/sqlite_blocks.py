"""Digests the raw runs of a SQLite ledger in blocks: one for each series and UTC hour, some time after the hour ended.

The writer makes some blocks with each batch by reading runs back from the file, so that a crash costs nothing and what
is digested is what lies there. Runs that come after an hour's blocks were begun are listed in ``late``; the sealing
command makes further blocks of them, and those that no writer made. Everything here is called within a transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from monitors.core.history import MS_PER_HOUR
from monitors.core.seal_lines import block_digest, run_line
from monitors.ledger.packing import unpacked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from monitors.ledger.rows import RunRow
    from monitors.ledger.sql import Days, Sql

SETTLED_MS = 120_000                     # after an hour's end, until its blocks are begun
LOOK_BACK_HOURS = 48                     # older hours without blocks are left to the sealing command
LEAST_RUNS = 512                         # digested with a batch, however small it is
HOUR_MINUTES = 60
DAY_HOURS = 24
MOST_SERIES = 64
BEGUN, MADE = 0, 1

# series whose numbers follow each other lie side by side within each minute: one look for all of them
RUNS = """
WITH RECURSIVE minutes (minute) AS (
    SELECT :first UNION ALL SELECT minute + 1 FROM minutes WHERE minute < :first + 59
)
SELECT r.minute, r.series, r.sequence, r.offset_ms, r.late_ms, r.took_ms, r.code, r.phases
FROM minutes CROSS JOIN {run} r WHERE r.minute = minutes.minute AND r.series BETWEEN :low AND :high
"""
PUT_BLOCK = "INSERT INTO block (hour, series, number, runs, digest, late_to) VALUES (?, ?, ?, ?, ?, ?)"
UNFINISHED = """
SELECT l.id, l.opened_ms, l.heartbeat_ms, (SELECT max(hour) FROM block_hour WHERE life = l.id AND step = 1)
FROM life l WHERE l.heartbeat_ms >= ? ORDER BY l.id
"""

LateKey = tuple[int, int, int]           # series, minute, sequence


class Line(NamedTuple):
    """A run as it is digested."""

    minute: int
    sequence: int
    text: str


class SqliteBlocks:
    """The blocks of one file, for one connection. What it remembers is in the file too, but for speed."""

    def __init__(self, db: Sql, days: Days) -> None:
        self._db, self._days = db, days
        self._ready = -1                 # the hour up to which ``_jobs`` were looked up
        self._jobs: list[tuple[int, int]] = []           # life and hour, the next one last
        self._after: int | None = None   # of the next job: the last series that is done; None: look it up
        self._per_series = HOUR_MINUTES  # runs of an hour, as found so far

    def forget(self) -> None:
        """Know only what the file knows."""
        self._ready, self._jobs, self._after = -1, [], None

    def note_late(self, hours: Mapping[tuple[int, int], Sequence[RunRow]]) -> None:
        """List new runs, by (life, hour), of hours whose blocks were begun, or of days that are sealed."""
        sealed = self._db.execute("SELECT max(day) FROM sealing").fetchone()[0]
        for (life, hour), rows in hours.items():
            is_begun = self._has_step(life, hour, BEGUN)
            if not is_begun and sealed is not None and hour // DAY_HOURS <= sealed:
                # the life was not heard of in that hour when its day was sealed: all its runs are late
                is_begun = True
                self._db.executemany("INSERT INTO block_hour (life, hour, step) VALUES (?, ?, ?)", (
                    (life, hour, BEGUN), (life, hour, MADE),
                ))
            if is_begun:
                self._db.executemany("INSERT INTO late (hour, series, minute, sequence) VALUES (?, ?, ?, ?)", (
                    (hour, row.series, row.minute, row.sequence) for row in rows
                ))

    def make_some(self, now_ms: int, runs: int) -> None:
        """Make blocks of hours that ended, of some ``runs`` at least, if there are as many. ``now_ms``: a heartbeat."""
        ready = (now_ms - SETTLED_MS) // MS_PER_HOUR - 1
        if ready > self._ready:
            self._jobs = self._unfinished(ready)
            self._ready, self._after = ready, None
        left = max(runs, LEAST_RUNS)
        while self._jobs and left > 0:
            life, hour = self._jobs[-1]
            if self._after is None:
                self._after = self.begin(life, hour)
            found = self.make_next(life, hour, self._after, left)
            if found is None:
                self._jobs.pop()
                left -= 1                # hours of a life without runs are not free either
            else:
                left -= found[1]
            self._after = found[0] if found is not None else None

    def begin(self, life: int, hour: int) -> int:
        """Say that the blocks of a life's hour are being made; give the last series that has its block."""
        if not self._has_step(life, hour, BEGUN):
            self._db.execute("INSERT INTO block_hour (life, hour, step) VALUES (?, ?, ?)", (life, hour, BEGUN))
        return int(self._db.execute(
            "SELECT coalesce(max(b.series), 0) FROM block b JOIN series s ON s.id = b.series "
            "WHERE b.hour = ? AND s.life = ? AND b.number = 0", (hour, life),
        ).fetchone()[0])

    def is_made(self, life: int, hour: int) -> bool:
        """Tell whether all blocks of a life's hour are made."""
        return self._has_step(life, hour, MADE)

    def make_next(self, life: int, hour: int, after: int, runs: int) -> tuple[int, int] | None:
        """Make the blocks of some series after one; give the last of them and how many runs. None: all are made."""
        most = min(MOST_SERIES, max(1, runs // max(1, self._per_series)))
        series = [number for number, in self._db.execute(
            "SELECT id FROM series WHERE life = ? AND id > ? ORDER BY id LIMIT ?", (life, after, most),
        ).fetchall()]
        if not series:
            self._db.execute("INSERT INTO block_hour (life, hour, step) VALUES (?, ?, ?)", (life, hour, MADE))
            return None
        found = self.lines(hour, series[0], series[-1])
        late = self._late(hour, series[0], series[-1])
        wanted = set(series)
        made = []
        for number in sorted(wanted & found.keys()):
            texts = [line.text for line in found[number] if (number, line.minute, line.sequence) not in late]
            if texts:
                made.append((hour, number, 0, len(texts), bytes.fromhex(block_digest(texts)), 0))
        self._db.executemany(PUT_BLOCK, made)
        count = sum(row[3] for row in made)
        if made:
            self._per_series = max(1, count // len(made))
        return series[-1], max(count, len(series))

    def make_late(self, after: int) -> int:
        """Make further blocks of what came late after row ``after``; give the last row that is in a block."""
        rows = self._db.execute(
            "SELECT id, hour, series, minute, sequence FROM late WHERE id > ? ORDER BY id", (after,),
        ).fetchall()
        groups: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
        for id_, hour, series, minute, sequence in rows:
            groups.setdefault((hour, series), []).append((id_, minute, sequence))
        for (hour, series), late in groups.items():
            number, upto = self._db.execute(
                "SELECT coalesce(max(number), 0) + 1, coalesce(max(late_to), 0) FROM block "
                "WHERE hour = ? AND series = ?", (hour, series),
            ).fetchone()
            keys = {(minute, sequence) for id_, minute, sequence in late if id_ > upto}
            lines = self.lines(hour, series, series).get(series, ()) if keys else ()
            texts = [line.text for line in lines if (line.minute, line.sequence) in keys]
            if texts:
                self._db.execute(PUT_BLOCK, (
                    hour, series, number, len(texts), bytes.fromhex(block_digest(texts)), late[-1][0],
                ))
        return int(rows[-1][0]) if rows else after

    def lines(self, hour: int, low: int, high: int) -> dict[int, list[Line]]:
        """Read the runs of an hour as they are digested, by series from ``low`` to ``high``, each in its order."""
        names = self._days.at(hour * HOUR_MINUTES)
        found: dict[int, list[Line]] = {}
        if names is None:
            return found
        evidence = f"SELECT detail FROM {names.evidence} WHERE series = ? AND sequence = ?"  # noqa: S608 - a date's digits
        given = {"first": hour * HOUR_MINUTES, "low": low, "high": high}
        for minute, series, sequence, offset_ms, late_ms, took_ms, code, phases in self._db.execute(
            RUNS.format(run=names.run), given,
        ).fetchall():
            text = None
            if code:
                detail = self._db.execute(evidence, (series, sequence)).fetchone()
                text = unpacked(detail[0]).decode() if detail is not None else None
            line = run_line((minute, sequence, offset_ms, late_ms, took_ms, code), phases, text)
            found.setdefault(series, []).append(Line(minute, sequence, line))
        return found

    def lines_of_block(self, hour: int, series: int, number: int) -> list[str]:
        """Read the runs that a block is of, as far as they are still there."""
        late = self._late(hour, series, series)
        keys = {key[1:] for key in late}
        if number:
            before, upto = self._db.execute(
                "SELECT coalesce(max(late_to) FILTER (WHERE number < :number), 0), max(late_to) FROM block "
                "WHERE hour = :hour AND series = :series AND number <= :number",
                {"hour": hour, "series": series, "number": number},
            ).fetchone()
            keys = {key[1:] for key, id_ in late.items() if before < id_ <= upto}
        lines = self.lines(hour, series, series).get(series, ())
        return [line.text for line in lines if ((line.minute, line.sequence) in keys) is bool(number)]

    def hours_of(self, day: int) -> list[tuple[int, int]]:
        """Give the lives and hours of a day, in order, that still need blocks and whose life was heard of then."""
        if self._days.at(day * DAY_HOURS * HOUR_MINUTES) is None:
            return []
        first, last = day * DAY_HOURS, day * DAY_HOURS + DAY_HOURS - 1
        lives = self._db.execute("SELECT id, opened_ms, heartbeat_ms FROM life ORDER BY id").fetchall()
        return [
            (life, hour) for life, opened_ms, heartbeat_ms in lives
            for hour in range(max(first, opened_ms // MS_PER_HOUR - 1), min(last, heartbeat_ms // MS_PER_HOUR) + 1)
            if not self.is_made(life, hour)
        ]

    def _unfinished(self, ready: int) -> list[tuple[int, int]]:
        oldest = ready - LOOK_BACK_HOURS
        found: list[tuple[int, int]] = []
        for life, opened_ms, heartbeat_ms, made in self._db.execute(UNFINISHED, (oldest * MS_PER_HOUR,)).fetchall():
            first = max(oldest, opened_ms // MS_PER_HOUR - 1, made + 1 if made is not None else 0)
            found += ((life, hour) for hour in range(first, min(ready, heartbeat_ms // MS_PER_HOUR) + 1))
        return sorted(found, key=lambda pair: (pair[1], pair[0]), reverse=True)

    def _has_step(self, life: int, hour: int, step: int) -> bool:
        return self._db.execute(
            "SELECT 1 FROM block_hour WHERE life = ? AND hour = ? AND step = ?", (life, hour, step),
        ).fetchone() is not None

    def _late(self, hour: int, low: int, high: int) -> dict[LateKey, int]:
        return {(series, minute, sequence): id_ for id_, series, minute, sequence in self._db.execute(
            "SELECT id, series, minute, sequence FROM late WHERE hour = ? AND series BETWEEN ? AND ?",
            (hour, low, high),
        ).fetchall()}
