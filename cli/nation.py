"""``siaga24 sla nation``: what all registered agencies kept in a month, from the ledger's roll-ups."""

from __future__ import annotations

from pathlib import Path

import click

from cli.ledger_view import ledger_named, ledger_option, now_ms
from cli.nation_print import CSV_COLUMNS, WIB, as_plain, csv_rows, print_nation
from cli.output import output_option, print_csv, print_json, workspace_options
from monitors.core.errors import UsageError
from monitors.core.nation import NationStatement, Registered
from monitors.core.window import MONTH, from_ms
from monitors.ledger.sqlite_rollup import SqliteRollupReader
from monitors.ledger_name import LedgerName
from monitors.nation_figures import NationRead, nation_of_month
from stacks.registry import registered_in


@click.command("nation", short_help="Show what all agencies of the nation kept in a month.")
@click.option("--month", metavar="YYYY-MM", help="Calendar month, by each agency's clock.  [default: this month]")
@click.option("--agencies", "with_agencies", is_flag=True, help="List every agency too (JSON and CSV always do).")
@ledger_option
@output_option
@workspace_options
def nation_command(
    workspace: Path | None, state: Path | None, output: str, *, month: str | None, with_agencies: bool,
    ledger: LedgerName | None,
) -> None:
    """Show what all registered agencies kept of their promises in a month: the nation, and by province, kind and wave.

    Kept, broken, not proven, running and not on board add up to all that are registered: the agency files of the
    workspace, and whoever the ledger has a service of. Availability is over service time, each service in its own local
    month. The figures are sums of finished days (see "siaga24 ledger rollup"), as measured; what rulings on disputes
    made of them stands beside.

    \b
    Examples:  siaga24 sla nation --month 2026-11
               siaga24 sla nation --month 2026-11 --agencies
               siaga24 sla nation --month 2026-11 --json
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    path = ledger_named(workspace, state, ledger)
    if not isinstance(path, Path):
        raise UsageError(f"{path}: roll-ups are read from a ledger in a file; give one with --ledger FILE")
    chosen = month or from_ms(now_ms(), WIB).strftime("%Y-%m")
    found = MONTH.fullmatch(chosen)
    if found is None or not 1 <= int(found[2]) <= 12:
        raise UsageError(f'month "{chosen}": expected YYYY-MM, for example 2026-11')
    read = read_both(path, chosen, registered_in(workspace or Path()))
    if output == "json":
        print_json(as_plain(read))
    elif output == "csv":
        print_csv(CSV_COLUMNS, list(csv_rows(read)))
    else:
        print_nation(read, with_agencies=with_agencies)


def read_nation(path: Path, month: str, registered: tuple[Registered, ...]) -> NationStatement:
    """Read the statement of a month, as measured, from the roll-ups of a ledger in a file."""
    return read_both(path, month, registered).measured


def read_both(path: Path, month: str, registered: tuple[Registered, ...]) -> NationRead:
    """Read a month's statement as measured and, where rulings touch it, as corrected."""
    reader = SqliteRollupReader(path)
    try:
        return nation_of_month(reader, month, registered, now_ms=now_ms())
    finally:
        reader.close()
