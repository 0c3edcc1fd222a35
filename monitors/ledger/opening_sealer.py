"""Opens a ledger to seal it, whatever kind it is: for the sealing command alone, which has the key."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitors.ledger.sqlite_sealer import Sealer
    from monitors.ledger_name import LedgerName


def open_sealer(name: LedgerName) -> Sealer:
    """Open a ledger to seal its days. Raises LedgerError where there is none."""
    if isinstance(name, Path):
        from monitors.ledger.sqlite_sealer import SqliteSealer  # noqa: PLC0415

        return SqliteSealer(name)
    from monitors.ledger.postgres_sealer import PostgresSealer  # noqa: PLC0415

    return PostgresSealer(name)
