"""The PostgreSQL server of a ledger: connecting, what a session must be, and errors in sentences.

Durable means: the server has ``fsync`` and ``full_page_writes`` on, and a commit returns when its log is synced. A
server that is set otherwise is refused.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.types.numeric import Int8Dumper

from monitors.core.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitors.ledger_name import ServerLedger

Db: TypeAlias = "psycopg.Connection[tuple[Any, ...]]"

SCHEMA = "siaga24"
LEAST_VERSION = 140_000
CONNECT_TIMEOUT_S = 5
LOCK_TIMEOUT_MS = 10_000
PASSWORD_FILE = "SIAGA24_LEDGER_PASSWORD_FILE"  # noqa: S105 - the name of a variable
# Every question is by key: whatever the statistics of a young partition say, never read one whole, and compile nothing.
SETTINGS = {
    "search_path": SCHEMA, "lock_timeout": str(LOCK_TIMEOUT_MS), "idle_in_transaction_session_timeout": "0",
    "enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off", "jit": "off",
    "default_transaction_isolation": "read committed", "standard_conforming_strings": "on",
}


def connect(name: ServerLedger) -> Db:
    """Connect. Raises LedgerError where the server does not answer, is too old, or forgets what it acknowledged."""
    given: dict[str, Any] = {
        "connect_timeout": CONNECT_TIMEOUT_S, "client_encoding": "utf8", "fallback_application_name": our_name(),
        # a server that is gone without a word is noticed
        "keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 30_000,
    }
    named = dict(name.options)
    if not name.is_near and "sslmode" not in named:
        given["sslmode"] = "verify-full"
    with told(name, "open"):
        password = _password()
        if password:
            given["password"] = password
        # a statement is not prepared: that of a hundred partitions is planned for the one that it needs
        db = psycopg.connect(make_conninfo(name.conninfo, **given), autocommit=True, prepare_threshold=None)
        db.adapters.register_dumper(int, Int8Dumper)         # a number is one of 64 bits, however small it is
        try:
            pairs = ", ".join(f"set_config('{key}', '{value}', false)" for key, value in SETTINGS.items())
            db.execute(f"SELECT {pairs}".encode())
            _check(db, name)
        except BaseException:
            db.close()
            raise
    return db


def key_of(*words: str) -> int:
    """Give the number of an advisory lock: 64 bits with a sign, of a digest of its name."""
    return int.from_bytes(hashlib.sha256("\0".join(("siaga24", *words)).encode()).digest()[:8], "big", signed=True)


WRITING = key_of("write")                # held by all that write, together; by one that seals, alone


def our_name() -> str:
    """Say who we are, for whoever waits for us."""
    return f"siaga24 {socket.gethostname()} {os.getpid()}"[:63]


def _password() -> str:
    """Read the password's file anew at each connection, so that it may be changed; "" where none is named."""
    place = os.environ.get(PASSWORD_FILE)
    if not place:
        return ""                        # libpq looks at PGPASSFILE, ~/.pgpass and the option passfile
    path = Path(place)
    if path.stat().st_mode & 0o077 and path.stat().st_uid == os.geteuid():
        raise LedgerError(f"{path}: others may read this password; expected mode 0600; chmod 600 it")
    return path.read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")


def _check(db: Db, name: ServerLedger) -> None:
    version = db.info.server_version
    if version < LEAST_VERSION:
        raise LedgerError(f"{name}: PostgreSQL {version // 10_000} is too old; expected 14 or later")
    encoding, fsync, pages, commit = _row(
        db,
        "SELECT current_setting('server_encoding'), current_setting('fsync'), current_setting('full_page_writes'), "
        "current_setting('synchronous_commit')",
    )
    if encoding != "UTF8":
        raise LedgerError(
            f"{name}: the database's encoding is {encoding}; expected UTF8; make it anew with ENCODING UTF8",
        )
    if (fsync, pages) != ("on", "on"):
        raise LedgerError(
            f"{name}: the server has fsync {fsync} and full_page_writes {pages}, so that it forgets at a power cut "
            "what it acknowledged; expected both on; mend postgresql.conf",
        )
    if commit == "off":                  # a default of the role or database; a stricter one stays
        db.execute("SET synchronous_commit = on")


def _row(db: Db, sql: str) -> tuple[Any, ...]:
    row = db.execute(sql.encode()).fetchone()
    if row is None:
        raise LedgerError("PostgreSQL gave no row where there is always one; this is a fault of ours")
    return row


def holder_of(db: Db, key: int) -> str:
    """Say who holds an advisory lock."""
    row = db.execute(
        b"SELECT a.application_name, coalesce(host(a.client_addr), 'a local socket') FROM pg_locks l "
        b"JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 "
        b"AND l.classid::bigint = %s AND l.objid::bigint = %s AND l.database = "
        b"(SELECT oid FROM pg_database WHERE datname = current_database()) LIMIT 1",
        (key >> 32 & 0xFFFFFFFF, key & 0xFFFFFFFF),
    ).fetchone()
    return f'"{row[0]}" from {row[1]}' if row is not None else "another session"


@contextlib.contextmanager
def cut_after(db: Db, seconds: float) -> Iterator[None]:
    """Cut the connection where what is done within takes longer: libpq would wait for a silent server for ever."""
    is_over = threading.Lock()

    def cut() -> None:
        if is_over.acquire(blocking=False):
            with contextlib.suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(db.fileno())) as line:
                line.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        is_over.acquire(blocking=False)
        timer.cancel()


@contextlib.contextmanager
def told(name: ServerLedger, what: str) -> Iterator[None]:
    """Turn PostgreSQL's and the system's errors into LedgerError, with what to do."""
    try:
        yield
    except psycopg.Error as exc:
        raise LedgerError(f"{name}: cannot {what} the ledger: {_advice(exc)}") from exc
    except OSError as exc:
        raise LedgerError(f"{name}: cannot {what} the ledger: {exc.filename or ''}: {exc.strerror or exc}") from exc


ADVICE = (                               # by the start of SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html
    ("28", f"check the user, and the password in the file that PGPASSFILE or {PASSWORD_FILE} names"),
    ("3D", "make the database first: docs/postgres.md"),
    ("3F", 'the ledger is still empty; start "siaga24 monitor run" or run "siaga24 ledger migrate" first'),
    ("42P01", 'the ledger is still empty; start "siaga24 monitor run" or run "siaga24 ledger migrate" first'),
    ("42501", "this user may not do that; docs/postgres.md says what its role needs"),
    ("53100", "the server's disk is full; free space there; what was not written is given again"),
    ("53300", "the server has no place for one more connection; raise max_connections, or end what holds them"),
    ("55P03", f"another session held it locked for {LOCK_TIMEOUT_MS // 1000} s; end what waits in a transaction"),
    ("25006", "it may only be read; name the primary server, not a standby"),
    ("57P", "the server ends or begins; what was not written is given again"),
    ("58", "the server's disk answers with an error; look at its log"),
    ("XX", "the server found its own data damaged; look at its log, and restore the newest backup"),
)


def _advice(exc: psycopg.Error) -> str:
    said = " ".join((exc.diag.message_primary or str(exc)).split()) or type(exc).__name__
    state = exc.sqlstate or ""
    for start, advice in ADVICE:
        if state.startswith(start):
            return f"{said}; {advice}"
    if isinstance(exc, psycopg.OperationalError):
        if any(word in said for word in ("password", "authentication", 'role "')):
            return f"{said}; {dict(ADVICE)['28']}"
        if "does not exist" in said:
            return f"{said}; {dict(ADVICE)['3D']}"
        if "certificate" in said or "SSL" in said:
            return f"{said}; name its certificate's authority by ?sslrootcert=FILE; docs/postgres.md"
        return f"{said}; look whether the server runs and is reached from here; what was not written is given again"
    return said
