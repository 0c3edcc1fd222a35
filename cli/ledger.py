"""``siaga24 ledger``: the durable record itself. Each of its commands has a file of its own."""

from __future__ import annotations

import click

from cli.ledger_backup import backup_command, migrate_command, restore_command
from cli.ledger_entries import entries_command
from cli.ledger_export import export_command
from cli.ledger_import import import_command
from cli.ledger_key import key_group
from cli.ledger_rebuild import rebuild_command
from cli.ledger_rollup import rollup_command
from cli.ledger_seal import seal_command
from cli.ledger_tidy import tidy_command
from cli.ledger_verify import verify_command


@click.group()
def ledger() -> None:
    """Look into the ledger, check it, and carry it from place to place."""


ledger.add_command(entries_command)
ledger.add_command(migrate_command)
ledger.add_command(backup_command)
ledger.add_command(restore_command)
ledger.add_command(rebuild_command)
ledger.add_command(rollup_command)
ledger.add_command(tidy_command)
ledger.add_command(key_group)
ledger.add_command(seal_command)
ledger.add_command(export_command)
ledger.add_command(import_command)
ledger.add_command(verify_command)
