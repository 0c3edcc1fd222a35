"""Puts the rows of an export back into the tables of a SQLite ledger: what ``sqlite_sealed_day`` reads, the other way.

Numbers of rows that were told are kept; those by which tables find each other (series, lives) are given anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from monitors.core.entry import Entry, EntryKind
from monitors.core.errors import LedgerError
from monitors.core.seal_lines import COLUMNS
from monitors.core.window import from_ms, to_ms
from monitors.ledger.packing import packed
from monitors.ledger.rows import target_of
from monitors.ledger.sqlite_days import DAY_MINUTES, DayTables
from monitors.ledger.sqlite_rollup_sql import TAKE_UP

if TYPE_CHECKING:
    import sqlite3

    from monitors.core.seal_parts import BlockPart

PUT_STRETCH = f"INSERT OR REPLACE INTO stretch VALUES ({', '.join('?' * 16)})"  # noqa: S608 - question marks alone
ROLLUPS = {"rollup": "day", "rollup_month": "month"}
Names = tuple[str, str, str]             # transaction, vantage, life
Told = tuple[int, str, str, list[Any]]   # number, agency, service, columns


class RowWriter:
    """Writes rows into the ledger behind ``db``, which is empty at first. Within transactions of the caller."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db, self._days = db, DayTables(db)
        self._series: dict[tuple[str, str, Names], int] = {}
        self._lives: dict[str, int] = {}

    def told(self, kind: str, rows: Iterable[Told]) -> None:
        """Write rows that are told once, in the order of their numbers."""
        put = getattr(self, f"_put_{kind}", None)
        for number, agency, service, values in sorted(rows, key=lambda row: row[0]):
            if kind in ROLLUPS:
                self._put_rollup(kind, number, agency, service, values)
            elif put is None:
                raise LedgerError(f'rows of kind "{kind}" cannot be imported; this version does not know them')
            else:
                put(number, agency, service, values)

    def day_row(self, agency: str, service: str, kind: str, values: list[Any]) -> None:
        """Write a stretch, or a block of which nothing came late."""
        series = self.series(agency, service, (values[0], values[1], values[2]))
        if kind == "stretch":
            self._db.execute(PUT_STRETCH, (series, *values[3:]))
        else:
            self._block(series, values, 0)

    def restate(self, agency: str, service: str, day: int, stretches: Iterable[list[Any]]) -> None:
        """Make a sealed day's stretches those given; the ledger's triggers keep what they were."""
        wanted = {}
        for values in stretches:
            series = self.series(agency, service, (values[0], values[1], values[2]))
            wanted[series, values[3]] = (series, *values[3:])
        there = {(row[0], row[1]): row for row in self._db.execute(
            "SELECT st.* FROM stretch st JOIN series s ON s.id = st.series WHERE s.agency = ? AND s.service = ? "
            "AND st.start_ms / 86400000 = ?", (agency, service, day),
        ).fetchall()}
        for key in there.keys() - wanted.keys():
            self._db.execute("DELETE FROM stretch WHERE series = ? AND first_sequence = ?", key)
        self._db.executemany(PUT_STRETCH, (row for key, row in sorted(wanted.items()) if there.get(key) != row))

    def late_block(self, agency: str, service: str, values: list[Any], part: BlockPart | None) -> None:
        """Write a block of runs that came late, and say which they were."""
        series = self.series(agency, service, (values[0], values[1], values[2]))
        last = 0
        for minute, sequence, *_ in _fields(part.runs if part is not None else b""):
            last = self._db.execute(
                "INSERT INTO late (hour, series, minute, sequence) VALUES (?, ?, ?, ?)",
                (values[3], series, int(minute), int(sequence)),
            ).lastrowid or 0
        self._block(series, values, last or self._newest_late())

    def runs(self, agency: str, service: str, names: Names, part: BlockPart) -> int:
        """Write runs and their evidence; give how many."""
        if not part.runs:
            return 0
        series = self.series(agency, service, names)
        evidence = iter(part.evidence.split(b"\n"))
        rows, texts = [], []
        for minute, sequence, offset, late, took, code, phases, digest in _fields(part.runs):
            row = (int(minute), series, int(sequence), int(offset), int(late), int(took), int(code))
            rows.append((*row, bytes.fromhex(phases.decode()) if phases else None))
            if digest:
                texts.append((series, int(sequence), packed(next(evidence))))
        tables = self._days.ensure(rows[0][0] // DAY_MINUTES)
        self._db.executemany(tables.insert_run, rows)
        self._db.executemany(tables.insert_evidence, texts)
        return len(rows)

    def series(self, agency: str, service: str, names: Names) -> int:
        """Give the number of a series, a new one where there is none."""
        key = (agency, service, names)
        if key not in self._series:
            self._series[key] = self._db.execute(
                'INSERT INTO series (agency, service, "transaction", life) VALUES (?, ?, ?, ?)',
                (agency, service, names[0], self._life(names[2])),
            ).lastrowid or 0
        return self._series[key]

    def finish(self) -> None:
        """Let lives have been heard of when they were sealed last, and roll-ups go on where they ended."""
        self._db.execute(
            "UPDATE life SET heartbeat_ms = max(heartbeat_ms, coalesce((SELECT max(heartbeat_ms) FROM beat "
            "WHERE beat.life = life.id), 0))",
        )
        self._db.execute("UPDATE life SET folded_ms = heartbeat_ms + 1")
        for number, zone, day, end_ms in self._db.execute(
            "SELECT s.id, s.zone, max(r.day), max(r.end_ms) FROM rollup r JOIN rollup_service s ON s.id = r.service "
            "GROUP BY s.id",
        ).fetchall():
            self._db.execute(
                "UPDATE rollup_service SET next_ms = ?, last_day = ?, due_ms = ? WHERE id = ?",
                (end_ms, day, end_of_day(end_ms, zone), number),
            )
        self._db.execute("UPDATE rollup_mark SET until_ms = coalesce((SELECT max(next_ms) FROM rollup_service), 0)")

    def _life(self, life: str) -> int:
        if life not in self._lives:
            row = self._db.execute("SELECT id FROM life WHERE life = ?", (life,)).fetchone()
            if row is None:
                raise LedgerError(f'the life "{life}" is named before it was told; the export is not whole')
            self._lives[life] = row[0]
        return self._lives[life]

    def _block(self, series: int, values: list[Any], late_to: int) -> None:
        hour, number, runs, digest = values[3:]
        self._db.execute(
            "INSERT INTO block (hour, series, number, runs, digest, late_to) VALUES (?, ?, ?, ?, ?, ?)",
            (hour, series, number, runs, bytes.fromhex(digest), late_to),
        )
        self._db.executemany("INSERT OR IGNORE INTO block_hour (life, hour, step) VALUES (?, ?, ?)", (
            (self._life(values[2]), hour, step) for step in (0, 1)
        ))

    def _newest_late(self) -> int:
        return int(self._db.execute("SELECT coalesce(max(id), 0) FROM late").fetchone()[0])

    def _put_life(self, number: int, _agency: str, _service: str, values: list[Any]) -> None:
        life, vantage, opened_ms, host, pid, version = values
        self._db.execute(
            "INSERT INTO life (id, life, vantage, opened_ms, heartbeat_ms, folded_ms, host, pid, version) "
            "VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?)", (number, life, vantage, opened_ms, opened_ms, host, pid, version),
        )

    def _put_beat(self, number: int, _agency: str, _service: str, values: list[Any]) -> None:
        self._db.execute("INSERT INTO beat VALUES (?, ?, ?)", (number, self._life(values[0]), values[1]))

    def _put_definition(self, number: int, agency: str, service: str, values: list[Any]) -> None:
        _, life, recorded_ms, document = values
        self._db.execute("INSERT INTO definition VALUES (?, ?, ?, ?, ?, ?, ?)", (
            number, self._life(life), agency, service, recorded_ms, hashlib.sha256(document.encode()).hexdigest(),
            document,
        ))

    def _put_entry(self, number: int, _agency: str, _service: str, values: list[Any]) -> None:
        kind, agency, service, at_ms, by, body, signature = values
        entry = Entry(
            kind=EntryKind(kind), agency=agency, service=service, at_ms=at_ms, by=by, body=json.loads(body),
            signature=signature,
        )
        self._db.execute(
            "INSERT INTO entry (id, kind, agency, service, at_ms, told_by, body, signature, digest) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (number, kind, agency, service, at_ms, by, body, signature, entry.digest),
        )

    def _put_report(self, number: int, _agency: str, _service: str, values: list[Any]) -> None:
        self._db.execute("INSERT INTO report VALUES (?, ?, ?, ?, ?, ?)", (number, self._life(values[0]), *values[1:]))

    def _put_gap(self, number: int, _agency: str, _service: str, values: list[Any]) -> None:
        self._db.execute("INSERT INTO gap VALUES (?, ?, ?, ?)", (self._life(values[0]), *values[1:]))
        self._check_order("gap_order", number)

    def _put_event(self, number: int, _agency: str, _service: str, values: list[Any]) -> None:
        self._db.execute("INSERT INTO event VALUES (?, ?, ?, ?, ?)", (number, self._life(values[0]), *values[1:]))

    def _put_retention(self, number: int, _agency: str, _service: str, values: list[Any]) -> None:
        self._db.execute("INSERT INTO retention VALUES (?, ?, ?, ?, ?, ?)", (number, *values))

    def _put_rollup(self, kind: str, number: int, agency: str, service: str, values: list[Any]) -> None:
        row = self._db.execute(
            "SELECT id FROM rollup_service WHERE agency = ? AND service = ?", (agency, service),
        ).fetchone()
        start_ms = values[2]
        if row is None:
            document = self._db.execute(
                "SELECT document FROM definition WHERE agency = ? AND service = ? ORDER BY id DESC LIMIT 1",
                (agency, service),
            ).fetchone()
            zone = target_of(document[0]).time_zone
            self._db.execute(TAKE_UP, (agency, service, zone, start_ms, end_of_day(start_ms, zone)))
        columns = (ROLLUPS[kind], "version", *COLUMNS[kind][3:])
        self._db.execute(
            f"INSERT INTO {kind} (service, {', '.join(columns)}) "  # noqa: S608 - our own names
            f"SELECT id, {', '.join('?' * len(columns))} FROM rollup_service WHERE agency = ? AND service = ?",
            (*values, agency, service),
        )
        self._check_order(f"{kind}_order", number)

    def _check_order(self, table: str, number: int) -> None:
        """See that a row that has no number of its own got the one that it had."""
        given = self._db.execute(f"SELECT max(id) FROM {table}").fetchone()[0]  # noqa: S608 - our own names
        if given != number:
            raise LedgerError(f"{table}: row {number} would be {given} here; the export is not whole")


def end_of_day(at_ms: int, zone: str) -> int:
    """Give the next midnight of a zone."""
    here = ZoneInfo(zone)
    tomorrow = from_ms(at_ms, here).date() + timedelta(days=1)
    return to_ms(datetime.combine(tomorrow, datetime.min.time(), tzinfo=here))


def _fields(text: bytes) -> Iterator[list[bytes]]:
    for line in text.split(b"\n")[:-1]:
        parts = line.split(b",")
        if len(parts) != 8:
            raise LedgerError(f"a run of {len(parts)} fields; expected 8; the export was changed")
        yield parts
