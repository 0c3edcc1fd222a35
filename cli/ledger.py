"""``siaga24 ledger``: the durable record itself. Each of its commands has a file of its own."""

from __future__ import annotations

import click

from cli.ledger_entries import entries_command


@click.group()
def ledger() -> None:
    """Look into the ledger, check it, and carry it from place to place."""


ledger.add_command(entries_command)
