"""Entries in a ledger on PostgreSQL: told by a command, from any machine, while monitors write their runs.

A lock of the database's is held around a look and a word, so that numbers ascend in the order of what is seen.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import psycopg

from monitors.core.errors import LedgerError
from monitors.ledger.entry_rows import COLUMNS, entry_of_row, entry_row
from monitors.ledger.postgres_reader import PostgresReader
from monitors.ledger.postgres_server import WRITING, key_of, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitors.core.entry import Entry
    from monitors.ledger.postgres_server import Db

TELLING = key_of("entry")
NAMES = ", ".join(COLUMNS)
INSERT = (
    f"INSERT INTO entry (id, {NAMES}) SELECT coalesce(max(id), 0) + 1, "  # noqa: S608 - our own names
    f"{', '.join(['%s'] * len(COLUMNS))} FROM entry ON CONFLICT (digest) DO NOTHING"
)
BY_DIGEST = f"SELECT id, {NAMES} FROM entry WHERE digest = %s"  # noqa: S608 - our own names


class PostgresEntries(PostgresReader):
    """The ledger ``name``, to be read and to be told entries. Raises LedgerError where there is none."""

    @contextlib.contextmanager
    def deciding(self) -> Iterator[None]:
        """Let nobody tell the ledger anything between what is read and what is kept in here; all of it or nothing."""
        with self._lock, told(self.name, "write"):
            self._be_connected()
            # before the transaction, so that its snapshot has all that those before us told
            self._ask("SELECT pg_advisory_lock(%s)", (TELLING,))
            try:
                self._ask("SELECT pg_advisory_lock_shared(%s)", (WRITING,))
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
                    self._ask("SELECT pg_advisory_unlock_shared(%s)", (WRITING,))
                with contextlib.suppress(psycopg.Error):
                    self._ask("SELECT pg_advisory_unlock(%s)", (TELLING,))

    def keep_entry(self, entry: Entry) -> Entry:
        """Keep what was told; durable when it returns, or when the ``deciding`` block around it ends."""
        if self._depth:
            return insert_entry(self._db, entry)
        with self.deciding():
            return insert_entry(self._db, entry)


def insert_entry(db: Db, entry: Entry) -> Entry:
    """Insert an entry, or find the same one that is there; give it with its number. While TELLING is held."""
    row = entry_row(entry)
    db.execute(INSERT.encode(), row)
    found = db.execute(BY_DIGEST.encode(), (row[-1],)).fetchone()
    if found is None:
        raise LedgerError("PostgreSQL kept no row of a new entry; this is a fault of ours")
    return entry_of_row(found)
