"""``siaga24 ledger entries``: what people and other programs told the ledger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from cli.ledger_view import ledger_option, opened, zone_of
from cli.output import console, output_option, print_csv, print_json, print_table, workspace_options
from monitors.core.entry import Entry, EntryKind, body_text
from monitors.core.window import from_ms
from monitors.core.wording import instant
from monitors.ledger.base import LedgerReader
from monitors.ledger_name import LedgerName

NATIONAL = ZoneInfo("Asia/Jakarta")      # of what concerns all agencies
COLUMNS = ("number", "recorded", "kind", "of", "by", "signed", "what")
CSV_COLUMNS = ("number", "at", "kind", "agency", "service", "by", "signature", "body")


@click.command("entries", short_help="List what people and programs told the ledger.")
@click.argument("name", metavar="[AGENCY[/SERVICE]]", required=False)
@click.option(
    "--kind", type=click.Choice([kind.value for kind in EntryKind]), help="Only those of a kind.",
)
@ledger_option
@output_option
@workspace_options
def entries_command(
    workspace: Path | None, state: Path | None, output: str, *, name: str | None, kind: str | None,
    ledger: LedgerName | None,
) -> None:
    """List maintenance, deployments, disputes, corrections and all else that was told, in the order it was recorded.

    Entries are only ever added. Those of all agencies are shown with any one.

    \b
    Examples:  siaga24 ledger entries
               siaga24 ledger entries dinkes-bandung --kind maintenance --json
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    agency, _, service = (name or "").partition("/")
    with opened(workspace, state, ledger) as reader:
        found = reader.entries(EntryKind(kind) if kind else None, agency or None, service or None)
        zones = agency_zones(reader)
    if output == "json":
        print_json([as_plain(entry, zones) for entry in found])
    elif output == "csv":
        print_csv(CSV_COLUMNS, [_csv_row(entry, zones) for entry in found])
    elif not found:
        console().print("nothing was told" + (f" of {name}" if name else ""), markup=False)
    else:
        print_table(COLUMNS, [_row(entry, zones) for entry in found], right=("number",), folded=("what",))


def agency_zones(reader: LedgerReader) -> dict[str, ZoneInfo]:
    """Give the zone of each agency that the ledger knows."""
    return {definition.target.agency: zone_of(definition.target) for definition in reader.definitions()}


def as_plain(entry: Entry, zones: dict[str, ZoneInfo]) -> dict[str, Any]:
    """Write an entry as plain values; its time by the agency's clock."""
    return {
        "number": entry.number, "at": from_ms(entry.at_ms, _zone(entry, zones)).isoformat(timespec="milliseconds"),
        "at_ms": entry.at_ms, "kind": entry.kind.value, "agency": entry.agency, "service": entry.service,
        "by": entry.by, "signature": entry.signature, "body": entry.body,
    }


def whose(entry: Entry) -> str:
    """Say whom an entry is about."""
    return "/".join(part for part in (entry.agency, entry.service) if part) or "all"


def _row(entry: Entry, zones: dict[str, ZoneInfo]) -> list[object]:
    what = ", ".join(
        f"{key} {json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value}"
        for key, value in entry.body.items()
    )
    return [
        entry.number, instant(entry.at_ms, _zone(entry, zones)), entry.kind.value, whose(entry), entry.by,
        "yes" if entry.signature else "no", what,
    ]


def _csv_row(entry: Entry, zones: dict[str, ZoneInfo]) -> list[object]:
    plain = as_plain(entry, zones) | {"body": body_text(entry.body)}
    return [plain[column] for column in CSV_COLUMNS]


def _zone(entry: Entry, zones: dict[str, ZoneInfo]) -> ZoneInfo:
    return zones.get(entry.agency, NATIONAL)
