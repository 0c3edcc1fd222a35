"""Entries in a SQLite ledger: told by a command while a monitor writes its runs.

The writer's lock guards runs, whose writer keeps state in memory; entries have none, so any process may append them in
a transaction of its own. What must not change between a look and a word ("is it approved already?") goes into one
``deciding`` block.
"""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

from monitors.core.errors import LedgerError
from monitors.ledger.entry_rows import COLUMNS, entry_of_row, entry_row
from monitors.ledger.sqlite_file import open_for_appending, told
from monitors.ledger.sqlite_reader import SqliteReader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitors.core.entry import Entry

NAMES = ", ".join(COLUMNS)
INSERT = f"INSERT INTO entry ({NAMES}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608 - our own names
BY_DIGEST = f"SELECT id, {NAMES} FROM entry WHERE digest = ?"  # noqa: S608 - our own names


class SqliteEntries(SqliteReader):
    """The ledger in ``path``, to be read and to be told entries. Raises LedgerError where there is none.

    An older schema is brought up to date where no monitor writes the file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, open_for_appending(path))

    @contextlib.contextmanager
    def deciding(self) -> Iterator[None]:
        """Let nobody tell the ledger anything between what is read and what is kept in here; all of it or nothing."""
        with self._lock, told(self.path, "write"):
            self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                self._days.look()
                yield
                self._db.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
                raise
            finally:
                self._depth -= 1

    def bytes_used(self) -> int:
        """Say how much of the file is in use: pages that were let go are used again before it grows."""
        with told(self.path, "read"):
            names = ("page_count", "freelist_count", "page_size")
            pages, free, size = (self._db.execute(f"PRAGMA {name}").fetchone()[0] for name in names)
        return int((pages - free) * size)

    def keep_entry(self, entry: Entry) -> Entry:
        """Keep what was told; durable when it returns, or when the ``deciding`` block around it ends."""
        if self._depth:
            return insert_entry(self._db, entry)
        with self.deciding():
            return insert_entry(self._db, entry)


def insert_entry(db: sqlite3.Connection, entry: Entry) -> Entry:
    """Insert an entry, or find the same one that is there; give it with its number. Within a transaction."""
    row = entry_row(entry)
    db.execute(INSERT, row)
    found = db.execute(BY_DIGEST, (row[-1],)).fetchone()
    if found is None:
        raise LedgerError("SQLite kept no row of a new entry; this is a fault of ours")
    return entry_of_row(found)
