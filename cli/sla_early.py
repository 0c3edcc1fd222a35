"""``siaga24 sla early``: a signed decision that a changed promise counts for the month in which it was changed."""

from __future__ import annotations

from pathlib import Path

import click

from cli.ledger_view import ledger_option, now_ms
from cli.output import console, json_option, print_json, workspace_options
from cli.telling import by_option, key_option, named, opened_for_signing
from monitors.core.entry import Entry, EntryKind
from monitors.core.errors import UsageError
from monitors.core.promise_change import EARLY, changes
from monitors.core.window import month_of, month_window
from monitors.core.wording import instant, month_name
from monitors.ledger.signatures import signed
from monitors.ledger_name import LedgerName


@click.command(name="early", short_help="Let a promise that was changed this month count for this month already.")
@click.argument("name", metavar="AGENCY/SERVICE")
@click.option("--reason", required=True, help="Why, and where that is written.")
@by_option
@key_option
@ledger_option
@json_option
@workspace_options
def early(
    workspace: Path | None, state: Path | None, as_json: bool, *, name: str, reason: str, by: str, key: Path,
    ledger: LedgerName | None,
) -> None:
    """Let a promise that was changed this month count for this month already. It is signed.

    A changed target, or hours, of a promise count from the next month on. This decides that the newest change of the
    month that runs, by the agency's clock, counts for the whole of it. A month that is over is never touched.

    \b
    Example:  siaga24 sla early dinkes-bandung/antrean --reason "SE 12/2026" --by "Siti Rahma" --key siti.key
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    with opened_for_signing(workspace, state, ledger, by, key) as (entries, signer):
        agency, service, zone = named(entries, name)
        if not service:
            raise UsageError(f"{name}: a promise is that of a service; name one, as {agency}/SERVICE")
        at_ms = now_ms()
        month = month_of(at_ms, zone)
        window = month_window(month, zone)
        history = entries.history(agency, service, start_ms=window.start_ms, end_ms=window.end_ms)
        made = changes(history, (window.start_ms, window.end_ms)) if history is not None else ()
        concerned = [change for change in made if change.changes_promise]
        if not concerned:
            raise UsageError(
                f"{name}: its promise was not changed in {month_name(month)}; change its definition and let the "
                'monitor read it first ("siaga24 stack up")',
            )
        change = concerned[-1]
        kept = entries.keep_entry(signed(Entry(
            kind=EntryKind.PROMISE, agency=agency, service=service, at_ms=at_ms, by=by,
            body={"act": EARLY, "month": month, "digest": change.digest, "reason": reason},
        ), signer))
    if as_json:
        print_json({
            "number": kept.number, "agency": agency, "service": service, "month": month, "changed": list(change.what),
        })
        return
    console().print(
        f"decision {kept.number}: of {name}, {' and '.join(change.what)}, changed "
        f"{instant(change.at_ms, zone)}, counts for all of {month_name(month)}", markup=False, soft_wrap=True,
    )
