"""``siaga24 retirement``: the dated, approved end of a service; and which services vanished without one."""

from __future__ import annotations

from pathlib import Path

import click

from cli.ledger_view import ledger_option, now_ms, opened
from cli.output import console, json_option, print_json, print_table, workspace_options
from cli.state_folder import state_folder
from cli.telling import by_option, named, telling
from monitors.core.entry import Entry, EntryKind, is_same_person
from monitors.core.errors import UsageError
from monitors.core.retirement import Act, from_entries, missing, vanished
from monitors.core.window import from_ms, moment
from monitors.core.wording import instant
from monitors.ledger_name import LedgerName
from monitors.targets_source import TargetsFiles


@click.group()
def retirement() -> None:
    """Retire a service, approve that, and tell which services vanished.

    A service ends by a dated decision that another person approved. One that is no longer watched without such a
    decision has vanished, and what is not known of it counts as down.
    """


@retirement.command(short_help="Propose the end of a service.")
@click.argument("name", metavar="AGENCY/SERVICE")
@click.option("--at", "at", required=True, metavar="TIME", help="When it ends, as 2026-12-31 by the agency's clock.")
@click.option("--reason", required=True, help="Why, and where that is written.")
@by_option
@ledger_option
@workspace_options
def propose(
    workspace: Path | None, state: Path | None, *, name: str, at: str, reason: str, by: str, ledger: LedgerName | None,
) -> None:
    """Propose the end of a service. Another person has to approve it; it ends no earlier than that.

    \b
    Example:  siaga24 retirement propose dinkes-bandung/antrean --at 2026-12-31 --reason "SK 12/2026" --by "Siti Rahma"
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    with telling(workspace, state, ledger) as entries:
        agency, service, zone = named(entries, name)
        if not service:
            raise UsageError(f'"{name}": one service is retired at a time; give AGENCY/SERVICE')
        try:
            end_ms = moment(at, zone)
        except ValueError as exc:
            raise UsageError(str(exc)) from exc
        kept = entries.keep_entry(Entry(
            kind=EntryKind.RETIREMENT, agency=agency, service=service, at_ms=now_ms(), by=by,
            body={"act": Act.PROPOSE.value, "end_ms": end_ms, "reason": reason},
        ))
    console().print(
        f"retirement {kept.number} of {name} at {instant(end_ms, zone)}; it counts once another person has approved "
        f"it: siaga24 retirement approve {kept.number} --by NAME", markup=False, soft_wrap=True,
    )


@retirement.command(short_help="Approve the end of a service.")
@click.argument("number", type=int)
@by_option
@ledger_option
@workspace_options
def approve(
    workspace: Path | None, state: Path | None, *, number: int, by: str, ledger: LedgerName | None,
) -> None:
    """Approve the retirement of that number. Whoever proposed it cannot.

    \b
    Example:  siaga24 retirement approve 44 --by "Budi Santoso"
    """  # noqa: D301
    with telling(workspace, state, ledger) as entries:
        told = entries.entries(EntryKind.RETIREMENT)
        found = next((one for one in from_entries(told) if one.number == number), None)
        if found is None:
            raise UsageError(f'there is no retirement {number}; "siaga24 retirement list" has them')
        if found.approved_ms is not None:
            raise UsageError(f"retirement {number} was approved by {found.approved_by} already; nothing was recorded")
        entry = Entry(
            kind=EntryKind.RETIREMENT, agency=found.agency, service=found.service, at_ms=now_ms(), by=by,
            body={"act": Act.APPROVE.value, "retirement": number},
        )
        if is_same_person(entry, next(one for one in told if one.number == number)):
            raise UsageError(f"{found.proposed_by} proposed it; expected another person to approve it")
        entries.keep_entry(entry)
        zone = named(entries, f"{found.agency}/{found.service}")[2]
    ends_ms = max(found.end_ms, entry.at_ms)
    console().print(f"{found.agency}/{found.service} ends {instant(ends_ms, zone)}", markup=False, soft_wrap=True)


@retirement.command("list", short_help="List retirements, and services that vanished.")
@ledger_option
@json_option
@workspace_options
def list_command(workspace: Path | None, state: Path | None, as_json: bool, *, ledger: LedgerName | None) -> None:
    """List retirements and the times in which services had vanished.

    \b
    Example:  siaga24 retirement list --json
    """  # noqa: D301
    rows = []
    with opened(workspace, state, ledger) as reader:
        told = reader.entries(EntryKind.RETIREMENT)
        for one in from_entries(told):
            zone = named(reader, f"{one.agency}/{one.service}")[2]
            ends_ms = one.ends_ms
            rows.append({
                "number": one.number, "service": f"{one.agency}/{one.service}",
                "what": "proposed" if ends_ms is None else "retired",
                "from": from_ms(one.end_ms if ends_ms is None else ends_ms, zone).isoformat(timespec="seconds"),
                "to": None, "by": f"{one.proposed_by}, {one.approved_by or 'not approved'}", "reason": one.reason,
            })
        for agency, service in sorted({(entry.agency, entry.service) for entry in told}):
            zone = named(reader, f"{agency}/{service}")[2]
            rows += [
                {
                    "number": 0, "service": f"{agency}/{service}", "what": "vanished",
                    "from": from_ms(start, zone).isoformat(timespec="seconds"),
                    "to": from_ms(end, zone).isoformat(timespec="seconds") if end < now_ms() else None,
                    "by": "", "reason": "no longer watched, without a decision",
                }
                for start, end in vanished(told, agency, service)
            ]
    if as_json:
        print_json(rows)
    elif not rows:
        console().print("no service was retired, and none vanished")
    else:
        columns = ("number", "service", "what", "from", "to", "by", "reason")
        print_table(columns, [[row[name] or "" for name in columns] for row in rows], folded=("reason",))


@retirement.command(short_help="Tell the ledger which services vanished or returned.")
@click.option(
    "--targets", "-t", multiple=True, type=click.Path(path_type=Path, exists=True), metavar="FILE|DIR",
    help="All that is watched; may be repeated.  [default: STATE/targets]",
)
@ledger_option
@json_option
@workspace_options
def check(
    workspace: Path | None, state: Path | None, as_json: bool, *, targets: tuple[Path, ...], ledger: LedgerName | None,
) -> None:
    """Compare what is watched with what the ledger knows, and tell it what vanished and what returned.

    Let a timer call it every few minutes, with the documents of all monitors. What vanishes counts as down from the
    check that finds it. A second check tells nothing new.

    \b
    Example:  siaga24 retirement check
    """  # noqa: D301
    if not targets:
        targets = (state_folder(workspace, state, else_give="give --targets and --ledger") / "targets",)
    watched = [(target.agency, target.service) for target in TargetsFiles(targets).read()]
    with telling(workspace, state, ledger) as entries:
        known = [(one.target.agency, one.target.service) for one in entries.definitions()]
        at_ms = now_ms()
        found = missing(known, watched, entries.entries(EntryKind.RETIREMENT), now_ms=at_ms)
        for (agency, service), act in found:
            entries.keep_entry(Entry(
                kind=EntryKind.RETIREMENT, agency=agency, service=service, at_ms=at_ms, by="retirement check",
                body={"act": act.value},
            ))
    if as_json:
        print_json([{"service": "/".join(key), "what": act.value} for key, act in found])
        return
    for key, act in found:
        console().print(f"{'/'.join(key)} {act.value}", markup=False)
    if not found:
        console().print("nothing vanished or returned")
