"""``siaga24 ledger verify``: whether an export, or a ledger where it lies, is what was signed."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.ledger_progress import telling_progress
from cli.ledger_view import ledger_named, ledger_option
from cli.output import console, json_option, print_json, workspace_options
from monitors.core.errors import LedgerError, UsageError
from monitors.core.seal import Seal, seal_of_text
from monitors.ledger.verify import verify_export
from monitors.ledger.verify_ledger import verify_ledger
from monitors.ledger.verify_seals import read_public
from monitors.ledger_name import LedgerName

if TYPE_CHECKING:
    from monitors.ledger.verify_roots import Verified

SHOWN = 20


@click.command("verify", short_help="Prove an export, or the ledger, with a public key.")
@click.argument("export", metavar="[EXPORT]", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--key", "keys", required=True, multiple=True, metavar="PUBLIC",
    help="Public key to trust: 64 hexadecimal digits, or a file that holds them. May be given again.",
)
@click.option(
    "--seal", "seals", multiple=True, metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
    help="A seal that somebody kept: finds an end cut off and a history signed anew. May be given again.",
)
@click.option("--part", "is_part", is_flag=True, help="EXPORT is known to hold only a part of the sealed days.")
@ledger_option
@json_option
@workspace_options
def verify_command(
    workspace: Path | None, state: Path | None, as_json: bool, *, export: Path | None, keys: tuple[str, ...],
    seals: tuple[Path, ...], is_part: bool, ledger: LedgerName | None,
) -> None:
    """Verify EXPORT with nothing but the public key; without EXPORT, all sealed days of the ledger itself.

    Names the row that does not agree, else the smallest signed block. Ends with 0 where all agrees, else with 1. A seal
    that another party kept (or a report printed) is what shows that the end was cut off.

    \b
    Examples:  siaga24 ledger verify for-dinkes --key 3b6a27bc... --seal 2026-11-24.seal
               siaga24 ledger verify --key seal.pub
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    if export is not None and ledger is not None:
        raise UsageError("EXPORT and --ledger are both given; give the one that is to be verified")
    trusted = [read_public(key) for key in keys]
    kept = [_kept(path) for path in seals]
    if export is not None:
        found = verify_export(
            export, trusted, kept, is_part=is_part, progress=telling_progress("agencies verified"),
        )
    else:
        path = ledger_named(workspace, state, ledger)
        found = verify_ledger(path, trusted, kept, progress=telling_progress("days verified"))
    _tell(found, as_json=as_json)
    if found.findings:
        count = len(found.findings)
        raise LedgerError(
            f"{count} {'place does' if count == 1 else 'places do'} not agree with what was signed; compare with an "
            "export or a backup of before, and tell those who keep the seals",
        )


def _kept(path: Path) -> Seal:
    try:
        return seal_of_text(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise LedgerError(f"{path}: the seal cannot be read: {(exc.strerror or str(exc)).lower()}") from exc
    except ValueError as exc:
        raise LedgerError(f"{path}: {exc}") from exc


def _tell(found: Verified, *, as_json: bool) -> None:
    newest = found.newest
    if as_json:
        print_json({
            "is_genuine": not found.findings, "agency": found.agency, "days": list(found.days), "seals": found.seals,
            "newest": None if newest is None else {
                "number": newest.number, "day": newest.day, "key": newest.key, "digest": newest.digest,
            },
            "counts": asdict(found.counts), "findings": found.findings, "notes": found.notes,
        })
        return
    out = console()
    for text in found.findings[:SHOWN]:
        out.print(text, markup=False, highlight=False, soft_wrap=True)
    if len(found.findings) > SHOWN:
        out.print(f"and {len(found.findings) - SHOWN} more (--json tells all)", markup=False, highlight=False)
    for text in found.notes:
        out.print(f"note: {text}", markup=False, highlight=False, soft_wrap=True)
    if found.findings or newest is None:
        return
    counts = found.counts
    days = f"{len(found.days)} days ({found.days[0]} to {found.days[-1]})" if found.days else "no day"
    out.print(
        f"all agrees: {found.agency or 'all agencies'}, {days}, {counts.rows} rows, {counts.runs - counts.gone} raw "
        f"runs in {counts.blocks} blocks; newest of {found.seals} seals: number {newest.number} of {newest.day}, "
        f"digest {newest.digest}, signed by key {newest.key}",
        markup=False, highlight=False, soft_wrap=True,
    )
