"""``siaga24 sla``: what was kept of the promise, read from the ledger alone, while the monitor writes or without it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import click

from cli.ledger_view import Asked, chosen, ledger_option, now_ms, opened, range_options, zone_of
from cli.nation import nation_command
from cli.output import output_option, print_csv, print_json, workspace_options
from cli.sla_early import early
from cli.sla_figures import AgencyFigures, ServiceFigures
from cli.sla_plain import CSV_COLUMNS, as_plain, csv_rows
from cli.sla_print import print_figures
from cli.sla_quarter import show_quarter
from cli.sla_simulate import simulate
from monitors.core.errors import UsageError
from monitors.core.model import Target, Verdict
from monitors.core.sla import agency_statement
from monitors.figures import Told, read_service, told_of
from monitors.ledger.base import LedgerReader
from monitors.ledger_name import LedgerName


@click.group()
def sla() -> None:
    """Show what was kept of the promise."""


sla.add_command(nation_command)
sla.add_command(simulate)
sla.add_command(early)


@sla.command(short_help="Show availability and promise of each service and agency.")
@click.argument("name", metavar="[AGENCY[/SERVICE]]", required=False)
@range_options
@click.option("--quarter", metavar="YYYY-Qn", help="Calendar quarter: its three months, and all of them together.")
@ledger_option
@output_option
@workspace_options
def show(
    workspace: Path | None, state: Path | None, output: str, *, name: str | None, month: str | None, since: str | None,
    to: str | None, quarter: str | None, ledger: LedgerName | None,
) -> None:
    """Show availability and promise of each service and agency, of the month that runs or of another window.

    Availability is over the time of which the verdict is known, and coverage says how much that is. The truth lies
    between low and high. How it is computed: docs/semantics.md.

    \b
    Examples:  siaga24 sla show
               siaga24 sla show dinkes-bandung --month 2026-11
               siaga24 sla show dinkes-bandung --quarter 2026-Q3
               siaga24 sla show dinkes-bandung/antrean --from 2026-11-24T08:00 --to 2026-11-24T12:00 --json
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    asked = Asked(month=month, since=since, to=to, now_ms=now_ms())
    if quarter is not None:
        if month or since or to:
            raise UsageError("--quarter names three months: it does not go with --month, --from or --to; give one")
        with opened(workspace, state, ledger) as reader:
            show_quarter(reader, chosen(reader.definitions(), name), quarter, asked.now_ms, output)
        return
    with opened(workspace, state, ledger) as reader:
        found = [
            _agency(reader, agency, list(targets), asked)
            for agency, targets in groupby(chosen(reader.definitions(), name), key=lambda target: target.agency)
        ]
    if output == "json":
        print_json(as_plain(found))
    elif output == "csv":
        print_csv(CSV_COLUMNS, list(csv_rows(found)))
    else:
        print_figures(found)


def _agency(reader: LedgerReader, agency: str, targets: Sequence[Target], asked: Asked) -> AgencyFigures:
    zone = zone_of(targets[0])
    window = asked.window(zone)
    told = told_of(reader, agency)
    services = tuple(_service(reader, target, asked, told) for target in targets)
    statements = [one.statement for one in services if one.statement is not None]
    in_force = [one.in_force for one in services if one.in_force is not None]
    weights = {target.service: target.weight for target in targets}
    heartbeat_ms = max((life.heartbeat_ms for life in reader.lives()), default=0)
    return AgencyFigures(
        agency=agency, name=targets[0].agency_name, zone=zone, window=window, now_ms=asked.now_ms,
        heartbeat_ms=heartbeat_ms, services=services,
        statement=agency_statement(agency, statements, weights=weights),
        corrected=agency_statement(agency, in_force, weights=weights) if in_force != statements else None,
    )


def _service(reader: LedgerReader, target: Target, asked: Asked, told: Told) -> ServiceFigures:
    read = read_service(reader, target, asked.window(zone_of(target)), told, asked.now_ms)
    if read is None:
        return ServiceFigures(target=target, statement=None, verdict=Verdict.UNKNOWN, since_ms=asked.now_ms)
    segments = read.timeline.segments
    since_ms, _, verdict = segments[-1] if segments else (asked.now_ms, 0, Verdict.UNKNOWN)
    return ServiceFigures(
        target=target, statement=read.statement, verdict=verdict, since_ms=since_ms, beside=read.beside,
        split=read.split, outlook=read.outlook, by_vantage=read.by_vantage, changes=read.changes,
        early=read.early,
    )
