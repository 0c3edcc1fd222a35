"""Copies of a SQLite ledger: taken while the monitor writes, checked, and put back.

A copy is of one moment, and takes its name only when it is whole, checked and synced. A restored ledger is what the
monitor goes on with: its next life finds the last heartbeat of the copy, and what lies between is ``unknown``.
"""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from monitors.core.errors import LedgerError
from monitors.ledger.sqlite_copy import copy_whole, must_be_free
from monitors.ledger.sqlite_file import APPLICATION_ID, WriterLock, migrations, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What a copy holds."""

    path: Path
    bytes: int
    schema: int
    lives: int
    services: int
    raw_runs: int
    heartbeat_ms: int                    # newest sign of life of a monitor in it; 0 for none


def back_up(path: Path, to: Path, *, progress: Callable[[int, int], None] = lambda _left, _all: None) -> Copied:
    """Copy the ledger in ``path`` to ``to``, which must not be there; checked, synced to disk when it returns.

    ``progress`` gets the pages that are left, and all. Raises LedgerError, and leaves nothing at ``to``.
    """
    _must_be_there(path)
    found: list[Copied] = []
    with told(path, "copy"), _open(path) as source:
        _check_identity(source, path)
        copy_whole(source, to, check=lambda part: found.append(check(part)), progress=progress)
    return replace(found[0], path=to)


def restore(backup: Path, path: Path) -> Copied:
    """Put a backup in the place of a ledger that is not there. Raises LedgerError for one that is, or that is watched.

    The backup is checked first, and again as it lies in its place. It is not changed.
    """
    _must_be_there(backup)
    check(backup)
    lock = WriterLock(path)              # a living monitor holds it
    try:
        must_be_free(path)
        wal, shm = (path.with_name(path.name + end) for end in ("-wal", "-shm"))
        with told(path, "restore"):
            if wal.exists() and wal.stat().st_size:
                must_be_free(wal)        # a lost ledger's last runs, perhaps: not ours to throw away
            wal.unlink(missing_ok=True)
            shm.unlink(missing_ok=True)
        return back_up(backup, path)
    finally:
        lock.release()


def check(path: Path) -> Copied:
    """Read a whole ledger file for damage, and say what is in it. Raises LedgerError for one that is damaged."""
    with told(path, "check"), _open(path) as db:
        _check_identity(db, path)
        found = [text for text, in db.execute("PRAGMA integrity_check(3)").fetchall()]
        if found != ["ok"]:
            raise LedgerError(
                f"{path}: the file is damaged ({'; '.join(found)}); expected one that SQLite finds whole; "
                "use another copy",
            )
        schema = int(db.execute("PRAGMA user_version").fetchone()[0])
        if schema > migrations()[-1][0]:
            raise LedgerError(
                f"{path}: the ledger has schema {schema} but this version knows schema {migrations()[-1][0]}; "
                "use the newer version of siaga24 that wrote it",
            )
        return _told(db, path, schema)


def _told(db: sqlite3.Connection, path: Path, schema: int) -> Copied:
    def one(sql: str) -> int:
        return int(db.execute(sql).fetchone()[0])

    days = [name for name, in db.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'run_[0-9]*' ",
    ).fetchall()]
    tables = days or (["run"] if schema < 6 else [])
    return Copied(
        path=path, bytes=path.stat().st_size, schema=schema, lives=one("SELECT count(*) FROM life"),
        services=one("SELECT count(*) FROM (SELECT DISTINCT agency, service FROM definition)"),
        raw_runs=sum(one(f"SELECT count(*) FROM {table}") for table in tables),  # noqa: S608 - our own names
        heartbeat_ms=one("SELECT coalesce(max(heartbeat_ms), 0) FROM life"),
    )


@contextlib.contextmanager
def _open(path: Path) -> Iterator[sqlite3.Connection]:
    db = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None, timeout=10.0)
    try:
        yield db
    finally:
        db.close()


def _check_identity(db: sqlite3.Connection, path: Path) -> None:
    if db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise LedgerError(f"{path}: this is no ledger of Siaga24; expected a file that it made; name another one")


def _must_be_there(path: Path) -> None:
    if not path.is_file():
        raise LedgerError(f"{path}: there is no such file; expected a ledger; name another one")
