"""The SQLite file of a ledger: opening, schema, the writer's lock, and errors in sentences.

Durable means: WAL with ``synchronous=FULL``, so that the write-ahead log is synced before a commit returns.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import sqlite3
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from monitors.core.errors import LedgerError
from monitors.ledger.sqlite_copy import copy_whole
from monitors.ledger.sqlite_days import move_to_days

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from importlib.resources.abc import Traversable

log = logging.getLogger(__name__)

APPLICATION_ID = 0x53323431              # "S241" in the file's header: a ledger of ours
BUSY_TIMEOUT_S = 10.0
CACHE_KIB = 4 * 1024                     # a monitor has a connection that writes and one that reads, and may fill both
MOVES: dict[int, Callable[[sqlite3.Connection], None]] = {6: move_to_days}      # what SQL alone cannot do of a step


def migrations() -> tuple[tuple[int, Traversable], ...]:
    """Give the numbered schema files in order; the last number is the schema that this version knows."""
    found = [file for file in files("monitors.ledger").joinpath("schema").iterdir() if file.name.endswith(".sql")]
    return tuple(sorted(((int(file.name.split("_")[0]), file) for file in found), key=lambda pair: pair[0]))


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Open or make a ledger and bring its schema up to date. The caller holds the writer's lock."""
    with _opening(path, "rwc") as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        _migrate(connection, path)
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open a ledger that another process may be writing."""
    with _opening(path, "ro") as connection:
        connection.execute("PRAGMA query_only = ON")
        version = _version(connection)
        _check_older(version, path)
        _check_newer(version, path)
    return connection


def open_for_appending(path: Path) -> sqlite3.Connection:
    """Open a ledger that another process may be writing, to append what needs no writer's lock: entries."""
    with _opening(path, "rw") as connection:
        version = _version(connection)
        _check_newer(version, path)
        if version < migrations()[-1][0]:
            # a monitor that writes it has brought it up to date: an older one is nobody's, or an older version's
            lock = WriterLock(path)
            try:
                open_for_writing(path).close()
            finally:
                lock.release()
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
    return connection


@contextlib.contextmanager
def _opening(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    """Open a ledger in SQLite's ``mode`` and see that it is one; it is closed where anything within fails."""
    if mode != "rwc" and not path.exists():
        raise LedgerError(
            f'{path}: there is no ledger yet; start "siaga24 monitor run" first, or name another file with --ledger',
        )
    with told(path, "open"):
        connection = _connect(f"file:{quote(str(path))}?mode={mode}")
        try:
            _check_identity(connection, path)
            yield connection
        except BaseException:
            connection.close()
            raise


@contextlib.contextmanager
def told(path: Path, what: str) -> Iterator[None]:
    """Turn SQLite's and the system's errors into LedgerError, with what to do."""
    try:
        yield
    except sqlite3.Error as exc:
        raise LedgerError(f"{path}: cannot {what} the ledger: {_advice(exc, path)}") from exc
    except OSError as exc:
        raise LedgerError(
            f"{path}: cannot {what} the ledger: {(exc.strerror or str(exc)).lower()}; "
            "expected a folder that this user may write; mend that or give another --state",
        ) from exc


class WriterLock:
    """Only one process writes a ledger. The lock ends with its process, however that ends."""

    def __init__(self, path: Path) -> None:
        self.path = path.with_name(path.name + ".lock")
        with told(path, "open"):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._file, 32).decode(errors="replace").strip()
            os.close(self._file)
            raise LedgerError(
                f"{path}: process {holder or 'unknown'} already writes this ledger; expected one writer; "
                "end that process first, or give another --state",
            ) from None
        os.ftruncate(self._file, 0)
        os.write(self._file, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Let others write. A repeat is harmless."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _connect(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        uri, uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_S, check_same_thread=False,
    )
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    return connection


def _check_identity(connection: sqlite3.Connection, path: Path) -> None:
    found = connection.execute("PRAGMA application_id").fetchone()[0]
    has_tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] > 0
    if found != APPLICATION_ID and (found != 0 or has_tables):
        raise LedgerError(
            f"{path}: this SQLite file is no ledger of Siaga24; expected one that a monitor made; "
            "name another file, or move this one away",
        )


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    version = _version(connection)
    _check_newer(version, path)
    if 0 < version < migrations()[-1][0]:
        _back_up(connection, path, version)
    for number, file in migrations():
        if number <= version:
            continue
        script = file.read_text(encoding="utf-8")
        # one transaction for each step: a half-made schema is never left behind
        connection.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA application_id = {APPLICATION_ID};")
        move = MOVES.get(number)
        if move is not None:
            move(connection)
        connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")


def _back_up(connection: sqlite3.Connection, path: Path, version: int) -> None:
    """Copy a ledger beside itself before its schema changes, and say where."""
    to = path.with_name(f"{path.name}.schema-{version}.backup")
    if not to.exists():                  # one that a former attempt left is as old as the ledger, or older
        copy_whole(connection, to)
    log.warning(
        "%s: the ledger had schema %d and is brought to %d; a copy of it as it was lies in %s",
        path, version, migrations()[-1][0], to,
    )


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _check_older(version: int, path: Path) -> None:
    known = migrations()[-1][0]
    if version == 0:
        raise LedgerError(f'{path}: the ledger is still empty; start "siaga24 monitor run" first')
    if version < known:
        raise LedgerError(
            f"{path}: the ledger has schema {version} but this version reads {known}; "
            'run "siaga24 ledger migrate", which takes a backup first',
        )


def _check_newer(version: int, path: Path) -> None:
    known = migrations()[-1][0]
    if version > known:
        raise LedgerError(
            f"{path}: the ledger has schema {version} but this version knows schema {known}; "
            "use the newer version of siaga24 that wrote it",
        )


def _advice(exc: sqlite3.Error, path: Path) -> str:
    name = getattr(exc, "sqlite_errorname", "") or ""
    if name.startswith("SQLITE_FULL"):
        return "the disk is full; free space there; what was not written can be given again"
    if name.startswith("SQLITE_READONLY"):
        return "it may not be written; give this user write access to the file and its folder, or another --state"
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return (
            f"another program held it locked for more than {BUSY_TIMEOUT_S:.0f} s; end what has it open "
            "(an sqlite3 shell within a transaction, a backup) and try again"
        )
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return (
            f"the file is damaged or no ledger ({exc}); keep a copy of {path.name}* to look at, and put the newest "
            "backup in its place or move it away"
        )
    if name.startswith("SQLITE_IOERR"):
        return f"the disk answers with an error ({exc}); look at the disk and at its free space"
    if name.startswith("SQLITE_CANTOPEN"):
        return "the file or its folder cannot be opened; check that both are there and that this user may use them"
    return str(exc)
