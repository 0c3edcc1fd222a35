"""``siaga24 ledger rollup``: roll finished days up by hand; the monitor does the same by itself every minute."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from cli.ledger_backup import ledger_path
from cli.ledger_view import ledger_option, now_ms
from cli.output import console, json_option, print_json, workspace_options
from monitors.ledger.sqlite_rollup_job import Rolled, SqliteRollups
from monitors.ledger_name import LedgerName


@click.command("rollup", short_help="Roll finished days up; late results make days anew.")
@ledger_option
@json_option
@workspace_options
def rollup_command(workspace: Path | None, state: Path | None, as_json: bool, *, ledger: LedgerName | None) -> None:
    """Roll up each service's local days that are finished, and sum up finished months.

    A day is finished when each transaction has run since, or 2.5 intervals have passed. Results that came late make
    their day anew: the former row stays, and the new one counts. A repeat changes nothing. The monitor may write
    meanwhile, and does the same by itself.

    \b
    Example:  siaga24 ledger rollup
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    path = ledger_path(workspace, state, ledger)
    job = SqliteRollups(path)
    try:
        done = Rolled()
        while True:                      # a pass takes two months of a service at most
            passed = job.roll(now_ms=now_ms(), pause=lambda _: None, is_stopped=lambda: False)
            done = Rolled(
                days=done.days + passed.days, months=done.months + passed.months, anew=done.anew + passed.anew,
                left=passed.left,
            )
            if not passed.days:
                break
    finally:
        job.close()
    if as_json:
        print_json(asdict(done))
        return
    waiting = f"; {done.left} services wait for results of their last day" if done.left else ""
    console().print(
        f"{path}: {done.days} days rolled up, {done.anew} made anew, {done.months} months summed up{waiting}",
        markup=False, highlight=False, soft_wrap=True,
    )
