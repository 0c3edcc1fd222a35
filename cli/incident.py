"""``siaga24 incident``: when a service was down, which step failed of what, and the evidence; from the ledger alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from cli.incident_links_print import as_plain as links_as_plain
from cli.incident_pictures import write_pictures
from cli.incident_print import CSV_COLUMNS, as_plain, csv_row, print_incident, print_list
from cli.ledger_view import Asked, chosen, ledger_option, not_found, now_ms, opened, range_options, zone_of
from cli.output import json_option, output_option, print_csv, print_json, workspace_options
from monitors.core.errors import Siaga24Error, UsageError
from monitors.core.incident import Incident
from monitors.core.model import Run, Target, Verdict
from monitors.incidents import joined, links
from monitors.ledger.base import LedgerReader
from monitors.ledger_name import LedgerName

LISTED_DAYS = 31


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An incident and the service it is of."""

    target: Target
    incident: Incident


@click.group()
def incident() -> None:
    """List and show incidents."""


@incident.command("list", short_help="List incidents, newest first.")
@click.argument("name", metavar="[AGENCY[/SERVICE]]", required=False)
@range_options
@click.option("--open", "only_open", is_flag=True, help="Only those that are not over.")
@ledger_option
@output_option
@workspace_options
def list_command(
    workspace: Path | None, state: Path | None, output: str, *, name: str | None, month: str | None, since: str | None,
    to: str | None, only_open: bool, ledger: LedgerName | None,
) -> None:
    """List incidents that touch the last 31 days, or the window that is given; newest first.

    Outages between which the service was good for less than 30 minutes are one incident that flaps.

    \b
    Examples:  siaga24 incident list
               siaga24 incident list dinkes-bandung --month 2026-11 --output csv
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    asked = Asked(month=month, since=since, to=to, now_ms=now_ms(), days=LISTED_DAYS)
    with opened(workspace, state, ledger) as reader:
        found = [
            Found(target=target, incident=one)
            for target in chosen(reader.definitions(), name)
            for one in joined(reader, target, asked.window(zone_of(target)), asked.now_ms)
            if one.is_open or not only_open
        ]
    found.sort(key=lambda one: (-one.incident.first_bad_ms, one.incident.name))
    pairs = [(one.target, one.incident) for one in found]
    if output == "json":
        print_json([as_plain(target, one) for target, one in pairs])
    elif output == "csv":
        print_csv(CSV_COLUMNS, [csv_row(target, one) for target, one in pairs])
    else:
        print_list(pairs, only_open=only_open)


@incident.command("show", short_help="Show one incident with its evidence.")
@click.argument("name", metavar="AGENCY/SERVICE[/TIME]")
@ledger_option
@click.option(
    "--pictures", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER",
    help="Write the pictures that browser steps kept of pages into this folder.",
)
@json_option
@workspace_options
def show_command(
    workspace: Path | None, state: Path | None, as_json: bool, *, name: str,
    ledger: LedgerName | None, pictures: Path | None,
) -> None:
    """Show one incident: since when, what failed and of what, each step of the runs that tell.

    NAME is as "incident list" prints it; AGENCY/SERVICE alone is the newest of the service.

    \b
    Example:  siaga24 incident show dinkes-bandung/antrean/20261124T071005Z
    """  # noqa: D301
    asked = Asked(month=None, since=None, to=None, now_ms=now_ms(), days=36_500)
    parts = name.split("/")
    with opened(workspace, state, ledger) as reader:
        if len(parts) not in (2, 3):
            raise UsageError(f'"{name}": expected AGENCY/SERVICE or AGENCY/SERVICE/TIME, as "incident list" prints it')
        (target,) = chosen(reader.definitions(), "/".join(parts[:2]))
        known = joined(reader, target, asked.window(zone_of(target)), asked.now_ms)
        if not known:
            raise UsageError(f"{target.key} has had no incident as far as the ledger reaches back")
        found = known[-1] if len(parts) == 2 else next((one for one in known if one.name == name), None)
        if found is None:
            raise UsageError(not_found("incident", name, [one.name for one in reversed(known)]))
        runs = _telling_runs(reader, target, found)
        near = links(reader, target, found, asked.now_ms)
    if as_json:
        print_json(as_plain(target, found, runs) | links_as_plain(target, near))
    else:
        print_incident(target, found, runs, near)
    if pictures is not None:
        try:
            written = write_pictures(found, runs, pictures)
        except OSError as exc:
            raise Siaga24Error(f"{pictures}: the pictures could not be written: {exc.strerror or exc}") from exc
        for line in map(str, written) if written else ("no picture was kept",):
            click.echo(line, err=True)


def _telling_runs(reader: LedgerReader, target: Target, found: Incident) -> dict[str, Run]:
    """Read the runs that tell most of the transaction that failed first: last good, first and last bad, first good."""
    if not found.failing:
        return {}
    first = found.failing[0]
    start_ms = first.first_bad_ms if found.last_good_ms is None else min(found.last_good_ms, first.first_bad_ms)
    end_ms = max(found.last_bad_ms, found.first_good_ms or 0) + 2 * max(
        (t.interval_ms for t in target.transactions if t.name == first.transaction), default=0,
    )
    telling: dict[str, Run] = {}
    for run in reader.runs(target.agency, target.service, first.transaction, start_ms=start_ms, end_ms=end_ms + 1):
        if run.vantage != first.vantage:
            continue
        is_good = run.verdict in (Verdict.UP, Verdict.DEGRADED)
        if is_good and run.started_ms < first.first_bad_ms:
            telling["last good"] = run
        elif run.verdict is Verdict.DOWN and run.started_ms <= found.last_bad_ms:
            if "first bad" in telling:
                telling["last bad"] = run
            else:
                telling["first bad"] = run
        elif is_good and "first bad" in telling and run.started_ms >= found.last_bad_ms:
            telling["first good"] = run
            break
    return telling
