"""What sealing asks of a database, so that one piece of code seals a ledger in a file and one on a server.

Statements are written with ``?`` or ``:name`` for what is given, and in words that SQLite and PostgreSQL both know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager

    from monitors.core.entry import Entry, EntryKind
    from monitors.ledger.sqlite_days import DayNames


class Rows(Protocol):
    """What a question gave."""

    def fetchone(self) -> Any:
        """Give the next row, or None."""
        ...

    def fetchall(self) -> list[Any]:
        """Give all rows that are left."""
        ...

    def __iter__(self) -> Iterator[Any]:
        """Go through the rows that are left."""
        ...


class Sql(Protocol):
    """A connection within a transaction."""

    def execute(self, sql: str, given: Any = (), /) -> Rows:
        """Ask or do something once."""
        ...

    def executemany(self, sql: str, given: Iterable[Any], /) -> object:
        """Do something once for each row that is given."""
        ...


class Days(Protocol):
    """Which days have raw runs."""

    def at(self, minute: int) -> DayNames | None:
        """Give the tables of a minute's day, or None where there are none."""
        ...


class SealedStore(Protocol):
    """A ledger whose seals are read."""

    def snapshot(self) -> AbstractContextManager[None]:
        """Let all that is read within be of one moment."""
        ...

    def entries(
        self, kind: EntryKind | None = None, agency: str | None = None, service: str | None = None,
    ) -> tuple[Entry, ...]:
        """What was told, in order of number."""
        ...

    def close(self) -> None:
        """Let it go."""
        ...


class SealStore(SealedStore, Protocol):
    """A ledger that is sealed."""

    def deciding(self) -> AbstractContextManager[None]:
        """Let nobody tell or write anything between what is read and what is written in here; all of it or nothing."""
        ...

    def keep_entry(self, entry: Entry) -> Entry:
        """Keep what was told."""
        ...
