"""``siaga24 sla nation``: what all registered agencies kept in a month, from the ledger's roll-ups."""

from __future__ import annotations

from pathlib import Path

import click

from cli.ledger_view import ledger_named, ledger_option, now_ms
from cli.nation_print import CSV_COLUMNS, WIB, as_plain, csv_rows, print_nation
from cli.output import output_option, print_csv, print_json, workspace_options
from monitors.core.errors import UsageError
from monitors.core.nation import NationStatement, Registered, nation_statement
from monitors.core.window import MONTH, from_ms
from monitors.ledger.sqlite_rollup import SqliteRollupReader
from monitors.ledger_name import LedgerName
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
    month. The figures are sums of finished days (see "siaga24 ledger rollup").

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
    statement = read_nation(path, chosen, registered_in(workspace or Path()))
    if output == "json":
        print_json(as_plain(statement))
    elif output == "csv":
        print_csv(CSV_COLUMNS, list(csv_rows(statement)))
    else:
        print_nation(statement, with_agencies=with_agencies)


def read_nation(path: Path, month: str, registered: tuple[Registered, ...]) -> NationStatement:
    """Read the statement of a month from the roll-ups of a ledger in a file."""
    reader = SqliteRollupReader(path)
    try:
        with reader.snapshot():
            rolled = reader.month_rollups(month)
            known = {one.code for one in registered}
            # those that no file of the workspace names: by what was recorded with their services
            others = reader.agency_heads(sorted({one.agency for one in rolled} - known))
    finally:
        reader.close()
    return nation_statement(month, rolled, (*registered, *others))
