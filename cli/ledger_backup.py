"""``siaga24 ledger backup``, ``restore`` and ``migrate``: whole copies of the ledger, and its schema."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from cli.ledger_view import ledger_named, ledger_option
from cli.output import console, json_option, print_json, workspace_options
from monitors.core.errors import UsageError
from monitors.ledger.backup import Copied, back_up, check, restore
from monitors.ledger.sqlite import SqliteLedger
from monitors.ledger_name import LedgerName, ServerLedger


@click.command("backup", short_help="Copy the ledger, also while the monitor writes.")
@click.argument("to", type=click.Path(path_type=Path, dir_okay=False))
@ledger_option
@json_option
@workspace_options
def backup_command(
    workspace: Path | None, state: Path | None, as_json: bool, *, to: Path, ledger: LedgerName | None,
) -> None:
    """Copy the ledger to the file TO. The monitor may write meanwhile; the copy is of one moment.

    The copy is read whole and checked before it gets its name. Nothing is ever written over.

    \b
    Example:  siaga24 ledger backup /srv/backup/ledger-2026-11-24.sqlite
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    _tell("copied", back_up(ledger_path(workspace, state, ledger), to), as_json=as_json)


@click.command("restore", short_help="Put a backup in the ledger's place.")
@click.argument("backup", type=click.Path(path_type=Path, dir_okay=False))
@ledger_option
@json_option
@workspace_options
def restore_command(
    workspace: Path | None, state: Path | None, as_json: bool, *, backup: Path, ledger: LedgerName | None,
) -> None:
    """Check BACKUP and put it in the place of a ledger that is lost.

    Refused where a ledger is there (move it away first) or a monitor writes it. What lies between the backup and the
    monitor's next start is unknown from then on.

    \b
    Example:  siaga24 ledger restore /srv/backup/ledger-2026-11-24.sqlite
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    _tell("restored", restore(backup, ledger_path(workspace, state, ledger)), as_json=as_json)


@click.command("migrate", short_help="Bring the ledger to this version's schema.")
@ledger_option
@json_option
@workspace_options
def migrate_command(
    workspace: Path | None, state: Path | None, as_json: bool, *, ledger: LedgerName | None,
) -> None:
    """Bring a ledger of an older version forward, after a copy of it was made beside it.

    A monitor that starts does the same. There is no way back but the copy. On PostgreSQL take a backup first: none is
    made, and a monitor makes a new ledger only.

    \b
    Examples:  siaga24 ledger migrate
               siaga24 ledger migrate --ledger postgresql://siaga24_owner@db.example.go.id/siaga24
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    if isinstance(ledger, ServerLedger):
        _migrate_server(ledger, as_json=as_json)
        return
    path = ledger_path(workspace, state, ledger)
    before = check(path).schema
    SqliteLedger(path).close()
    _tell(f"of schema {before} before", check(path), as_json=as_json)


def ledger_path(workspace: Path | None, state: Path | None, ledger: LedgerName | None) -> Path:
    """Give the ledger's file. Raises UsageError for one on a server."""
    named = ledger_named(workspace, state, ledger)
    if isinstance(named, ServerLedger):
        raise UsageError(
            f"{named}: this command is for a ledger in a file; docs/postgres.md says what there is on PostgreSQL",
        )
    return named


def _migrate_server(ledger: ServerLedger, *, as_json: bool) -> None:
    from monitors.ledger.postgres_schema import migrate  # noqa: PLC0415 - a ledger in a file does without

    before, after = migrate(ledger)
    if as_json:
        print_json({"ledger": str(ledger), "schema_before": before, "schema": after})
        return
    what = f"of schema {before} before" if before else "made"
    console().print(f"{ledger}: {what}, schema {after} now", markup=False, highlight=False, soft_wrap=True)


def _tell(what: str, copied: Copied, *, as_json: bool) -> None:
    until = datetime.fromtimestamp(copied.heartbeat_ms / 1000, UTC).isoformat(timespec="seconds")
    if as_json:
        plain: dict[str, Any] = {
            "path": str(copied.path), "bytes": copied.bytes, "schema": copied.schema, "lives": copied.lives,
            "services": copied.services, "raw_runs": copied.raw_runs, "heartbeat_ms": copied.heartbeat_ms,
        }
        print_json(plain)
        return
    console().print(
        f"{copied.path}: {what}, checked and whole: schema {copied.schema}, {copied.services} services, "
        f"{copied.raw_runs} raw runs, {copied.lives} lives of monitors, last sign of life "
        f"{until if copied.heartbeat_ms else 'none'}, {copied.bytes / 1e6:.1f} MB",
        markup=False, highlight=False, soft_wrap=True,
    )
