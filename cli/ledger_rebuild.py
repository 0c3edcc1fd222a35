"""``siaga24 ledger rebuild --check``: whether stretches are what raw runs make, and roll-ups what stretches make."""

from __future__ import annotations

from pathlib import Path

import click

from cli.ledger_backup import ledger_path
from cli.ledger_view import ledger_option
from cli.output import console, json_option, print_json, workspace_options
from monitors.core.errors import LedgerError, UsageError
from monitors.ledger.sqlite_rebuild import SqliteRebuild, describe
from monitors.ledger.sqlite_rollup_check import SqliteRollupCheck
from monitors.ledger_name import LedgerName


@click.command("rebuild", short_help="Make stretches and roll-ups anew and compare.")
@click.option("--check", "is_check", is_flag=True, help="Compare, and change nothing.")
@ledger_option
@json_option
@workspace_options
def rebuild_command(
    workspace: Path | None, state: Path | None, as_json: bool, *, is_check: bool, ledger: LedgerName | None,
) -> None:
    """Make the stretches of all days that have their raw runs anew, and compare them byte for byte.

    Then the roll-ups of all days and months are made anew from the stretches, and compared in the same way.

    Fails with the first row that differs. The monitor may write meanwhile.

    \b
    Example:  siaga24 ledger rebuild --check
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    if not is_check:
        raise UsageError("rebuild compares only, for now; give --check")
    path = ledger_path(workspace, state, ledger)
    reader = SqliteRebuild(path)
    try:
        found = reader.compare()
    finally:
        reader.close()
    told = describe(found.difference) if found.difference is not None else ""
    check = SqliteRollupCheck(path)
    try:
        rollups = check.compare()
    finally:
        check.close()
    told = told or rollups.difference
    if as_json:
        print_json({
            "days": found.days, "left_out": found.left_out, "runs": found.runs, "stretches": found.stretches,
            "rolled_up_days": rollups.days, "rolled_up_months": rollups.months, "is_same": not told, "difference": told,
        })
    elif not told:
        console().print(
            f"{path}: {found.stretches} stretches of {found.runs} raw runs on {found.days} days are the same made "
            f"anew; {found.left_out} days whose raw runs were let go are left out; {rollups.days} rolled-up days and "
            f"{rollups.months} months of services are the same too",
            markup=False, highlight=False, soft_wrap=True,
        )
    if told:
        raise LedgerError(
            f"{path}: {told}; expected the same; keep a copy of the file and restore the newest backup that agrees",
        )
