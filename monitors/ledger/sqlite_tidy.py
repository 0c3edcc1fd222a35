"""Lets go of old raw runs in a SQLite ledger, from any process, while the monitor writes.

A day is thinned in one transaction: what is kept is copied into a new table that takes the day's name, and the old one
is set aside under another. That is short, since only what is not good is copied. The table set aside is then emptied
some rows at a time, with pauses, so that no batch of the monitor waits long.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitors.core.entry import EntryKind
from monitors.ledger.retention import INTERVALS_KEPT, RetentionRules, days_due, disputed_services
from monitors.ledger.sqlite_days import (
    DAY_MS,
    EVIDENCE_TABLE,
    RUN_TABLE,
    DayNames,
    date_of,
    guard_day,
    names_of,
)
from monitors.ledger.sqlite_entries import SqliteEntries
from monitors.ledger.sqlite_seals import is_key_set_up, sealed_to

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

SLICE_ROWS = 100_000                     # that are let go in one transaction
PAUSE_S = 0.2
HOLDS = INTERVALS_KEPT * 2 // 5          # an interval is two fifths of what a run holds: five are two holds
LONGEST_MS = 3 * DAY_MS                  # how far a stretch outside a day can reach into it, at most
COPY = """
INSERT OR IGNORE INTO {kept}
WITH RECURSIVE minutes (minute) AS (
    SELECT :first_ms / 60000 UNION ALL SELECT minute + 1 FROM minutes WHERE minute < :last_ms / 60000
)
SELECT run.* FROM minutes CROSS JOIN {run} AS run ON run.minute = minutes.minute AND run.series = :series
WHERE run.minute * 60000 + run.offset_ms BETWEEN :first_ms AND :last_ms
"""
NOT_GOOD = """
SELECT st.series, s.agency, s.service, st.start_ms - :holds * st.hold_ms, st.last_start_ms + :holds * st.hold_ms
FROM stretch st JOIN series s ON s.id = st.series
WHERE st.verdict >= 2 AND st.start_ms BETWEEN :from_ms AND :to_ms
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thinned:
    """What became of a day's raw runs."""

    day: date                            # UTC
    reason: str                          # age, size, deadline
    kept: int
    gone: int


class SqliteTidy(SqliteEntries):
    """The ledger in ``path``, to be tidied. Raises LedgerError where there is none."""

    slice_rows = SLICE_ROWS

    def tidy(
        self, rules: RetentionRules, *, now_ms: int, pause: Callable[[float], object], is_stopped: Callable[[], bool],
    ) -> tuple[Thinned, ...]:
        """Apply the rules. ``pause`` is called between short steps; where ``is_stopped`` says so, the rest is left.

        A stop or a crash at any moment leaves a ledger that the next call goes on with.
        """
        self.empty(pause, is_stopped)
        done: list[Thinned] = []
        for day, reason in self.due(rules, now_ms):
            if is_stopped():
                return tuple(done)
            if reason == "size" and self.bytes_used() <= rules.max_bytes:
                break
            done.append(self.thin(day, reason, now_ms=now_ms))
            self.empty(pause, is_stopped)
        return tuple(done)

    def due(self, rules: RetentionRules, now_ms: int) -> tuple[tuple[int, str], ...]:
        """Give the days to thin, oldest first, with the reason; those for their size at the end, as far as needed."""
        with self.snapshot():
            reasons: dict[int, set[str]] = {}
            for day, reason in self._db.execute("SELECT day, reason FROM retention").fetchall():
                reasons.setdefault(day, set()).add(reason)
            # where days are sealed, none is let go before it is: its blocks are made of all its runs
            last = sealed_to(self._db) if is_key_set_up(self._db) else None
            days = [day for day in self._days.look() if last is None or day <= last]
            disputed = self._disputed()
        return days_due(days, reasons, rules, now_ms, is_left=lambda day: self._has_rows(day) and not disputed)

    def thin(self, day: int, reason: str, *, now_ms: int) -> Thinned:
        """Let go of a day's raw runs but those that are kept; in one transaction, or not at all."""
        names = names_of(day)
        with self.snapshot():            # the count of a large day takes seconds: nobody waits for it
            before = self._count(names.run)
        with self.deciding():
            # without a deadline passed, all services' runs near what is not good; after it, those in dispute alone
            kept = DayNames(f"kept_{names.run}", f"kept_{names.evidence}")
            self._db.execute(RUN_TABLE.format(run=kept.run))
            self._db.execute(EVIDENCE_TABLE.format(evidence=kept.evidence))
            disputed = self._disputed() if reason == "deadline" else None
            self._keep(day, names, kept, disputed)
            after = self._count(kept.run)
            number = self._db.execute("SELECT coalesce(max(id), 0) + 1 FROM retention").fetchone()[0]
            for old, new in zip(names, kept, strict=True):
                for what in ("changed", "removed", "replaced"):
                    self._db.execute(f"DROP TRIGGER {old}_is_never_{what}")
                self._db.execute(f"ALTER TABLE {old} RENAME TO gone_{number}_{old}")
                if after:
                    self._db.execute(f"ALTER TABLE {new} RENAME TO {old}")
                else:
                    self._db.execute(f"DROP TABLE {new}")
            if after:
                guard_day(self._db, names)
            self._db.execute(
                "INSERT INTO retention (id, at_ms, day, reason, kept, gone) VALUES (?, ?, ?, ?, ?, ?)",
                (number, now_ms, day, reason, after, before - after),
            )
        return Thinned(day=date_of(day), reason=reason, kept=after, gone=before - after)

    def empty(self, pause: Callable[[float], object], is_stopped: Callable[[], bool]) -> None:
        """Remove what was set aside, a slice at a time."""
        with self.snapshot():
            gone = [name for name, in self._db.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'gone_[0-9]*' ORDER BY name",
            ).fetchall()]
        for table in gone:
            while not is_stopped():
                with self.deciding():
                    left = self._remove_some(table)
                if not left:
                    break
                pause(PAUSE_S)
            if is_stopped():
                return

    # What follows is called within a transaction.

    def _remove_some(self, table: str) -> bool:
        """Remove the oldest rows of a table that was set aside, or with the last ones the table; tell what is left."""
        key = "minute" if "_run_" in table else "series"
        rest = self._db.execute(
            f"SELECT {key} FROM {table} ORDER BY {key} LIMIT 1 OFFSET ?", (self.slice_rows,),  # noqa: S608 - our names
        ).fetchone()
        if rest is None:
            self._db.execute(f"DROP TABLE {table}")
            return False
        self._db.execute(f"DELETE FROM {table} WHERE {key} <= ?", rest)  # noqa: S608 - our names
        return True

    def _keep(
        self, day: int, names: DayNames, kept: DayNames, disputed: frozenset[tuple[str, str]] | None,
    ) -> None:
        day_ms = day * DAY_MS
        spans = self._db.execute(NOT_GOOD, {
            "holds": HOLDS, "from_ms": day_ms - LONGEST_MS, "to_ms": day_ms + DAY_MS + LONGEST_MS,
        }).fetchall()
        for series, agency, service, start_ms, end_ms in spans:
            if disputed is not None and not disputed & {(agency, service), (agency, ""), ("", "")}:
                continue
            first_ms, last_ms = max(start_ms, day_ms), min(end_ms, day_ms + DAY_MS - 1)
            if first_ms <= last_ms:
                self._db.execute(
                    COPY.format(kept=kept.run, run=names.run),
                    {"series": series, "first_ms": first_ms, "last_ms": last_ms},
                )
        self._db.execute(
            f"INSERT INTO {kept.evidence} SELECT e.* FROM {kept.run} r JOIN {names.evidence} e "  # noqa: S608 - ours
            "ON e.series = r.series AND e.sequence = r.sequence",
        )

    def _disputed(self) -> frozenset[tuple[str, str]]:
        return disputed_services((*self.entries(EntryKind.DISPUTE), *self.entries(EntryKind.CORRECTION)))

    def _count(self, table: str) -> int:
        return int(self._db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - our own name

    def _has_rows(self, day: int) -> bool:
        return self._db.execute(f"SELECT 1 FROM {names_of(day).run} LIMIT 1").fetchone() is not None  # noqa: S608
