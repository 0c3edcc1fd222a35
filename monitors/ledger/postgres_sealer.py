"""Seals the days of a ledger on PostgreSQL, from the sealing command's own process, while monitors write.

Several of them write at once, and the numbers of what they tell may be seen out of order. So each of their transactions
holds a lock that it shares with the others, and sealing begins, and reads, where nobody holds it.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import psycopg

from monitors.ledger.postgres_entries import TELLING, PostgresEntries
from monitors.ledger.postgres_seals import PostgresBlocks
from monitors.ledger.postgres_server import WRITING, told
from monitors.ledger.postgres_sql import PostgresSql
from monitors.ledger.sqlite_sealer import Sealer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitors.ledger_name import ServerLedger

BEATS = """
INSERT INTO beat (life, heartbeat_ms) SELECT id, heartbeat_ms FROM life l WHERE heartbeat_ms IS DISTINCT FROM (
    SELECT heartbeat_ms FROM beat WHERE life = l.id ORDER BY id DESC LIMIT 1
) ORDER BY id
"""


class PostgresSealStore(PostgresEntries):
    """A ledger that is sealed: its snapshots and decisions begin where no monitor's transaction is under way."""

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
