"""``siaga24 ledger seal``: seals the days that are over, and gives the seals away. The only command with the key."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

import click

from cli.ledger_view import ledger_named, ledger_option, now_ms
from cli.output import console, json_option, print_json, workspace_options
from monitors.calendars import note_of_newest
from monitors.core.entry import EntryKind
from monitors.core.errors import LedgerError, UsageError
from monitors.core.seal import Seal
from monitors.ledger.delivery import Destination
from monitors.ledger.delivery_settings import doubles, read_destinations, short_destination
from monitors.ledger.keys import PrivateKey, load
from monitors.ledger.opening_sealer import open_sealer
from monitors.ledger.seal_giving import ENOUGH, Given, give
from monitors.ledger.sqlite_days import date_of
from monitors.ledger.sqlite_sealer import Sealer
from monitors.ledger_name import LedgerName


@dataclass(slots=True)
class _Done:
    """What one call did."""

    seals: list[Seal] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    waiting: str = ""
    given: tuple[Given, ...] = ()


@click.command("seal", short_help="Seal the days that are over, and give the seals away.")
@click.option(
    "--key", "key_file", required=True, envvar="SIAGA24_SEAL_KEY", metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help='Key to sign with, as "siaga24 ledger key new" made it.  [env: SIAGA24_SEAL_KEY]',
)
@click.option("--day", metavar="YYYY-MM-DD", help="Seal up to this UTC day.  [default: all that are over]")
@click.option(
    "--to", "to", multiple=True, metavar="FOLDER|URL", help="Give seals to a folder or a webhook; may be repeated.",
)
@click.option(
    "--to-file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="TOML file of the parties that are given seals (docs/ledger.md).",
)
@ledger_option
@json_option
@workspace_options
def seal_command(
    workspace: Path | None, state: Path | None, as_json: bool, *, key_file: Path, day: str | None,
    to: tuple[str, ...], to_file: Path | None, ledger: LedgerName | None,
) -> None:
    """Seal each UTC day that is over and not sealed yet, in order, and give each new seal to the parties named.

    A day waits for a monitor that is behind, six hours at most. What a party did not take is given again with the next
    call. To be run each night by a user of its own, to whom the key alone belongs; the monitor may write meanwhile.

    \b
    Examples:  siaga24 ledger seal --key /etc/siaga24/seal.key --to-file /etc/siaga24/seals.toml
               siaga24 ledger seal --key seal.key --to /mnt/bpk --to https://arsip.example/segel
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    until = _day(day)
    parties = _parties(to, to_file)
    key = load(key_file)
    sealer = open_sealer(ledger_named(workspace, state, ledger))
    try:
        done = _seal(sealer, key, until)
        notes = sealer.entries(EntryKind.SEAL_NOTE)
        seals = sealer.seals()
        done.given = give(sealer, seals, notes, parties, now_ms=now_ms)
    finally:
        sealer.close()
    if as_json:
        print_json({
            "seals": [asdict(seal) for seal in done.seals], "waiting": done.waiting, "faults": done.faults,
            "given": [asdict(one) for one in done.given], "parties": len(parties),
        })
    else:
        _print(done, seals)
    if len(parties) < ENOUGH:
        click.echo(
            f"warning: seals are given to {len(parties)} parties; a history that is signed anew is found only by those "
            f"who kept seals outside: name at least {ENOUGH} with --to or --to-file", err=True,
        )
    problems = done.faults + [
        f"seal {one.number} of {one.day} was not given to {one.to}: {one.problem}; it is given again with the next call"
        for one in done.given if one.problem
    ]
    if problems:
        raise LedgerError("\n".join(problems))


def _seal(sealer: Sealer, key: PrivateKey, until: date | None) -> _Done:
    done = _Done()
    for entry in note_of_newest(sealer.entries(EntryKind.CALENDAR), now_ms()):
        sealer.keep_entry(entry)
    while True:
        day = sealer.next_day()
        if day is None or (until is not None and date_of(day) > until):
            return done
        done.waiting = sealer.why_not(day, now_ms())
        if done.waiting:
            return done
        made = sealer.seal_day(day, key, now_ms=now_ms(), pause=time.sleep)
        done.seals.append(made.seal)
        done.faults += made.faults


def _print(done: _Done, seals: tuple[Seal, ...]) -> None:
    out = console()
    for seal in done.seals:
        late = f", {seal.late} of them late" if seal.late else ""
        anew = f"; {seal.restated} earlier leaves restated" if seal.restated else ""
        out.print(
            f"sealed {seal.day}: number {seal.number}, {seal.agencies} agencies, {seal.services} services, {seal.runs} "
            f"runs{late} in {seal.blocks} blocks{anew}, {seal.digest}", markup=False, highlight=False, soft_wrap=True,
        )
    if not done.seals:
        last = f"{seals[-1].day} is the newest sealed day" if seals else "no day is sealed yet"
        out.print(last, markup=False, highlight=False, soft_wrap=True)
    if done.waiting:
        out.print(f"next: {done.waiting}", markup=False, highlight=False, soft_wrap=True)
    for one in done.given:
        if not one.problem:
            out.print(
                f"given to {one.to} ({one.how}): seal {one.number} of {one.day}", markup=False, highlight=False,
                soft_wrap=True,
            )


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f'--day "{text}" is no day; expected one as 2026-11-24') from None


def _parties(to: tuple[str, ...], to_file: Path | None) -> tuple[Destination, ...]:
    found = [short_destination(text) for text in to]
    if to_file is not None:
        found += read_destinations(to_file)
    faults = doubles(found, "the parties that are given seals")
    if faults:
        raise UsageError("\n".join(faults))
    return tuple(found)
