"""``siaga24 attribution``: whose the down time was, by the published rules, and by signed decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from cli.ledger_view import Asked, chosen, ledger_option, now_ms, opened, range_options, zone_of
from cli.output import console, json_option, output_option, print_csv, print_json, print_table, workspace_options
from cli.telling import by_option, key_option, named, opened_for_signing, span_of
from monitors.core.attribution import Decision, Owner, Part, attribute, by_owner, from_entries
from monitors.core.common_cause import common_causes
from monitors.core.entry import Entry, EntryKind
from monitors.core.errors import UsageError
from monitors.core.model import Target
from monitors.core.sla import covered
from monitors.core.timeline import data_until, service_timeline
from monitors.core.window import from_ms
from monitors.core.wording import duration, instant
from monitors.figures import told_of
from monitors.incidents import companions, watched_of
from monitors.ledger.base import LedgerReader
from monitors.ledger.signatures import signed, verifier
from monitors.ledger_name import LedgerName

COLUMNS = ("service", "down", *(owner.value for owner in Owner))
PART_COLUMNS = ("from", "length", "owner", "why")
CSV_COLUMNS = ("agency", "service", "from", "to", "ms", "owner", "rule", "decision")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributed:
    """A service's down time in a window, with its owners."""

    target: Target
    zone: ZoneInfo
    parts: tuple[Part, ...]

    @property
    def owners(self) -> dict[Owner, int]:
        """Milliseconds of each owner."""
        return by_owner(self.parts)


@click.group()
def attribution() -> None:
    """Show and decide whose the down time was. It changes no figure of the promise."""


@attribution.command("list", short_help="Show whose the down time of each service was.")
@click.argument("name", metavar="[AGENCY[/SERVICE]]", required=False)
@range_options
@ledger_option
@output_option
@workspace_options
def list_command(
    workspace: Path | None, state: Path | None, output: str, *, name: str | None, month: str | None, since: str | None,
    to: str | None, ledger: LedgerName | None,
) -> None:
    """Show whose the down time of each service was, in the month that runs or another window.

    Each down millisecond has one owner, so that the owners sum to the down time. The rules: docs/attribution.md.

    \b
    Examples:  siaga24 attribution list
               siaga24 attribution list dinkes-bandung/antrean --month 2026-11 --json
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    asked = Asked(month=month, since=since, to=to, now_ms=now_ms())
    with opened(workspace, state, ledger) as reader:
        told = reader.entries()
        decisions = from_entries(told, verifier(told))
        found = [_attributed(reader, target, asked, decisions) for target in chosen(reader.definitions(), name)]
    if output == "json":
        print_json([_plain(one) for one in found])
    elif output == "csv":
        print_csv(CSV_COLUMNS, [
            [part[column] for column in CSV_COLUMNS] for one in found for part in _plain_parts(one)
        ])
    else:
        _print(found)


@attribution.command(short_help="Decide whose the down time of a span was.")
@click.argument("name", metavar="AGENCY[/SERVICE]")
@click.option("--from", "since", required=True, metavar="TIME", help="Start, by the agency's clock.")
@click.option("--to", "to", required=True, metavar="TIME", help="End.")
@click.option("--owner", required=True, type=click.Choice([owner.value for owner in Owner]), help="Whose it was.")
@click.option("--reason", required=True, help="Why, and where that is written.")
@by_option
@key_option
@ledger_option
@json_option
@workspace_options
def decide(
    workspace: Path | None, state: Path | None, as_json: bool, *, name: str, since: str, to: str, owner: str,
    reason: str, by: str, key: Path, ledger: LedgerName | None,
) -> None:
    """Decide whose the down time of a span was, in place of what the rules say. It is signed.

    \b
    Example:  siaga24 attribution decide dinkes-bandung/antrean --from 2026-11-24T14:00 --to 2026-11-24T14:20
              --owner network --reason "berita acara 12/2026" --by "Siti Rahma" --key siti.key
    """  # noqa: D301
    with opened_for_signing(workspace, state, ledger, by, key) as (entries, signer):
        agency, service, zone = named(entries, name)
        start_ms, end_ms = span_of(since, to, zone)
        at_ms = now_ms()
        if start_ms >= at_ms:
            raise UsageError(f"--from {since} lies ahead; what has not been is nobody's yet")
        kept = entries.keep_entry(signed(Entry(
            kind=EntryKind.ATTRIBUTION, agency=agency, service=service, at_ms=at_ms, by=by,
            body={"start_ms": start_ms, "end_ms": end_ms, "owner": owner, "reason": reason},
        ), signer))
    if as_json:
        print_json({"number": kept.number, "agency": agency, "service": service, "owner": owner})
        return
    console().print(
        f"decision {kept.number}: down time of {name} from {instant(start_ms, zone)} to {instant(end_ms, zone)} is "
        f"that of: {owner}", markup=False, soft_wrap=True,
    )


def _attributed(
    reader: LedgerReader, target: Target, asked: Asked, decisions: Sequence[Decision],
) -> Attributed:
    zone = zone_of(target)
    window = asked.window(zone)
    history = reader.history(target.agency, target.service, start_ms=window.start_ms, end_ms=window.end_ms)
    if history is None:
        return Attributed(target=target, zone=zone, parts=())
    measured = service_timeline(history, until_ms=data_until(history.lives, asked.now_ms))
    # the same down time as "sla show" has: what vanished counts, what lies behind a service's end does not
    timeline, lived = told_of(reader, target.agency).lived(target.agency, target.service, measured, window)
    if lived is None:
        return Attributed(target=target, zone=zone, parts=())
    near = watched_of(reader, companions(reader, target), window.start_ms, window.end_ms, asked.now_ms)
    own = next(one for one in near if one.key == target.key)
    parts = attribute(
        timeline, (lived.start_ms, lived.end_ms), own, common_causes(near), decisions,
        covered=covered(history, timeline, lived),
    )
    return Attributed(target=target, zone=zone, parts=parts)


def _print(found: Sequence[Attributed]) -> None:
    if not found:
        console().print("the ledger holds no service yet")
        return
    print_table(COLUMNS, [
        [one.target.key, duration(sum(one.owners.values())), *(duration(one.owners[owner]) for owner in Owner)]
        for one in found
    ], right=COLUMNS[1:], folded=COLUMNS[:1])
    if len(found) == 1 and found[0].parts:
        (one,) = found
        print_table(PART_COLUMNS, [
            [
                instant(part.start_ms, one.zone), duration(part.end_ms - part.start_ms), part.owner.value,
                f"decision {part.decision}" if part.decision else part.rule.value,
            ]
            for part in one.parts
        ], right=("length",), folded=("why",))


def _plain(one: Attributed) -> dict[str, Any]:
    return {
        "agency": one.target.agency, "service": one.target.service, "down_ms": sum(one.owners.values()),
        "owners_ms": {owner.value: ms for owner, ms in one.owners.items()}, "parts": _plain_parts(one),
    }


def _plain_parts(one: Attributed) -> list[dict[str, Any]]:
    return [
        {
            "agency": one.target.agency, "service": one.target.service,
            "from": from_ms(part.start_ms, one.zone).isoformat(timespec="milliseconds"),
            "to": from_ms(part.end_ms, one.zone).isoformat(timespec="milliseconds"),
            "ms": part.end_ms - part.start_ms, "owner": part.owner.value, "rule": part.rule.value,
            "decision": part.decision,
        }
        for part in one.parts
    ]
