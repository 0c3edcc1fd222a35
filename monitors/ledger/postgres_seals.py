"""Blocks and seals of a ledger on PostgreSQL: made by the code that makes those of a file, so that both read the same.

Several monitors write at once, and the numbers of what they tell may be seen out of order. So each of their
transactions holds a lock that it shares with the others, and sealing begins, and reads, where nobody holds it.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import psycopg

from monitors.core.seal import Seal
from monitors.core.seal_lines import run_line
from monitors.ledger.packing import unpacked
from monitors.ledger.postgres_entries import TELLING, PostgresEntries
from monitors.ledger.postgres_reader import RUNS, PostgresReader
from monitors.ledger.postgres_server import WRITING, told
from monitors.ledger.postgres_sql import PostgresDays, PostgresSql
from monitors.ledger.sqlite_blocks import HOUR_MINUTES, Line, SqliteBlocks
from monitors.ledger.sqlite_sealer import Sealer
from monitors.ledger.sqlite_seals import KeptLeaf, leaf_rows, read_leaves, read_seals

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from monitors.ledger.postgres_server import Db
    from monitors.ledger_name import ServerLedger

BEATS = """
INSERT INTO beat (life, heartbeat_ms) SELECT id, heartbeat_ms FROM life l WHERE heartbeat_ms IS DISTINCT FROM (
    SELECT heartbeat_ms FROM beat WHERE life = l.id ORDER BY id DESC LIMIT 1
) ORDER BY id
"""


class PostgresBlocks(SqliteBlocks):
    """The blocks of a ledger on PostgreSQL, for one connection that may be made anew.

    ``vantages``: for which a writer writes; the blocks of others' lives are theirs to make.
    """

    def __init__(self, db: PostgresSql, vantages: Collection[str] = ()) -> None:
        super().__init__(db, PostgresDays(db))
        self._asked, self._vantages = db, vantages

    def _unfinished(self, ready: int) -> list[tuple[int, int]]:
        ours = {number for number, in self._asked.raw(
            "SELECT id FROM life WHERE vantage = ANY (%s::text[])", (list(self._vantages),),
        )}
        return [(life, hour) for life, hour in super()._unfinished(ready) if life in ours]

    def lines(self, hour: int, low: int, high: int) -> dict[int, list[Line]]:
        """Read the runs of an hour as they are digested, by series from ``low`` to ``high``, each in its order."""
        found: dict[int, list[Line]] = {}
        first = hour * HOUR_MINUTES
        rows = self._asked.raw(RUNS, {
            "first": first, "last": first + HOUR_MINUTES - 1, "series": list(range(low, high + 1)),
        })
        for minute, series, sequence, offset_ms, late_ms, took_ms, code, phases, detail in rows:
            text = unpacked(detail).decode() if detail is not None else None
            line = run_line((minute, sequence, offset_ms, late_ms, took_ms, code), phases, text)
            found.setdefault(series, []).append(Line(minute, sequence, line))
        for lines in found.values():
            lines.sort()
        return found


class PostgresSealStore(PostgresEntries):
    """A ledger that is sealed: its snapshots and decisions begin where no monitor's transaction is under way."""

    @property
    def connection(self) -> Db:
        """The connection as it is now."""
        return self._db

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let all that is read within be of one moment, to which nothing that was told before can be missing."""
        with self._lock, told(self.name, "read"):
            if self._depth:
                with super().snapshot():
                    yield
                return
            with self._quiet():
                self._ask("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                self._rows("SELECT count(*) FROM sealing")           # the moment is that of the first question
            self._depth += 1
            try:
                yield
                self._ask("COMMIT")
            except BaseException:
                with contextlib.suppress(psycopg.Error):
                    self._ask("ROLLBACK")
                raise
            finally:
                self._depth -= 1

    @contextlib.contextmanager
    def deciding(self) -> Iterator[None]:
        """Let nobody tell or write anything meanwhile; all of it or nothing."""
        with self._lock, told(self.name, "write"), self._quiet():
            self._ask("SELECT pg_advisory_lock(%s)", (TELLING,))
            try:
                self._ask("BEGIN ISOLATION LEVEL REPEATABLE READ")
                self._depth += 1
                try:
                    yield
                    self._ask("COMMIT")
                except BaseException:
                    with contextlib.suppress(psycopg.Error):
                        self._ask("ROLLBACK")
                    raise
                finally:
                    self._depth -= 1
            finally:
                with contextlib.suppress(psycopg.Error):
                    self._ask("SELECT pg_advisory_unlock(%s)", (TELLING,))

    @contextlib.contextmanager
    def _quiet(self) -> Iterator[None]:
        self._be_connected()
        self._ask("SELECT pg_advisory_lock(%s)", (WRITING,))
        try:
            yield
        finally:
            with contextlib.suppress(psycopg.Error):
                self._ask("SELECT pg_advisory_unlock(%s)", (WRITING,))


class PostgresSealer(Sealer):
    """The ledger ``name``, to be sealed. Raises LedgerError where there is none."""

    beats = BEATS

    def __init__(self, name: ServerLedger) -> None:
        store = PostgresSealStore(name)
        asked = PostgresSql(lambda: store.connection)
        super().__init__(store, asked, PostgresBlocks(asked), name)
        self.lives = store.lives


class PostgresSeals(PostgresReader):
    """The seals of the ledger ``name``. What is read in one ``snapshot`` is of one moment."""

    def seals(self) -> tuple[Seal, ...]:
        """All seals in order of number."""
        with self.snapshot():
            return read_seals(self._sql)

    def leaves(self, number: int) -> tuple[KeptLeaf, ...]:
        """Give the leaves below a seal by (agency, day, service)."""
        with self.snapshot():
            return read_leaves(self._sql, number)

    def lines(self, number: int, leaves: tuple[KeptLeaf, ...]) -> Iterator[tuple[KeptLeaf, list[str]]]:
        """Give leaves of a seal with their lines as the ledger's rows say now: those of a genuine ledger agree."""
        with self.snapshot():
            yield from leaf_rows(self._sql, number, leaves)

    @property
    def _sql(self) -> PostgresSql:
        return PostgresSql(lambda: self._db)
