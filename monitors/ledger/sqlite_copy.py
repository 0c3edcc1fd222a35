"""One whole copy of an open SQLite database: of one moment, synced, and under its name only when it is whole."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from typing import TYPE_CHECKING

from monitors.core.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PAGES = 4_096                            # copied in one go: 16 MiB


def copy_whole(
    source: sqlite3.Connection, to: Path, *, check: Callable[[Path], object] = lambda _: None,
    progress: Callable[[int, int], None] = lambda _left, _whole: None,
) -> None:
    """Copy what ``source`` reads to ``to``, which must not be there. ``check`` sees the copy before it has its name.

    ``progress`` gets the pages that are left, and all. Leaves nothing where it raises. Raises LedgerError for a name
    that is taken, OSError and sqlite3.Error for the rest.
    """
    must_be_free(to)
    to.parent.mkdir(parents=True, exist_ok=True)
    part = to.with_name(f"{to.name}.{os.getpid()}.part")
    try:
        with contextlib.closing(sqlite3.connect(part, isolation_level=None)) as target:
            # one read transaction for the whole copy: what is written meanwhile lies in the log and does not restart it
            source.execute("BEGIN")
            try:
                source.execute("SELECT count(*) FROM sqlite_schema").fetchone()
                source.backup(target, pages=PAGES, progress=lambda _status, left, whole: progress(left, whole))
            finally:
                source.execute("COMMIT")
            target.execute("PRAGMA journal_mode = DELETE")           # one file, with nothing beside it
        check(part)
        _publish(part, to)
    finally:
        for end in ("", "-journal", "-wal", "-shm"):
            part.with_name(part.name + end).unlink(missing_ok=True)


def must_be_free(path: Path) -> None:
    """Raise LedgerError where there is something already."""
    if path.exists():
        raise LedgerError(
            f"{path}: there is a file already, and nothing is ever written over; move it away or give another name",
        )


def _publish(part: Path, to: Path) -> None:
    """Give a whole file its name, so that a cut of power leaves it or nothing."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    try:
        os.link(part, to)                # unlike a rename it takes no name that somebody took meanwhile
    except FileExistsError:
        must_be_free(to)
    folder = os.open(to.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
