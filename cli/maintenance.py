"""``siaga24 maintenance``: windows announced, approved by another person, cancelled; and what becomes of them."""

from __future__ import annotations

from pathlib import Path

import click

from cli.ledger_view import Asked, ledger_option, now_ms, opened, range_options
from cli.maintenance_print import CSV_COLUMNS, as_plain, csv_row, print_list, print_told
from cli.maintenance_view import Seen, seen
from cli.output import console, json_option, output_option, print_csv, print_json, workspace_options
from cli.telling import by_option, named, span_of, telling
from monitors.core.entry import Entry, EntryKind, is_same_person
from monitors.core.errors import UsageError
from monitors.core.maintenance import (
    Act,
    Maintenance,
    from_entries,
    rule_for,
    rules_from_entries,
)
from monitors.core.wording import duration
from monitors.ledger.opening import LedgerTold
from monitors.ledger_name import LedgerName

LISTED_DAYS = 31
MS_PER_MIN, MS_PER_HOUR = 60_000, 3_600_000


@click.group()
def maintenance() -> None:
    """Announce, approve, cancel and list planned maintenance.

    The promise is judged on the figure that excludes nothing. A second figure leaves out the windows that were
    announced in time and approved by another person, up to the minutes a month that are agreed.
    """


@maintenance.command(short_help="Announce a window.")
@click.argument("name", metavar="AGENCY[/SERVICE]")
@click.option(
    "--from", "since", required=True, metavar="TIME", help="Its start, as 2026-11-28T22:00 by the agency's clock.",
)
@click.option("--to", "to", required=True, metavar="TIME", help="Its end.")
@click.option("--reason", required=True, help="What is done in it.")
@by_option
@ledger_option
@json_option
@workspace_options
def announce(
    workspace: Path | None, state: Path | None, as_json: bool, *, name: str, since: str, to: str, reason: str, by: str,
    ledger: LedgerName | None,
) -> None:
    """Announce a window for a service, or for all services of an agency. Another person has to approve it.

    \b
    Example:  siaga24 maintenance announce dinkes-bandung/antrean --from 2026-11-28T22:00 --to 2026-11-29T00:00
              --reason "pembaruan basis data" --by "Siti Rahma"
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    with telling(workspace, state, ledger) as entries:
        agency, service, zone = named(entries, name)
        start_ms, end_ms = span_of(since, to, zone)
        kept = entries.keep_entry(Entry(
            kind=EntryKind.MAINTENANCE, agency=agency, service=service, at_ms=now_ms(), by=by,
            body={"act": Act.ANNOUNCE.value, "start_ms": start_ms, "end_ms": end_ms, "reason": reason},
        ))
        found = seen(entries, _window(entries, kept.number)[1])
    print_told(found, "announced", as_json=as_json)


@maintenance.command(short_help="Approve a window that another person announced.")
@click.argument("number", type=int)
@by_option
@ledger_option
@json_option
@workspace_options
def approve(
    workspace: Path | None, state: Path | None, as_json: bool, *, number: int, by: str, ledger: LedgerName | None,
) -> None:
    """Approve the window of that number, as "maintenance list" prints it. Its announcer cannot.

    \b
    Example:  siaga24 maintenance approve 12 --by "Budi Santoso"
    """  # noqa: D301
    with telling(workspace, state, ledger) as entries:
        announcement, window = _window(entries, number)
        at_ms = max(now_ms(), window.announced_ms)
        if window.approved_ms is not None:
            raise UsageError(f"window {number} was approved by {window.approved_by} already; nothing was recorded")
        if window.cancelled_ms is not None:
            raise UsageError(f"window {number} was cancelled by {window.cancelled_by}; announce a new one")
        entry = _entry(window, Act.APPROVE, by, at_ms)
        if is_same_person(entry, announcement):
            raise UsageError(
                f"window {number} was announced by {window.announced_by}; expected another person to approve it; "
                "nothing was recorded",
            )
        entries.keep_entry(entry)
        found = seen(entries, _window(entries, number)[1])
    print_told(found, "approved", as_json=as_json)


@maintenance.command(short_help="Cancel a window, or end it early.")
@click.argument("number", type=int)
@click.option("--reason", default="", help="Why.")
@by_option
@ledger_option
@json_option
@workspace_options
def cancel(
    workspace: Path | None, state: Path | None, as_json: bool, *, number: int, reason: str, by: str,
    ledger: LedgerName | None,
) -> None:
    """Cancel the window of that number; one that runs ends now, and what comes after it counts in full.

    \b
    Example:  siaga24 maintenance cancel 12 --by "Siti Rahma" --reason "ditunda"
    """  # noqa: D301
    with telling(workspace, state, ledger) as entries:
        _, window = _window(entries, number)
        at_ms = now_ms()
        if window.cancelled_ms is not None:
            raise UsageError(f"window {number} was cancelled by {window.cancelled_by} already; nothing was recorded")
        if at_ms >= window.end_ms:
            raise UsageError(f"window {number} is over: what was done in it can no longer be cancelled")
        entries.keep_entry(_entry(window, Act.CANCEL, by, at_ms, reason=reason))
        found = seen(entries, _window(entries, number)[1])
    print_told(found, "cancelled", as_json=as_json)


@maintenance.command("list", short_help="List windows, and whether they count.")
@click.argument("name", metavar="[AGENCY[/SERVICE]]", required=False)
@range_options
@ledger_option
@output_option
@workspace_options
def list_command(
    workspace: Path | None, state: Path | None, output: str, *, name: str | None, month: str | None, since: str | None,
    to: str | None, ledger: LedgerName | None,
) -> None:
    """List windows that touch the last 31 days or lie ahead, or those of the window that is given; newest first.

    Of each: whether it is left out of the second figure or why not, for how long, and how long the service stayed down
    after its end.

    \b
    Examples:  siaga24 maintenance list
               siaga24 maintenance list dinkes-bandung --month 2026-11 --json
    """  # noqa: D301
    asked = Asked(month=month, since=since, to=to, now_ms=now_ms(), days=LISTED_DAYS)
    agency, _, service = (name or "").partition("/")
    with opened(workspace, state, ledger) as reader:
        if name:
            named(reader, name)
        found: list[Seen] = []
        for window in from_entries(reader.entries(EntryKind.MAINTENANCE, agency or None, service or None)):
            one = seen(reader, window, asked.now_ms)
            part = asked.window(one.zone)
            if window.end_ms > part.start_ms and (window.start_ms < part.end_ms or not (month or since)):
                found.append(one)
    found.sort(key=lambda one: (-one.window.start_ms, -one.window.number))
    if output == "json":
        print_json([as_plain(one) for one in found])
    elif output == "csv":
        print_csv(CSV_COLUMNS, [csv_row(one) for one in found])
    else:
        print_list(found)


@maintenance.command(short_help="Show or set how maintenance is agreed.")
@click.argument("agency", required=False)
@click.option("--notice-hours", type=click.IntRange(0, 2_160), help="How long before its start a window is announced.")
@click.option("--cap-minutes", type=click.IntRange(0, 44_640), help="Minutes a month that are left out at most.")
@click.option("--by", envvar="SIAGA24_BY", metavar="NAME", help="Who sets it.  [env: SIAGA24_BY]")
@ledger_option
@json_option
@workspace_options
def rule(
    workspace: Path | None, state: Path | None, as_json: bool, *, agency: str | None, notice_hours: int | None,
    cap_minutes: int | None, by: str | None, ledger: LedgerName | None,
) -> None:
    """Show the notice and the monthly cap, or set them for all agencies or for one.

    An agency may be stricter than all, never laxer. A rule is for windows that are announced after it.

    \b
    Examples:  siaga24 maintenance rule
               siaga24 maintenance rule --notice-hours 72 --cap-minutes 120 --by "Kementerian PANRB"
    """  # noqa: D301
    if notice_hours is None and cap_minutes is None:
        with opened(workspace, state, ledger) as reader:
            known = rules_from_entries(reader.entries(EntryKind.MAINTENANCE))
    else:
        if not by:
            raise UsageError("a rule is set by somebody; give --by NAME")
        with telling(workspace, state, ledger) as entries:
            if agency:
                named(entries, agency)
            before = rules_from_entries(entries.entries(EntryKind.MAINTENANCE))
            old = before.get(agency or "", rule_for(agency or "", before))
            entries.keep_entry(Entry(
                kind=EntryKind.MAINTENANCE, agency=agency or "", at_ms=now_ms(), by=by,
                body={
                    "act": Act.RULE.value,
                    "notice_ms": old.notice_ms if notice_hours is None else notice_hours * MS_PER_HOUR,
                    "cap_ms": old.cap_ms if cap_minutes is None else cap_minutes * MS_PER_MIN,
                },
            ))
            known = rules_from_entries(entries.entries(EntryKind.MAINTENANCE))
    found = rule_for(agency or "", known)
    if as_json:
        print_json({"agency": agency or "", "notice_ms": found.notice_ms, "cap_ms": found.cap_ms})
        return
    console().print(
        f"{agency or 'all agencies'}: announced {duration(found.notice_ms)} before it begins, at most "
        f"{duration(found.cap_ms)} a month and service left out of the second figure", markup=False, soft_wrap=True,
    )


def _window(entries: LedgerTold, number: int) -> tuple[Entry, Maintenance]:
    told = entries.entries(EntryKind.MAINTENANCE)
    known = {window.number: window for window in from_entries(told)}
    if number not in known:
        newest = ", ".join(str(one) for one in sorted(known, reverse=True)[:10])
        raise UsageError(f'there is no maintenance window {number}; "siaga24 maintenance list" has them'
                         + (f"; the newest: {newest}" if known else ": there is none yet"))
    return next(entry for entry in told if entry.number == number), known[number]


def _entry(window: Maintenance, act: Act, by: str, at_ms: int, **more: str) -> Entry:
    return Entry(
        kind=EntryKind.MAINTENANCE, agency=window.agency, service=window.service, at_ms=at_ms, by=by,
        body={"act": act.value, "window": window.number, **more},
    )
