"""Brings the schema up to date: numbered files, forward only, each once. Any number of these may run at once."""

from __future__ import annotations

import re
from logging import getLogger
from pathlib import Path
from time import monotonic, sleep

import psycopg

logger = getLogger("loket.migrations")

_FOLDER = Path(__file__).parent / "schema"
_LOCK = 0x10CE7
"""The advisory lock that makes one of several migrations go first; the number means nothing else."""


def latest_version() -> int:
    """Return the schema version that this release of the service needs."""
    return max(version for version, _ in _files())


def migrate(url: str, *, patience_s: float) -> int:
    """Apply what is missing in one transaction and return how many files that was.

    A database that does not answer yet is asked again for ``patience_s`` seconds: in a new stack it may be starting.
    """
    with _connect(url, patience_s) as conn, conn.transaction():
        conn.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
        conn.execute(
            "create table if not exists loket_schema"
            " (version integer primary key, applied_at timestamptz not null default now())"
        )
        known = {row[0] for row in conn.execute("select version from loket_schema")}
        missing = [(version, path) for version, path in _files() if version not in known]
        for version, path in missing:
            logger.info("applying %s", path.name)
            conn.execute(path.read_bytes())
            conn.execute("insert into loket_schema (version) values (%s)", (version,))
    return len(missing)


def _files() -> list[tuple[int, Path]]:
    found = ((re.match(r"(\d{4})_\w+\.sql$", path.name), path) for path in sorted(_FOLDER.iterdir()))
    return [(int(match[1]), path) for match, path in found if match]


def _connect(url: str, patience_s: float) -> psycopg.Connection[tuple[int, ...]]:
    deadline = monotonic() + patience_s
    while True:
        try:
            return psycopg.connect(url, connect_timeout=2, application_name="loket-migrate", autocommit=True)
        except psycopg.OperationalError:
            if monotonic() > deadline:
                raise
            logger.info("database does not answer yet, asking again")
            sleep(0.5)
