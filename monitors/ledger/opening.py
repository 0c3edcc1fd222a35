"""Opens a ledger by its name, whatever kind it is. A store's libraries are loaded where one of its kind is opened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from monitors.ledger.base import EntryKeeper, LedgerReader

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from monitors.core.seal import Seal
    from monitors.ledger.base import Ledger
    from monitors.ledger.export_source import LedgerExport
    from monitors.ledger.retention import RetentionRules
    from monitors.ledger.sqlite_tidy import Thinned
    from monitors.ledger_name import LedgerName


class LedgerTold(LedgerReader, EntryKeeper, Protocol):
    """A ledger that is read, and told entries, while a monitor may write it."""

    def deciding(self) -> AbstractContextManager[None]:
        """Let nobody tell it anything between what is read and what is kept in here; all of it or nothing."""
        ...


class Seals(Protocol):
    """The seals of a ledger."""

    def seals(self) -> tuple[Seal, ...]:
        """All seals in order of number."""
        ...

    def close(self) -> None:
        """Let the store go."""
        ...


class LedgerTidy(Protocol):
    """Lets go of old raw runs, from any process, while monitors write."""

    def due(self, rules: RetentionRules, now_ms: int) -> tuple[tuple[int, str], ...]:
        """Give the days to thin, oldest first, with the reason; those for their size at the end, as far as needed."""
        ...

    def bytes_used(self) -> int:
        """Say how much of the store is in use."""
        ...

    def tidy(
        self, rules: RetentionRules, *, now_ms: int, pause: Callable[[float], object], is_stopped: Callable[[], bool],
    ) -> tuple[Thinned, ...]:
        """Apply the rules. ``pause`` is called between short steps; where ``is_stopped`` says so, the rest is left."""
        ...

    def close(self) -> None:
        """Let the store go."""
        ...


def open_reader(name: LedgerName) -> LedgerReader:
    """Open a ledger for reading. Raises LedgerError where there is none."""
    if isinstance(name, Path):
        from monitors.ledger.sqlite_reader import SqliteReader  # noqa: PLC0415 - a command loads what it opens and no more

        return SqliteReader(name)
    from monitors.ledger.postgres_reader import PostgresReader  # noqa: PLC0415 - 20 MB that a file does not need

    return PostgresReader(name)


def open_seals(name: LedgerName) -> Seals:
    """Open a ledger to read its seals. Raises LedgerError where there is none."""
    if isinstance(name, Path):
        from monitors.ledger.sqlite_seals import SqliteSeals  # noqa: PLC0415

        return SqliteSeals(name)
    from monitors.ledger.postgres_seals import PostgresSeals  # noqa: PLC0415

    return PostgresSeals(name)


def open_export(name: LedgerName) -> LedgerExport:
    """Open a ledger to export what is sealed of it. Raises LedgerError where there is none."""
    from monitors.ledger.export_source import LedgerExport, SqliteExport  # noqa: PLC0415

    if isinstance(name, Path):
        return SqliteExport(name)
    from monitors.ledger.postgres_seals import of_server  # noqa: PLC0415

    return LedgerExport(*of_server(name))


def open_tidy(name: LedgerName) -> LedgerTidy:
    """Open a ledger to let go of old raw runs. Raises LedgerError where there is none."""
    if isinstance(name, Path):
        from monitors.ledger.sqlite_tidy import SqliteTidy  # noqa: PLC0415

        return SqliteTidy(name)
    from monitors.ledger.postgres_tidy import PostgresTidy  # noqa: PLC0415

    return PostgresTidy(name)


def open_told(name: LedgerName) -> LedgerTold:
    """Open a ledger to read it and to tell it something. Raises LedgerError where there is none."""
    if isinstance(name, Path):
        from monitors.ledger.sqlite_entries import SqliteEntries  # noqa: PLC0415

        return SqliteEntries(name)
    from monitors.ledger.postgres_entries import PostgresEntries  # noqa: PLC0415

    return PostgresEntries(name)


def open_writer(name: LedgerName) -> Ledger:
    """Open a ledger as a monitor writes it, made where it is not there. Raises LedgerError."""
    if isinstance(name, Path):
        from monitors.ledger.sqlite import SqliteLedger  # noqa: PLC0415

        return SqliteLedger(name)
    from monitors.ledger.postgres import PostgresLedger  # noqa: PLC0415

    return PostgresLedger(name)
