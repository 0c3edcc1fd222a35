"""``siaga24 ledger backup``, ``restore`` and ``migrate``: whole copies of the ledger, and its schema."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from cli.ledger_view import GIVE, ledger_option
from cli.output import console, json_option, print_json, workspace_options
from cli.state_folder import state_folder
from monitors.ledger.backup import Copied, back_up, check, restore
from monitors.ledger.sqlite import SqliteLedger


@click.command("backup", short_help="Copy the ledger, also while the monitor writes.")
@click.argument("to", type=click.Path(path_type=Path, dir_okay=False))
@ledger_option
@json_option
@workspace_options
def backup_command(
    workspace: Path | None, state: Path | None, as_json: bool, *, to: Path, ledger: Path | None,
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
    workspace: Path | None, state: Path | None, as_json: bool, *, backup: Path, ledger: Path | None,
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
    workspace: Path | None, state: Path | None, as_json: bool, *, ledger: Path | None,
) -> None:
    """Bring a ledger of an older version forward, after a copy of it was made beside it.

    A monitor that starts does the same. There is no way back but the copy.

    \b
    Example:  siaga24 ledger migrate
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    path = ledger_path(workspace, state, ledger)
    before = check(path).schema
    SqliteLedger(path).close()
    _tell(f"of schema {before} before", check(path), as_json=as_json)


def ledger_path(workspace: Path | None, state: Path | None, ledger: Path | None) -> Path:
    """Give the ledger's file."""
    return ledger or state_folder(workspace, state, else_give=GIVE) / "ledger.sqlite"


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
