"""SQL steps: log in to PostgreSQL and run one query that may only read. With the ledger, the only user of psycopg.

The password is a secret of the agency, read for each try; no text that leaves here can hold it.
"""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, Any, cast

import psycopg

from monitors.core.requests import SqlQuery, SqlTls
from monitors.probes.coroutine import ServiceProblem
from monitors.probes.evidence import BODY_BYTES
from monitors.probes.failures import quoted
from monitors.probes.secrets_redaction import Redactor
from monitors.probes.secrets_store import NAME, PREFIX
from monitors.probes.tcp_wire import addresses_of, place_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from monitors.core.model import Step, Target
    from monitors.probes.coroutine import Course
    from monitors.probes.desk import Desk

# it warns of what the step's deadline does to a query; the step itself says it better
logging.getLogger("psycopg").setLevel(logging.CRITICAL)

SSL_MODES = {SqlTls.VERIFY: "verify-full", SqlTls.REQUIRE: "require", SqlTls.NONE: "disable"}
VALUE_LIMIT = 65_536                     # characters of a first value


def make(desk: Desk, target: Target, step: Step) -> SqlQuestion:
    """Make a step ready. Raises ValueError where it cannot be asked."""
    return SqlQuestion(desk, target, step.sql or SqlQuery())


class SqlQuestion:
    """One query."""

    def __init__(self, desk: Desk, target: Target, query: SqlQuery) -> None:
        self._desk, self._query, self._agency, self._ca_pem = desk, query, target.agency, target.ca_pem
        self._place = place_of(target, query.host, query.port)
        if not query.database or not query.user:
            raise ValueError("it names no database or no user")
        if query.password and not NAME.fullmatch(query.password):
            raise ValueError(f'password "{query.password}": expected the name of a secret, such as sandi_db')

    async def ask(self, course: Course) -> None:
        """Log in, run the query, compare its first value."""
        names = (self._query.password,) if self._query.password else ()
        secrets = self._desk.secrets.values(self._agency, names)
        course.redactor = Redactor(secrets)
        course.asked = f"SQL {self._query.query} in {self._query.database} at {self._place.shown}"
        address = (await addresses_of(course, self._place))[0]
        course.outcome.address = address
        course.enter("connect", f"logging in to {self._place.shown}")
        try:
            connection = await psycopg.AsyncConnection.connect(**self._conninfo(course, address, secrets))
        except psycopg.Error as exc:
            raise ServiceProblem(self._not_in(exc)) from None
        try:
            course.enter("first_byte", f"waiting for {self._place.shown} to answer the query")
            value = await self._first_value(connection, course)
        except psycopg.Error as exc:
            raise ServiceProblem(f"the query failed: {_told(exc)}") from None
        finally:
            # not its ``close``, which is a coroutine: the connection is gone when this returns
            connection.pgconn.finish()
        course.answered = "NULL" if value is None else value[:BODY_BYTES]
        self._compare(value)

    def _conninfo(self, course: Course, address: str, secrets: Mapping[str, str]) -> dict[str, Any]:
        given: dict[str, Any] = {
            "host": self._place.host, "hostaddr": address, "port": self._place.port,
            "dbname": self._query.database, "user": self._query.user,
            "sslmode": SSL_MODES[self._query.tls], "gssencmode": "disable", "application_name": "siaga24",
            "connect_timeout": max(2, int(course.left_s) + 1),
            "passfile": "/dev/null",     # a password file of the monitor's own user is not for probes
        }
        if self._query.tls is SqlTls.VERIFY:
            given["sslrootcert"] = self._desk.trust.path(self._ca_pem)
        if self._query.password:
            given["password"] = secrets[PREFIX + self._query.password]
        return given

    async def _first_value(self, connection: psycopg.AsyncConnection[Any], course: Course) -> str | None:
        """Give the first value of the first row as the server writes it; the rest is not read."""
        await connection.set_read_only(True)
        async with connection.cursor() as cursor:
            # the server ends it too where this process cannot tell it to any more
            await cursor.execute(f"SET LOCAL statement_timeout = {max(1, int(course.left_s * 1000))}")
            stream = cast("AsyncGenerator[Any, None]", cursor.stream(self._query.query.encode()))
            async with contextlib.aclosing(stream) as rows:
                async for _ in rows:
                    course.enter("body", course.doing)
                    result = cursor.pgresult
                    data = result.get_value(0, 0) if result is not None else None
                    return None if data is None else data[:VALUE_LIMIT].decode("utf-8", "replace")
        raise ServiceProblem("expected the query to give a row, it gave none")

    def _compare(self, value: str | None) -> None:
        expected = self._query.expected
        if expected is None or value == expected:
            return
        shown = "NULL" if value is None else f'"{quoted(value)}"'
        raise ServiceProblem(f'expected the first value to be "{quoted(expected)}", got {shown}')

    def _not_in(self, exc: psycopg.Error) -> str:
        told = _told(exc)
        if "certificate" in told.lower() or "ssl" in told.lower():
            return f"TLS with {self._place.shown} failed: {told}"
        return f"{self._place.shown} does not let the user {self._query.user} in: {told}" if "FATAL" in str(exc) else (
            f"could not connect to {self._place.shown}: {told}"
        )


def _told(exc: psycopg.Error) -> str:
    """Give what the server or the library says, without what comes before and after it."""
    text = exc.diag.message_primary or str(exc).rpartition(" failed: ")[2]
    lines = text.strip().splitlines() or [type(exc).__name__]
    text = lines[0].removeprefix("FATAL:").removeprefix("ERROR:").strip()
    state = exc.sqlstate
    return quoted(text, 160) + (f" ({state})" if state else "")
