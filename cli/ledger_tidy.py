"""``siaga24 ledger tidy``: let go of old raw runs by hand; the monitor does the same by itself once an hour."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path

import click

from cli.ledger_view import ledger_named, ledger_option, now_ms
from cli.output import console, output_option, print_csv, print_json, print_table, workspace_options
from monitors.core.errors import UsageError
from monitors.ledger.opening import open_tidy
from monitors.ledger.retention import DISPUTE_DAYS, NEWEST_DAYS, RAW_DAYS, RetentionRules
from monitors.ledger.sqlite_days import date_of
from monitors.ledger_name import LedgerName

COLUMNS = ("day", "reason", "kept", "gone")


@click.command("tidy", short_help="Let go of old raw runs; no figure changes.")
@click.option(
    "--days", type=click.IntRange(NEWEST_DAYS), default=RAW_DAYS, show_default=True,
    help="How long all raw runs are kept.",
)
@click.option(
    "--most", "most_gib", type=click.FloatRange(0), default=0, metavar="GIB",
    help="Let the oldest days go earlier where more than this is in use.  [default: no bound]",
)
@click.option(
    "--dispute-days", type=click.IntRange(0), default=DISPUTE_DAYS, show_default=True,
    help="How long after a month's end runs near a failure are kept.",
)
@click.option("--dry-run", is_flag=True, help="Only say which days it would be.")
@ledger_option
@output_option
@workspace_options
def tidy_command(
    workspace: Path | None, state: Path | None, output: str, *, days: int, most_gib: float, dispute_days: int,
    dry_run: bool, ledger: LedgerName | None,
) -> None:
    """Let go of raw runs that are older than the days given, or than what fits the size given.

    Runs within five intervals of one that is not good stay, with their evidence, until the dispute deadline of their
    month and as long as a dispute lasts. Availability, coverage, low and high stay the same to the millisecond. The
    file does not become smaller: what is free in it is used again. The monitor may write meanwhile.

    \b
    Examples:  siaga24 ledger tidy --dry-run
               siaga24 ledger tidy --days 60 --most 100
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    rules = RetentionRules(raw_days=days, max_bytes=int(most_gib * (1 << 30)), dispute_days=dispute_days)
    tidy = open_tidy(ledger_named(workspace, state, ledger))
    try:
        if dry_run:
            rows: list[dict[str, object]] = [
                {"day": date_of(day).isoformat(), "reason": reason, "kept": "", "gone": ""}
                for day, reason in tidy.due(rules, now_ms())
                if reason != "size" or tidy.bytes_used() > rules.max_bytes
            ]
        else:
            done = tidy.tidy(rules, now_ms=now_ms(), pause=time.sleep, is_stopped=lambda: False)
            rows = [asdict(one) | {"day": one.day.isoformat()} for one in done]
    except ValueError as exc:
        raise UsageError(str(exc)) from exc
    finally:
        tidy.close()
    if output == "json":
        print_json(rows)
    elif output == "csv":
        print_csv(COLUMNS, [[row[column] for column in COLUMNS] for row in rows])
    elif not rows:
        console().print("nothing is to be let go", markup=False)
    else:
        print_table(COLUMNS, [[row[column] for column in COLUMNS] for row in rows], right=("kept", "gone"))
