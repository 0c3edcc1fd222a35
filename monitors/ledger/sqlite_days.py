"""Raw runs of a SQLite ledger lie in tables of their UTC days: ``run_20260101`` and, beside it, ``evidence_20260101``.

A day can so be let go in one step, and a run lies in the table of the day in which it started. The tables are made as
days come, with the same triggers that guard everything else that is told once.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from monitors.ledger.sql import Sql

DAY_MINUTES = 1_440
DAY_MS = 86_400_000
EPOCH = date(1970, 1, 1).toordinal()

# Ordered by minute: new rows land close together, however many series there are.
RUN_TABLE = """
CREATE TABLE {run} (
    minute    INTEGER NOT NULL,             -- start of the run / 60 000 ms
    series    INTEGER NOT NULL,             -- of table series
    sequence  INTEGER NOT NULL,
    offset_ms INTEGER NOT NULL,             -- start of the run within the minute
    late_ms   INTEGER NOT NULL,             -- start - scheduled time
    took_ms   INTEGER NOT NULL,             -- end - start
    code      INTEGER NOT NULL,             -- verdict (bits 0-1), missed (bit 2), first try failed (bit 3)
    phases    BLOB,                         -- duration of the last try and phases of its steps in microseconds
    PRIMARY KEY (minute, series, sequence)
) WITHOUT ROWID
"""
# Of runs that were not up: reason, failed step, tries with all their steps; compressed JSON.
EVIDENCE_TABLE = """
CREATE TABLE {evidence} (
    series   INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    detail   BLOB    NOT NULL,
    PRIMARY KEY (series, sequence)
) WITHOUT ROWID
"""
# Nothing is edited. A repeat of a key is left out, so that INSERT OR REPLACE cannot replace either.
GUARDS = """
CREATE TRIGGER {table}_is_never_changed BEFORE UPDATE ON {table}
BEGIN SELECT RAISE(ABORT, '{what} in the ledger is never changed'); END;
CREATE TRIGGER {table}_is_never_removed BEFORE DELETE ON {table}
BEGIN SELECT RAISE(ABORT, '{what} in the ledger is never removed'); END;
CREATE TRIGGER {table}_is_never_replaced BEFORE INSERT ON {table}
WHEN EXISTS (SELECT 1 FROM {table} WHERE {key})
BEGIN SELECT RAISE(IGNORE); END;
"""
RUN_KEY = "minute = NEW.minute AND series = NEW.series AND sequence = NEW.sequence"
EVIDENCE_KEY = "series = NEW.series AND sequence = NEW.sequence"


class DayNames(NamedTuple):
    """The names of one day's tables, which are our own and no text of a user's."""

    run: str
    evidence: str

    @property
    def insert_run(self) -> str:
        """SQL that adds a run."""
        return f"INSERT INTO {self.run} VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - digits of a date

    @property
    def insert_evidence(self) -> str:
        """SQL that adds evidence."""
        return f"INSERT INTO {self.evidence} VALUES (?, ?, ?)"  # noqa: S608 - digits of a date


@lru_cache(maxsize=512)
def names_of(day: int) -> DayNames:
    """Give the names of the tables of a day, counted from 1970-01-01."""
    text = date.fromordinal(EPOCH + day).strftime("%Y%m%d")
    return DayNames(f"run_{text}", f"evidence_{text}")


def day_of_name(name: str) -> int:
    """Give the day of a table ``run_YYYYMMDD``."""
    return date.fromisoformat(name.rpartition("_")[2]).toordinal() - EPOCH


def day_of_minute(minute: int) -> int:
    """Give the UTC day of a minute."""
    return minute // DAY_MINUTES


def date_of(day: int) -> date:
    """Give the calendar date of a day."""
    return date.fromordinal(EPOCH + day)


class DayTables:
    """Which days a file has tables of. ``look`` once in each transaction: another process may have made one."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._version = -1
        self._days: tuple[int, ...] = ()

    def look(self) -> tuple[int, ...]:
        """Give the days that there are, ascending; reads them anew where the schema is another than before."""
        version = self._db.execute("PRAGMA schema_version").fetchone()[0]
        if version != self._version:
            self._days = tuple(sorted(day_of_name(name) for name, in self._db.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'run_[0-9]*'",
            ).fetchall()))
            self._version = version
        return self._days

    def forget(self) -> None:
        """Know nothing, after what was begun is undone."""
        self._version, self._days = -1, ()

    def ensure(self, day: int) -> DayNames:
        """Give the day's tables, made where they are not there. Within a transaction that writes."""
        if day not in self._days and day not in self.look():
            make_day(self._db, names_of(day))
            self.look()
        return names_of(day)

    def between(self, first_minute: int, last_minute: int) -> Iterator[tuple[DayNames, int, int]]:
        """Give the tables that may hold runs of these minutes, each with the minutes to look for in it."""
        for day in self._days:
            start = max(first_minute, day * DAY_MINUTES)
            end = min(last_minute, (day + 1) * DAY_MINUTES - 1)
            if start <= end:
                yield names_of(day), start, end

    def at(self, minute: int) -> DayNames | None:
        """Give the tables of a minute's day, or None where there are none."""
        day = day_of_minute(minute)
        return names_of(day) if day in self._days else None


def make_day(db: sqlite3.Connection, names: DayNames) -> None:
    """Make the tables of a day, and guard them."""
    db.execute(RUN_TABLE.format(run=names.run))
    db.execute(EVIDENCE_TABLE.format(evidence=names.evidence))
    guard_day(db, names)


def guard_day(db: sqlite3.Connection, names: DayNames) -> None:
    """Let nothing in the tables of a day be changed, removed or replaced."""
    for table, what, key in ((names.run, "a run", RUN_KEY), (names.evidence, "evidence", EVIDENCE_KEY)):
        script = GUARDS.format(table=table, what=what, key=key)
        for statement in script.split("\nCREATE ")[1:]:     # executescript would end the transaction
            db.execute("CREATE " + statement)


def move_to_days(db: sqlite3.Connection) -> None:
    """Bring a ledger of schema 5 or less, with all its runs in one table, to tables of days. Within a transaction."""
    rows = db.execute("SELECT DISTINCT minute / 1440 FROM run").fetchall()
    for day, in rows:
        names = names_of(day)
        make_day(db, names)
        given = (day * DAY_MINUTES, (day + 1) * DAY_MINUTES - 1)
        db.execute(f"INSERT INTO {names.run} SELECT * FROM run WHERE minute BETWEEN ? AND ?", given)  # noqa: S608
        db.execute(
            f"INSERT INTO {names.evidence} SELECT e.* FROM run r JOIN evidence e "  # noqa: S608 - digits of a date
            "ON e.series = r.series AND e.sequence = r.sequence WHERE r.minute BETWEEN ? AND ?",
            given,
        )
    db.execute("DROP TABLE run")
    db.execute("DROP TABLE evidence")


def thinned_days(db: Sql) -> frozenset[int]:
    """Give the days whose raw runs are not all there any more. Within a transaction or snapshot."""
    return frozenset(day for day, in db.execute("SELECT DISTINCT day FROM retention").fetchall())
