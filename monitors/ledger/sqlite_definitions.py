"""Definitions in a SQLite ledger: recorded where they differ from what is in force at a vantage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitors.ledger.rows import definition_text

if TYPE_CHECKING:
    import sqlite3

    from monitors.core.model import Target


def put_definition(
    db: sqlite3.Connection, target: Target, *, life: int, vantage: str, at_ms: int,
) -> tuple[int, bool]:
    """Record a definition; give since when the one in force is, and whether it is new. Within a transaction."""
    text, digest = definition_text(target)
    newest = db.execute(
        "SELECT d.digest, d.recorded_ms FROM definition d JOIN life l ON l.id = d.life WHERE d.agency = ? "
        "AND d.service = ? AND l.vantage = ? ORDER BY d.recorded_ms DESC, d.id DESC LIMIT 1",
        (target.agency, target.service, vantage),
    ).fetchone()
    if newest is not None and newest[0] == digest:
        return newest[1], False
    # a clock that was set back does not put a definition before the one that it replaces
    recorded_ms = at_ms if newest is None else max(at_ms, newest[1] + 1)
    db.execute(
        "INSERT INTO definition (life, agency, service, recorded_ms, digest, document) VALUES (?, ?, ?, ?, ?, ?)",
        (life, target.agency, target.service, recorded_ms, digest, text),
    )
    return recorded_ms, True
