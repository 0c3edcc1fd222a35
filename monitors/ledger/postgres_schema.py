"""The schema of a ledger on PostgreSQL: made once, brought forward by hand, never back.

A monitor makes it in an empty database where its user may. One of an older version is brought forward by ``siaga24
ledger migrate`` alone, since several monitors may write it and the operator takes the backup.
"""

from __future__ import annotations

import contextlib
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

import psycopg

from monitors.core.errors import LedgerError
from monitors.ledger.postgres_server import SCHEMA, connect, key_of, told

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from monitors.ledger.postgres_server import Db
    from monitors.ledger_name import ServerLedger

MIGRATING = key_of("migrate")


@lru_cache(maxsize=1)
def migrations() -> tuple[tuple[int, Traversable], ...]:
    """Give the numbered schema files in order; the last number is the schema that this version knows."""
    found = [f for f in files("monitors.ledger").joinpath("schema_postgres").iterdir() if f.name.endswith(".sql")]
    return tuple(sorted(((int(file.name.split("_")[0]), file) for file in found), key=lambda pair: pair[0]))


def newest() -> int:
    """Give the schema that this version knows."""
    return migrations()[-1][0]


def version_of(db: Db) -> int:
    """Give the schema of a database; 0 where no ledger is in it."""
    row = db.execute(b"SELECT to_regclass(%s)", (f"{SCHEMA}.schema_version",)).fetchone()
    if row is None or row[0] is None:
        return 0
    row = db.execute(b"SELECT max(number) FROM siaga24.schema_version").fetchone()
    return int(row[0]) if row is not None and row[0] is not None else 0


def open_for_writing(name: ServerLedger) -> Db:
    """Connect to a ledger; make it where the database has none yet. Raises LedgerError for another schema."""
    db = connect(name)
    try:
        with told(name, "open"):
            if version_of(db) == 0:
                bring_forward(db, name)
        check_schema(db, name)
    except BaseException:
        db.close()
        raise
    return db


def open_for_reading(name: ServerLedger) -> Db:
    """Connect to a ledger that is there. Raises LedgerError where there is none, or one of another schema."""
    db = connect(name)
    try:
        with told(name, "open"):
            check_schema(db, name)
    except BaseException:
        db.close()
        raise
    return db


def check_schema(db: Db, name: ServerLedger) -> None:
    """Raise LedgerError where the schema is not the one that this version knows."""
    version, known = version_of(db), newest()
    if version == 0:
        raise LedgerError(f'{name}: the ledger is still empty; start "siaga24 monitor run" first')
    if version > known:
        raise LedgerError(
            f"{name}: the ledger has schema {version} but this version knows schema {known}; "
            "use the newer version of siaga24 that made it",
        )
    if version < known:
        raise LedgerError(
            f"{name}: the ledger has schema {version} but this version needs {known}; take a backup "
            f'(docs/postgres.md), then run "siaga24 ledger migrate --ledger {name}" as its owner',
        )


def migrate(name: ServerLedger) -> tuple[int, int]:
    """Bring a ledger forward, or make it; give the schema before and after. Raises LedgerError."""
    db = connect(name)
    try:
        with told(name, "bring forward"):
            before = version_of(db)
            if before > newest():
                check_schema(db, name)
            bring_forward(db, name)
            return before, version_of(db)
    finally:
        db.close()


def bring_forward(db: Db, name: ServerLedger) -> None:
    """Apply the steps that are not there yet, each in a transaction; one process at a time."""
    # before the transactions: what a session remembers of the catalogue is refreshed where one begins
    db.execute(b"SELECT pg_advisory_lock(%s)", (MIGRATING,))
    try:
        _apply(db, name)
    finally:
        with contextlib.suppress(psycopg.Error):
            db.execute(b"SELECT pg_advisory_unlock(%s)", (MIGRATING,))


def _apply(db: Db, name: ServerLedger) -> None:
    for number, file in migrations():
        with db.transaction():
            if version_of(db) >= number:
                continue
            if number == migrations()[0][0]:
                db.execute(b"CREATE SCHEMA IF NOT EXISTS siaga24")
                found = db.execute(
                    b"SELECT count(*) FROM pg_class WHERE relnamespace = 'siaga24'::regnamespace",
                ).fetchone()
                if found is None or found[0]:
                    raise LedgerError(
                        f'{name}: the schema "{SCHEMA}" holds tables that are no ledger; expected none; '
                        "name another database",
                    )
                db.execute(
                    b"CREATE TABLE siaga24.schema_version (number integer PRIMARY KEY, "
                    b"at timestamptz NOT NULL DEFAULT now())",
                )
            db.execute(file.read_bytes())
            db.execute(b"INSERT INTO siaga24.schema_version VALUES (%s)", (number,))
