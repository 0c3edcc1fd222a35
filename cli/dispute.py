"""``siaga24 dispute``: a figure is disputed, answered and ruled upon; two different people sign."""

from __future__ import annotations

import hashlib
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from cli.dispute_print import CSV_COLUMNS, as_plain, csv_row, print_list, print_one
from cli.ledger_view import ledger_option, now_ms, opened, zone_of
from cli.output import console, json_option, output_option, print_csv, print_json, workspace_options
from cli.telling import by_option, key_option, named, opened_for_signing, span_of, telling
from monitors.core.dispute import Act, Dispute, DisputeRule, DisputeState, Outcome, from_entries
from monitors.core.entry import Entry, EntryKind, is_same_person
from monitors.core.errors import UsageError
from monitors.core.model import Verdict
from monitors.ledger.base import LedgerReader
from monitors.ledger.keys import PrivateKey, generate, load
from monitors.ledger.opening import LedgerTold
from monitors.ledger.signatures import register, registration, signed, verifier, withdrawal
from monitors.ledger_name import LedgerName

evidence_option = click.option(
    "--evidence", multiple=True, type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE",
    help="A file that shows it; its name, size and SHA-256 are recorded. May be repeated.",
)


@click.group()
def dispute() -> None:
    """Dispute a figure, answer, rule, and list disputes.

    Nothing that was measured is edited. A ruling that upholds a dispute is a signed entry, and statements then show the
    original and the corrected figure. Opening and ruling are signed by two different people.
    """


@dispute.command("open", short_help="Dispute what a service was in a span of time.")
@click.argument("name", metavar="AGENCY/SERVICE")
@click.option(
    "--from", "since", required=True, metavar="TIME", help="Start, as 2026-11-24T14:00 by the agency's clock.",
)
@click.option("--to", "to", required=True, metavar="TIME", help="End.")
@click.option(
    "--claim", required=True, type=click.Choice([verdict.value for verdict in Verdict]), help="What it was instead.",
)
@click.option("--reason", required=True, help="Why.")
@evidence_option
@by_option
@key_option
@ledger_option
@json_option
@workspace_options
def open_command(
    workspace: Path | None, state: Path | None, as_json: bool, *, name: str, since: str, to: str, claim: str,
    reason: str, evidence: tuple[Path, ...], by: str, key: Path, ledger: LedgerName | None,
) -> None:
    """Dispute what a service was in a span of time; until the ruling the time is marked as disputed.

    \b
    Example:  siaga24 dispute open dinkes-bandung/antrean --from 2026-11-24T14:00 --to 2026-11-24T14:20 --claim up
              --reason "layanan dapat diakses" --evidence log.txt --by "Siti Rahma" --key siti.key
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    with opened_for_signing(workspace, state, ledger, by, key) as (entries, signer):
        agency, service, zone = named(entries, name)
        if not service:
            raise UsageError(f'"{name}": a dispute is of one service; give AGENCY/SERVICE')
        start_ms, end_ms = span_of(since, to, zone)
        at_ms = now_ms()
        if end_ms > at_ms:
            raise UsageError(f"--to {to} lies ahead; what has not been cannot be disputed")
        if at_ms > DisputeRule().open_until(end_ms, zone):
            raise UsageError(
                f"the time to dispute it is over: that is {DisputeRule().open_days} days after the end of its month",
            )
        kept = entries.keep_entry(signed(Entry(
            kind=EntryKind.DISPUTE, agency=agency, service=service, at_ms=at_ms, by=by,
            body={
                "act": Act.OPEN.value, "start_ms": start_ms, "end_ms": end_ms, "claim": claim, "reason": reason,
                "evidence": [_digest(path) for path in evidence],
            },
        ), signer))
        found = _known(entries)[kept.number]
        print_one(found, zone, at_ms, as_json=as_json)


@dispute.command(short_help="Answer a dispute.")
@click.argument("number", type=int)
@click.option("--reason", required=True, help="What there is to say to it.")
@evidence_option
@by_option
@ledger_option
@json_option
@workspace_options
def answer(
    workspace: Path | None, state: Path | None, as_json: bool, *, number: int, reason: str, evidence: tuple[Path, ...],
    by: str, ledger: LedgerName | None,
) -> None:
    """Answer the dispute of that number, as those who run the service or the monitor. It needs no key.

    \b
    Example:  siaga24 dispute answer 31 --reason "putusan titik pantau benar" --by "Tim Siaga"
    """  # noqa: D301
    with telling(workspace, state, ledger) as entries:
        found = _unruled(entries, number)
        if found.state is DisputeState.ANSWERED:
            raise UsageError(f"dispute {number} was answered by {found.answered_by} already; nothing was recorded")
        entries.keep_entry(Entry(
            kind=EntryKind.DISPUTE, agency=found.agency, service=found.service, at_ms=now_ms(), by=by,
            body={
                "act": Act.ANSWER.value, "dispute": number, "reason": reason,
                "evidence": [_digest(path) for path in evidence],
            },
        ))
        print_one(_known(entries)[number], _zone(entries, found), now_ms(), as_json=as_json)


@dispute.command(short_help="Rule on a dispute.")
@click.argument("number", type=int)
@click.argument("outcome", type=click.Choice([outcome.value for outcome in Outcome]))
@click.option(
    "--verdict", type=click.Choice([verdict.value for verdict in Verdict]),
    help="What the service was, where it is upheld.  [default: what was claimed]",
)
@click.option("--from", "since", metavar="TIME", help="Start of what is put right.  [default: the disputed time]")
@click.option("--to", "to", metavar="TIME", help="End of what is put right.")
@click.option("--reason", required=True, help="Why it is ruled so.")
@by_option
@key_option
@ledger_option
@json_option
@workspace_options
def rule(
    workspace: Path | None, state: Path | None, as_json: bool, *, number: int, outcome: str, verdict: str | None,
    since: str | None, to: str | None, reason: str, by: str, key: Path, ledger: LedgerName | None,
) -> None:
    """Rule on the dispute of that number: upheld or rejected. Whoever opened it cannot.

    \b
    Example:  siaga24 dispute rule 31 upheld --reason "berita acara 12/2026" --by "Budi Santoso" --key budi.key
    """  # noqa: D301
    with opened_for_signing(workspace, state, ledger, by, key) as (entries, signer):
        found = _unruled(entries, number)
        zone = _zone(entries, found)
        if bool(since) != bool(to):
            raise UsageError("--from and --to go together; give both or none")
        if outcome == Outcome.REJECTED.value and (verdict or since):
            raise UsageError("what is rejected stays as it was measured; give no --verdict, --from or --to with it")
        start_ms, end_ms = span_of(since, to, zone) if since and to else (found.start_ms, found.end_ms)
        if not found.start_ms <= start_ms < end_ms <= found.end_ms:
            raise UsageError("--from and --to reach beyond the disputed time; rule within it, or open another dispute")
        at_ms = now_ms()
        entry = signed(Entry(
            kind=EntryKind.CORRECTION, agency=found.agency, service=found.service, at_ms=at_ms, by=by,
            body={
                "dispute": number, "outcome": outcome, "reason": reason, "start_ms": start_ms, "end_ms": end_ms,
                "verdict": "" if outcome == Outcome.REJECTED.value else verdict or found.claim.value,
            },
        ), signer)
        opening = next(one for one in entries.entries(EntryKind.DISPUTE) if one.number == number)
        if is_same_person(entry, opening):
            raise UsageError(
                f"dispute {number} was opened by {found.opened_by}; expected another person, with another key, to rule "
                "on it; nothing was recorded",
            )
        entries.keep_entry(entry)
        print_one(_known(entries)[number], zone, at_ms, as_json=as_json)


@dispute.command("list", short_help="List disputes, newest first.")
@click.argument("name", metavar="[AGENCY[/SERVICE]]", required=False)
@click.option("--open", "only_open", is_flag=True, help="Only those that are not ruled upon.")
@ledger_option
@output_option
@workspace_options
def list_command(
    workspace: Path | None, state: Path | None, output: str, *, name: str | None, only_open: bool,
    ledger: LedgerName | None,
) -> None:
    """List disputes with their state and deadlines, newest first.

    \b
    Examples:  siaga24 dispute list --open
               siaga24 dispute list dinkes-bandung --json
    """  # noqa: D301
    with opened(workspace, state, ledger) as reader:
        agency, service = named(reader, name)[:2] if name else ("", "")
        found = [
            (one, _zone(reader, one)) for one in reversed(_known(reader).values())
            if agency in ("", one.agency) and service in ("", one.service) and not (only_open and one.is_ruled)
        ]
    at_ms = now_ms()
    if output == "json":
        print_json([as_plain(one, zone, at_ms) for one, zone in found])
    elif output == "csv":
        print_csv(CSV_COLUMNS, [csv_row(one, zone, at_ms) for one, zone in found])
    else:
        print_list(found, at_ms)


@dispute.command("key", short_help="Make or register the key that a person signs with.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--withdraw", is_flag=True, help="It signs no more from now on; what it signed before stands.")
@by_option
@ledger_option
@workspace_options
def key_command(
    workspace: Path | None, state: Path | None, *, file: Path, withdraw: bool, by: str, ledger: LedgerName | None,
) -> None:
    """Register the key in FILE as that of a person; it is made where there is none. The file stays with its owner.

    The id that is printed is to be told to the others by another way, so that they can compare it.

    \b
    Example:  siaga24 dispute key siti.key --by "Siti Rahma"
    """  # noqa: D301
    with telling(workspace, state, ledger) as entries:
        key: PrivateKey = load(file) if file.exists() or withdraw else generate(file)
        known = register(entries.entries(EntryKind.KEY)).get(key.id)
        if known is not None and known.owner != by:
            raise UsageError(f"{file}: this key is registered as that of {known.owner}; make another one for {by}")
        if withdraw:
            if known is None:
                raise UsageError(f"{file}: key {key.id} is not registered; there is nothing to withdraw")
            entries.keep_entry(withdrawal(key, by, now_ms()))
        elif known is None:
            entries.keep_entry(registration(key, by, now_ms()))
    console().print(f"key {key.id} of {by}" + (" withdrawn" if withdraw else ""), markup=False, soft_wrap=True)


def _known(reader: LedgerReader) -> dict[int, Dispute]:
    told = reader.entries()
    return {one.number: one for one in from_entries(told, verifier(told))}


def _unruled(entries: LedgerTold, number: int) -> Dispute:
    found = _known(entries).get(number)
    if found is None:
        raise UsageError(f'there is no dispute {number}; "siaga24 dispute list" has them')
    if found.is_ruled:
        raise UsageError(
            f"dispute {number} was {found.state.value} by {found.ruled_by} already; open a new one where that is wrong",
        )
    return found


def _zone(reader: LedgerReader, one: Dispute) -> ZoneInfo:
    known = (d.target for d in reader.definitions())
    return next(zone_of(target) for target in known if (target.agency, target.service) == (one.agency, one.service))


def _digest(path: Path) -> list[str | int]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return [digest, path.stat().st_size, path.name]
