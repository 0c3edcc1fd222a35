"""Lets what both stores share (monitors/ledger/sql.py) ask PostgreSQL: its marks for what is given are others."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from monitors.ledger.sqlite_days import DayNames, day_of_minute, names_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import psycopg

    from monitors.ledger.postgres_server import Db

# texts in quotes stay; "::" is a cast
MARKS = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|::|\?|:(?P<name>[a-z_]+)|%")


@lru_cache(maxsize=256)
def in_postgres(sql: str) -> bytes:
    """Write ``?`` as ``%s`` and ``:name`` as ``%(name)s``."""
    def mark(found: re.Match[str]) -> str:
        text = found[0]
        if found["name"]:
            return f"%({found['name']})s"
        return {"?": "%s", "%": "%%"}.get(text, text)

    return MARKS.sub(mark, sql).encode()


class PostgresSql:
    """A connection, however often it was made anew, asked in the words of both."""

    def __init__(self, db: Callable[[], Db]) -> None:
        self._db = db

    def execute(self, sql: str, given: Any = (), /) -> psycopg.Cursor[tuple[Any, ...]]:
        """Ask or do something once."""
        return self._db().execute(in_postgres(sql), given)

    def raw(self, sql: str, given: Any) -> list[tuple[Any, ...]]:
        """Ask in PostgreSQL's own words, and give all rows."""
        return self._db().execute(sql.encode(), given).fetchall()

    def executemany(self, sql: str, given: Iterable[Any], /) -> None:
        """Do something once for each row that is given."""
        rows = list(given)
        if rows:
            with self._db().cursor() as cursor:
                cursor.executemany(in_postgres(sql), rows)


class PostgresDays:
    """Which days have raw runs. Within a transaction."""

    def __init__(self, sql: PostgresSql) -> None:
        self._sql = sql
        self._there: set[int] = set()

    def at(self, minute: int) -> DayNames | None:
        """Give the tables of a minute's day, or None where there are none."""
        day = day_of_minute(minute)
        names = names_of(day)
        if day not in self._there:
            row = self._sql.execute("SELECT to_regclass(?) IS NOT NULL", (f"siaga24.{names.run}",)).fetchone()
            if row is None or not row[0]:
                return None
            self._there.add(day)
        return names
