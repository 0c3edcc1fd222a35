"""Lets go of old raw runs in a ledger on PostgreSQL, while monitors write: by its owner, as nobody else may remove any.

A day's partition is emptied and filled anew with what is kept, in one transaction that locks that day alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitors.core.entry import EntryKind
from monitors.ledger.postgres_entries import PostgresEntries
from monitors.ledger.postgres_server import key_of
from monitors.ledger.postgres_sql import PostgresSql
from monitors.ledger.retention import RetentionRules, days_due, disputed_services
from monitors.ledger.sqlite_days import DAY_MS, DayNames, date_of, names_of
from monitors.ledger.sqlite_seals import is_key_set_up, sealed_to
from monitors.ledger.sqlite_tidy import HOLDS, LONGEST_MS, PAUSE_S, Thinned

if TYPE_CHECKING:
    from collections.abc import Callable

TIDYING = key_of("tidy")
NOT_GOOD = """
SELECT st.series, s.agency, s.service, st.start_ms - %(holds)s * st.hold_ms, st.last_start_ms + %(holds)s * st.hold_ms
FROM stretch st JOIN series s ON s.id = st.series
WHERE st.verdict >= 2 AND st.start_ms BETWEEN %(from_ms)s AND %(to_ms)s
"""
KEEP_RUNS = """
INSERT INTO kept_run SELECT r.*
FROM unnest(%s::integer[], %s::bigint[], %s::bigint[]) AS span (series, first_ms, last_ms)
CROSS JOIN LATERAL (
    SELECT found.* FROM generate_series(span.first_ms / 60000, span.last_ms / 60000) AS minutes (minute)
    CROSS JOIN LATERAL (
        SELECT * FROM {run} WHERE minute = minutes.minute::integer AND series = span.series OFFSET 0
    ) AS found
    WHERE found.minute * 60000::bigint + found.offset_ms BETWEEN span.first_ms AND span.last_ms
    OFFSET 0
) AS r ON CONFLICT DO NOTHING
"""
KEEP_EVIDENCE = """
INSERT INTO kept_evidence SELECT e.* FROM kept_run r JOIN {evidence} e
ON e.minute = r.minute AND e.series = r.series AND e.sequence = r.sequence
"""


class PostgresTidy(PostgresEntries):
    """The ledger ``name``, to be tidied by its owner. Raises LedgerError where there is none, or who is another."""

    def tidy(
        self, rules: RetentionRules, *, now_ms: int, pause: Callable[[float], object], is_stopped: Callable[[], bool],
    ) -> tuple[Thinned, ...]:
        """Apply the rules. ``pause`` is called between days; where ``is_stopped`` says so, the rest is left."""
        done: list[Thinned] = []
        for day, reason in self.due(rules, now_ms):
            if is_stopped():
                break
            if reason == "size" and self.bytes_used() <= rules.max_bytes:
                break
            thinned = self.thin(day, reason, rules, now_ms=now_ms)
            if thinned is not None:
                done.append(thinned)
            pause(PAUSE_S)
        return tuple(done)

    def due(self, rules: RetentionRules, now_ms: int) -> tuple[tuple[int, str], ...]:
        """Give the days to thin, oldest first, with the reason; those for their size at the end, as far as needed."""
        with self.snapshot():
            reasons: dict[int, set[str]] = {}
            for day, reason in self._rows("SELECT day, reason FROM retention"):
                reasons.setdefault(day, set()).add(reason)
            # where days are sealed, none is let go before it is: its blocks are made of all its runs
            asked = PostgresSql(lambda: self._db)
            last = sealed_to(asked) if is_key_set_up(asked) else None
            days = [day for day in self._days() if last is None or day <= last]
            disputed = self._disputed()
            return days_due(
                days, reasons, rules, now_ms, is_left=lambda day: self._has_rows(day) and not disputed,
            )

    def bytes_used(self) -> int:
        """Say how much of the database's disk the ledger uses."""
        with self.snapshot():
            return int(self._rows(
                "SELECT coalesce(sum(pg_total_relation_size(oid)), 0) FROM pg_class "
                "WHERE relnamespace = 'siaga24'::regnamespace AND relkind = 'r'",
            )[0][0])

    def thin(self, day: int, reason: str, rules: RetentionRules, *, now_ms: int) -> Thinned | None:
        """Let go of a day's raw runs but those that are kept; None where another process just did."""
        names = names_of(day)
        with self.deciding():
            self._ask("SELECT pg_advisory_xact_lock(%s)", (TIDYING,))
            if (day, reason) not in self.due(rules, now_ms):
                return None
            before = self._count(names.run)
            # without a deadline passed, all services' runs near what is not good; after it, those in dispute alone
            self._keep(day, names, self._disputed() if reason == "deadline" else None)
            after = self._count("kept_run")
            for part, kept in ((names.run, "kept_run"), (names.evidence, "kept_evidence")):
                self._ask(f"ALTER TABLE {part} DISABLE TRIGGER is_never_emptied")
                self._ask(f"TRUNCATE {part}")
                self._ask(f"INSERT INTO {part} SELECT * FROM {kept}")  # noqa: S608 - digits of a date
                self._ask(f"ALTER TABLE {part} ENABLE TRIGGER is_never_emptied")
            self._ask("DROP TABLE kept_run, kept_evidence")
            self._ask(
                "INSERT INTO retention (at_ms, day, reason, kept, gone) VALUES (%s, %s, %s, %s, %s)",
                (now_ms, day, reason, after, before - after),
            )
        return Thinned(day=date_of(day), reason=reason, kept=after, gone=before - after)

    # What follows is called within a transaction.

    def _keep(self, day: int, names: DayNames, disputed: frozenset[tuple[str, str]] | None) -> None:
        for table, parent in (("kept_run", "run"), ("kept_evidence", "evidence")):
            self._ask(f"CREATE TEMPORARY TABLE {table} (LIKE siaga24.{parent} INCLUDING INDEXES)")
        day_ms = day * DAY_MS
        spans = [
            (series, max(start_ms, day_ms), min(end_ms, day_ms + DAY_MS - 1))
            for series, agency, service, start_ms, end_ms in self._rows(NOT_GOOD, {
                "holds": HOLDS, "from_ms": day_ms - LONGEST_MS, "to_ms": day_ms + DAY_MS + LONGEST_MS,
            })
            if (disputed is None or disputed & {(agency, service), (agency, ""), ("", "")})
            and max(start_ms, day_ms) <= min(end_ms, day_ms + DAY_MS - 1)
        ]
        if spans:
            self._ask(KEEP_RUNS.format(run=names.run), [list(column) for column in zip(*spans, strict=True)])
            self._ask(KEEP_EVIDENCE.format(evidence=names.evidence))

    def _disputed(self) -> frozenset[tuple[str, str]]:
        return disputed_services((*self.entries(EntryKind.DISPUTE), *self.entries(EntryKind.CORRECTION)))

    def _count(self, table: str) -> int:
        return int(self._rows(f"SELECT count(*) FROM {table}")[0][0])  # noqa: S608 - our own name

    def _has_rows(self, day: int) -> bool:
        return bool(self._rows(f"SELECT 1 FROM {names_of(day).run} LIMIT 1"))  # noqa: S608 - digits of a date
