"""One way to the database: pooled, with a deadline on everything, and quick to say that the database is away.

A page must answer in time (ANSWER_SECONDS, two by default) whatever the database does: refuses, is unreachable,
restarts, or accepts a connection and then stays silent. So there are three guards: a deadline on getting a connection,
a cut of the socket when the work on it takes too long (a silent server cannot be asked to cancel), and a memory of the
last failure, so that while the database is away one request a second asks for it and the others are told at once.
"""

from __future__ import annotations

import os
import socket
import threading
from contextlib import contextmanager, suppress
from logging import getLogger
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Connection = psycopg.Connection[dict[str, Any]]

logger = getLogger("loket.database")

T = TypeVar("T")

SHARE = 0.8
"""The database's part of an answer's time; the rest is the page's own."""
RETRY_S = 1.0
"""While the database is away, one request in this time asks for it. It is away after as long without one success: a
single slow request on a busy machine must not turn the others away."""


class DatabaseAwayError(Exception):
    """The database cannot be used now; ``reason`` is a sentence part for people, without addresses or names."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Database:
    """A pool of connections to the one database of this service."""

    def __init__(self, url: str, *, size: int, answer_s: float) -> None:
        self._limit_s = answer_s * SHARE
        self._pool: ConnectionPool = ConnectionPool(
            url,
            min_size=2,
            max_size=size,
            # A failed attempt is given up soon: the next request starts a new one. The pool's own patience doubles
            # its pauses, and would keep citizens waiting long after the database is back.
            reconnect_timeout=0.1,
            max_idle=120,
            open=False,
            name="loket",
            kwargs={
                "connect_timeout": 2,
                "tcp_user_timeout": 2000,
                "keepalives_idle": 5,
                "keepalives_interval": 2,
                "keepalives_count": 2,
                "application_name": "loket",
                "options": f"-c statement_timeout={int(self._limit_s * 1000)}",
                "autocommit": True,
                "row_factory": dict_row,
            },
        )
        self._lock = threading.Lock()
        self._failure: str | None = None
        self._asked_at = 0.0
        self._good_at = 0.0

    def open(self) -> None:
        """Start connecting in the background; returns at once, also while the database is away."""
        self._pool.open()

    def close(self) -> None:
        """Give the connections back."""
        self._pool.close(timeout=1)

    def ask(self, work: Callable[[Connection], T]) -> T:
        """Do one short piece of work on a connection and return its result; DatabaseAwayError where that cannot be.

        The work must be harmless to repeat: where its connection turns out dead (after a restart of the database all
        pooled ones are) it is done again on another one. The connection is in autocommit.
        """
        self._admit()
        deadline = monotonic() + self._limit_s
        while True:
            try:
                conn = self._pool.getconn(timeout=min(self._limit_s / 2, max(deadline - monotonic(), 0)))
            except PoolTimeout as exc:
                raise self._away("basis data tidak dapat dihubungi") from exc
            try:
                with _cut_after(conn, max(deadline - monotonic(), 0.05)):
                    result = work(conn)
            except psycopg.OperationalError as exc:
                if conn.closed and monotonic() < deadline:
                    continue
                raise self._away(_reason(exc, late=monotonic() >= deadline)) from exc
            except psycopg.errors.UndefinedTable as exc:
                raise DatabaseAwayError("skema basis data belum disiapkan") from exc
            except psycopg.errors.ReadOnlySqlTransaction as exc:
                raise DatabaseAwayError("basis data hanya dapat dibaca") from exc
            finally:
                self._pool.putconn(conn)
            self._back()
            return result

    def _admit(self) -> None:
        with self._lock:
            if self._failure is None:
                return
            now = monotonic()
            if now - self._asked_at < RETRY_S:
                raise DatabaseAwayError(self._failure)
            self._asked_at = now

    def _away(self, reason: str) -> DatabaseAwayError:
        now = monotonic()
        with self._lock:
            if now - self._good_at >= RETRY_S:
                if self._failure is None:
                    logger.warning("database away: %s", reason)
                self._failure = reason
                self._asked_at = now
        return DatabaseAwayError(reason)

    def _back(self) -> None:
        with self._lock:
            if self._failure is not None:
                logger.warning("database back")
            self._failure = None
            self._good_at = monotonic()


def _reason(exc: psycopg.OperationalError, *, late: bool) -> str:
    if isinstance(exc, psycopg.errors.QueryCanceled) or late:
        return "basis data terlalu lambat menjawab"
    if (exc.sqlstate or "").startswith("53"):  # insufficient resources: disk full, out of memory
        return "basis data kehabisan ruang atau memori"
    return "sambungan ke basis data terputus"


@contextmanager
def _cut_after(conn: Connection, seconds: float) -> Iterator[None]:
    """End the connection's socket after ``seconds``, so that a wait on a silent server ends with an error."""

    def cut() -> None:
        # The connection may just have been closed by its user: then there is nothing left to cut.
        with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(conn.pgconn.socket)) as twin:
            twin.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
